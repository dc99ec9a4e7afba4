#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The cost of finding the VMs among many processes, as ratios to a C loop that reads the name of
# each process. `make bench` runs it; PROCESSES, VMS and RUNS may be set. Budget: 1.10 if all
# processes must be read; with a cgroup for each VM the cost grows with the VMs, not the processes.
# The excess over 1 without VMs (VMS=1) is the comparison of names; each VM costs five more files:
# cmdline, status, cgroup, oom_score_adj, and stat for its note.
#
# The processes are real. The cgroups are files in a temporary folder with their pids, so that no
# privilege is needed and both methods see the same VMs.
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

# put_scope PID: creates the cgroup of a libvirt VM.
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

# hold PROCESSES: starts them, and creates the cgroups of the VMs among them.
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

# compare HOW FOLDER: measures the check with FOLDER as /sys. The check notes the VMs in a state
# directory of its own. VMs that are already in the notes cost less, as they do from the second run
# on.
compare() {
  export NAGIOS_PLUGIN_STATE_DIRECTORY="$directory/state-$1"
  rm -rf "$NAGIOS_PLUGIN_STATE_DIRECTORY"
  mkdir -m 700 "$NAGIOS_PLUGIN_STATE_DIRECTORY"
  # Without this a check that overlooks the VMs would seem fast.
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
