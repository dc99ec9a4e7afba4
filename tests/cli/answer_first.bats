#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# What follows the verdict hangs: a disk, a process that answers late.  The answer
# is what it would be without, and it comes within the time of -t.
bats_require_minimum_version 1.5.0
load said
load vm_host

setup_file() {
  local source=${SRCDIR:-$BATS_TEST_DIRNAME/../..}/tests/cli/hang.c
  export HANG_LIBRARY=$BATS_FILE_TMPDIR/hang.so
  "${CC:-cc}" -shared -fPIC -O2 -o "$HANG_LIBRARY" "$source" -ldl || unset HANG_LIBRARY
}

setup() {
  build=$(cd "${BUILDDIR:-$BATS_TEST_DIRNAME/../../build}" && pwd)
  data=$(cd "${SRCDIR:-$BATS_TEST_DIRNAME/../..}/tests/data" && pwd)
  tree=$BATS_TEST_TMPDIR/tree
  export NAGIOS_PLUGIN_STATE_DIRECTORY=$BATS_TEST_TMPDIR/state
  mkdir "$NAGIOS_PLUGIN_STATE_DIRECTORY"
}

# copy TREE: a copy that the test may spoil, in $tree.
copy() {
  cp -r "$data/trees/$1" "$tree"
  chmod -R u+w "$tree"
}

# hang CALLS COMMAND...: runs it where these calls never return, see hang.c.  It ends
# long before -t (and its memory may be lost).
hang() {
  local calls=$1
  shift
  # AddressSanitizer must be the first library that is loaded.
  nm -D "$1" 2>/dev/null | grep -q __asan_init && skip 'a sanitizer and LD_PRELOAD do not go together'
  [ -n "$HANG_LIBRARY" ] || skip 'no C compiler'
  timeout 60 env HANG="$calls" LD_PRELOAD="$HANG_LIBRARY" "$@"
}

# killed AGE_MIN: a log with a VM's kill.
killed() {
  printf '%s hv1 kernel: Out of memory: Killed process 4711 (qemu-kvm) total-vm:8388608kB, anon-rss:8000000kB, file-rss:4kB, shmem-rss:0kB, UID:107 pgtables:16384kB oom_score_adj:0\n' \
    "$(date -d "$1 min ago" --rfc-3339=seconds | tr ' ' T)" >"$BATS_TEST_TMPDIR/kern.log"
}

@test "check_mem_available: a process that does not answer costs its line, not the verdict" {
  copy 6.1-guest-starved
  rm "$tree/proc/427/status"
  mkfifo "$tree/proc/427/status"
  run -2 timeout 60 "$build/plugins/check_mem_available" -t 30 --rootfs="$tree" -w 20%: -c 10%:
  [[ ${lines[0]} == 'MEM_AVAILABLE CRITICAL - '*' available of '*' | mem_available='* ]]
  # What was known before.
  [[ ${lines[1]} == 'RAM '* ]]
  run -2 timeout 60 "$build/plugins/check_mem_available" -t 1 --rootfs="$tree" -w 20%: -c 10%:
  [[ ${lines[0]} == 'MEM_AVAILABLE CRITICAL - '* ]]
}

@test "check_mem_available: a history that cannot be read or written does not delay the verdict" {
  local calls check=$build/plugins/check_mem_available
  copy two-node-512g
  # Something to load.
  "$check" --rootfs="$tree" --forecast=30min >/dev/null
  for calls in fsync renameat openat:host openat:host.new openat:host.lock; do
    run -2 hang "$calls" "$check" -t 40 --rootfs="$tree" --forecast=30min -w 99%: -c 98%:
    [[ ${lines[0]} == 'MEM_AVAILABLE CRITICAL - 102 GiB (20.3 %) available of 503 GiB'* ]]
    [[ ${lines[0]} == *' | mem_available='* ]]
    run -0 hang "$calls" "$check" -t 1 --rootfs="$tree" --forecast=30min
    [[ ${lines[0]} == 'MEM_AVAILABLE OK - 102 GiB (20.3 %) available of 503 GiB'* ]]
  done
}

@test "check_oom_kills: a memory that cannot be written does not delay the verdict" {
  local calls check=$build/plugins/check_oom_kills
  killed 10
  for calls in fsync renameat openat:.new; do
    run -2 hang "$calls" "$check" -t 40 --source="$BATS_TEST_TMPDIR/kern.log"
    [[ ${lines[0]} == 'OOM_KILLS CRITICAL - '*'killed '*' | oom_kills=1;'* ]]
    [[ ${lines[1]} == *'qemu-kvm[4711]'* ]]
    run -2 hang "$calls" "$check" -t 1 --source="$BATS_TEST_TMPDIR/kern.log"
    [[ ${lines[0]} == 'OOM_KILLS CRITICAL - '*'killed '* ]]
  done
}

@test "check_oom_kills: notes that cannot be read or written do not delay the verdict" {
  local check=$build/plugins/check_oom_kills
  killed 10
  "$check" --source="$BATS_TEST_TMPDIR/kern.log" >/dev/null || :
  run -2 hang openat:vms.lock "$check" -t 40 --source="$BATS_TEST_TMPDIR/kern.log"
  [[ ${lines[0]} == 'OOM_KILLS CRITICAL - '*'killed '* ]]
}

# Which kills are acknowledged stands in the memory: without it nothing is judged.
@test "check_oom_kills: a memory that cannot be read ends as UNKNOWN in time, with what was being done" {
  killed 10
  run -3 hang openat:check_oom_kills "$build/plugins/check_oom_kills" -t 1 --source="$BATS_TEST_TMPDIR/kern.log"
  [[ ${lines[0]} == 'OOM_KILLS UNKNOWN - timed out after 1 s: reading what earlier runs have saved'* ]]
}

# Some file systems open a FIFO only once somebody writes.
@test "check_oom_kills: a FIFO in place of the memory is no memory" {
  killed 10
  mkdir -p "$NAGIOS_PLUGIN_STATE_DIRECTORY/$(id -u)/check_oom_kills"
  chmod -R go-w "$NAGIOS_PLUGIN_STATE_DIRECTORY"
  for file in kills vms; do
    mkfifo "$NAGIOS_PLUGIN_STATE_DIRECTORY/$(id -u)/check_oom_kills/$file"
  done
  run timeout 60 "$build/plugins/check_oom_kills" -t 20 --source="$BATS_TEST_TMPDIR/kern.log"
  [ "$status" = 2 ]
}

@test "check_vm_oom_score: notes that cannot be written do not delay the verdict" {
  local calls check=$build/plugins/check_vm_oom_score
  for calls in fsync renameat openat:vms openat:vms.new openat:vms.lock; do
    run hang "$calls" "$check" -t 40 --rootfs="$data/trees/two-node-512g" -w 20 -c 25
    [ "$status" = 2 ]
    [[ ${lines[0]} == 'VM_OOM_SCORE CRITICAL - '*' | vm_oom_share='* ]]
    # And its list.
    [[ ${lines[1]} == '1. VM '* ]]
  done
}

# /proc/PID/oom_score is for the list alone.
@test "check_vm_oom_score: a score that is not told costs the list, not the verdict" {
  local pid
  copy two-node-512g
  for pid in "$tree"/proc/[1-9]*; do
    rm -f "$pid/oom_score"
    mkfifo "$pid/oom_score"
  done
  run timeout 60 "$build/plugins/check_vm_oom_score" -t 40 --rootfs="$tree" -w 20 -c 25
  [ "$status" = 2 ]
  [[ ${lines[0]} == 'VM_OOM_SCORE CRITICAL - '*' | vm_oom_share='* ]]
}

@test "check_vm_overcommit: KSM is a figure and no part of the verdict" {
  copy two-node-512g
  mkdir -p "$tree/sys/kernel/mm/ksm"
  rm -f "$tree/sys/kernel/mm/ksm/pages_shared"
  mkfifo "$tree/sys/kernel/mm/ksm/pages_shared"
  run timeout 60 "$build/plugins/check_vm_overcommit" -t 40 --rootfs="$tree" -w 0.01 -c 0.02
  [ "$status" = 2 ]
  [[ ${lines[0]} == 'VM_OVERCOMMIT CRITICAL - '*' | vm_overcommit_ratio='* ]]
}

# A verdict cannot be formed: in time, and with the words for it.
@test "what the verdict needs and does not come ends as UNKNOWN in time" {
  local program
  copy two-node-512g
  rm "$tree/proc/meminfo"
  mkfifo "$tree/proc/meminfo"
  for program in check_mem_available check_vm_oom_score check_vm_overcommit; do
    run -3 timeout 60 "$build/plugins/$program" -t 1 --rootfs="$tree"
    [[ ${lines[0]} == *' UNKNOWN - timed out after 1 s: reading '* ]]
  done
  mkdir -p "$tree/proc/pressure"
  rm -f "$tree/proc/pressure/memory"
  mkfifo "$tree/proc/pressure/memory"
  run -3 timeout 60 "$build/plugins/check_mem_pressure" -t 1 --rootfs="$tree"
  [[ ${lines[0]} == 'MEM_PRESSURE UNKNOWN - timed out after 1 s: reading '* ]]
}
