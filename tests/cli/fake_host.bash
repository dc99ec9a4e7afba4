# SPDX-License-Identifier: GPL-3.0-or-later
# A host with the ring buffer, clocks, boot and counter that a test sets: see
# tests/shim/fake_host.c.
# shellcheck shell=bash

# fake_host UP_SECONDS: a host in $host that booted UP_SECONDS before 2026-11-22 20:00 UTC, with an
# empty ring buffer, no kill counted and its own state.
fake_host() {
  shim=${BUILDDIR:-build}/tests/shim/fake_host.so
  [ -e "$shim" ] || skip "$shim is not built"
  host=$BATS_TEST_TMPDIR/host
  mkdir -p "$host/proc/sys/kernel/random" "$host/state" "$host/root/var/log"
  # 2026-11-22 20:00 UTC
  export FAKE_NOW=1795377600000000 FAKE_UP=${1}000000 FAKE_KMSG=$host/ring
  export TZ=UTC NAGIOS_PLUGIN_STATE_DIRECTORY=$host/state
  boot 1
  counter 0
  ring </dev/null
}

# boot NUMBER: starts another boot, with the id NUMBER.
boot() {
  printf '%08d-0000-4000-8000-000000000000\n' "$1" >"$host/proc/sys/kernel/random/boot_id"
}

# counter N: sets the number of kills that the kernel has counted since boot.
counter() {
  printf 'nr_free_pages 1\noom_kill %s\n' "$1" >"$host/proc/vmstat"
}

# later SECONDS: advances the clocks.
later() {
  export FAKE_NOW=$((FAKE_NOW + $1 * 1000000)) FAKE_UP=$((FAKE_UP + $1 * 1000000))
}

# ring [FIRST]: fills the ring buffer from lines of "SECONDS text" or "SECONDS.USEC text" since
# boot, numbered from FIRST on (default 0: since boot).
# shellcheck disable=SC2120 # FIRST may be left out
ring() {
  awk -v sequence="${1:-0}" '{
    at = $1
    sub(/^[^ ]* /, "")
    gsub(/\\/, "\\x5c")
    printf "6,%d,%.0f,-;%s\n", sequence++, at * 1000000, $0
  }' >"$host/ring"
}

# killed SECONDS PID COMM [PREFIX]: a Killed line.
killed() {
  printf '%s %sKilled process %s (%s) total-vm:9000000kB, anon-rss:8192000kB, file-rss:0kB, shmem-rss:0kB, UID:107 pgtables:30kB oom_score_adj:0\n' \
    "$1" "${4-Out of memory: }" "$2" "$3"
}

# vm_killed SECONDS PID [NAME]: the report of a libvirt VM that was killed because the host was out
# of memory.
vm_killed() {
  printf '%s stress invoked oom-killer: gfp_mask=0x140dca(GFP_HIGHUSER_MOVABLE|__GFP_ZERO), order=0, oom_score_adj=0\n' "$1"
  printf '%s oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,task_memcg=/machine.slice/machine-qemu\\x2d3\\x2d%s.scope,task=qemu-kvm,pid=%s,uid=107\n' \
    "$1" "${3-vm1}" "$2"
  killed "$1" "$2" qemu-kvm
}

# pod_killed SECONDS PID CGROUP [COMM]: the report of a process that was killed at the limit of its
# own cgroup.
pod_killed() {
  printf '%s %s invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=968\n' "$1" "${4-java}"
  printf '%s oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=%s,task_memcg=%s,task=%s,pid=%s,uid=107\n' \
    "$1" "$3" "$3" "${4-java}" "$2"
  killed "$1" "$2" "${4-java}" 'Memory cgroup out of memory: '
}

# on_host PROGRAM ARGUMENT...: runs a program of the build on that host.
on_host() {
  local program=${BUILDDIR:-build}/plugins/$1
  shift
  # Do not require that a sanitizer's runtime is loaded before the shim.
  LD_PRELOAD=$shim ASAN_OPTIONS=verify_asan_link_order=0:${ASAN_OPTIONS-} \
    "$program" --rootfs="$host/root" --procfs="$host/proc" "$@"
}
