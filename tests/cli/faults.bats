#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Results while system calls fail: a few cases of `make check-faults`.
bats_require_minimum_version 1.5.0

# faults MODE NAME...: see tests/faults/faults.sh.
faults() {
  run "${SRCDIR:-$BATS_TEST_DIRNAME/../..}/tests/faults/faults.sh" "$@"
  [ "$status" != 77 ] || skip "${lines[0]}"
  echo "$output"
}

# One invocation for each kind of result: a check, a state, a report, a host without a log.
@test "the evaluation of tests/faults finds planted wrong results, crashes and lost states" {
  faults lies text-killed held report-text report-json mem-starved
  [ "$status" = 0 ]
  [ "${lines[-1]}" = '5 invocations: 36 tried, 0 wrong' ]
}
