#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# The details that are taken from a report about its victim. Nothing is guessed.

bats_require_minimum_version 1.5.0

setup() {
  here=${SRCDIR:-$BATS_TEST_DIRNAME/../..}
  check=${BUILDDIR:-build}/plugins/check_oom_kills
  report=${BUILDDIR:-build}/plugins/oom_report
  cases=$here/tests/data/cases
  export TZ=UTC NAGIOS_PLUGIN_STATE_DIRECTORY=/proc/no-memory
  log=$BATS_TEST_TMPDIR/kern.log
}

# look [OPTION]...: runs the check on $log.
look() {
  run "$check" --since=all --source="$log" --procfs=/nonexistent "$@"
  echo "$output"
}

# json: runs oom_report on $log.
json() {
  run -0 --separate-stderr "$report" --format=json --since=all --source="$log" --procfs=/nonexistent
  echo "$output"
}

# has KEY VALUE [TIMES]: expects this number of such members in the JSON of $output.
has() {
  [ "$(grep -cF -- "\"$1\": $2" <<<"$output")" -eq "${3:-1}" ]
}

# kernel TEXT...: lines of a syslog file.
kernel() {
  printf 'Mar  4 05:06:07 hv1 kernel: %s\n' "$@"
}

killed='total-vm:9437184kB, anon-rss:8388608kB, file-rss:12288kB, shmem-rss:4kB, UID:107 pgtables:17408kB oom_score_adj:0'

@test "a scope truncated by a pager or at the right edge names no VM" {
  for log in "$cases"/clipped-scope-{pager,right-edge}.log; do
    look
    [ "$status" = 2 ]
    [[ ${lines[0]} == 'OOM_KILLS CRITICAL - an unnamed VM (qemu-kvm[41207]) killed by the OOM killer on host hv1 on 2026-03-04 05:06:07 +00:00: 8.0 GiB RSS, host out of memory |'* ]]
    [[ $output != *instance* ]]
    json
    has pid 41207
    has anon_rss_kb 8388608
    has constraint '"none"'
    has name null
    has id null
    has role '"machine"'
    has cgroup '"/machine.slice/machine-qemu\\x2d7\\x2dinstance\\x2d0000>"'
  done
}

@test "--ignore-cgroup applies to a complete cgroup, not to a truncated one" {
  cgroup=/kubepods.slice/kubepods-pod0a.slice/cri-containerd-0b.scope
  memcg="oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=$cgroup,task_memcg=$cgroup"
  kernel "$memcg,task=x,pid=7,uid=107" "Memory cgroup out of memory: Killed process 7 (x) $killed" >"$log"
  look --ignore-cgroup='^/kubepods'
  [ "$status" = 0 ]
  kernel "${memcg%0b.scope}" "Memory cgroup out of memory: Killed process 7 (x) $killed" >"$log"
  look --ignore-cgroup='^/kubepods'
  [ "$status" = 1 ]
}

@test "qemu:NAME names no VM if it has 15 bytes or the line is truncated" {
  for comm in 'qemu:web)' 'qemu:instance-0)' 'qemu:instan' 'qemu:instan>'; do
    kernel "Out of memory: Killed process 41207 ($comm" >"$log"
    look
    [ "$status" = 2 ]
    case $comm in
      'qemu:web)') [[ ${lines[0]} == 'OOM_KILLS CRITICAL - VM web killed '* ]] ;;
      'qemu:instance-0)') [[ ${lines[0]} == 'OOM_KILLS CRITICAL - an unnamed VM (qemu:instance-0[41207]) killed '* ]] ;;
      *) [[ ${lines[0]} == 'OOM_KILLS CRITICAL - an unnamed VM (qemu:instan[41207]) killed '* ]] ;;
    esac
  done
}

@test "sizes are read without blanks after their commas" {
  log=$cases/sizes-without-spaces.log
  look
  [ "$status" = 1 ]
  json
  has pid 41207
  has total_vm_kb 5855076
  has anon_rss_kb 347820
  has file_rss_kb 4
  has shmem_rss_kb 0
  has pgtables_kb 748
  has uid 0
  has oom_score_adj 0
  has constraint '"memcg"'
}

@test "the size in earlyoom's message is read and saved" {
  log=$cases/earlyoom-size.log
  NAGIOS_PLUGIN_STATE_DIRECTORY=$BATS_TEST_TMPDIR/state
  for _ in 1 2; do
    look --window=until-acknowledged
    [ "$status" = 1 ]
    [[ ${lines[0]} == 'OOM_KILLS WARNING - process worker[41207] killed by earlyoom on host hv1 on 2026-03-04 05:06:07 +00:00: 23.4 GiB RSS |'* ]]
    [[ ${lines[1]} == *' process worker[41207], on host hv1, 23.4 GiB RSS, '*', by earlyoom' ]]
  done
  json
  has pid 41207
  has uid 1000
  has rss_kb $((23964 * 1024))
  has anon_rss_kb null
  has killer '"earlyoom"'
  has constraint '"unknown"'
}

@test "a kill without a known cause counts in both scopes and in neither metric" {
  log=$cases/bare-killed-line.log
  for scope in all host memcg; do
    look --scope=$scope
    [ "$status" = 1 ]
    [[ ${lines[0]} == *' oom_kills=1;0;;0 oom_vm_kills=0;;0;0 oom_host_kills=0;;;0 oom_memcg_kills=0;;;0 '* ]]
  done
  json
  has constraint '"unknown"'
}

@test "each cause counts in its metric and alerts in its scope only" {
  while read -r host memcg line; do
    kernel "$line $killed" >"$log"
    look
    [[ ${lines[0]} == *" oom_kills=1;0;;0 oom_vm_kills=0;;0;0 oom_host_kills=$host;;;0 oom_memcg_kills=$memcg;;;0 "* ]]
    look --scope=host
    [ "$status" = "$host" ]
    look --scope=memcg
    [ "$status" = "$memcg" ]
  done <<'END'
1 0 Out of memory: Killed process 7 (x)
1 0 Out of memory (oom_kill_allocating_task): Killed process 7 (x)
1 0 No available memory in cpuset: Killed process 7 (x)
0 1 Memory cgroup out of memory: Killed process 7 (x)
END
}

@test "a kill by SysRq-f counts neither as host nor as memcg" {
  kernel 'kworker/0:1 invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=-1, oom_score_adj=0' \
    'oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,task_memcg=/qemu.slice/105.scope,task=kvm,pid=7,uid=107' \
    "Out of memory: Killed process 7 (kvm) $killed" >"$log"
  look
  [ "$status" = 2 ]
  [[ ${lines[0]} == *'triggered manually (SysRq-f)'*' oom_host_kills=0;;;0 oom_memcg_kills=0;;;0 '* ]]
  for scope in host memcg; do
    look --scope=$scope
    [ "$status" = 0 ]
  done
}

@test "the first line names the process of a group that the kernel chose" {
  log=$cases/oom-group-headline.log
  NAGIOS_PLUGIN_STATE_DIRECTORY=$BATS_TEST_TMPDIR/state
  for _ in 1 2; do
    look --window=until-acknowledged
    [ "$status" = 1 ]
    [[ ${lines[0]} == 'OOM_KILLS WARNING - process server[500] killed by the OOM killer on host n1 on 2026-03-04 05:06:07 +00:00: 574 MiB RSS, memory limit of /kubepods.slice/kubepods-pod0a.slice reached; and 1 '* ]]
    [[ ${lines[0]} == *' oom_kills=2;0;;0 '*' oom_host_kills=0;;;0 oom_memcg_kills=2;;;0 '* ]]
  done
  json
  has pid 500
  has pid 499
  has anon_rss_kb 567484
  # If that process is ignored, another represents the group.
  look --ignore-process='^server$'
  [[ ${lines[0]} == 'OOM_KILLS WARNING - process init[499] killed '* ]]
}

@test "the reaper's line gives the victim of a memcg report" {
  log=$cases/memcg-report-reaper-only.log
  look
  [ "$status" = 1 ]
  [[ ${lines[0]} == 'OOM_KILLS WARNING - process worker[41207] killed by the OOM killer: memory limit of 20.0 MiB of /machine.slice reached, inferred: no Killed line in the log | oom_kills=1;0;;0 oom_vm_kills=0;;0;0 oom_host_kills=0;;;0 oom_memcg_kills=1;;;0 '* ]]
  json
  has constraint '"memcg"'
  has cgroup '"/machine.slice/a.scope"'
  has limit_cgroup '"/machine.slice"'
  has limit_kb 20480
}

@test "a later record alone does not inherit the cgroup of the last report" {
  log=$BATS_TEST_TMPDIR/log
  # shellcheck disable=SC2028
  printf '2026-03-04T05:%s+00:00 hv1 kernel: %s\n' \
    06:07 'java invoked oom-killer: gfp_mask=0x140cca(GFP_HIGHUSER_MOVABLE|__GFP_COMP), order=0, oom_score_adj=0' \
    06:07 'oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/a,task_memcg=/a/b,task=java,pid=42,uid=0' \
    06:07 'Memory cgroup out of memory: Killed process 42 (java) total-vm:9kB, anon-rss:8kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:1kB oom_score_adj:0' \
    36:07 'memory: usage 1024kB, limit 1024kB, failcnt 9' >"$log"
  look --ignore-process=java
  [ "$status" = 0 ]
}

@test "a process name with task= in it does not change the cgroup" {
  log=$BATS_TEST_TMPDIR/log
  # shellcheck disable=SC2028
  printf '2026-03-04T05:06:07+00:00 hv1 kernel: %s\n' \
    'oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,task_memcg=/a/b.service,task=a,task=b,pid=42,uid=0' \
    'Out of memory: Killed process 42 (a,task=b) total-vm:9kB, anon-rss:8kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:1kB oom_score_adj:0' >"$log"
  json
  has comm '"a,task=b"'
  has cgroup '"/a/b.service"'
}
