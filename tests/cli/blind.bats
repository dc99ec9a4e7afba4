#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Checks of running VMs that cannot see all processes of the host: in a pid namespace, with hidepid,
# in a cgroup namespace.
# shellcheck disable=SC2154 # vm_host sets host and scope
bats_require_minimum_version 1.5.0

load vm_host

setup() {
  plugins=$(cd "${BUILDDIR:-$BATS_TEST_DIRNAME/../../build}/plugins" && pwd)
  export NAGIOS_PLUGIN_STATE_DIRECTORY=$BATS_TEST_TMPDIR/state
  unset MP_STATE_PATH
  container="only processes in this container's pid namespace are visible: use --procfs with a mount of the host's /proc, or share the host's pid namespace (docker --pid=host, Kubernetes hostPID: true)"
}

needs_namespace() {
  unshare "$@" true 2>/dev/null || skip "not permitted: unshare $*"
}

# In a container the test can only see its own processes.
needs_host() {
  [ "$(readlink /proc/self/ns/pid)" = 'pid:[4026531836]' ] || skip 'in a container'
}

# make_foreign NAMESPACE: a host whose /proc belongs to this pid namespace.
make_foreign() {
  make_host 67108864 0
  mkdir -p "$host/proc/1/ns"
  ln -s "pid:[$1]" "$host/proc/1/ns/pid"
}

says_container() {
  says_first 3 "VM_OOM_SCORE UNKNOWN - cannot determine the order of victims: $container" \
    "$plugins/check_vm_oom_score" --rootfs="$host"
  says_first 3 "VM_OVERCOMMIT UNKNOWN - cannot determine configured guest memory: $container" \
    "$plugins/check_vm_overcommit" --rootfs="$host"
}

@test "a container that sees only its own processes is UNKNOWN if no cgroup holds a VM" {
  make_foreign 4026532177
  says_container
}

@test "a container that sees only its own processes is UNKNOWN if a cgroup holds a VM" {
  for pid in 0 1 31; do
    make_foreign 4026532177
    put 31 qemu-kvm / 1000 0 /usr/libexec/qemu-kvm -name guest=inner
    put_cgroup "${scope}7\x2dvm1.scope" "$pid" 1000000 max
    says_container
  done
}

@test "a container on cgroup v1 is UNKNOWN too" {
  make_foreign 4026532177
  rm "$host/sys/fs/cgroup/cgroup.controllers"
  mkdir -p "$host/sys/fs/cgroup/memory/machine/qemu-7-vm1.libvirt-qemu"
  touch "$host/sys/fs/cgroup/memory/memory.usage_in_bytes" \
    "$host/sys/fs/cgroup/memory/machine/qemu-7-vm1.libvirt-qemu/cgroup.procs"
  says_container
}

@test "the initial pid namespace is recognised by its number" {
  make_foreign 4026531836
  says_first 0 'VM_OOM_SCORE OK - no VMs' "$plugins/check_vm_oom_score" --rootfs="$host"
}

@test "in a container -v gives the reason and no pid is noted" {
  make_foreign 4026532177
  echo 'MemAvailable: 60000000 kB' >>"$host/proc/meminfo"
  run -0 "$plugins/check_mem_available" --rootfs="$host" -v
  [[ $output == *"$container"* ]]
  put_cgroup "${scope}7\x2dvm1.scope" 31 1000000 max
  put 31 qemu-kvm "${scope}7\x2dvm1.scope" 1000 0 /usr/libexec/qemu-kvm -name guest=vm1
  mkdir -p "$host/proc/sys/kernel/random"
  echo 00000000-0000-4000-8000-000000000001 >"$host/proc/sys/kernel/random/boot_id"
  run "$plugins/check_oom_kills" --rootfs="$host" --source="$host/proc/meminfo" -v
  [[ $output == *"$container"* ]]
  [ ! -e "$NAGIOS_PLUGIN_STATE_DIRECTORY/$(id -u)/check_oom_kills/vms" ]
}

@test "a real pid namespace is UNKNOWN unless --procfs names the host's /proc" {
  needs_namespace --pid --fork --mount-proc
  says_first 3 "VM_OOM_SCORE UNKNOWN - cannot determine the order of victims: $container" \
    unshare --pid --fork --mount-proc "$plugins/check_vm_oom_score"
  needs_host
  mkdir "$BATS_TEST_TMPDIR/proc"
  # shellcheck disable=SC2016 # expanded by the inner shell
  run -0 unshare --mount sh -euc 'mount --bind /proc "$1"
    exec unshare --pid --fork --mount-proc "$2" --procfs="$1"' - "$BATS_TEST_TMPDIR/proc" "$plugins/check_vm_oom_score"
  [[ ${lines[0]} == 'VM_OOM_SCORE OK - '* ]]
}

# as_nobody UNSHARE...: runs a copy of the check in a folder where every user may execute it.
as_nobody() {
  run "$@" setpriv --reuid=65534 --regid=65534 --clear-groups "$copy/check_vm_oom_score"
}

@test "an unprivileged user gets OK on the host, UNKNOWN in a container or with hidepid" {
  needs_host
  { command -v setpriv && [ "$(id -u)" = 0 ]; } || skip 'no setpriv, or not root'
  needs_namespace --pid --fork --mount-proc
  copy=$(mktemp -d)
  chmod 755 "$copy"
  install -m 755 "$plugins/check_vm_oom_score" "$copy"
  as_nobody env
  [[ $status = 0 && ${lines[0]} == 'VM_OOM_SCORE OK - '* ]]
  as_nobody unshare --pid --fork --mount-proc
  [ "${lines[0]%% | *}" = "VM_OOM_SCORE UNKNOWN - cannot determine the order of victims: $container" ]
  # shellcheck disable=SC2016 # expanded by the inner shell
  as_nobody unshare --mount sh -c 'mount -t proc -o hidepid=2 proc /proc && exec "$@"' -
  [[ $status = 3 && ${lines[0]} == *' - cannot determine the order of victims: /proc is mounted with hidepid, which hides '*' --procfs'* ]]
  rm -r "$copy"
}

@test "a cgroup namespace hides no process" {
  needs_host
  needs_namespace --cgroup
  run -0 unshare --cgroup "$plugins/check_vm_oom_score"
  [[ ${lines[0]} == 'VM_OOM_SCORE OK - '* ]]
}

@test "in a cgroup namespace a VM's limit is judged only if the host's tree is visible" {
  make_host 1000000 0
  put 31 qemu-kvm "/../..${scope}7\x2dvm1.scope/libvirt/emulator" 200000 0 /usr/libexec/qemu-kvm -name guest=vm1
  says_first 0 "VM_OOM_SCORE OK - next victim among VMs would be vm1 (20.0 % of RAM and swap); 1 VM; limits of 1 VM not visible in this cgroup namespace (mount the host's /sys and set --sysfs)" \
    "$plugins/check_vm_oom_score" --rootfs="$host"
  put_cgroup "${scope}7\x2dvm1.scope" 0 200000000 201000000
  says_first 1 "VM_OOM_SCORE WARNING - vm1 holds 99.5 % of its cgroup's limit of 192 MiB, above 98 %; next victim among VMs would be vm1 (20.0 % of RAM and swap); 1 VM" \
    "$plugins/check_vm_oom_score" --rootfs="$host"
}
