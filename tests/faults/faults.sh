#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# faults.sh [MODE [NAME...]]: makes each system call of each program fail in turn, in
# the invocations of cases.bash, and judges the answers (see faults.c).
#
#   faults    each call fails with each error (default)
#   hangs     each call that may block on a broken disk blocks for ever
#   lies      shows for each invocation that wrong answers are found
#   list      prints the names of the invocations
#
# NAME selects invocations; patterns are allowed. Environment:
#   FAULTS_SAMPLE=N     tries N faults of each invocation (default: 0, all)
#   FAULTS_SEED=N       chooses them (default: from the clock; it is printed)
#   FAULTS_JOBS=N       number of parallel jobs (default: one per CPU; 16 for hangs)
#   FAULTS_WORK=DIR     creates this folder for its files and keeps it
# The last line is "N tried, N wrong". Exit status 0: no answer is wrong, 77: programs
# cannot be traced here.
set -u -o pipefail
export LC_ALL=C.UTF-8 TZ=UTC

here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "${BUILDDIR:-$here/../../build}" && pwd) || exit
plugins=$build/plugins
tools=$build/tests
# shellcheck source=tests/preload.bash
. "$here/../preload.bash"
# shellcheck disable=SC2034 # for cases.bash
trees=$(cd "${SRCDIR:-$here/../..}/tests/data/trees" && pwd) || exit
# shellcheck disable=SC2034
remote=/lib/systemd/systemd-journal-remote

mode=${1:-faults}
[ $# = 0 ] || shift
only=("$@")
sample=${FAULTS_SAMPLE:-0}
seed=${FAULTS_SEED:-$(date +%s)}
case $mode in
  hangs) jobs=${FAULTS_JOBS:-16} ;;
  *) jobs=${FAULTS_JOBS:-$(nproc)} ;;
esac

make_work() {
  if [ -n "${FAULTS_WORK-}" ]; then
    work=$FAULTS_WORK
    mkdir "$work" || exit
  else
    # Thousands of states are written and synced: avoid a disk if possible.
    local folder=${TMPDIR:-/dev/shm}
    [ -w "$folder" ] || folder=/tmp
    work=$(mktemp -d "$folder/faults.XXXXXX") || exit
    trap 'rm -rf "$work"' EXIT
    trap 'exit 1' HUP INT TERM
  fi
  mkdir -p "$work/jobs" "$work/state"
}

# needs COMMAND: fails if it is missing, and prints what is skipped.
needs() {
  command -v "$1" >/dev/null && return
  echo "left out, for $1 is missing: ${FUNCNAME[1]}"
  return 1
}

is_wanted() {
  local name
  [ ${#only[@]} != 0 ] || return 0
  for name in "${only[@]}"; do
    # shellcheck disable=SC2053 # it may be a pattern
    [[ $1 != $name ]] || return 0
  done
  return 1
}

# try NAME STATUS [OPTION...] -- PROGRAM [ARGUMENT...]: see cases.bash. A static program starts with
# calls of libc that ld.so makes otherwise, so every program is tried with the shared libc.
try() {
  local program name=$1 status=$2 environment=(NAGIOS_PLUGIN_STATE_DIRECTORY=/proc/no-memory) words=() shim=()
  shift 2
  words=(--name="$name" --status="$status" --seed="$seed" --sample="$sample")
  while [ "$1" != -- ]; do
    case $1 in
      ring=*)
        shim=(--shim="$tools/faults/shim.so")
        [ "$1" = ring=none ] || environment+=("FAULTS_KMSG=$work/rings/${1#*=}.kmsg"
          "FAULTS_SYSLOG=$work/rings/${1#*=}.syslog")
        ;;
      clock=*)
        shim=(--shim="$tools/faults/shim.so")
        environment+=("FAULTS_CLOCK=1764000000000000 ${1#*=}")
        ;;
      state)
        mkdir -p "$work/state/$name.saved"
        words+=(--state="$work/state/$name")
        environment+=("NAGIOS_PLUGIN_STATE_DIRECTORY=$work/state/$name")
        ;;
      *) words+=("$1") ;;
    esac
    shift
  done
  shift
  is_wanted "$name" || return 0
  case $mode in
    lies) words+=(--lie) ;;
    hangs) words+=(--hang) ;;
    list)
      echo "$name $status $*"
      return
      ;;
  esac
  program=$(preloadable "$plugins/$1") || exit
  printf '%q ' env "${environment[@]}" "$tools/faults/faults" "${shim[@]}" "${words[@]}" -- "$program" "${@:2}" \
    >"$work/jobs/$name"
}

# Each hang takes a second: split the invocations into parts that run in parallel.
split_hangs() {
  local job part parts=8
  for job in "$work"/jobs/*; do
    for ((part = 0; part < parts; part++)); do
      # Each part has its own state directory.
      sed "s| -- | --part=$part/$parts -- |; s|$work/state/[A-Za-z0-9-]*|&.part$part|g" "$job" >"$job.part$part"
      local state
      for state in $(grep -o "$work/state/[A-Za-z0-9-]*" "$job" | sort -u); do
        cp -r "$state.saved" "$state.part$part.saved"
      done
    done
    rm "$job"
  done
}

run_jobs() {
  find "$work/jobs" -type f -printf '%f\n' | sort | xargs -P "$jobs" -I '{}' sh -c '
    sh "$1/jobs/$2" 2>&1
    status=$?
    [ $status -le 1 ] || echo "$2: ended with status $status"' sh "$work" '{}' | tee "$work/out"
}

if grep -q '^SANITIZER_CFLAGS *= *-' "$build/Makefile"; then
  echo 'sanitizers make system calls of their own, and a leak check cannot be traced'
  exit 77
fi
"$tools/faults/faults" --list -- "$plugins/check_oom_kills" --version >/dev/null 2>&1
if [ $? = 77 ]; then
  echo 'no program can be traced here'
  exit 77
fi
make_work
# shellcheck source=tests/faults/cases.bash
. "$here/cases.bash"
all_cases
[ "$mode" != list ] || exit 0
[ "$sample" = 0 ] || echo "a sample of $sample of each invocation, FAULTS_SEED=$seed"
[ "$mode" != hangs ] || split_hangs
run_jobs
awk '
  / tried, [0-9]+ wrong$/ { tried += $(NF - 3); wrong += $(NF - 1); invocations++ }
  /: ended with status / { failed++ }
  END {
    if (failed) printf "%d invocations could not be tried\n", failed
    printf "%d invocations: %d tried, %d wrong\n", invocations, tried, wrong
    exit failed > 0 || wrong > 0 || tried == 0
  }' "$work/out"
