#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# What was searched of a large log is remembered: later runs read little of it, and say the same.

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
  # 19 MB that tell of a kill of two hours ago, in the midst.
  noise 90000 120000 >"$log"
  kill_at 7200 4242 >>"$log"
  noise 3600 120000 >>"$log"
}

teardown() {
  rm -rf "$folder"
}

# use_state NAME: another state directory.
use_state() {
  export NAGIOS_PLUGIN_STATE_DIRECTORY=$folder/$1
  [ -d "$folder/$1" ] || mkdir -m 700 "$folder/$1"
  memories=$folder/$1/$(id -u)/check_oom_kills
}

# memory: the file, whose name tells of what host it is.
memory() {
  find "$memories" -name 'searched*' ! -name '*.lock' ! -name '*.damaged' 2>/dev/null
}

# stamp SECONDS-AGO
stamp() {
  date -u -d "@$((now - $1))" +%Y-%m-%dT%H:%M:%S.000000+00:00
}

# line SECONDS-AGO TEXT: of the kernel.
line() {
  printf '%s hv1 kernel: %s\n' "$(stamp "$1")" "$2"
}

# noise SECONDS-AGO LINES
noise() {
  yes "$(stamp "$1") hv1 libvirtd[812]: internal error: end of file" | head -n "$2"
}

# killed PID NAME: the kernel's line.
killed() {
  echo "Out of memory: Killed process $1 ($2) total-vm:9000000kB, anon-rss:8192000kB, file-rss:0kB, shmem-rss:0kB, UID:107 pgtables:30kB oom_score_adj:0"
}

# kill_at SECONDS-AGO PID: with as many lines of the kernel above as belong to it.
kill_at() {
  yes "$(line "$1" 'usb 1-1: USB disconnect, device number 2')" | head -n 100
  line "$1" "$(killed "$2" qemu-kvm)"
}

# reads_less_than BYTES STATUS COMMAND...: as the kernel counts what the command reads.
reads_less_than() {
  bytes_read "${@:2}"
  [ "$bytes" -lt "$1" ] || { echo "read $bytes" && return 1; }
}

# bytes_read STATUS COMMAND...: sets bytes.
bytes_read() {
  # shellcheck disable=SC2016 # expanded by the shell within
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

# forget_kills: the state holds what was searched, and nothing else.
forget_kills() {
  cp -a "$folder/first" "$folder/other"
  use_state other
  find "$folder/other" -name '*kills-*' -delete
}

@test "a later run reads little of a large log, and finds the same kill in it" {
  named_args --since=1d
  bytes_read 2 "${args[@]}"
  [ "$bytes" -gt 18000000 ]
  expected=$(named --since=1d | head -1) || :
  [[ $expected == 'OOM_KILLS CRITICAL - '* ]]
  forget_kills
  reads_less_than 3000000 2 "${args[@]}"
  [ "$(named --since=1d | head -1)" = "$expected" ]
  # Another window has another answer, from the same memory.
  named_args --since=1h
  reads_less_than 3000000 0 "${args[@]}"
}

@test "what is appended is found, and a kill that is older than what is remembered too" {
  named --since=1h
  forget_kills
  kill_at 60 4343 >>"$log"
  named_args --since=1h
  reads_less_than 3000000 2 "${args[@]}"
  run -2 named --since=1d
  [[ ${lines[0]} == *'oom_kills=2;0;;0 oom_vm_kills=2;'* ]]
}

@test "a log that was rotated is known by its inode" {
  named --since=1d || :
  forget_kills
  mv "$log" "$log.1"
  noise 60 10 >"$log"
  named_args --since=1d
  reads_less_than 3000000 2 "${args[@]}"
}

@test "a log that was truncated and written anew is searched whole" {
  named --since=1h
  forget_kills
  noise 3000 130000 >"$log"
  kill_at 60 4343 >>"$log"
  noise 50 120000 >>"$log"
  named_args --since=1h
  bytes_read 2 "${args[@]}"
  [ "$bytes" -gt 18000000 ]
}

@test "without a memory that can be believed the log is searched whole, with the same answer" {
  named --since=1d || :
  [ -s "$(memory)" ]
  expected=$(named --since=1d | head -1) || :
  named_args --since=1d
  for what in torn foreign later empty; do
    rm -rf "$folder/other"
    forget_kills
    case $what in
    torn) truncate -s -20 "$(memory)" ;;
    foreign) sed -i 's/^hits .*/hits 1 1/' "$(memory)" ;;
    later) noise 1 100 >"$(memory)" ;;
    empty) : >"$(memory)" ;;
    esac
    bytes_read 2 "${args[@]}"
    [ "$bytes" -gt 18000000 ] || { echo "$what: $bytes" && return 1; }
    [ "$(named --since=1d | head -1)" = "$expected" ]
  done
  export NAGIOS_PLUGIN_STATE_DIRECTORY=/proc/no-memory
  bytes_read 2 "${args[@]}"
  [ "$bytes" -gt 18000000 ]
}

@test "acknowledging and oom_report search whole; a small log is not remembered" {
  named --since=1d || :
  before=$(cat "$(memory)")
  bytes_read 0 "$check" --source="$log" --procfs=/nonexistent --acknowledge
  [ "$bytes" -gt 18000000 ]
  bytes_read 0 "$report" --source="$log" --procfs=/nonexistent --since=1d
  [ "$bytes" -gt 18000000 ]
  [ "$(cat "$(memory)")" = "$before" ]
  use_state small
  line 60 usb >"$log"
  named --since=1h
  [ -z "$(find "$memories" -name '*searched*')" ]
}
