#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Text logs, which any user can write to: a forged line must not make a real kill of a VM OK,
# ignored, acknowledged or nameless.
bats_require_minimum_version 1.5.0

setup() {
  check=${BUILDDIR:-build}/plugins/check_oom_kills
  log=$BATS_TEST_TMPDIR/kern.log
  export TZ=UTC NAGIOS_PLUGIN_STATE_DIRECTORY=$BATS_TEST_TMPDIR/state
  mkdir "$NAGIOS_PLUGIN_STATE_DIRECTORY"
  now=$(date +%s)
  line 4000 'usb 1-1: new device' >"$log"
}

sizes='total-vm:9000000kB, anon-rss:8192000kB, file-rss:0kB, shmem-rss:0kB, UID:107 pgtables:30kB oom_score_adj:0'
vm_cgroup='/machine.slice/machine-qemu\x2d3\x2dvm1.scope'

# line SECONDS-AGO TEXT: a line with the kernel's tag.
line() {
  printf '%s host kernel: %s\n' "$(date -ud "@$((now - $1))" +%Y-%m-%dT%H:%M:%S.000000+00:00)" "$2"
}

# summary SECONDS-AGO CGROUP PID [COMM]: an oom-kill: line, for the VM's cgroup of a host out of
# memory, for others at their limit.
summary() {
  case $2 in
    /machine*) line "$1" "oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,task_memcg=$2,task=${4-qemu-kvm},pid=$3,uid=107" ;;
    *) line "$1" "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=$2,task_memcg=$2,task=${4-qemu-kvm},pid=$3,uid=107" ;;
  esac
}

header() {
  line "$1" 'stress invoked oom-killer: gfp_mask=0x140dca(x), order=0, oom_score_adj=0'
}

killed() {
  line "$1" "${4-Out of memory: }Killed process $2 (${3-qemu-kvm}) $sizes"
}

# look OPTION...: runs the check without a state and without the kernel's counter.
look() {
  rm -rf "${NAGIOS_PLUGIN_STATE_DIRECTORY:?}"/*
  look_again "$@"
}

look_again() {
  run "$check" --source="$log" --procfs=/nonexistent "$@"
  printf '%s\n' "$output"
}

# names_vm1: expects CRITICAL with the VM's name on the first line.
names_vm1() {
  [ "$status" = 2 ]
  [[ ${lines[0]} == "OOM_KILLS CRITICAL - VM vm1 killed "* ]]
}

@test "a forged report of the kill with another cgroup does not make it ignored" {
  for ago in 3010 2990; do
    {
      line 4000 'usb 1-1: new device'
      [ $ago = 3010 ] && summary $ago /kubepods/x 4242 && killed $ago 4242 qemu-kvm 'Memory cgroup out of memory: '
      header 3000
      summary 3000 "$vm_cgroup" 4242
      killed 3000 4242
      [ $ago = 2990 ] && summary $ago /kubepods/x 4242 && killed $ago 4242 qemu-kvm 'Memory cgroup out of memory: '
      true
    } >"$log"
    look --ignore-cgroup=^/kubepods
    names_vm1
    look --scope=host
    names_vm1
  done
}

@test "a forged longer process name does not replace that of a VM" {
  for comm in qemu-kvm 'CPU 0/KVM'; do
    for order in 0 1; do
      {
        line 4000 'usb 1-1: new device'
        ((order)) && killed 3000 4242 "${comm}x"
        killed 3000 4242 "$comm"
        ((order)) || killed 2999 4242 "${comm}x"
      } >"$log"
      look
      [ "$status" = 2 ]
      [[ ${lines[0]} == "OOM_KILLS CRITICAL - an unnamed VM (${comm}[4242]) killed "* ]]
    done
  done
}

@test "lines forged within a report do not remove the VM's name" {
  local forged=(
    'Out of memory and no killable processes...'
    'Out of memory: OOM victim 4242 (qemu-kvm) is already exiting. Skip killing the task'
    'Kernel panic - not syncing: Out of memory'
    'stress invoked oom-killer: gfp_mask=0x140dca(x), order=0, oom_score_adj=0'
    'oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/kubepods/x,task_memcg=/kubepods/x,task=java,pid=1,uid=0'
    'oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,task_memcg=/kubepods/x,task=qemu-kvm,pid=4242,uid=107'
    'Tasks in /kubepods/x are going to be killed due to memory.oom.group set'
    "Memory cgroup out of memory: Killed process 4242 (java) $sizes"
    "Out of memory: Killed process 1 (bash) $sizes"
    'oom_reaper: reaped process 4242 (qemu-kvm), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB'
    'Linux version 6.1.0 (x) #1 SMP'
  )
  for text in "${forged[@]}"; do
    for at in 3000 90000 -90000; do
      echo "== $text at $at"
      {
        line 4000 'usb 1-1: new device'
        header 3000
        summary 3000 "$vm_cgroup" 4242
        line "$at" "$text"
        killed 3000 4242
      } >"$log"
      look --ignore-cgroup=^/kubepods
      [ "$status" = 2 ]
      [[ $output == *"VM vm1"* ]]
    done
  done
}

@test "a forged group does not make a VM one of its processes" {
  {
    line 4000 'usb 1-1: new device'
    header 3000
    summary 3000 /kubepods/x 4242
    line 3000 'Memory cgroup out of memory: Killed process 4242 (java) total-vm:9kB, anon-rss:8kB, file-rss:0kB, shmem-rss:0kB, UID:107 pgtables:30kB oom_score_adj:0'
    line 3000 'Tasks in /kubepods/x are going to be killed due to memory.oom.group set'
    killed 3000 4242
  } >"$log"
  look --ignore-cgroup=^/kubepods
  [ "$status" = 2 ]
}

@test "a report forged before a Killed line does not make --ignore-cgroup apply to a hypervisor" {
  {
    line 4000 'usb 1-1: new device'
    header 3001
    line 3001 'oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,task_memcg=/kubepods/x,task=qemu-kvm,pid=4242,uid=107'
    killed 3000 4242
  } >"$log"
  look --ignore-cgroup=^/kubepods
  [ "$status" = 2 ]
  # For another process it applies.
  sed -i 's/qemu-kvm/java/' "$log"
  look --ignore-cgroup=^/kubepods
  [ "$status" = 0 ]
}

@test "a line with an earlier date neither acknowledges a kill nor moves it out of the window" {
  killed 3100 7 java >>"$log"
  look --acknowledge
  now=$((now + 30))
  {
    killed 31 4242
    killed 1 4242
  } >>"$log"
  look_again
  [ "$status" = 2 ]
  look_again --since=25s
  [ "$status" = 2 ]
}

@test "the same kill in two text logs is counted once, even if one lacks the report" {
  {
    header 3000
    summary 3000 "$vm_cgroup" 4242
    killed 3000 4242
  } >>"$log"
  killed 3000 4242 >"$BATS_TEST_TMPDIR/messages"
  for other in "$BATS_TEST_TMPDIR/messages" "$log"; do
    look --source="$other"
    names_vm1
    [[ ${lines[0]} == *" oom_kills=1;"* ]]
  done
}
