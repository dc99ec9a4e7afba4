#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# fuzz.sh TARGET|all [SECONDS]: fuzzes the code that reads foreign data, with libFuzzer
# (clang), ASan and UBSan, for SECONDS per target (60); "all" runs one target per CPU at
# a time. Targets:
#   oom           kernel records, from the captured reports
#   line          lines of text logs, in every format
#   answer        log files of any format (syslog, dmesg, export, JSON), up to the
#                 output of check_oom_kills and oom_report
#   command_line  command lines of hypervisors
#   remembered    saved kills and notes of VMs, damaged or foreign
#   domain        libvirt's XML
#   proc          files of /proc, /sys and the cgroup tree
#   options       command lines and ini files of every program, one after another
# Prints "TARGET: N executions, N new" for each target. Stops with status 1 at the first
# finding and leaves the input that triggers it in build/.
# If FUZZ_CORPUS names a folder, the corpus is kept there.
# FUZZ_FAST=yes trades checks for speed: 10 to 50 times as many executions per second. It
# keeps the properties and UBSan (as traps), and replaces ASan by -O2 and short inputs
# (FUZZ_LENGTH bytes, 400).
set -eu
source=$(cd "$(dirname "$0")/../.." && pwd)
targets='oom line answer command_line remembered domain proc options'
. "$source/tests/cli/checks.bash"
programs=("${checks[@]}" oom_report)
target=${1:?usage: fuzz.sh TARGET|all [SECONDS]}
seconds=${2:-60}
command -v clang >/dev/null || {
  echo 'fuzz.sh: clang is not installed' >&2
  exit 77
}
work=$(mktemp -d)
trap 'rm -rf "$work" /dev/shm/oom-fuzz-*' EXIT
touch "$work/config.h"

# Each seeds_of_TARGET writes the first inputs as files to the folder $1.
seeds_of_oom() {
  # "0" (0x30) as the first byte of a line: a kernel record with facility and times
  for capture in "$source"/tests/data/kernels/*/*.kmsg; do
    seed=$(basename "$(dirname "$capture")")-$(basename "$capture")
    sed -n 's/^[0-7],[^;]*;/0/p' "$capture" | grep -avE '\+0x|^0(R[A-Z0-9]{2}|Code|RSP):' |
      head -c 6000 >"$1/$seed"
  done
}

seeds_of_line() {
  find "$source/tests/data" -type f -path '*log*' -size -64k -exec cp {} "$1/" \;
}

# Also one kill in the formats that are not line-based.
seeds_of_answer() {
  local killed='Out of memory: Killed process 42 (qemu-kvm) total-vm:9000kB, anon-rss:8192kB, file-rss:0kB, shmem-rss:0kB, UID:107 pgtables:30kB oom_score_adj:0'
  seeds_of_line "$1"
  printf '%s\n' __REALTIME_TIMESTAMP=1795383365000000 __MONOTONIC_TIMESTAMP=44000000 \
    _BOOT_ID=0a000000000000000000000000000000 _TRANSPORT=kernel SYSLOG_FACILITY=0 PRIORITY=3 \
    SYSLOG_IDENTIFIER=kernel "MESSAGE=$killed" '' >"$1/export"
  printf '{"__REALTIME_TIMESTAMP":"1795383365000000","_TRANSPORT":"kernel","SYSLOG_FACILITY":"0","MESSAGE":"%s"}\n' \
    "$killed" >"$1/json"
  printf '3,7,44000000,-;%s\n' "$killed" >"$1/kmsg"
}

seeds_of_command_line() {
  find "$source/tests/data" -type f -name cmdline -exec sh -c '
    for file; do cp "$file" "$0/$(cksum <"$file" | tr " " -)"; done' "$1" {} +
}

seeds_of_remembered() {
  printf '%s\n' \
    'account 0a000000000000000000000000000000 7 2 55 1795383365000000' \
    'acknowledged 1795383365000000 0a000000000000000000000000000000 44 alice ticket\x207' \
    'missing 1795383365000000 2 0' \
    'kill 58 0a000000000000000000000000000000 1795383365000000 44 380 0 139400 138012 4 0 65536 -1 -1 381 0 2 qemu-kvm CPU\x200/KVM /machine.slice/a.scope /machine.slice 1 1 1 instance-0000002a 1   ' \
    >"$1/kills"
  printf '%s\n' 'boot 0a000000000000000000000000000000' \
    'vm 380 12000 7 -1 qemu-kvm 1 1 0 instance-0000002a 1   ' >"$1/vms"
}

seeds_of_domain() {
  find "$source/tests/data" -type f -name '*.xml' -exec sh -c '
    for file; do cp "$file" "$0/$(cksum <"$file" | tr " " -)"; done' "$1" {} +
}

# The first byte selects the file: see fuzz_proc.c.
seeds_of_proc() {
  local n=0 file
  for file in meminfo zoneinfo swaps pressure/memory spl/kstat/zfs/arcstats mounts; do
    find "$source/tests/data/trees" -path "*/proc/$file" | while read -r seed; do
      { printf '%b' "\\x$(printf %x $n)" && cat "$seed"; } >"$1/$n-$(cksum <"$seed" | tr ' ' -)"
    done
    n=$((n + 1))
  done
}

seeds_of_options() {
  printf '%s\n' -w 10%: -c 5GiB: --forecast=30min -t 5 >"$1/words"
  printf '%s\n' --since=24h --source=kmsg --scope=host -v --- '[fuzz]' 'warning = 5:' 'ignore-process = ^java$' >"$1/ini"
}

# shellcheck disable=SC2054 # the commas are the option's
flags=(-std=gnu17 -D_GNU_SOURCE '-DSTATE_DIRECTORY="/nonexistent"' '-DPACKAGE_VERSION="0"'
  '-DPACKAGE_NAME="fuzz"' -DHAVE_EXPAT -g -I"$work" -I"$source/common" -I"$source/plugins" -I"$source/tests")
# shellcheck disable=SC2054 # the commas are the option's
if [ "${FUZZ_FAST:-}" ]; then
  flags+=(-O2 -fsanitize=fuzzer-no-link,undefined -fsanitize-trap=undefined)
  max_length=${FUZZ_LENGTH:-400}
else
  flags+=(-O1 -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined)
  max_length=${FUZZ_LENGTH:-8192}
fi

# compile FOLDER FLAG... <FILES: compiles each file to an object in the folder.
compile() {
  local folder=$work/$1
  shift
  mkdir "$folder"
  sed "s|^$source/||" | xargs -P "$(nproc)" -I{} sh -c '
    source=$1 folder=$2 file=$3
    shift 3
    clang "$@" -c -o "$folder/$(echo "$file" | tr / -).o" "$source/$file"' sh "$source" "$folder" {} \
    "${flags[@]}" "$@"
}

# Compiles common/ except for the files that load libsystemd.
compile_rooms() {
  find "$source/common" -name '*.c' ! -name 'journal_[cevw]*.c' ! -name journal.c ! -name lookup.c |
    compile rooms
}

# build TARGET FILE-OR-FLAG...: links $work/TARGET from these and common/.
build() {
  local name=$1
  shift
  clang "${flags[@]}" -fsanitize=fuzzer -o "$work/$name" "$@" "$work/rooms.a" -ljansson -lm
}

# fuzz NAME TARGET: runs the fuzzer NAME with the seeds of TARGET.
fuzz() {
  local name=$1 seeds=$work/seeds-$1 corpus=${FUZZ_CORPUS:+$FUZZ_CORPUS/$1}
  # Programs do not free the values of their options, so leaks are not checked there.
  local leaks=1
  [ "$2" != options ] && [ -z "${FUZZ_FAST:-}" ] || leaks=0
  mkdir -p "$seeds" "$source/build"
  "seeds_of_$2" "$seeds"
  [ -z "$corpus" ] || mkdir -p "$corpus"
  # shellcheck disable=SC2086 # an empty $corpus is no argument
  if ! ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=$leaks "$work/$name" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=1024 -max_len="$max_length" \
    -print_final_stats=1 -detect_leaks=$leaks -artifact_prefix="$source/build/fuzz-$name-" $corpus "$seeds" \
    >"$work/$name.log" 2>&1 </dev/null; then
    tail -n 60 "$work/$name.log"
    echo "$name: a finding"
    return 1
  fi
  awk -v name="$name" '/number_of_executed_units/ { units = $2 } /new_units_added/ { new = $2 }
    END { printf "%s: %d executions, %d new\n", name, units, new }' "$work/$name.log"
}

fuzz_options() {
  local program
  # The fuzzer replaces exit() and the functions for timers and signals.
  find "$source/common/plugin" -name '*.c' | compile plugin '-Dexit=fuzz_exit' '-Dalarm=fuzz_alarm' \
    -Dsigaction=fuzz_sigaction -Dsigprocmask=fuzz_sigprocmask -Dsetitimer=fuzz_setitimer
  find "$source/plugins" -name '*.c' ! -name 'check_*' ! -name oom_report.c | compile words
  local seconds=$((seconds / 6 + 1))
  for program in "${programs[@]}"; do
    build "options-$program" -DOOM_FUZZ_PROGRAM="\"$source/plugins/$program.c\"" \
      "$source/tests/fuzz/fuzz_options.c" "$work"/words/*.o "$work"/plugin/*.o
    fuzz "options-$program" options
  done
}

fuzz_target() {
  case $1 in
    options) fuzz_options ;;
    answer)
      # shellcheck disable=SC2046 # no path here holds blanks
      build answer "$source/tests/fuzz/fuzz_answer.c" "$source/plugins/oom_report_json.c" \
        $(find "$source/plugins" -name 'oom_kills_*.c' ! -name '*memory*')
      fuzz answer answer
      ;;
    *)
      build "$1" "$source/tests/fuzz/fuzz_$1.c"
      fuzz "$1" "$1"
      ;;
  esac
}

case " $targets all " in
  *" $target "*) ;;
  *)
    echo "fuzz.sh: no target $target" >&2
    exit 2
    ;;
esac
compile_rooms
ar cr "$work/rooms.a" "$work"/rooms/*.o
if [ "$target" != all ]; then
  fuzz_target "$target"
  exit
fi
pids=()
for one in $targets; do
  while [ "$(jobs -rp | wc -l)" -ge "$(nproc)" ]; do
    sleep 1
  done
  fuzz_target "$one" &
  pids+=($!)
done
failed=0
for pid in "${pids[@]}"; do
  wait "$pid" || failed=1
done
exit $failed
