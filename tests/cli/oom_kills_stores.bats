#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck disable=SC2154 # $host and $lines are set by the loaded files
# Limited stores of check_oom_kills: kills are dropped by worth, reaching the limit is reported, and
# the result is then never OK.
bats_require_minimum_version 1.5.0

load said
load fake_host

setup() {
  fake_host 43200
  check=(on_host check_oom_kills)
}

# pods FIRST COUNT SECONDS CGROUP: kills of COUNT pods, one per second.
pods() {
  local i
  for ((i = 0; i < $2; i++)); do
    pod_killed $(($3 + i)) $(($1 + i)) "$4/pod$i"
  done
}

# said OPTION...: runs the check and sets $first to its first line without the time.
said() {
  run "${check[@]}" "$@"
  printf '%s\n' "${lines[0]}"
  first=$(sed -E '1s/ at [0-9:]+ [+-][0-9]+:[0-9]+//; q' <<<"${output%% | *}")
}

@test "a VM kill stays in the state while 520 ignored kills arrive and the ring buffer loses it" {
  vm_killed 300 4242 | ring
  counter 1
  said --ignore-cgroup=^/kubepods
  [ "$status" = 2 ]
  pods 7000 520 400 /kubepods | ring 9000
  counter 521
  for options in '' --window=until-acknowledged; do
    for _ in 1 2 3; do
      # shellcheck disable=SC2086
      said --ignore-cgroup=^/kubepods $options
      [ "$status" = 2 ]
      [ "$first" = "OOM_KILLS CRITICAL - VM vm1 killed by the OOM killer: 7.8 GiB RSS, host out of memory, remembered: no longer in the log" ]
    done
  done
  says_first 0 "OOM_KILLS OK - 1 OOM kill acknowledged, and 520 ignored by these options" "${check[@]}" --ignore-cgroup=^/kubepods --acknowledge
  said --ignore-cgroup=^/kubepods
  [ "$status" = 0 ]
}

@test "a VM kill stays in the state while kills of another scope and of processes arrive" {
  vm_killed 300 4242 | ring
  counter 1
  said
  pods 7000 540 400 /kubepods | ring 9000
  counter 541
  said --scope=host
  said --scope=host
  [ "$status" = 2 ]
  # 513 others count as well.
  said --window=until-acknowledged
  said --window=until-acknowledged
  [ "$status" = 2 ]
  [[ $first == "OOM_KILLS CRITICAL - VM vm1 killed"*"; and 540 other processes in the last 24 h; more than 512 kills, some were dropped: run check_oom_kills --acknowledge" ]]
}

@test "over 4,096 ignored kills neither displace a VM kill nor count as too many" {
  {
    vm_killed 300 4242
    awk 'BEGIN {
      for (k = 0; k < 6500; k++) {
        printf "%d oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/kubepods/p%d,task_memcg=/kubepods/p%d,task=java,pid=%d,uid=0\n", 1000 + k, k, k, 10000 + k
        printf "%d Memory cgroup out of memory: Killed process %d (java) total-vm:9kB, anon-rss:8kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:30kB oom_score_adj:0\n", 1000 + k, 10000 + k
      }
    }'
  } | ring
  counter 6501
  for _ in 1 2; do
    said --ignore-cgroup=^/kubepods
    [ "$status" = 2 ]
    [ "$first" = "OOM_KILLS CRITICAL - VM vm1 killed by the OOM killer: 7.8 GiB RSS, host out of memory" ]
  done
  "${check[@]}" --ignore-cgroup=^/kubepods --acknowledge
  said --ignore-cgroup=^/kubepods
  [ "$status" = 0 ]
  [[ $first == *"(6500 ignored; 1 acknowledged; "* ]]
}

@test "if kills that count were dropped the result is not OK, whatever the thresholds" {
  pods 7000 520 400 /a | ring
  counter 520
  said -w 1000
  [ "$status" = 3 ]
  [[ $first == "OOM_KILLS UNKNOWN - process java[7519] killed"*"; more than 512 kills, some were dropped: run check_oom_kills --acknowledge" ]]
  # The ring buffer has lost them all, and the saved state all but the newest.
  ring 9000 <<<'900 usb 1-1: new device'
  said -w 1000
  [ "$status" = 3 ]
  "${check[@]}" --acknowledge
  said -w 1000
  [ "$status" = 0 ]
}

@test "kills dropped under one check's options are not OK for another check with the same state" {
  pods 7000 520 400 /kubepods | ring
  counter 520
  said --ignore-cgroup=^/kubepods
  [ "$status" = 0 ]
  ring 9000 <<<'900 usb 1-1: new device'
  said --ignore-cgroup=^/kubepods
  [ "$status" = 0 ]
  said -w 1000
  [ "$status" = 3 ]
}

# long_paths FIRST: a kill of a VM, and 29 kills in cgroups with paths of maximal length.
long_paths() {
  vm_killed 300 4242
  awk -v first="$1" 'BEGIN {
    part = "/"
    for (i = 0; i < 250; i++)
      part = part "\\xff"
    path = "/u"
    for (i = 0; i < 15; i++)
      path = path part
    for (k = first; k < first + 29; k++) {
      at = 400 + 10 * k
      printf "%d oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=\n", at
      printf "%d %s\n", at, substr(path, 1, 4 * 950)
      printf "%d ,task_memcg=\n%d %s\n", at, at, substr(path, 1, 4 * 950)
      printf "%d ,task=java,pid=%d,uid=1000\n", at, 9000 + k
      printf "%d Memory cgroup out of memory: Killed process %d (java) total-vm:9kB, anon-rss:8kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:30kB oom_score_adj:0\n", at, 9000 + k
    }
  }'
}

@test "kills with long paths do not displace a VM kill from the state" {
  long_paths 0 | ring
  # Bytes that the kernel escapes, once.
  sed -i 's/\\x5cxff/\\xff/g' "$FAKE_KMSG"
  counter 30
  said
  [ "$status" = 2 ]
  ring 9000 <<<'900 usb 1-1: new device'
  said
  [ "$status" = 2 ]
  [[ $first == "OOM_KILLS CRITICAL - VM vm1 killed by the OOM killer: 7.8 GiB RSS, host out of memory, remembered: no longer in the log"* ]]
  [ "$(find "$host/state" -name 'kills-*' ! -name '*.lock' -size -256k | wc -l)" = 1 ]
  said --ignore-cgroup=^/u
  [ "$status" = 2 ]
}

@test "--ignore-cgroup does not match the beginning of a shortened path" {
  long_paths 0 | ring
  sed -i 's/\\x5cxff/\\xff/g' "$FAKE_KMSG"
  counter 30
  said
  "${check[@]}" --acknowledge
  long_paths 100 | ring
  sed -i 's/\\x5cxff/\\xff/g' "$FAKE_KMSG"
  counter 59
  said --ignore-process='^qemu'
  [ "$status" = 1 ]
  ring 9000 <<<'1900 usb 1-1: new device'
  # /u and 250 bytes, with nothing after them.
  said --ignore-cgroup='^/u/[^/]*/[^/]*/[^/]*$' --ignore-process='^qemu'
  [ "$status" = 1 ]
}
