#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# bench.sh: what the programs cost, as one table. Each kind of work is done in three sizes, so that its
# growth can be seen, by our program and by a floor, a C program that only does what cannot be avoided;
# and by a peer, where one is installed. All run in turns. The ratio is ours to the floor's. `make
# bench` runs it in some minutes. Environment:
#   BENCH_RUNS=N      runs of each command (default: 21; 10 times as many of short ones)
#   BENCH_ONLY=NAME   one of: start kmsg journal log vms
set -eu -o pipefail
export LC_ALL=C.UTF-8 TZ=UTC
source=$(cd "${SRCDIR:-.}" && pwd)
build=$(cd "${BUILDDIR:-build}" && pwd)
plugins=$build/plugins
runs=${BENCH_RUNS:-21}
peers=/usr/lib/nagios/plugins
[ -d $peers ] || peers=/usr/lib64/nagios/plugins

# In memory, as cgroupfs is.
folder=${TMPDIR:-/dev/shm}
[ -w "$folder" ] || folder=/tmp
work=$(mktemp -d "$folder/bench.XXXXXX")
holder=
release() {
  [ -z "$holder" ] || kill "$holder" 2>/dev/null || :
  wait
  holder=
}
trap 'release; rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
cd "$work"
export NAGIOS_PLUGIN_STATE_DIRECTORY=/proc/no-memory

# shellcheck disable=SC2086 # it may have arguments
compile() {
  ${CC:-cc} -O2 -D_GNU_SOURCE -o "$@"
}
compile bench_tool "$source/tests/bench/bench_tool.c"
tool=$work/bench_tool

# row NAME FIGURE RUNS BUDGET FLOOR OURS [PEER]: measures the commands and prints a row. FIGURE is wall
# or cpu, which other load disturbs less. BUDGET is a ratio, or "N us/M": N microseconds for each of M.
row() {
  local name=$1 figure=$2 times=$3 budget=$4 peer_name=''
  shift 4
  [ $# -lt 3 ] || peer_name=$(basename "${3%% *}")
  "$tool" time "$times" "$@" >figures || return
  awk -v name="$name" -v figure="$figure" -v budget="$budget" -v peer_name="$peer_name" '
    { usec[NR] = figure == "wall" ? $1 : $2 }
    function ms(value) { return sprintf(value < 9995 ? "%.2f" : "%.0f", value / 1000) }
    END {
      ratio = usec[2] / usec[1]
      shown = sprintf("%.2f", ratio)
      if (split(budget, part, " us/") == 2) {
        ratio = usec[2] / part[2]
        shown = sprintf("%.0f us each", ratio)
        sub(/\/.*/, " each", budget)
      }
      limit = part[1] ? part[1] : budget
      pass = budget == "-" ? "" : ratio <= limit ? "yes" : "NO"
      printf "| %s | %s | %s | %s | %s | %s | %s |\n", name, ms(usec[1]),
        (NR > 2 ? ms(usec[3]) " " peer_name : ""), ms(usec[2]), shown, budget, pass
    }' figures
}

skip() {
  echo "| $1 | skipped: $2 | | | | | |"
}

# peer PROGRAM ARGUMENT…: prints the command if the program is installed.
peer() {
  command -v "$1" >/dev/null || return 0
  echo "$@"
}

# Wall time, against an empty dynamically linked program.
bench_start() {
  local tree trees=$source/tests/data/trees peer_swap
  echo 'int main(void) { return 0; }' >empty.c
  compile empty empty.c
  peer_swap=$(peer "$peers/check_swap" -w 1% -c 1%)
  row 'check_mem_available --version' wall $((10 * runs)) 1.00 "$work/empty" "$plugins/check_mem_available --version"
  row 'check_mem_available, this host' wall $((10 * runs)) 1.00 "$work/empty" "$plugins/check_mem_available" \
    ${peer_swap:+"$peer_swap"}
  for tree in two-node-512g hugepages-1t; do
    row "check_mem_available --per-node, $tree" wall $((10 * runs)) - "$work/empty" \
      "$plugins/check_mem_available --per-node --rootfs=$trees/$tree -w 1MiB: -c 1MiB:"
  done
  row 'check_mem_kernel, this host' wall $((10 * runs)) 1.00 "$work/empty" "$plugins/check_mem_kernel"
  row 'check_mem_pressure, this host' wall $((10 * runs)) 1.00 "$work/empty" "$plugins/check_mem_pressure"
}

bench_kmsg() {
  local records peer_dmesg
  peer_dmesg=$(peer dmesg)
  if "$tool" read-kmsg >/dev/null; then
    records=$("$tool" read-kmsg)
    row "kmsg, this host's $records records" cpu $((10 * runs)) 1.10 "$tool read-kmsg" \
      "$plugins/check_oom_kills --source=kmsg" ${peer_dmesg:+"$peer_dmesg"}
  fi
  # A ring buffer of a given size: the library replaces /dev/kmsg for both programs.
  for records in 2000 4000 8000; do
    "$tool" make-kmsg $records >ring
    row "kmsg, $records records" cpu $((10 * runs)) 1.10 \
      "env FAULTS_KMSG=$work/ring LD_PRELOAD=$build/tests/faults/shim.so $tool read-kmsg" \
      "env FAULTS_KMSG=$work/ring LD_PRELOAD=$build/tests/faults/shim.so $plugins/check_oom_kills --source=kmsg"
  done
}

bench_journal() {
  local entries remote=/lib/systemd/systemd-journal-remote peer_journalctl
  [ -x $remote ] || { skip journal "$remote is missing" && return; }
  compile journal_loop "$source/tests/bench/journal_loop.c" -lsystemd 2>why ||
    { skip journal 'libsystemd does not link' && return; }
  for entries in 30000 100000 300000; do
    rm -rf journal && mkdir journal
    "$tool" make-journal $entries | $remote --split-mode=none -o journal/system.journal - 2>/dev/null
    peer_journalctl=$(peer journalctl -q -D "$work/journal" --since=-1d -g Killed.process _TRANSPORT=kernel)
    row "journal, a day of $entries entries" cpu "$runs" 0.20 "$work/journal_loop $work/journal" \
      "$plugins/check_oom_kills --source=$work/journal --since=24h" ${peer_journalctl:+"$peer_journalctl"}
  done
}

bench_log() {
  local mib check_logfiles
  check_logfiles=$(peer check_logfiles "--logfile=$work/kern.log" --criticalpattern=Killed.process --allyoucaneat)
  for mib in 64 256 1024; do
    "$tool" make-log $((mib * 1048576)) >kern.log
    row "log of $mib MiB, all" cpu "$runs" 1.20 "$tool read-log $work/kern.log" \
      "$plugins/check_oom_kills --source=$work/kern.log --since=all" "grep -c Killed.process $work/kern.log"
  done
  [ -z "$check_logfiles" ] || row "log of $mib MiB, check_logfiles" cpu 1 - "$tool read-log $work/kern.log" "$check_logfiles"
  rm -rf state && mkdir -m 700 state
  NAGIOS_PLUGIN_STATE_DIRECTORY=$work/state
  row "log of $mib MiB, an hour, again / grep -c" cpu "$runs" 0.05 "grep -c Killed.process $work/kern.log" \
    "$plugins/check_oom_kills --source=$work/kern.log --since=1h"
  NAGIOS_PLUGIN_STATE_DIRECTORY=/proc/no-memory
  rm kern.log
}

# put_vms PID…: creates the cgroups of libvirt VMs as systemd and libvirt 7.1 do. The processes are
# real; the cgroups are files with their pids, so that no privilege is needed.
put_vms() {
  local group scope
  # shellcheck disable=SC2046 # PIDs
  set -- $(printf 'sys/fs/cgroup/machine.slice/machine-qemu\\x2d%s\\x2dvm.scope/libvirt\n' "$@")
  mkdir -p "$@"
  for scope; do
    scope=${scope%/libvirt} group=${scope#*x2d}
    echo "${group%%\\*}" >"$scope/libvirt/cgroup.procs"
    : >"$scope/cgroup.procs"
    for group in "$scope" "$scope/libvirt"; do
      echo 17179869184 >"$group/memory.current"
      echo max >"$group/memory.max"
      echo max >"$group/memory.high"
      echo 0 >"$group/memory.swap.current"
      printf 'low 0\nhigh 0\nmax 0\noom 0\noom_kill 0\n' >"$group/memory.events"
    done
  done
}

# hold PROCESSES VMS: starts them, and creates the cgroups of the VMs among them.
hold() {
  local pids
  rm -rf sys state && mkdir -p sys/fs/cgroup bare && mkdir -m 700 state
  echo memory >sys/fs/cgroup/cgroup.controllers
  [ -p pids ] || mkfifo pids
  "$tool" hold "$1" "$2" >pids 2>why &
  holder=$!
  mapfile -t pids <pids
  put_vms "${pids[@]}"
  [ -s why ] || return 0
  skip "$1 processes" "$(<why)"
  return 1
}

# sees VMS SYSFS: a check that overlooked the VMs would seem fast. This host may have VMs, too.
sees() {
  local seen
  seen=$("$plugins/check_vm_oom_score" "--sysfs=$2" | sed -n '1s/.* vms=\([0-9]*\);.*/\1/p') || :
  [ "${seen:-0}" -ge "$1" ] || { skip "$1 VMs" "the check sees ${seen:-none}" && return 1; }
}

bench_vms() {
  local processes vms peer_procs
  peer_procs=$(peer "$peers/check_procs" -C qemu-system-x86)
  export NAGIOS_PLUGIN_STATE_DIRECTORY=$work/state
  for processes in 1000 2000 4000; do
    vms=$((processes / 50))
    hold $processes $vms && sees $vms "$work/bare" &&
      row "$processes processes by name, $vms of them VMs" cpu "$runs" 1.10 "$tool read-comms" \
        "$plugins/check_vm_oom_score --sysfs=$work/bare" ${peer_procs:+"$peer_procs"}
    release
  done
  for vms in 50 100 200; do
    hold 1000 $vms && sees $vms "$work/sys" &&
      row "$vms VMs by cgroup among 1000 processes" cpu $((2 * runs)) "50 us/$vms" "$tool read-comms" \
        "$plugins/check_vm_oom_score --sysfs=$work/sys"
    release
  done
}

printf '%s, %s processors, Linux %s, load %s\n\n' "$(sed -n 's/^model name[^:]*: *//p' /proc/cpuinfo | head -n 1)" \
  "$(nproc)" "$(uname -r)" "$(cut -d ' ' -f 1-3 /proc/loadavg)"
echo '| work | floor, ms | peer, ms | ours, ms | ours / floor | budget | pass |'
echo '|---|---|---|---|---|---|---|'
for part in ${BENCH_ONLY:-start kmsg journal log vms}; do
  "bench_$part"
done
