#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck disable=SC2154 # $host and $lines are set by the loaded file
# The state of an older version, and the state after the clock was set.

bats_require_minimum_version 1.5.0

load fake_host

setup() {
  fake_host 3600
}

# look RC COUNT [OPTION...]: expects this exit code and number of kills on that host.
look() {
  local rc=$1 count=$2
  shift 2
  run on_host check_oom_kills "$@"
  echo "$output"
  [ "$status" = "$rc" ]
  [[ ${lines[0]} == *"| oom_kills=$count;"* ]]
}

# listed TEXT: expects the text once in the list.
listed() {
  [ "$(tail -n +2 <<<"$output" | grep -cF "$1")" = 1 ]
}

# set_clock SECONDS: sets the wall clock forward by SECONDS; the kernel's own clock continues.
set_clock() {
  export FAKE_NOW=$((FAKE_NOW + $1 * 1000000))
  later 60
}
two_days=172800

# tests/data/state/check_oom_kills-7560254 is the file that the check of commit 7560254 (state
# version 2) left on this host after four runs: a kill of a VM at 3000 s, acknowledged by alice; a
# kill of a VM at 3700 s and one of a pod; then two kills that the kernel counted and no log
# records.
@test "a state of version 2 is read and kept" {
  local folder
  later 180
  ring 100 <<<'3800 usb 1-1: new device'
  counter 5
  folder=$host/state/$(id -u)/check_oom_kills
  mkdir -p "$folder"
  chmod 700 "$host/state/$(id -u)" "$folder"
  install -m 600 "${SRCDIR:-$BATS_TEST_DIRNAME/../..}/tests/data/state/check_oom_kills-7560254" \
    "$folder/$("${BUILDDIR:-build}/tests/state_tool" name kills "$host/root")"
  # The name also depends on --procfs. A run with an empty state shows it.
  on_host check_oom_kills >/dev/null || :
  mv "$folder"/kills-*[0-9a-f] "$BATS_TEST_TMPDIR/"
  rm "$folder"/.kills*
  install -m 600 "${SRCDIR:-$BATS_TEST_DIRNAME/../..}/tests/data/state/check_oom_kills-7560254" \
    "$folder/$(basename "$(find "$folder" -name 'kills-*.lock')" .lock)"
  for _ in 1 2 3; do
    look 2 2 --since=7d
    [[ ${lines[0]} == *' oom_vm_kills=1;'*' oom_unrecorded_kills=2;'* ]]
    listed 'VM vm1, qemu-kvm[4711], '
    grep -F '[4711]' <<<"$output" | grep -qF '(acknowledged by alice: ticket 7)'
    listed 'VM web 1, qemu-kvm[4712], '
    listed 'process java[4713], '
    later 3600
  done
  # It is saved in the current version and read again, and new kills are added.
  { echo '3800 usb 1-1: new device'; vm_killed 14000 4714 vm4; } | ring 100
  counter 6
  look 2 3 --since=7d
  look 2 3 --since=7d
  listed '(acknowledged by alice: ticket 7)'
}

@test "clock set back by two days: no kill is lost or listed twice" {
  { echo '0 Linux version 6.1.0'; vm_killed 3000 4711; } | ring
  counter 1
  look 2 1
  set_clock -$two_days
  look 2 1
  listed '[4711]'
  # Another kill after that.
  { echo '0 Linux version 6.1.0'; vm_killed 3000 4711; vm_killed 3650 4712 vm2; } | ring
  counter 2
  look 2 2
  # The ring buffer loses both.
  ring 100 <<<'3700 usb 1-1: new device'
  look 2 2
  listed '[4711]'
  listed '[4712]'
  # Then forward again.
  set_clock $two_days
  look 2 2 --window=until-acknowledged
  listed '[4711]'
  listed '[4712]'
}

@test "clock set back by two days: acknowledged kills stay acknowledged and new ones are not" {
  { echo '0 Linux version 6.1.0'; vm_killed 3000 4711; } | ring
  counter 1
  look 2 1
  on_host check_oom_kills --acknowledge --by=alice
  look 0 0
  set_clock -$two_days
  look 0 0
  listed '[4711]'
  grep -F '[4711]' <<<"$output" | grep -qF '(acknowledged by alice)'
  { echo '0 Linux version 6.1.0'; vm_killed 3000 4711; vm_killed 3700 4712 vm2; } | ring
  counter 2
  later 60
  look 2 1
  listed '[4712]'
  ring 100 <<<'3750 usb 1-1: new device'
  look 2 1
  look 2 1 --window=until-acknowledged
  listed '[4712]'
  on_host check_oom_kills --acknowledge --by=bob
  look 0 0 --window=until-acknowledged
  set_clock $two_days
  look 0 0 --window=until-acknowledged --since=all
  grep -F '[4711]' <<<"$output" | grep -qF '(acknowledged by alice)'
}

@test "clock set back by two days: unrecorded kills are reported until the window ends" {
  ring <<<'0 Linux version 6.1.0'
  look 0 0
  # Two runs, as the counter may be ahead of the log for one.
  counter 2
  look 1 0
  look 1 0
  [[ ${lines[0]} == *' oom_unrecorded_kills=2;'* ]]
  set_clock -$two_days
  look 1 0
  [[ ${lines[0]} == *' oom_unrecorded_kills=2;'* ]]
  later 80000
  look 1 0
  later 10000
  look 0 0
  set_clock $two_days
  look 0 0
}

# The lines of a text log keep the times of the wall clock.
@test "clock set back by two days: kills dated in the future count once and stay acknowledged" {
  log=$BATS_TEST_TMPDIR/log
  killed '2026-11-22T19:50:00.000000+00:00 hv1 kernel:' 4711 kvm >"$log"
  look 2 1 --source="$log" --since=all
  set_clock -$two_days
  look 2 1 --source="$log" --since=all
  killed '2026-11-20T20:01:30.000000+00:00 hv1 kernel:' 4712 kvm >>"$log"
  later 60
  look 2 2 --source="$log" --since=all
  on_host check_oom_kills --source="$log" --acknowledge --since=all
  look 0 0 --source="$log" --since=all
  set_clock $two_days
  look 0 0 --source="$log" --since=all
  killed '2026-11-22T20:05:00.000000+00:00 hv1 kernel:' 4713 kvm >>"$log"
  later 600
  look 2 1 --source="$log" --since=all
}

@test "clock set back by two days: a damaged state is reported until the window ends" {
  ring <<<'0 Linux version 6.1.0'
  look 0 0
  echo torn >"$(find "$host/state" -name 'kills*' ! -name '*.lock')"
  look 0 0
  set_clock -$two_days
  look 0 0
  [[ ${lines[0]} == *'; the state was damaged: '* ]]
  later 90000
  look 0 0
  [[ ${lines[0]} != *'damaged'* ]]
}
