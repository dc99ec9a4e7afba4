#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Answers while system calls fail: a few of what `make check-faults` tries.
bats_require_minimum_version 1.5.0

# faults MODE NAME...: see tests/faults/faults.sh.
faults() {
  run "${SRCDIR:-$BATS_TEST_DIRNAME/../..}/tests/faults/faults.sh" "$@"
  [ "$status" != 77 ] || skip "${lines[0]}"
  echo "$output"
}

# One for each kind of answer: a check, a state, a report, no log at all.
@test "a wrong answer, a crash and a lost state are found by the judgement of faults" {
  faults lies text-killed held report-text report-json mem-starved
  [ "$status" = 0 ]
  [ "${lines[-1]}" = '5 invocations: 36 tried, 0 wrong' ]
}
