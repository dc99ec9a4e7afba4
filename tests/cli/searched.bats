#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# The searched part of a large log is saved: later runs read little of it, with the same result.

bats_require_minimum_version 1.5.0

setup() {
  here=${SRCDIR:-$BATS_TEST_DIRNAME/../..}
  load "$here/tests/cli/said.bash"
  check=${BUILDDIR:-build}/plugins/check_oom_kills
  report=${BUILDDIR:-build}/plugins/oom_report
  export TZ=UTC
  folder=$(mktemp -d)
  log=$folder/kern.log
  now=$(date +%s)
  use_state first
  # 19 MB with a kill two hours ago in the middle.
  noise 90000 120000 >"$log"
  kill_at 7200 4242 >>"$log"
  noise 3600 120000 >>"$log"
}

teardown() {
  rm -rf "$folder"
}

# use_state NAME: switches to another state directory.
use_state() {
  export NAGIOS_PLUGIN_STATE_DIRECTORY=$folder/$1
  [ -d "$folder/$1" ] || mkdir -m 700 "$folder/$1"
  state_folder=$folder/$1/$(id -u)/check_oom_kills
}

# state_file: the state file; its name contains a hash of the host's root.
state_file() {
  find "$state_folder" -name 'searched*' ! -name '*.lock' ! -name '*.damaged' 2>/dev/null
}

# stamp SECONDS-AGO: a timestamp of RFC 3339.
stamp() {
  date -u -d "@$((now - $1))" +%Y-%m-%dT%H:%M:%S.000000+00:00
}

# line SECONDS-AGO TEXT: a kernel line.
line() {
  printf '%s hv1 kernel: %s\n' "$(stamp "$1")" "$2"
}

# noise SECONDS-AGO LINES: lines of another program.
noise() {
  yes "$(stamp "$1") hv1 libvirtd[812]: internal error: end of file" | head -n "$2"
}

# killed PID NAME: the text of a Killed line.
killed() {
  echo "Out of memory: Killed process $1 ($2) total-vm:9000000kB, anon-rss:8192000kB, file-rss:0kB, shmem-rss:0kB, UID:107 pgtables:30kB oom_score_adj:0"
}

# kill_at SECONDS-AGO PID: a Killed line, after as many kernel lines as are read with it.
kill_at() {
  yes "$(line "$1" 'usb 1-1: USB disconnect, device number 2')" | head -n 100
  line "$1" "$(killed "$2" qemu-kvm)"
}

# reads_less_than BYTES STATUS COMMAND...: expects fewer bytes, by the kernel's count.
reads_less_than() {
  bytes_read "${@:2}"
  [ "$bytes" -lt "$1" ] || { echo "read $bytes" && return 1; }
}

# bytes_read STATUS COMMAND...: sets $bytes.
bytes_read() {
  # shellcheck disable=SC2016 # expanded by the inner shell
  bytes=$(bash -c 'status=$1; shift; "$@" >/dev/null; [ $? = "$status" ] || exit 1
    sed -n "s/^rchar: //p" /proc/$$/io' - "$@")
  [ -n "$bytes" ]
}

named() {
  "$check" --source="$log" --procfs=/nonexistent "$@"
}
named_args() {
  args=("$check" --source="$log" --procfs=/nonexistent "$@")
}

# forget_kills: keeps only the record of the search in the state.
forget_kills() {
  cp -a "$folder/first" "$folder/other"
  use_state other
  find "$folder/other" -name '*kills-*' -delete
}

@test "a later run reads little of a large log and finds the same kill" {
  named_args --since=1d
  bytes_read 2 "${args[@]}"
  [ "$bytes" -gt 18000000 ]
  expected=$(named --since=1d | head -1) || :
  [[ $expected == 'OOM_KILLS CRITICAL - '* ]]
  forget_kills
  reads_less_than 3000000 2 "${args[@]}"
  [ "$(named --since=1d | head -1)" = "$expected" ]
  # The record of the search does not depend on the window.
  named_args --since=1h
  reads_less_than 3000000 0 "${args[@]}"
}

@test "finds kills in appended lines, and kills older than the window of the first run" {
  named --since=1h
  forget_kills
  kill_at 60 4343 >>"$log"
  named_args --since=1h
  reads_less_than 3000000 2 "${args[@]}"
  run -2 named --since=1d
  [[ ${lines[0]} == *'oom_kills=2;0;;0 oom_vm_kills=2;'* ]]
}

@test "a rotated log is recognised by its inode" {
  named --since=1d || :
  forget_kills
  mv "$log" "$log.1"
  noise 60 10 >"$log"
  named_args --since=1d
  reads_less_than 3000000 2 "${args[@]}"
}

@test "a log that was truncated and rewritten is searched completely" {
  named --since=1h
  forget_kills
  noise 3000 130000 >"$log"
  kill_at 60 4343 >>"$log"
  noise 50 120000 >>"$log"
  named_args --since=1h
  bytes_read 2 "${args[@]}"
  [ "$bytes" -gt 18000000 ]
}

@test "without a valid record of the search the log is searched completely, with the same result" {
  named --since=1d || :
  [ -s "$(state_file)" ]
  expected=$(named --since=1d | head -1) || :
  named_args --since=1d
  for what in torn foreign later empty; do
    rm -rf "$folder/other"
    forget_kills
    case $what in
    torn) truncate -s -20 "$(state_file)" ;;
    foreign) sed -i 's/^hits .*/hits 1 1/' "$(state_file)" ;;
    later) noise 1 100 >"$(state_file)" ;;
    empty) : >"$(state_file)" ;;
    esac
    bytes_read 2 "${args[@]}"
    [ "$bytes" -gt 18000000 ] || { echo "$what: $bytes" && return 1; }
    [ "$(named --since=1d | head -1)" = "$expected" ]
  done
  export NAGIOS_PLUGIN_STATE_DIRECTORY=/proc/no-memory
  bytes_read 2 "${args[@]}"
  [ "$bytes" -gt 18000000 ]
}

@test "--acknowledge and oom_report search completely, and a small log is not recorded" {
  named --since=1d || :
  before=$(cat "$(state_file)")
  bytes_read 0 "$check" --source="$log" --procfs=/nonexistent --acknowledge
  [ "$bytes" -gt 18000000 ]
  bytes_read 0 "$report" --source="$log" --procfs=/nonexistent --since=1d
  [ "$bytes" -gt 18000000 ]
  [ "$(cat "$(state_file)")" = "$before" ]
  use_state small
  line 60 usb >"$log"
  named --since=1h
  [ -z "$(find "$state_folder" -name '*searched*')" ]
}
