# SPDX-License-Identifier: GPL-3.0-or-later
# A host with VMs, which the test creates in $host, so that the values are beside the expected
# results.
# shellcheck shell=bash

load said

scope='/machine.slice/machine-qemu\x2d'

# make_host RAM_KB SWAP_KB: a host without VMs, on cgroup v2 and a kernel from 5.9 on.
make_host() {
  host=$BATS_TEST_TMPDIR/host
  ram_kb=$1 swap_kb=$2
  formula=shifted
  rm -rf "$host"
  mkdir -p "$host/proc/1" "$host/sys/fs/cgroup"
  echo memory >"$host/sys/fs/cgroup/cgroup.controllers"
  {
    printf 'MemTotal: %s kB\nMemFree: 1000 kB\nBuffers: 0 kB\nCached: 0 kB\n' "$ram_kb"
    printf '%s: 0 kB\n' 'Active(file)' 'Inactive(file)' AnonPages Slab SReclaimable PageTables Committed_AS
    printf 'SwapTotal: %s kB\nSwapFree: %s kB\n' "$swap_kb" "$swap_kb"
  } >"$host/proc/meminfo"
  printf 'Filename\tType\tSize\tUsed\tPriority\n' >"$host/proc/swaps"
  [ "$swap_kb" = 0 ] || printf '/dev/sda2\tpartition\t%s\t0\t-2\n' "$swap_kb" >>"$host/proc/swaps"
  put 1 systemd /init.scope 10000 0
}

# put PID COMM CGROUP RSS_KB ADJ [ARGUMENT...]: a process, with $swapped_kb in swap and $huge_kb in
# huge pages.
put() {
  local directory=$host/proc/$1 pid=$1 comm=$2 cgroup=$3 rss_kb=$4 adj=$5
  shift 5
  mkdir -p "$directory"
  echo "$comm" >"$directory/comm"
  echo "0::$cgroup" >"$directory/cgroup"
  if [ $# -gt 0 ]; then printf '%s\0' "$@"; fi >"$directory/cmdline"
  printf 'Name: x\nTgid: %s\nVmRSS: %s kB\nVmSwap: %s kB\nHugetlbPages: %s kB\nThreads: 1\n' \
    "$pid" "$rss_kb" "${swapped_kb:-0}" "${huge_kb:-0}" >"$directory/status"
  echo "$adj" >"$directory/oom_score_adj"
  local permille=$(((rss_kb + ${swapped_kb:-0}) * 1000 / (ram_kb + swap_kb) + adj))
  [ "$formula" = plain ] || permille=$(((1000 + permille) * 2 / 3))
  [ "$adj" != -1000 ] && [ "$pid" != 1 ] && [ "$permille" -ge 0 ] || permille=0
  echo "$permille" >"$directory/oom_score"
}

# put_cgroup CGROUP PID BYTES LIMIT: the cgroup of a VM.
put_cgroup() {
  local directory=$host/sys/fs/cgroup$1
  mkdir -p "$directory"
  echo "$2" >"$directory/cgroup.procs"
  echo "$3" >"$directory/memory.current"
  echo "$4" >"$directory/memory.max"
  echo max >"$directory/memory.high"
  echo 0 >"$directory/memory.swap.current"
  printf 'low 0\nhigh 0\nmax 0\noom 0\noom_kill 0\n' >"$directory/memory.events"
}

# put_vm PID NAME RSS_KB ADJ [ARGUMENT...]: a libvirt VM without a limit.
put_vm() {
  local pid=$1 name=$2 rss_kb=$3 adj=$4
  shift 4
  put "$pid" qemu-kvm "$scope$pid\\x2d${name//-/\\x2d}.scope" "$rss_kb" "$adj" \
    /usr/libexec/qemu-kvm -name "guest=$name,debug-threads=on" "$@"
  put_cgroup "$scope$pid\\x2d${name//-/\\x2d}.scope" "$pid" $((rss_kb * 1024)) max
}

# says RC LINE [OPTION...]: expects this first line, without perfdata, of $check on the host.
says() {
  local rc=$1 line=$2
  shift 2
  says_first "$rc" "$line" "$check" --rootfs="$host" "$@"
}
