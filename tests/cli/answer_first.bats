#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Something that is not needed for the state hangs: a disk, or a process that answers late. The
# state must be the same as without it, and must be printed within the time of -t.
bats_require_minimum_version 1.5.0
load said
load vm_host
load ../preload

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

# copy TREE: a copy in $tree that the test may change.
copy() {
  cp -r "$data/trees/$1" "$tree"
  chmod -R u+w "$tree"
}

# hang CALLS COMMAND...: runs COMMAND with the given calls never returning, see hang.c. COMMAND must
# end long before -t; what it saves may be lost.
hang() {
  local calls=$1 program
  program=$(preloadable "$2")
  shift 2
  # AddressSanitizer must be the first library that is loaded.
  nm -D "$program" 2>/dev/null | grep -q __asan_init && skip 'a sanitizer and LD_PRELOAD do not go together'
  [ -n "$HANG_LIBRARY" ] || skip 'no C compiler'
  timeout 60 env HANG="$calls" LD_PRELOAD="$HANG_LIBRARY" "$program" "$@"
}

# killed AGE_MIN: a log with one kill of a VM.
killed() {
  printf '%s hv1 kernel: Out of memory: Killed process 4711 (qemu-kvm) total-vm:8388608kB, anon-rss:8000000kB, file-rss:4kB, shmem-rss:0kB, UID:107 pgtables:16384kB oom_score_adj:0\n' \
    "$(date -d "$1 min ago" --rfc-3339=seconds | tr ' ' T)" >"$BATS_TEST_TMPDIR/kern.log"
}

@test "check_mem_available: a process that hangs is left out and does not delay the result" {
  copy 6.1-guest-starved
  rm "$tree/proc/427/status"
  mkfifo "$tree/proc/427/status"
  run -2 timeout 60 "$build/plugins/check_mem_available" -t 30 --rootfs="$tree" -w 20%: -c 10%:
  [[ ${lines[0]} == 'MEM_AVAILABLE CRITICAL - '*' available of '*' | mem_available='* ]]
  # The details that were known before.
  [[ ${lines[1]} == 'RAM '* ]]
  run -2 timeout 60 "$build/plugins/check_mem_available" -t 1 --rootfs="$tree" -w 20%: -c 10%:
  [[ ${lines[0]} == 'MEM_AVAILABLE CRITICAL - '* ]]
}

@test "check_mem_available: a history that cannot be read or written does not delay the result" {
  local calls check=$build/plugins/check_mem_available
  copy two-node-512g
  # Save a history that the runs below load.
  "$check" --rootfs="$tree" --forecast=30min >/dev/null
  for calls in fsync renameat 'openat:host-????????????????' 'openat:host-*.new' 'openat:host-*.lock'; do
    run -2 hang "$calls" "$check" -t 40 --rootfs="$tree" --forecast=30min -w 99%: -c 98%:
    [[ ${lines[0]} == 'MEM_AVAILABLE CRITICAL - 102 GiB (20.3 %) available of 503 GiB'* ]]
    [[ ${lines[0]} == *' | mem_available='* ]]
  done
  for calls in fsync renameat 'openat:host-*.new'; do
    run -0 hang "$calls" "$check" -t 1 --rootfs="$tree" --forecast=30min
    [[ ${lines[0]} == 'MEM_AVAILABLE OK - 102 GiB (20.3 %) available of 503 GiB'* ]]
  done
  # The forecast was requested and cannot be calculated.
  for calls in 'openat:host-????????????????' 'openat:host-*.lock'; do
    run -3 hang "$calls" "$check" -t 1 --rootfs="$tree" --forecast=30min
    [[ ${lines[0]} == 'MEM_AVAILABLE UNKNOWN - 102 GiB (20.3 %) available of 503 GiB'*', no forecast: the saved state was not read in time | mem_available='* ]]
  done
}

@test "check_oom_kills: a state file that cannot be written does not delay the result" {
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

@test "check_oom_kills: notes that cannot be read or written do not delay the result" {
  local check=$build/plugins/check_oom_kills
  killed 10
  "$check" --source="$BATS_TEST_TMPDIR/kern.log" >/dev/null || :
  run -2 hang 'openat:vms-*.lock' "$check" -t 40 --source="$BATS_TEST_TMPDIR/kern.log"
  [[ ${lines[0]} == 'OOM_KILLS CRITICAL - '*'killed '* ]]
}

# vm_host_with_log: a host in $tree with a VM's definition, and $log in the journal's export format.
vm_host_with_log() {
  copy 6.1-guest-starved
  log=$BATS_TEST_TMPDIR/journal
  sed -i 's/^oom_kill 0$/oom_kill 9/' "$tree/proc/vmstat"
  mkdir -p "$tree/etc/libvirt/qemu"
  cat >"$tree/etc/libvirt/qemu/vm1.xml" <<'XML'
<domain type='kvm'><name>vm1</name><uuid>6f1c2d3e-0000-4000-8000-0000000000f1</uuid></domain>
XML
  touch -d '2 days ago' "$tree/etc/libvirt/qemu/vm1.xml"
  : >"$log"
  cursor=0
}

# says TEXT...: appends kernel lines to $log, ten seconds after the boot.
says() {
  local line
  for line in "$@"; do
    cursor=$((cursor + 1))
    printf '%s\n' "__CURSOR=s=$cursor" "__REALTIME_TIMESTAMP=$(date +%s)00000$cursor" "__MONOTONIC_TIMESTAMP=1000000$cursor" \
      "_SOURCE_MONOTONIC_TIMESTAMP=1000000$cursor" "_BOOT_ID=$(tr -d - <"$tree/proc/sys/kernel/random/boot_id")" \
      _TRANSPORT=kernel SYSLOG_FACILITY=0 SYSLOG_IDENTIFIER=kernel PRIORITY=3 "MESSAGE=$line" '' >>"$log"
  done
}

# pid_killed PID COMM: the kernel's line for a kill beyond its rate limit.
pid_killed() {
  says "Memory cgroup out of memory: Killed process $1 ($2) total-vm:9000kB, anon-rss:8192kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:30kB oom_score_adj:0"
}

vm1_killed() {
  says 'stress invoked oom-killer: gfp_mask=0x140dca(GFP_HIGHUSER_MOVABLE|__GFP_ZERO), order=0, oom_score_adj=0' \
    'oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,task_memcg=/machine.slice/machine-qemu\x2d3\x2dvm1.scope,task=qemu-kvm,pid=4711,uid=0' \
    'Out of memory: Killed process 4711 (qemu-kvm) total-vm:9000kB, anon-rss:8192kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:30kB oom_score_adj:0'
}

# The file that holds the kills.
saved_kills() {
  find "$NAGIOS_PLUGIN_STATE_DIRECTORY" -type f -name 'kills*' ! -name '*.lock'
}

@test "check_oom_kills: unreadable libvirt files delay neither the result nor saving the kill" {
  local check=$build/plugins/check_oom_kills timeout
  vm_host_with_log
  vm1_killed
  for timeout in 40 1; do
    rm -rf "${NAGIOS_PLUGIN_STATE_DIRECTORY:?}"/*
    run -2 hang open:vm1.xml "$check" -t "$timeout" --rootfs="$tree" --source="$log"
    echo "$output"
    [[ ${lines[0]} == 'OOM_KILLS CRITICAL - VM vm1 killed by the OOM killer at '*' | oom_kills=1;0;;0 oom_vm_kills=1;'* ]]
    [[ ${lines[1]} == *'VM vm1, '*'qemu-kvm[4711]'* ]]
    [[ $output != *uuid* ]]
    # A run that was ended has saved the kill.
    grep -q '^kill .* 4711 ' "$(saved_kills)"
  done
  # The next run looks up the name again.
  run -2 "$check" --rootfs="$tree" --source="$log"
  [[ ${lines[1]} == *'uuid 6f1c2d3e-0000-4000-8000-0000000000f1'* ]]
  [ "$(grep -c '4711' <<<"$output")" = 1 ]
}

# comm_killed COMM: a kill in libvirtd's cgroup.
comm_killed() {
  says 'stress invoked oom-killer: gfp_mask=0x140dca(GFP_HIGHUSER_MOVABLE|__GFP_ZERO), order=0, oom_score_adj=0' \
    "oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,task_memcg=/system.slice/libvirtd.service,task=$1,pid=4711,uid=0" \
    "Out of memory: Killed process 4711 ($1) total-vm:9000kB, anon-rss:8192kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:30kB oom_score_adj:0"
}

# The kernel keeps ten bytes of the name, with which thousands of nova's VMs begin.
@test "check_oom_kills: a name truncated in comm names no VM, even if libvirt hangs" {
  local check=$build/plugins/check_oom_kills timeout
  vm_host_with_log
  mv "$tree/etc/libvirt/qemu/vm1.xml" "$tree/etc/libvirt/qemu/instance-0000002a.xml"
  sed -i s/vm1/instance-0000002a/ "$tree/etc/libvirt/qemu/instance-0000002a.xml"
  touch -d '2 days ago' "$tree/etc/libvirt/qemu/instance-0000002a.xml"
  comm_killed qemu:instance-0
  for timeout in 40 1; do
    rm -rf "${NAGIOS_PLUGIN_STATE_DIRECTORY:?}"/*
    run -2 hang open:instance-0000002a.xml "$check" -t "$timeout" --rootfs="$tree" --source="$log"
    [[ ${lines[0]} == 'OOM_KILLS CRITICAL - an unnamed VM (qemu:instance-0[4711]) killed by the OOM killer at '* ]]
    [[ ${lines[1]} == *' an unnamed VM (qemu:instance-0[4711]), '* ]]
    [[ $output != *'VM instance'* ]]
  done
  run -2 "$check" --rootfs="$tree" --source="$log"
  [[ ${lines[0]} == 'OOM_KILLS CRITICAL - VM instance-0000002a killed by the OOM killer at '* ]]
}

# A machine name has at most 64 characters. One that long may be truncated, which the output shows.
@test "check_oom_kills: a machine name of maximal length is shown as truncated" {
  local check=$build/plugins/check_oom_kills name=customer0001databasemasteroftheshopinfrankfurtzone4711abc
  vm_host_with_log
  [ ${#name} = 57 ]
  vm1_killed
  sed -i "s/vm1/$name/" "$log"
  run -2 "$check" --rootfs="$tree" --source="$log"
  [[ ${lines[0]} == 'OOM_KILLS CRITICAL - VM '*'... killed by the OOM killer at '* ]]
  [[ ${lines[1]} == *" VM $name..., "* ]]
  # A name two characters shorter cannot have been truncated.
  sed -i "s/$name/${name%??}/" "$log"
  rm -rf "${NAGIOS_PLUGIN_STATE_DIRECTORY:?}"/*
  run -2 "$check" --rootfs="$tree" --source="$log"
  [[ ${lines[1]} == *" VM ${name%??}, "* ]]
}

@test "check_oom_kills: notes on VMs that cannot be read do not delay the result" {
  local check=$build/plugins/check_oom_kills
  vm_host_with_log
  "$build/plugins/check_vm_oom_score" --rootfs="$tree" >/dev/null
  pid_killed 120 qemu-kvm
  rm -r "$tree/proc/120"
  run -2 hang "openat:$(basename "$(find "$NAGIOS_PLUGIN_STATE_DIRECTORY" -name 'vms-????????????????')")" \
    "$check" -t 40 --rootfs="$tree" --source="$log"
  [[ ${lines[0]} == 'OOM_KILLS CRITICAL - an unnamed VM (qemu-kvm[120]) killed by '* ]]
  # The next run reads them, and also names the saved kill that had no name.
  run -2 "$check" --rootfs="$tree" --source="$log"
  [[ ${lines[0]} == 'OOM_KILLS CRITICAL - VM instance-0000002a killed by '* ]]
}

# If the kernel logs no cgroup for a process, only the notes show that it belonged to a VM.
@test "check_oom_kills: a kill that the notes could attribute to a VM is not OK without them" {
  local check=$build/plugins/check_oom_kills notes
  vm_host_with_log
  "$build/plugins/check_vm_oom_score" --rootfs="$tree" >/dev/null
  notes=$(basename "$(find "$NAGIOS_PLUGIN_STATE_DIRECTORY" -name 'vms-????????????????')")
  pid_killed 130 vhost-worker
  run -3 hang "openat:$notes" "$check" -t 40 --rootfs="$tree" --source="$log" -w '~:'
  echo "$output"
  [[ ${lines[0]} == 'OOM_KILLS UNKNOWN - process vhost-worker[130] killed by '*'; timed out before checking whether it was a VM'* ]]
  run -1 hang "openat:$notes" "$check" -t 40 --rootfs="$tree" --source="$log"
  [[ ${lines[0]} == 'OOM_KILLS WARNING - process vhost-worker[130] killed by '*'; timed out before checking whether it was a VM'* ]]
  run -1 "$check" --rootfs="$tree" --source="$log"
  [[ ${lines[0]} == 'OOM_KILLS WARNING - process vhost-worker[130] killed by '* ]]
  [[ $output != *'in time'* ]]
  run -0 "$check" --rootfs="$tree" --source="$log" -w '~:'
}

@test "check_oom_kills: a name lookup that hangs does not delay an acknowledgement" {
  local check=$build/plugins/check_oom_kills
  vm_host_with_log
  vm1_killed
  run -0 hang open:vm1.xml "$check" -t 40 --rootfs="$tree" --source="$log" --acknowledge
  echo "$output"
  [ "${lines[0]}" = 'OOM_KILLS OK - 1 OOM kill acknowledged' ]
  [[ ${lines[1]} == *'VM vm1, '* ]]
  run -0 "$check" --rootfs="$tree" --source="$log"
}

# The first run sees the kill twice, without its name and with it, and writes it. Later runs do not.
@test "check_oom_kills: a kill with its name is written once" {
  local check=$build/plugins/check_oom_kills before
  vm_host_with_log
  vm1_killed
  "$check" --rootfs="$tree" --source="$log" >/dev/null || :
  before=$(stat -c '%i %y' "$(saved_kills)")
  "$check" --rootfs="$tree" --source="$log" >/dev/null || :
  [ "$(stat -c '%i %y' "$(saved_kills)")" = "$before" ]
  grep -q 'kill .*6f1c2d3e-0000-4000-8000-0000000000f1' "$(saved_kills)"
}

# The acknowledgements are in the state file. Without it no state can be determined.
@test "check_oom_kills: a state file that hangs ends in UNKNOWN in time, with the reason" {
  killed 10
  run -3 hang openat:check_oom_kills "$build/plugins/check_oom_kills" -t 1 --source="$BATS_TEST_TMPDIR/kern.log"
  [[ ${lines[0]} == 'OOM_KILLS UNKNOWN - timed out after 1 s: reading the saved state'* ]]
}

# Some file systems complete the open of a FIFO only when there is a writer.
@test "check_oom_kills: a FIFO in place of the state file is ignored" {
  killed 10
  mkdir -p "$NAGIOS_PLUGIN_STATE_DIRECTORY/$(id -u)/check_oom_kills"
  chmod -R go-w "$NAGIOS_PLUGIN_STATE_DIRECTORY"
  for file in kills vms; do
    mkfifo "$NAGIOS_PLUGIN_STATE_DIRECTORY/$(id -u)/check_oom_kills/$file"
  done
  run timeout 60 "$build/plugins/check_oom_kills" -t 20 --source="$BATS_TEST_TMPDIR/kern.log"
  [ "$status" = 2 ]
}

@test "check_vm_oom_score: notes that cannot be written do not delay the result" {
  local calls check=$build/plugins/check_vm_oom_score
  for calls in fsync renameat 'openat:vms-????????????????' 'openat:vms-*.new' 'openat:vms-*.lock'; do
    run hang "$calls" "$check" -t 40 --rootfs="$data/trees/two-node-512g" -w 20 -c 25
    [ "$status" = 2 ]
    [[ ${lines[0]} == 'VM_OOM_SCORE CRITICAL - '*' | vm_oom_share='* ]]
    # The ranking is printed as well.
    [[ ${lines[1]} == '1. VM '* ]]
  done
}

# /proc/PID/oom_score is needed for the ranking only.
@test "check_vm_oom_score: an oom_score that cannot be read does not delay the result" {
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

@test "check_vm_overcommit: KSM counters that cannot be read do not delay the result" {
  copy two-node-512g
  mkdir -p "$tree/sys/kernel/mm/ksm"
  rm -f "$tree/sys/kernel/mm/ksm/pages_shared"
  mkfifo "$tree/sys/kernel/mm/ksm/pages_shared"
  run timeout 60 "$build/plugins/check_vm_overcommit" -t 40 --rootfs="$tree" -w 0.01 -c 0.02
  [ "$status" = 2 ]
  [[ ${lines[0]} == 'VM_OVERCOMMIT CRITICAL - '*' | vm_overcommit_ratio='* ]]
}

# The state cannot be determined: the check must end in time and say what it was reading.
@test "a required file that hangs ends in UNKNOWN in time" {
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
