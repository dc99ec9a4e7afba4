#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Which name a VM gets. The cgroup of a VM names it only in the places where a manager of VMs
# creates it.
# shellcheck disable=SC2154 # vm_host sets host and scope
bats_require_minimum_version 1.5.0

load vm_host

setup() {
  plugins=${BUILDDIR:-build}/plugins
  export TZ=UTC NAGIOS_PLUGIN_STATE_DIRECTORY=$BATS_TEST_TMPDIR/state
  unset MP_STATE_PATH
  log=$BATS_TEST_TMPDIR/kern.log
}

# killed COMM CGROUP: a log with the kill of one process.
killed() {
  local prefix="2026-11-23T00:08:43.396265+00:00 hv1 kernel:"
  printf '%s\n' \
    "$prefix oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=$2,task_memcg=$2,task=$1,pid=777,uid=1000" \
    "$prefix Memory cgroup out of memory: Killed process 777 ($1) total-vm:9000kB, anon-rss:8192kB, file-rss:0kB, shmem-rss:0kB, UID:1000 pgtables:30kB oom_score_adj:0" >"$log"
}

# A saved kill keeps its name, so each run starts without a state.
look() {
  rm -rf "$NAGIOS_PLUGIN_STATE_DIRECTORY"
  run "$plugins/check_oom_kills" --since=all --source="$log" --rootfs="$BATS_TEST_TMPDIR" "$@"
  echo "$output"
}

lookalikes() {
  cat <<'END'
/user.slice/user-1000.slice/user@1000.service/app.slice/machine-qemu\x2d3\x2dvm1.scope
/user.slice/user-1000.slice/user@1000.service/machine.slice/machine-qemu\x2d3\x2dvm1.scope
/user.slice/user-1000.slice/user@1000.service/qemu.slice/101.scope
/user.slice/user-1000.slice/user@1000.service/machine/qemu-3-vm1.libvirt-qemu
/user.slice/user-1000.slice/user@1000.service/libvirt/qemu/vm1
/system.slice/delegated.service/machine.slice/machine-qemu\x2d3\x2dvm1.scope
/system.slice/delegated.service/qemu.slice/101.scope
/system.slice/docker-0f32894de86e.scope/firecracker/vm-1
/lxc/101/ns/qemu.slice/100.scope
/machine.slice/machine-debian.scope/payload/machine.slice/machine-qemu\x2d3\x2dvm1.scope
END
}

@test "a process in a user's cgroup that is named like a VM's is not a VM" {
  while read -r cgroup; do
    killed tail "$cgroup"
    look
    [ "$status" = 1 ]
    [[ ${lines[0]} == 'OOM_KILLS WARNING - process tail[777] killed by the OOM killer '* ]]
    [[ ${lines[0]} == *' oom_vm_kills=0;'* ]]
    run "$plugins/oom_report" --since=all --source="$log" --rootfs="$BATS_TEST_TMPDIR"
    [ "$status" = 0 ]
    [[ $output == *' process tail[777], '* ]]
  done < <(lookalikes)
}

@test "a QEMU process in such a cgroup is a VM without a name" {
  while read -r cgroup; do
    killed qemu-kvm "$cgroup"
    look
    [ "$status" = 2 ]
    [[ ${lines[0]} == 'OOM_KILLS CRITICAL - an unnamed VM (qemu-kvm[777]) killed by the OOM killer '* ]]
  done < <(lookalikes)
}

@test "qemu:NAME in comm names a libvirt domain only in a cgroup where libvirt starts it" {
  killed qemu:vm1 /user.slice/user-1000.slice/session-2.scope
  look
  [[ ${lines[0]} == 'OOM_KILLS CRITICAL - an unnamed VM (qemu:vm1[777]) killed '* ]]
  killed qemu:vm1 /system.slice/libvirtd.service
  look
  [[ ${lines[0]} == 'OOM_KILLS CRITICAL - VM vm1 killed '* ]]
}

@test "--vm-cgroup adds the places of custom partitions and of containers" {
  killed tail '/production.slice/machine-qemu\x2d3\x2dvm1.scope'
  look --vm-cgroup=/production.slice
  [ "$status" = 2 ]
  [[ ${lines[0]} == 'OOM_KILLS CRITICAL - VM vm1 killed '* ]]
  look
  [ "$status" = 1 ]
  killed kvm /lxc/101/ns/qemu.slice/100.scope
  look --vm-cgroup=/production.slice --vm-cgroup='/lxc/*/ns'
  [[ ${lines[0]} == 'OOM_KILLS CRITICAL - VM 100 (proxmox) killed '* ]]
}

@test "--vm-cgroup requires a path, in every program that has it" {
  for program in check_oom_kills check_mem_available check_vm_oom_score check_vm_overcommit oom_report; do
    run -3 "$plugins/$program" --vm-cgroup=production.slice
    [[ $output == *"--vm-cgroup: must be a cgroup path below the root as in /proc/PID/cgroup, for example /production.slice"* ]]
  done
}

@test "the checks of running VMs count VMs only in known places and those of --vm-cgroup" {
  make_host 1000000 0
  echo 'MemAvailable: 900000 kB' >>"$host/proc/meminfo"
  put_vm 31 vm1 200000 0
  for cgroup in /user.slice/user-1000.slice/user@1000.service "/production.slice"; do
    put 41 tail "$cgroup$scope"'41\x2dother.scope' 300000 0
    put_cgroup "$cgroup$scope"'41\x2dother.scope' 41 300000000 max
  done
  run -0 "$plugins/check_vm_oom_score" --rootfs="$host"
  [[ ${lines[0]} == *'next victim among VMs would be vm1 '*'; 1 VM | '* ]]
  run -0 "$plugins/check_vm_overcommit" --rootfs="$host" --reserved=0B
  [[ ${lines[0]} == *'1 VM configured with '* ]]
  run "$plugins/check_mem_available" --rootfs="$host" -v
  [[ $output != *'VM other'* ]]
  [[ $output == *'VM vm1'* ]]
  put 51 qemu-kvm '/production.slice/machine-qemu\x2d51\x2dthird.scope' 400000 0 /usr/libexec/qemu-kvm -name guest=third
  put_cgroup '/production.slice/machine-qemu\x2d51\x2dthird.scope' 51 400000000 max
  run -0 "$plugins/check_vm_oom_score" --rootfs="$host" --vm-cgroup=/production.slice
  [[ ${lines[0]} == *'next victim among VMs would be third '*'; 2 VMs | '* ]]
  run -0 "$plugins/check_vm_overcommit" --rootfs="$host" --reserved=0B --vm-cgroup=/production.slice
  [[ ${lines[0]} == *'2 VMs configured with '* ]]
  run "$plugins/check_mem_available" --rootfs="$host" -v --vm-cgroup=/production.slice
  [[ $output == *'VM third'* ]]
}
