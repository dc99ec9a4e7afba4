#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# weeks.sh [SEED...]: simulates a week (see week.c) for each seed (default: 1 to 5) and
# each way of running the check, on all CPUs. WEEK_MINUTES=N shortens it. Exit status 0
# if no kill was lost, repeated or invented, and there was no false alarm.
set -u -o pipefail
build=$(cd "${BUILDDIR:?the folder that make was run in}" && pwd) || exit
work=$(mktemp -d "/dev/shm/week.XXXXXX") || exit
trap 'rm -rf "$work"' EXIT
[ $# -gt 0 ] || set -- 1 2 3 4 5

one() { # SEED OPTION...
  local seed=$1
  shift
  "$build/tests/sim/week" --seed="$seed" --minutes="${WEEK_MINUTES:-10080}" "$@" \
    "$build/plugins/check_oom_kills" "$build/tests/faults/shim.so" "$(mktemp -u "$work/XXXXXX")" |
    sed "s/^/seed $seed $*: /"
}
export -f one
export build work
for seed; do
  printf '%s\n' "$seed" "$seed --no-log" "$seed --held" "$seed --no-log --held"
done | xargs -P "$(nproc)" -I{} bash -c 'one {}'
