#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# What looking for the VMs costs among many processes, as ratios to a C loop that
# reads each one's name.  `make bench` runs it; PROCESSES, VMS and RUNS may be set.
# Budget: 1.10 where all processes have to be read; with a cgroup for each VM it
# grows with the VMs, not the processes.  What is above 1 without VMs (VMS=1) is
# the comparing of names; each VM costs five files more: cmdline, status, cgroup
# and oom_score_adj, and stat for its note.
#
# The processes are real ones.  The cgroups are files of a temporary folder that
# name them, so that no privilege is needed and both ways see the same VMs.
set -eu
: "${SRCDIR:=.}" "${BUILDDIR:=.}" "${PROCESSES:=10000}" "${VMS:=200}" "${RUNS:=51}"
check=$BUILDDIR/plugins/check_vm_oom_score

directory=$(mktemp -d)
holder=
release() {
  [ -z "$holder" ] || kill "$holder" 2>/dev/null || :
  wait
  holder=
}
trap 'release; rm -rf "$directory"' EXIT
trap 'exit 1' HUP INT TERM

skip() {
  echo "skipped: $*"
  exit 0
}

# A process that only waits takes about 120 KiB.
available_kb=$(sed -n 's/^MemAvailable: *\([0-9]*\) kB$/\1/p' /proc/meminfo)
[ "$available_kb" -gt $((PROCESSES * 240)) ] ||
  skip "$PROCESSES processes want $((PROCESSES * 240)) kB, $available_kb kB are available"

for tool in start_tool scan_tool; do
  ${CC:-cc} -O2 -D_GNU_SOURCE -o "$directory/$tool" "$SRCDIR/tests/bench/$tool.c"
done
mkfifo "$directory/pids"
mkdir "$directory/bare"

# put_scope PID: a VM as libvirt would have it.
put_scope() {
  scope=$directory/sys/fs/cgroup/machine.slice/machine-qemu\\x2d$1\\x2dinstance\\x2d$1.scope
  mkdir -p "$scope/libvirt"
  echo "$1" >"$scope/libvirt/cgroup.procs"
  : >"$scope/cgroup.procs"
  for group in "$scope" "$scope/libvirt"; do
    echo 17179869184 >"$group/memory.current"
    echo max >"$group/memory.max"
    echo max >"$group/memory.high"
    echo 0 >"$group/memory.swap.current"
    printf 'low 0\nhigh 0\nmax 0\noom 0\noom_kill 0\n' >"$group/memory.events"
  done
}

# hold PROCESSES: starts them, and makes the cgroups of the VMs among them.
hold() {
  rm -rf "$directory/sys"
  mkdir -p "$directory/sys/fs/cgroup"
  echo memory >"$directory/sys/fs/cgroup/cgroup.controllers"
  "$directory/scan_tool" hold "$1" "$VMS" >"$directory/pids" 2>"$directory/why" &
  holder=$!
  while read -r pid; do
    put_scope "$pid"
  done <"$directory/pids"
  [ ! -s "$directory/why" ] || skip "$(cat "$directory/why")"
}

# compare HOW FOLDER: with what FOLDER shows as /sys.  The check notes the VMs,
# here in a memory of its own; those that it knows already cost less, as they do
# from the second run on.
compare() {
  export NAGIOS_PLUGIN_STATE_DIRECTORY="$directory/state-$1"
  rm -rf "$NAGIOS_PLUGIN_STATE_DIRECTORY"
  mkdir -m 700 "$NAGIOS_PLUGIN_STATE_DIRECTORY"
  # A check that overlooked them would show nice figures.
  seen=$("$check" "--sysfs=$2" | sed -n '1s/.* vms=\([0-9]*\);.*/\1/p')
  if [ "${seen:-0}" -lt "$VMS" ]; then
    echo "$check --sysfs=$2 sees ${seen:-no} VMs" >&2
    exit 1
  fi
  echo "$processes processes, $VMS of them VMs, found by $1"
  "$directory/start_tool" "$RUNS" "$directory/scan_tool comm" "$check --sysfs=$2"
}

for processes in "$VMS" "$PROCESSES"; do
  hold "$processes"
  compare name "$directory/bare"
  compare cgroup "$directory/sys"
  release
done
