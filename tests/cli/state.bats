#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# The state of a program that is killed, when the disk is full, or under different users.
bats_require_minimum_version 1.5.0

setup() {
  build=$(cd "${BUILDDIR:-$BATS_TEST_DIRNAME/../../build}" && pwd)
  tool=$build/tests/state_tool
  [ -x "$tool" ]
  unset MP_STATE_PATH
  export NAGIOS_PLUGIN_STATE_DIRECTORY=$BATS_TEST_TMPDIR/state
  # LeakSanitizer and ptrace(2) exclude each other.
  export ASAN_OPTIONS=detect_leaks=0
  trace=$BATS_TEST_TMPDIR/trace
}

need_strace() {
  command -v strace >/dev/null || skip 'strace is not installed'
  strace -qq -o /dev/null -e trace=none -e inject=getpid:signal=KILL:when=99 true 2>/dev/null ||
    skip 'strace may not trace or inject here'
}

# Each system call of the trace from the first one that names the state, in the form of strace's
# inject: NAME N for the Nth call of that name.
steps() {
  sed -E 's/^[0-9]+ +//' "$trace" | awk -F'(' -v state="\"$NAGIOS_PLUGIN_STATE_DIRECTORY\"" '
    $1 !~ /^[a-z0-9_]+$/ { next }
    { count[$1]++ }
    index($0, state) { begun = 1 }
    begun && $1 != "exit_group" { print $1, count[$1] }'
}

# killed_everywhere PREPARE OLD: runs `put new` after PREPARE once for each of its system calls and
# kills it before that call. Each time OLD or "new" must be there, and the next run must be able to
# save.
killed_everywhere() {
  local name nth before=0 after=0
  $1
  strace -f -o "$trace" "$tool" put new
  steps >"$trace.steps"
  for name in openat flock unlinkat writev fsync renameat; do
    grep -q "^$name " "$trace.steps"
  done
  while read -r name nth; do
    $1
    run -137 strace -f -qq -o "$trace" -e "inject=$name:signal=KILL:when=$nth" "$tool" put new
    grep -q 'killed by SIGKILL' "$trace"
    run -0 --separate-stderr "$tool" show
    echo "killed before $name $nth: $output $stderr"
    [ -z "$stderr" ]
    case $output in
    "$2") before=$((before + 1)) ;;
    new) after=$((after + 1)) ;;
    *) false ;;
    esac
    "$tool" put next
    [ "$("$tool" show)" = next ]
    [ -z "$(find "$NAGIOS_PLUGIN_STATE_DIRECTORY" -name '*.new')" ]
  done <"$trace.steps"
  # Some before the rename and some after it.
  [ "$before" -gt 20 ]
  [ "$after" -gt 0 ]
}

with_old() {
  rm -rf "$NAGIOS_PLUGIN_STATE_DIRECTORY"
  "$tool" put old
}

with_nothing() {
  rm -rf "$NAGIOS_PLUGIN_STATE_DIRECTORY"
}

with_old_and_leftovers() {
  with_old
  echo torn >"$NAGIOS_PLUGIN_STATE_DIRECTORY/$(id -u)/state_tool/memory.new"
}

@test "SIGKILL before any system call of a write leaves the old state or the new one" {
  need_strace
  killed_everywhere with_old old
}

@test "SIGKILL before any system call of the first write leaves no state or the new one" {
  need_strace
  killed_everywhere with_nothing '(nothing)'
}

@test "SIGKILL while a previous run's remains are replaced leaves the old state or the new one" {
  need_strace
  killed_everywhere with_old_and_leftovers old
}

# failed_everywhere INJECTION...: makes each system call of `add 1` fail in each way. The saved
# number must be the old or the new one, and a failure to save must be reported.
failed_everywhere() {
  local name nth how tried=0 kept=0
  rm -rf "$NAGIOS_PLUGIN_STATE_DIRECTORY"
  "$tool" put 5
  strace -f -o "$trace" "$tool" add 1
  steps | grep -Ev '^(geteuid|close) ' >"$trace.steps"
  for name in openat flock read lseek unlinkat writev fsync renameat; do
    grep -q "^$name " "$trace.steps"
  done
  while read -r name nth; do
    for how in "$@"; do
      [[ $how != retval=* || $name =~ ^p?read ]] || continue
      rm -rf "$NAGIOS_PLUGIN_STATE_DIRECTORY"
      "$tool" put 5
      run --separate-stderr strace -f -qq -o "$trace" -e "inject=$name:$how:when=$nth" "$tool" add 1
      echo "$name $nth $how: $status $output $stderr; then $("$tool" show)"
      tried=$((tried + 1))
      case $("$tool" show) in
      5)
        kept=$((kept + 1))
        [ "$status" = 1 ]
        [ -n "$stderr" ]
        ;;
      6) [ "$status" = 0 ] || [ "$name" = fsync ] ;;
      *) false ;;
      esac
      [ ! -e "$NAGIOS_PLUGIN_STATE_DIRECTORY/$(id -u)/state_tool/memory.damaged" ]
    done
  done <"$trace.steps"
  [ "$tried" -gt 100 ]
  # Most are retried and saved.
  [ "$kept" -gt 20 ]
}

@test "a failed or truncated system call does not lose the state" {
  need_strace
  failed_everywhere error=EIO error=ENOMEM error=EMFILE error=ENFILE error=EACCES error=ENOSPC retval=0
}

@test "SIGKILL before any system call while a damaged state is replaced keeps the damaged one" {
  need_strace
  local name nth file
  file=$NAGIOS_PLUGIN_STATE_DIRECTORY/$(id -u)/state_tool/memory
  damage() {
    rm -rf "$NAGIOS_PLUGIN_STATE_DIRECTORY"
    "$tool" put old
    echo damaged >"$file"
  }
  damage
  strace -f -o "$trace" "$tool" put new
  steps >"$trace.steps"
  grep -q '^linkat ' "$trace.steps"
  while read -r name nth; do
    damage
    run -137 strace -f -qq -o "$trace" -e "inject=$name:signal=KILL:when=$nth" "$tool" put new
    echo "killed before $name $nth: $(head "$file" "$file.damaged" 2>&1)"
    if ! grep -qx damaged "$file"; then
      grep -qx damaged "$file.damaged"
      grep -q new "$file"
    fi
  done <"$trace.steps"
  # A file system without hard links.
  damage
  strace -qq -o "$trace" -e inject=linkat:error=EPERM "$tool" put new
  grep -qx damaged "$file.damaged"
}

@test "the data is synced before the rename, and the directory after it" {
  need_strace
  with_old
  strace -f -o "$trace" "$tool" put new
  steps | awk '$1 ~ /^(writev|fsync|renameat)$/ { printf "%s ", $1 }' >"$trace.order"
  [ "$(cat "$trace.order")" = 'writev fsync renameat fsync ' ]
}

@test "a full disk leaves the old state" {
  unshare -m true 2>/dev/null || skip 'no mount namespace to be had'
  mkdir "$BATS_TEST_TMPDIR/disk"
  run -0 unshare -m sh -euc '
    mount -t tmpfs -o size=64k,mode=755 none "$1/disk"
    export NAGIOS_PLUGIN_STATE_DIRECTORY=$1/disk/state
    "$2" put old
    dd if=/dev/zero of="$1/disk/filler" bs=4096 2>/dev/null || :
    "$2" put new 2>"$1/said" && exit 1
    "$2" show
    rm "$1/disk/filler"
    "$2" put new
    "$2" show' sh "$BATS_TEST_TMPDIR" "$tool"
  cat "$BATS_TEST_TMPDIR/said"
  [ "$output" = $'old\nnew' ]
  grep -q 'memory.new: No space left on device$' "$BATS_TEST_TMPDIR/said"
}

# as_nobody COMMAND...: runs COMMAND as a user other than root.
as_nobody() {
  setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
}

# The folder of the test is not accessible to other users.
open_to_all() {
  [ "$(id -u)" = 0 ] || skip 'only root can become another user'
  folder=$(mktemp -d)
  chmod 755 "$folder"
  cp "$tool" "$folder/state_tool"
  as_nobody "$folder/state_tool" 2>/dev/null || [ $? = 2 ] || skip 'another user may not execute it'
}

teardown() {
  [ -z "${folder:-}" ] || rm -rf "$folder"
}

@test "each user has a state of their own" {
  open_to_all
  export NAGIOS_PLUGIN_STATE_DIRECTORY=$folder/state
  mkdir -m 1777 "$folder/state"
  "$folder/state_tool" put root
  as_nobody "$folder/state_tool" put nobody
  [ "$("$folder/state_tool" show)" = root ]
  [ "$(as_nobody "$folder/state_tool" show)" = nobody ]
  [ -f "$folder/state/65534/state_tool/memory" ]
}

@test "the named remedy works if the directory belongs to root" {
  open_to_all
  export NAGIOS_PLUGIN_STATE_DIRECTORY=$folder/state
  "$folder/state_tool" put root
  run -1 --separate-stderr as_nobody "$folder/state_tool" put nobody
  [ "$stderr" = "$folder/state/65534: does not exist and cannot be created: Permission denied: install -d -o 65534 -m 700 $folder/state/65534" ]
  ${stderr##*: }
  as_nobody "$folder/state_tool" put nobody
  [ "$(as_nobody "$folder/state_tool" show)" = nobody ]
}

@test "a program with file capabilities ignores the environment" {
  open_to_all
  export NAGIOS_PLUGIN_STATE_DIRECTORY=$folder/state MP_STATE_PATH=$folder/state
  mkdir -m 1777 "$folder/state"
  PATH=$PATH:/usr/sbin:/sbin setcap cap_syslog+ep "$folder/state_tool" || skip 'setcap fails here'
  as_nobody "$folder/state_tool" show >/dev/null 2>"$folder/said" || skip 'no file capabilities here'
  cat "$folder/said"
  [ ! -e "$folder/state/65534" ]
  PATH=$PATH:/usr/sbin:/sbin setcap -r "$folder/state_tool"
  as_nobody "$folder/state_tool" show >/dev/null
  [ -e "$folder/state/65534" ]
}
