#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Windows that no log covers, and kills whose Killed line the ring buffer has lost.
bats_require_minimum_version 1.5.0

load said
load fake_host

# shellcheck disable=SC2154 # $host, $lines and $output are set by the loaded files
setup() {
  fake_host 1320
  printf '%s\n' '0 Linux version 6.1.0' '5 usb 1-1: new device' | ring
}

@test "a window before the boot without a log of it is UNKNOWN and incomplete" {
  for until in 1h 30m; do
    run -3 --separate-stderr on_host oom_report --since=2h --until="$until" --format=json
    [[ $output == *'"complete": false'* ]]
    run -3 on_host oom_report --since=2h --until="$until"
    [[ $output == *'The logs do not cover the whole window.'* ]]
    run -3 on_host check_oom_kills --since=2h --until="$until"
    [[ ${lines[0]} == "OOM_KILLS UNKNOWN - cannot see all OOM kills in the window: no log that was read covers the window"* ]]
  done
}

@test "a window partly before the boot is OK, with a remark, and incomplete" {
  run -0 on_host oom_report --since=7d --format=json
  [[ $output == *'"complete": false'* ]]
  run -0 on_host oom_report --since=7d
  [[ $output == *'The logs do not cover the whole window.'* ]]
  run -0 on_host check_oom_kills --since=7d
  [[ ${lines[0]} == *"; no older records) "* ]]
  run -0 on_host oom_report --since=10m --format=json
  [[ $output == *'"complete": true'* ]]
  run -0 on_host oom_report --since=10m
  [[ $output != *'Not all'* ]]
}

@test "a named file that begins after the window is UNKNOWN" {
  date -ud "@$((FAKE_NOW / 1000000 - 600))" '+%Y-%m-%dT%H:%M:%S.000000+00:00 host kernel: usb 1-1: new device' >"$host/kern.log"
  run -3 on_host check_oom_kills --source="$host/kern.log" --since=2h --until=1h
  run -0 on_host check_oom_kills --source="$host/kern.log" --since=2h
  run -0 on_host oom_report --source="$host/kern.log" --since=2h --format=json
  [[ $output == *'"complete": false'* ]]
  run -3 --separate-stderr on_host oom_report --source="$host/kern.log" --since=2h --until=1h --format=json
  [[ $output == *'"complete": false'* ]]
}

@test "an inferred kill accounts for one count, also if its Killed line is found later" {
  vm_killed 300 4242 | head -2 | ring 9000
  counter 1
  run -2 on_host check_oom_kills
  [[ ${lines[0]} == *" oom_kills=1;"*" oom_unrecorded_kills=0;"* ]]
  run -2 on_host check_oom_kills
  [[ ${lines[0]} == *" oom_kills=1;"*" oom_unrecorded_kills=0;"* ]]
  # The Killed line was late.
  vm_killed 300 4242 | ring 9000
  run -2 on_host check_oom_kills
  [[ ${lines[0]} == *" oom_kills=1;"*" oom_unrecorded_kills=0;"* ]]
  # The next kill, whose report and Killed line are lost, is unrecorded.
  counter 2
  run -2 on_host check_oom_kills
  [[ ${lines[0]} == *" oom_kills=1;"*" oom_unrecorded_kills=1;"* ]]
}

@test "an unreadable kernel counter is UNKNOWN, a missing one is not" {
  run -0 on_host check_oom_kills
  # Kernels before 4.13, and kernels without event counters.
  echo 'nr_free_pages 1' >"$host/proc/vmstat"
  run -0 on_host check_oom_kills
  rm "$host/proc/vmstat"
  run -0 on_host check_oom_kills
  mkdir "$host/proc/vmstat"
  run -3 on_host check_oom_kills
  [[ ${lines[0]} == "OOM_KILLS UNKNOWN - cannot see all OOM kills in the last 24 h: the kernel's counter of kills (/proc/vmstat, boot_id): Is a directory. Give this check read access to both files | "* ]]
  run -3 --separate-stderr on_host oom_report --format=json
  [[ $output == *'"complete": false'* ]]
  # It concerns neither a named file nor a window before the boot.
  date -ud "@$((FAKE_NOW / 1000000 - 600))" '+%Y-%m-%dT%H:%M:%S.000000+00:00 host kernel: usb 1-1: new device' >"$host/kern.log"
  run -0 on_host check_oom_kills --source="$host/kern.log"
  # Empty or truncated, as the kernel writes whole lines.
  rmdir "$host/proc/vmstat"
  for text in '' 'nr_free_pages 1\noom_k' 'nr_free_pages 1\noom_kill x\n'; do
    # shellcheck disable=SC2059
    printf "$text" >"$host/proc/vmstat"
    run -3 on_host check_oom_kills
  done
  vm_killed 300 4242 | ring
  run -2 on_host check_oom_kills
  [[ $output == *"the kernel's counter of kills (/proc/vmstat, boot_id): "* ]]
}

@test "without a boot id the counter is not compared with lines of an unknown boot" {
  vm_killed 300 4242 | ring
  counter 1
  rm "$host/proc/sys/kernel/random/boot_id"
  mkdir "$host/proc/sys/kernel/random/boot_id"
  run -2 on_host check_oom_kills
  [[ ${lines[0]} == *" oom_kills=1;"*" oom_unrecorded_kills=U;"* ]]
  printf '%s\n' '0 Linux version 6.1.0' | ring
  run -3 on_host check_oom_kills --since=1m
  [[ ${lines[0]} == *'/proc/vmstat, boot_id): Is a directory'* ]]
}
