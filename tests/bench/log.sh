#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The cost of a large log file, as ratios to a C loop that only reads it and to grep. `make bench`
# runs it; BYTES and RUNS may be set.
set -eu
: "${SRCDIR:=.}" "${BUILDDIR:=.}" "${BYTES:=1073741824}" "${RUNS:=9}"
check=$BUILDDIR/plugins/check_oom_kills

directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
${CC:-cc} -O2 -D_GNU_SOURCE -o "$directory/log_tool" "$SRCDIR/tests/bench/log_tool.c"
cd "$directory"
./log_tool generate "$BYTES" 7 >kern.log
cat kern.log >/dev/null

# NAME COMMAND…: sets $name to the CPU time in microseconds. On a busy machine the wall time also
# includes other processes.
measure() {
	name=$1
	shift
	# shellcheck disable=SC2046 # three numbers
	set -- $(./log_tool time "$RUNS" "$@")
	eval "$name=$1"
	echo "$1 $2 $3" | awk -v name="$name" \
		'{ printf "%-26s %9.1f ms CPU %9.1f ms wall %8d KiB\n", name, $1 / 1000, $2 / 1000, $3 }'
}
ratio() {
	awk -v a="$2" -v b="$3" -v limit="$4" -v what="$1" \
		'BEGIN { printf "%-26s %9.3f (budget %s)\n", what, a / b, limit }'
}

measure floor ./log_tool floor kern.log
measure grep env LC_ALL=C grep -c 'Killed process' kern.log
# Without a state, and with the state of the previous run.
export NAGIOS_PLUGIN_STATE_DIRECTORY=/proc/no-memory
measure all "$check" --source="$directory/kern.log" --since=all
export NAGIOS_PLUGIN_STATE_DIRECTORY="$directory/state"
mkdir -m 700 state
"$check" --source="$directory/kern.log" --since=1h >first || :
measure hour "$check" --source="$directory/kern.log" --since=1h
cmp -s first output || echo 'the second run has another answer'
measure start "$check" --version
# shellcheck disable=SC2154 # measure sets them
ratio 'all of it / read + memmem' "$all" "$floor" 1.2
# shellcheck disable=SC2154
ratio 'one hour again / grep -c' "$hour" "$grep" 0.05
