#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# The notes of the checks on running VMs, with which they name killed ones: on a recorded guest with
# two VMs, of which the kernel logs only a pid.
bats_require_minimum_version 1.5.0

setup() {
  build=$(cd "${BUILDDIR:-$BATS_TEST_DIRNAME/../../build}" && pwd)
  export TZ=UTC NAGIOS_PLUGIN_STATE_DIRECTORY=$BATS_TEST_TMPDIR/state
  unset MP_STATE_PATH
  host=$BATS_TEST_TMPDIR/host log=$BATS_TEST_TMPDIR/journal
  cp -r "${SRCDIR:-$BATS_TEST_DIRNAME/../..}/tests/data/trees/6.1-guest-starved" "$host"
  notes=$NAGIOS_PLUGIN_STATE_DIRECTORY/$(id -u)/check_oom_kills/$("$build/tests/state_tool" name vms "$host")
  # A kill that the kernel has not counted would be unconfirmed.
  sed -i 's/^oom_kill 0$/oom_kill 1/' "$host/proc/vmstat"
  : >"$log"
}

# killed PID COMM: the kernel's line for a kill beyond its rate limit, ten seconds after the boot.
killed() {
  printf '%s\n' "__CURSOR=s=$1" "__REALTIME_TIMESTAMP=$(date +%s)000000" __MONOTONIC_TIMESTAMP=10000000 \
    _SOURCE_MONOTONIC_TIMESTAMP=10000000 "_BOOT_ID=$(tr -d - <"$host/proc/sys/kernel/random/boot_id")" \
    _TRANSPORT=kernel SYSLOG_FACILITY=0 SYSLOG_IDENTIFIER=kernel PRIORITY=3 \
    "MESSAGE=Memory cgroup out of memory: Killed process $1 ($2) total-vm:9000kB, anon-rss:8192kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:30kB oom_score_adj:0" '' >>"$log"
}

# gone PID SCOPE: removes a VM and its scope.
gone() {
  rm -r "$host/proc/$1" "$host/sys/fs/cgroup/machine.slice/$2"
}

kill_first() {
  killed 120 qemu-kvm
  gone 120 'machine-qemu\x2d1\x2dinstance\x2d0000002a.scope'
}

# put_plain: a QEMU process without a manager.
put_plain() {
  cp -r "$host/proc/121" "$host/proc/600"
  sed -i 's/^121 /600 /' "$host/proc/600/stat"
  echo '0::/user.slice/user-1000.slice/session-2.scope' >"$host/proc/600/cgroup"
  printf '%s\0' qemu-system-x86_64 -name plain -m 64 >"$host/proc/600/cmdline"
}

rank() {
  run "$build/plugins/check_vm_oom_score" --rootfs="$host" "$@"
  echo "$output"
}

look() {
  run "$build/plugins/check_oom_kills" --rootfs="$host" --source="$log" "$@"
  echo "$output"
}

# names RC VM: expects this VM on the first line.
names() {
  [ "$status" = "$1" ]
  [[ ${lines[0]} == *" - $2 killed by the OOM killer"* ]]
}

@test "removed notes do not change the result, and -v reports it once" {
  rank
  rm "$notes"
  rank
  [[ $output != *'was removed'* ]]
  [ -s "$notes" ]
  rm "$notes"
  rank -v
  [ "$status" = 0 ]
  [[ ${lines[0]} != *'was removed'* ]]
  [[ $output == *$'\n'"notes: the state was removed: $notes; processes that exited before cannot be named" ]]
  rank -v
  [[ $output != *'was removed'* ]]
}

@test "a VM in the notes of check_vm_oom_score is named after it was killed" {
  rank
  [ "$status" = 0 ]
  kill_first
  look -vv
  names 2 'VM instance-0000002a'
  [[ ${lines[1]} == *', uuid 6f1c2d3e-0000-4000-8000-00000000002a, '*', known from '*memory* ]]
}

@test "a killed VM that is in no notes has no name" {
  kill_first
  look
  names 2 'an unnamed VM (qemu-kvm[120])'
}

@test "a VM in the notes of check_oom_kills is named after it was killed" {
  look
  [ "$status" != 2 ]
  kill_first
  look
  names 2 'VM instance-0000002a'
}

@test "runs of check_vm_oom_score after the kill keep the killed VM in the notes" {
  rank
  kill_first
  rank
  rank
  killed 121 java
  look
  names 2 'VM instance-0000002a'
  # A process with a noted pid and another name is not the noted VM.
  [[ $output == *' process java[121], '* ]]
}

@test "notes are kept while the cgroups cannot be read" {
  rank
  cp "$notes" "$BATS_TEST_TMPDIR/noted"
  mv "$host/sys/fs/cgroup" "$BATS_TEST_TMPDIR/cgroup"
  ln -s cgroup "$host/sys/fs/cgroup"
  look
  cmp "$notes" "$BATS_TEST_TMPDIR/noted"
  rm "$host/sys/fs/cgroup"
  look
  run ! cmp -s "$notes" "$BATS_TEST_TMPDIR/noted"
}

@test "notes of another boot name no VM" {
  rank
  echo 00000000-0000-4000-8000-000000000001 >"$host/proc/sys/kernel/random/boot_id"
  kill_first
  look
  names 2 'an unnamed VM (qemu-kvm[120])'
}

@test "a VM found only by --scan is noted too" {
  put_plain
  rank --scan
  killed 600 qemu-kvm
  rm -r "$host/proc/600"
  look
  names 2 'VM plain'
}

@test "notes are not written while the VMs are the same, whichever check runs" {
  put_plain
  rank --scan
  before=$(stat -c '%i %y' "$notes")
  look
  rank
  look
  rank --scan
  [ "$(stat -c '%i %y' "$notes")" = "$before" ]
}

@test "concurrent checks do not lose each other's notes" {
  put_plain
  for _ in 1 2 3 4 5 6 7 8; do
    rm -rf "$NAGIOS_PLUGIN_STATE_DIRECTORY"
    for program in 'check_vm_oom_score --scan' "check_oom_kills --source=$log" check_vm_oom_score \
      'check_vm_oom_score --scan' "check_oom_kills --source=$log"; do
      # shellcheck disable=SC2086 # a program and its options
      "$build"/plugins/$program --rootfs="$host" >/dev/null 3>&- &
    done
    wait
    [ "$(sed -n 's/^vm \([0-9]*\) .*/\1/p' "$notes" | sort | xargs)" = '120 121 600' ]
  done
}

@test "notes that cannot be saved are reported with -v and do not change the result" {
  rank
  answer=${lines[0]}
  for folder in /proc/no-memory relative; do
    NAGIOS_PLUGIN_STATE_DIRECTORY=$folder rank
    [ "$status" = 0 ]
    [ "${lines[0]}" = "$answer" ]
    [[ $output != *notes:* ]]
    NAGIOS_PLUGIN_STATE_DIRECTORY=$folder rank -v
    [ "$status" = 0 ]
    [ "${lines[0]}" = "$answer" ]
    [[ ${lines[-1]} == "notes: $folder: "* ]]
  done
}

@test "a run that holds the lock of the notes does not delay the others" {
  command -v flock >/dev/null || skip 'no flock(1)'
  rank
  answer=${lines[0]}
  exec 9>>"$notes.lock"
  flock 9
  rank -v 9>&-
  [ "$status" = 0 ]
  [ "${lines[0]}" = "$answer" ]
  [[ ${lines[-1]} == "notes: $notes.lock: locked by another run for more than 1 s; state not saved" ]]
  # Reading does not wait for the lock.
  kill_first
  look 9>&-
  names 2 'VM instance-0000002a'
}

@test "damaged notes are replaced, and a symbolic link is not followed" {
  rank
  for cut in 0 1 20 100; do
    head -c "$cut" "$notes" >"$notes.cut"
    mv "$notes.cut" "$notes"
    rank -v
    [ "$status" = 0 ]
    [[ ${lines[-1]} == "notes: $notes: "* ]]
  done
  head -c 300000 /dev/urandom >"$notes"
  rank -v
  [ "$status" = 0 ]
  [[ ${lines[-1]} == "notes: $notes: "* ]]
  echo treasure >"$BATS_TEST_TMPDIR/target"
  rm "$notes"
  ln -s "$BATS_TEST_TMPDIR/target" "$notes"
  rank -v
  [ "$status" = 0 ]
  [[ ${lines[-1]} == "notes: $notes: refusing to follow a symbolic link" ]]
  [ "$(cat "$BATS_TEST_TMPDIR/target")" = treasure ]
  [ -L "$notes" ]
  rm "$notes"
  rank -v
  [[ ${lines[-1]} == "notes: the state was removed: $notes; "* ]]
  rank -v
  [[ $output != *notes:* ]]
  kill_first
  look
  names 2 'VM instance-0000002a'
}
