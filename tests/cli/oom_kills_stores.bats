#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Stores of check_oom_kills that are bound: what they drop is decided by worth, and said.
bats_require_minimum_version 1.5.0

load said
load fake_host

setup() {
  fake_host 7200
}

@test "the fake host has a ring, clocks and a counter" {
  vm_killed 300 4242 | ring
  counter 1
  says_first 2 "OOM_KILLS CRITICAL - VM vm1 killed by the OOM killer at $(date -d "@$((FAKE_NOW / 1000000 - 6900))" '+%H:%M:%S %:z'): 7.8 GiB RSS, host out of memory" \
    on_host check_oom_kills
}
