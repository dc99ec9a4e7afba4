#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# The state of check_oom_kills: acknowledgements, kills that the log no longer has, kills that no
# log recorded.
bats_require_minimum_version 1.5.0

setup() {
  check=${BUILDDIR:-build}/plugins/check_oom_kills
  log=$BATS_TEST_TMPDIR/log
  export TZ=UTC NAGIOS_PLUGIN_STATE_DIRECTORY=$BATS_TEST_TMPDIR/memory
  mkdir "$NAGIOS_PLUGIN_STATE_DIRECTORY"
  mkdir -p "$BATS_TEST_TMPDIR/proc/sys/kernel"
  echo hv1 >"$BATS_TEST_TMPDIR/proc/sys/kernel/hostname" # the host that the lines are of
  counter 9
}

# counter N: sets the number of kills that the kernel has counted.
counter() {
  printf 'nr_free_pages 1\noom_kill %s\n' "$1" >"$BATS_TEST_TMPDIR/proc/vmstat"
}

# killed MINUTES-AGO PID COMM: a line of a text log.
killed() {
  printf '%s hv1 kernel: Out of memory: Killed process %s (%s) total-vm:9000kB, anon-rss:8192kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:30kB oom_score_adj:0\n' \
    "$(date -ud "-$1 min" '+%Y-%m-%dT%H:%M:%S.000000+00:00')" "$2" "$3"
}

# vm_killed SECONDS-AGO PID: a kill of instance-0000002a, without the rest of its report.
vm_killed() {
  local at
  at=$(date -ud "-$1 sec" '+%Y-%m-%dT%H:%M:%S.000000+00:00')
  printf '%s hv1 kernel: oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,task_memcg=%s,task=qemu-kvm,pid=%s,uid=0\n' \
    "$at" '/machine.slice/machine-qemu\x2d1\x2dinstance\x2d0000002a.scope' "$2"
  killed 0 "$2" qemu-kvm | sed "s/^[^ ]*/$at/"
}

look() {
  run "$check" --procfs="$BATS_TEST_TMPDIR/proc" --source="$log" "$@"
  echo "$output"
}

state_file() {
  find "$NAGIOS_PLUGIN_STATE_DIRECTORY" -type f -name 'kills*' ! -name '*.lock'
}

@test "acknowledged kills stay listed without an alert, and a new kill alerts" {
  killed 30 11 kvm >"$log"
  look
  [ "$status" = 2 ]
  look --acknowledge --by=alice --comment='ticket 4711'
  [ "$status" = 0 ]
  [ "${lines[0]}" = "OOM_KILLS OK - 1 OOM kill acknowledged" ]
  look
  [ "$status" = 0 ]
  [[ ${lines[0]} == "OOM_KILLS OK - no further OOM kills in the last 24 h (1 acknowledged; "* ]]
  [[ ${lines[0]} == *" oom_kills=0;"* ]]
  [[ ${lines[1]} == *" an unnamed VM (kvm[11])"*" (acknowledged by alice: ticket 4711)" ]]
  killed 0 12 kvm >>"$log"
  look
  [ "$status" = 2 ]
  [[ ${lines[0]} == *"(kvm[12]) killed"*" oom_kills=1;"* ]]
  [[ ${lines[2]} == *"(kvm[11])"*"(acknowledged by alice: ticket 4711)" ]]
}

@test "a second kill of a VM within two seconds of an acknowledged one alerts" {
  vm_killed 1 11 >"$log"
  look --acknowledge
  vm_killed 0 12 >>"$log"
  look
  [ "$status" = 2 ]
  [[ ${lines[0]} == *" oom_kills=1;"*" oom_vm_kills=1;"* ]]
}

@test "an acknowledgement that cannot be saved is UNKNOWN with the reason" {
  killed 30 11 kvm >"$log"
  NAGIOS_PLUGIN_STATE_DIRECTORY=/proc/none look --acknowledge
  [ "$status" = 3 ]
  [[ $output == "OOM_KILLS UNKNOWN - cannot acknowledge: /proc/none"* ]]
}

@test "an acknowledgement is saved over a damaged state" {
  killed 30 11 kvm >"$log"
  look
  echo torn >"$(state_file)"
  look --acknowledge
  [ "$status" = 0 ]
  [ "${lines[0]}" = "OOM_KILLS OK - 1 OOM kill acknowledged" ]
  look
  [ "$status" = 0 ]
}

@test "without a readable source nothing can be acknowledged" {
  look --acknowledge
  [ "$status" = 3 ]
  [[ $output == "OOM_KILLS UNKNOWN - cannot see OOM kills: $log: No such file or directory"* ]]
}

@test "a kill that the log no longer has still alerts, with the VM's name" {
  printf '%s hv1 kernel: %s\n' \
    "$(date -ud '-5 min' '+%Y-%m-%dT%H:%M:%S.000000+00:00')" \
    'oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,task_memcg=/qemu.slice/101.scope,task=kvm,pid=11,uid=0' >"$log"
  killed 5 11 kvm >>"$log"
  look
  [ "$status" = 2 ]
  first=${lines[0]}
  [[ $first == *"VM 101 (proxmox) killed"* ]]
  echo "$(date -ud '-1 min' '+%Y-%m-%dT%H:%M:%S.000000+00:00') hv1 kernel: usb 1-1: new device" >"$log"
  look
  [ "$status" = 2 ]
  [ "${lines[0]}" = "${first% | *}, remembered: no longer in the log | ${first#* | }" ]
}

# ring STAMP PID: a saved ring buffer, which only has the time since boot.
ring() {
  printf '[%13s] Out of memory: Killed process %s (kvm) total-vm:9000kB, anon-rss:8192kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:30kB oom_score_adj:0\n' "$1" "$2"
}

@test "a kill of unknown time alerts only while it is in the log" {
  ring 30.000007 11 >"$log"
  look
  [ "$status" = 2 ]
  look --acknowledge
  look
  [ "$status" = 0 ]
  # The ring buffer of the next boot: the same pid is killed slightly later.
  ring 31.000009 11 >"$log"
  look
  [ "$status" = 2 ]
  echo '[    1.000000] usb 1-1: new device' >"$log"
  look
  [ "$status" = 0 ]
}

@test "a kill alerts until the window ends, or with --window=until-acknowledged longer" {
  killed 30 11 kvm >"$log"
  look --since=1h
  [ "$status" = 2 ]
  look --since=10m
  [ "$status" = 0 ]
  look --since=10m --window=until-acknowledged
  [ "$status" = 2 ]
  look --acknowledge
  look --since=10m --window=until-acknowledged
  [ "$status" = 0 ]
}

@test "a kill in a text log is unconfirmed while the kernel has counted none" {
  counter 0
  killed 0 11 kvm >"$log"
  look
  [ "$status" = 0 ]
  [[ ${lines[0]} == "OOM_KILLS OK - no confirmed OOM kills in the last 24 h (1 unconfirmed; "* ]]
  [[ ${lines[1]} == *"(unconfirmed: kernel counter was 0 in that boot)" ]]
  counter 1
  look
  [ "$status" = 2 ]
}

@test "a kill of an earlier boot is not compared with this boot's counter" {
  counter 0
  killed 100000 11 kvm >"$log"
  look --since=all
  [ "$status" = 2 ]
}

@test "a damaged state does not change the result" {
  killed 30 11 kvm >"$log"
  look
  file=$(state_file)
  size=$(stat -c %s "$file")
  for cut in 0 1 20 $((size / 2)) $((size - 1)); do
    head -c "$cut" "$file" >"$file.cut"
    mv "$file.cut" "$file"
    look
    [ "$status" = 2 ]
  done
  head -c 100000 /dev/urandom >"$file"
  look
  [ "$status" = 2 ]
  rm "$file"
  ln -s /etc/passwd "$file"
  sum=$(md5sum /etc/passwd)
  look
  [ "$status" = 2 ]
  [ "$(md5sum /etc/passwd)" = "$sum" ]
}

@test "the state is not written while nothing changes" {
  killed 30 11 kvm >"$log"
  look
  before=$(stat -c '%i %y' "$(state_file)")
  look
  look
  [ "$(stat -c '%i %y' "$(state_file)")" = "$before" ]
}

@test "each log has its own state" {
  killed 30 11 kvm >"$log"
  killed 20 12 kvm >"$BATS_TEST_TMPDIR/other"
  look
  look --acknowledge
  log=$BATS_TEST_TMPDIR/other look
  [ "$status" = 2 ]
}

@test "concurrent checks do not disturb each other" {
  killed 30 11 kvm >"$log"
  for i in 1 2 3 4 5 6 7 8; do
    "$check" --procfs="$BATS_TEST_TMPDIR/proc" --source="$log" >"$BATS_TEST_TMPDIR/out.$i" 3>&- &
  done
  wait
  for i in 1 2 3 4 5 6 7 8; do
    grep -q "^OOM_KILLS CRITICAL - an unnamed VM (kvm\[11\])" "$BATS_TEST_TMPDIR/out.$i"
  done
}
