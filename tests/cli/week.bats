#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Simulated hours of a hypervisor: no kill is lost, repeated or invented. `make check-week`
# simulates whole weeks.
bats_require_minimum_version 1.5.0

setup() {
  build=$(cd "${BUILDDIR:-$BATS_TEST_DIRNAME/../../build}" && pwd)
  [ -e "$build/tests/faults/shim.so" ] || skip 'tests/faults/shim.so is not built'
  ! grep -q '^SANITIZER_CFLAGS = .' "$build/Makefile" || skip 'nothing can be preloaded before a sanitizer'
}

# week OPTION...: simulates eight hours.
week() {
  run "$build/tests/sim/week" --minutes=480 "$@" "$build/plugins/check_oom_kills" "$build/tests/faults/shim.so" \
    "$BATS_TEST_TMPDIR/host"
  echo "$output"
}

@test "eight hours with kern.log have no lost, repeated or invented kill and no false alarm" {
  week --seed=11
  [ "$status" = 0 ]
  [[ ${lines[-1]} == "480 runs, "*" kills: 0 lost, 0 repeated, 0 invented, 0 false alarms, "* ]]
}

@test "eight hours with only the ring buffer and until-acknowledged lose no kill" {
  week --seed=12 --no-log --held
  [ "$status" = 0 ]
}

@test "the simulation detects a deleted state" {
  week --seed=12 --no-log --held --wipe=60
  [ "$status" = 1 ]
  [[ ${lines[-1]} != *" 0 lost, "* ]]
}
