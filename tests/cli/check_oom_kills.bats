#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# check_oom_kills on recorded logs: exact first line, perfdata and exit code.

bats_require_minimum_version 1.5.0

setup() {
  check=${BUILDDIR:-build}/plugins/check_oom_kills
  data=${SRCDIR:-$BATS_TEST_DIRNAME/../..}/tests/data/kernels
  kernel=6.1.0-50-cloud-amd64
  export TZ=UTC
  # No saved state, and a kernel that has counted kills.
  export NAGIOS_PLUGIN_STATE_DIRECTORY=/proc/no-memory
  mkdir "$BATS_TEST_TMPDIR/proc"
  printf 'nr_free_pages 1\noom_kill 9\n' >"$BATS_TEST_TMPDIR/proc/vmstat"
}

# recorded SCENARIO OPTION...: runs the check on a capture of $kernel.
recorded() {
  local log
  log=$(ls "$data/$kernel/$1".kmsg*)
  shift
  run "$check" --source="$log" --since=all "$@"
}

# perfdata ALL VM HOST MEMCG: the perfdata with these counts and the default limits.
perfdata() {
  echo "oom_kills=$1;0;;0 oom_vm_kills=$2;;0;0 oom_host_kills=$3;;;0 oom_memcg_kills=$4;;;0 oom_unrecorded_kills=U;;;0 oom_lost_records=0;;;0"
}

# answers STATUS FIRST-LINE: expects both, and one separator of perfdata in the whole output.
answers() {
  echo "$output"
  [ "$status" = "$1" ]
  [ "${lines[0]}" = "$2" ]
  [ "$(tr -cd '|' <<<"$output" | wc -c)" = 1 ]
}

@test "a VM killed because the host is out of memory is CRITICAL and named" {
  recorded a_global
  answers 2 "OOM_KILLS CRITICAL - VM instance-0000002a killed by the OOM killer: 135 MiB RSS, host out of memory, 2.5 MiB of 217 MiB free | $(perfdata 1 1 1 0)"
  [ "${lines[1]}" = "11.416591 s after boot VM instance-0000002a, qemu-kvm[377], 135 MiB anon, host out of memory, 2.5 MiB of 217 MiB free, invoked by qemu-kvm[377], order 0" ]
  [ "${#lines[@]}" = 2 ]
}

@test "a VM killed at the limit of its cgroup is CRITICAL, with the limit" {
  recorded b_memcg
  answers 2 "OOM_KILLS CRITICAL - VM instance-0000002a killed by the OOM killer: 24.6 MiB RSS, memory limit of 24.0 MiB of its cgroup reached | $(perfdata 1 1 0 1)"
}

@test "the limit of a parent cgroup is shown with its path" {
  recorded b2_parent_limit
  answers 2 "OOM_KILLS CRITICAL - VM instance-0000002a killed by the OOM killer: 32.6 MiB RSS, memory limit of 40.0 MiB of /machine.slice reached | $(perfdata 1 1 0 1)"
}

@test "memory.oom.group counts as one VM, however many processes it kills" {
  recorded c_memcg_group
  answers 2 "OOM_KILLS CRITICAL - VM instance-0000002a killed by the OOM killer: 32.6 MiB RSS, memory limit of 40.0 MiB of its cgroup reached; and 2 other processes on record | $(perfdata 3 1 0 3)"
}

@test "the invoking thread is shown and the killed process is counted" {
  recorded d_thread_slash
  [ "$status" = 2 ]
  [[ ${lines[1]} == *", qemu-kvm["*"invoked by CPU 0/KVM["* ]]
}

@test "NUMA: the nodes of a cpuset or memory policy are not reported as the whole host" {
  recorded j_cpuset
  [[ ${lines[0]} == "OOM_KILLS CRITICAL - VM instance-0000002a killed by the OOM killer: 78.5 MiB RSS, NUMA nodes of its cpuset out of memory | "* ]]
  recorded k_mempolicy
  [[ ${lines[0]} == "OOM_KILLS CRITICAL - VM instance-0000002a killed by the OOM killer: 95.8 MiB RSS, NUMA nodes of its memory policy out of memory | "* ]]
}

@test "SysRq-f is reported as triggered manually" {
  recorded f_sysrq
  [[ ${lines[0]} == "OOM_KILLS CRITICAL - VM instance-0000002a killed by the OOM killer: 40.6 MiB RSS, triggered manually (SysRq-f) | "* ]]
}

@test "kills whose reports were rate-limited are counted" {
  recorded n_ratelimit
  [ "$status" = 2 ]
  [[ ${lines[0]} == *"; and 15 more VM kills on record | oom_kills=16;0;;0 oom_vm_kills=16;;0;0 oom_host_kills=0;;;0 oom_memcg_kills=16;;;0 "* ]]
  [ "${#lines[0]}" -lt 350 ]
}

@test "kill records forged by userspace are ignored" {
  recorded h_fake
  answers 0 "OOM_KILLS OK - no OOM kills on record ($data/$kernel/h_fake.kmsg) | $(perfdata 0 0 0 0)"
}

@test "a memory cgroup without a killable process is not a kill" {
  recorded m_no_killable
  [ "$status" = 0 ]
}

@test "hostile process names break no line, add no perfdata and hide no VM" {
  for scenario in e1_hostile_paren e2_hostile_newline e3_hostile_bytes e4_hostile_ctrl e5_hostile_soh_level \
    e6_hostile_soh_cont e7_hostile_prefix e8_hostile_killedline e9_global_hostile; do
    recorded $scenario
    echo "$scenario: $output"
    [ "$status" = 2 ]
    [[ ${lines[0]} == "OOM_KILLS CRITICAL - VM instance-0000002a killed by the OOM killer: "* ]]
    [ "${#lines[@]}" = 2 ]
    [ "$(tr -cd '|' <<<"$output" | wc -c)" = 1 ]
    [ -z "$(tr -d '\n\040-\176' <<<"$output")" ]
  done
}

@test "records of three kernels give the same result" {
  for kernel in 5.10.0-46-cloud-amd64 6.1.0-50-cloud-amd64 6.12.107+deb13-cloud-amd64; do
    for scenario in a_global a2_global_thread b_memcg g1_kill_allocating g2_kill_allocating_thread \
      g3_no_dump_tasks l_longpath o_contention p_leader_exited q_reaper; do
      recorded $scenario
      echo "$kernel $scenario: $output"
      [ "$status" = 2 ]
      [[ ${lines[0]} == "OOM_KILLS CRITICAL - VM instance-0000002a killed by the OOM killer: "* ]]
    done
  done
}

# syslog OFFSET MESSAGE...: lines of a text log, OFFSET minutes ago.
syslog() {
  local offset=$1
  shift
  printf '%s hv1 kernel: %s\n' "$(date -ud "-$offset min" '+%Y-%m-%dT%H:%M:%S.000000+00:00')" "$@"
}

killed() {
  echo "Out of memory: Killed process $1 ($2) total-vm:9000kB, anon-rss:8192kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:30kB oom_score_adj:0"
}

@test "a kill of a process that is not a VM is a WARNING" {
  syslog 10 "$(killed 11 java)" >"$BATS_TEST_TMPDIR/log"
  run "$check" --procfs="$BATS_TEST_TMPDIR/proc" --source="$BATS_TEST_TMPDIR/log"
  [ "$status" = 1 ]
  [[ ${lines[0]} == "OOM_KILLS WARNING - process java[11] killed by the OOM killer "[ao][tn]" "*": 8.0 MiB RSS | $(perfdata 1 0 1 0)" ]]
}

@test "the first line has the newest VM kill and the number of others" {
  {
    syslog 50 "$(killed 12 qemu-kvm)"
    syslog 40 "$(killed 13 java)"
    syslog 30 "$(killed 14 kvm)"
    syslog 20 "$(killed 15 java)"
  } >"$BATS_TEST_TMPDIR/log"
  run "$check" --procfs="$BATS_TEST_TMPDIR/proc" --source="$BATS_TEST_TMPDIR/log"
  echo "$output"
  [ "$status" = 2 ]
  [[ ${lines[0]} == "OOM_KILLS CRITICAL - an unnamed VM (kvm[14]) killed by "*": 8.0 MiB RSS; and 1 more VM kill, 2 other processes in the last 24 h | $(perfdata 4 2 4 0)" ]]
  [[ ${lines[1]} == *" process java[15], "* ]]
  [[ ${lines[4]} == *" an unnamed VM (qemu-kvm[12]), "* ]]
}

# The capture ends with a kill five seconds after the others, which has its report.
@test "in a storm the first line prefers a named VM over a newer kill without a report" {
  awk -F, '$3 < 28000000' "$data/$kernel/n_ratelimit.kmsg" >"$BATS_TEST_TMPDIR/storm"
  run "$check" --source="$BATS_TEST_TMPDIR/storm" --since=all
  echo "$output"
  [[ ${lines[0]} == "OOM_KILLS CRITICAL - VM instance-0000002a killed by "*"; and 14 more VM kills on record | "* ]]
  [[ ${lines[1]} == *" an unnamed VM (qemu-kvm[776]), "* ]]

  sed '$s/,27[0-9]*,/,87000000,/' "$BATS_TEST_TMPDIR/storm" >"$BATS_TEST_TMPDIR/later"
  run "$check" --source="$BATS_TEST_TMPDIR/later" --since=all
  echo "$output"
  [[ ${lines[0]} == "OOM_KILLS CRITICAL - an unnamed VM (qemu-kvm[776]) killed by "*"; and 14 more VM kills on record | "* ]]
}

@test "--since and --until set the window" {
  {
    syslog 3000 "$(killed 12 java)"
    syslog 100 "$(killed 13 java)"
    syslog 10 "$(killed 14 java)"
  } >"$BATS_TEST_TMPDIR/log"
  run "$check" --procfs="$BATS_TEST_TMPDIR/proc" --source="$BATS_TEST_TMPDIR/log"
  [[ ${lines[0]} == *" oom_kills=2;"* ]]
  run "$check" --procfs="$BATS_TEST_TMPDIR/proc" --source="$BATS_TEST_TMPDIR/log" --since=1h
  [[ ${lines[0]} == *" oom_kills=1;"* ]]
  run "$check" --procfs="$BATS_TEST_TMPDIR/proc" --source="$BATS_TEST_TMPDIR/log" --since=all
  [[ ${lines[0]} == *" oom_kills=3;"* ]]
  run "$check" --procfs="$BATS_TEST_TMPDIR/proc" --source="$BATS_TEST_TMPDIR/log" --since=5m
  [ "$status" = 0 ]
  run "$check" --procfs="$BATS_TEST_TMPDIR/proc" --source="$BATS_TEST_TMPDIR/log" --until=1h
  [[ ${lines[0]} == *"process java[13] "*" oom_kills=1;"* ]]
}

@test "-w and -c limit all kills, --vm-warning and --vm-critical those of VMs" {
  local log=$data/$kernel/a_global.kmsg
  # There is one kill, of a VM.
  while read -r want options; do
    run "$check" --source="$log" --since=all $options
    echo "$options: $output"
    [ "$status" = "$want" ]
  done <<'END'
2 -w 1
0 -w 1 --vm-critical=1
1 --vm-critical=1
1 --vm-critical=~:
2 -c 0 --vm-critical=1
1 -w 5 --vm-warning=0 --vm-critical=1
2 -w @1:2 -c @1:2
0 -w @2:3 --vm-critical=@2:3
2 -w 2:
END
}

@test "kills excluded by --scope or --ignore-* are reported as ignored" {
  recorded a_global --scope=memcg
  answers 0 "OOM_KILLS OK - no OOM kills that count on record (1 ignored; $data/$kernel/a_global.kmsg) | $(perfdata 0 0 0 0)"
  recorded a_global --scope=host
  [ "$status" = 2 ]
  recorded b_memcg --scope=host
  [ "$status" = 0 ]
  recorded a_global --ignore-process='^qemu-'
  [ "$status" = 0 ]
  recorded a_global --ignore-cgroup='^/machine\.slice/'
  [ "$status" = 0 ]
  recorded a_global --ignore-cgroup='^/kubepods' --ignore-process='^java$'
  [ "$status" = 2 ]
}

@test "a named source that cannot be read is UNKNOWN even if another can" {
  run "$check" --source="$BATS_TEST_TMPDIR/none.log"
  [ "$status" = 3 ]
  [[ ${lines[0]} == "OOM_KILLS UNKNOWN - cannot see OOM kills: $BATS_TEST_TMPDIR/none.log: No such file or directory"* ]]
  [[ ${lines[0]} == *' | oom_kills=U;0;;0 oom_vm_kills=U;;0;0 oom_host_kills=U;;;0 oom_memcg_kills=U;;;0 oom_unrecorded_kills=U;;;0 oom_lost_records=U;;;0' ]]
  syslog 10 'usb 1-1: new device' >"$BATS_TEST_TMPDIR/quiet.log"
  run "$check" --source="$BATS_TEST_TMPDIR/quiet.log" --source="$BATS_TEST_TMPDIR/none.log"
  [ "$status" = 3 ]
}

@test "a kill that was found takes precedence over an unreadable source" {
  recorded a_global --source="$BATS_TEST_TMPDIR/none.log"
  [ "$status" = 2 ]
  [[ $output == *"cannot see all OOM kills"* ]]
}

@test "an unreadable rotated log does not hide kills in the other files" {
  syslog 1200 "$(killed 11 java)" >"$BATS_TEST_TMPDIR/log.3"
  syslog 900 "$(killed 12 java)" | gzip | head -c 40 >"$BATS_TEST_TMPDIR/log.2.gz"
  syslog 10 "$(killed 13 kvm)" >"$BATS_TEST_TMPDIR/log"
  run "$check" --procfs="$BATS_TEST_TMPDIR/proc" --source="$BATS_TEST_TMPDIR/log"
  echo "$output"
  [ "$status" = 2 ]
  [[ ${lines[0]} == "OOM_KILLS CRITICAL - an unnamed VM (kvm[13]) killed by "*"; and 1 other process "*" oom_kills=2;"* ]]
  [[ ${lines[3]} == "cannot see all OOM kills in the last 24 h: $BATS_TEST_TMPDIR/log.2.gz: damaged or truncated" ]]
}

@test "a kill in two sources is counted once" {
  local log=$data/$kernel/a_global.kmsg
  cp "$log" "$BATS_TEST_TMPDIR/copy.kmsg"
  run "$check" --source="$log" --source="$BATS_TEST_TMPDIR/copy.kmsg" --since=all
  [[ ${lines[0]} == *"| $(perfdata 1 1 1 0)" ]]
}

@test "invalid options give one line and UNKNOWN" {
  while IFS='|' read -r options message; do
    # shellcheck disable=SC2086 # several options
    run --separate-stderr "$check" $options
    echo "$options: $output"
    [ "$status" = 3 ]
    [ "${#lines[@]}" = 1 ]
    [[ $output == "OOM_KILLS UNKNOWN - $message"* ]]
    [ -z "$stderr" ]
  done <<'END'
-w 20:10|--warning: 
--scope=everything|--scope: must be all, host or memcg
--ignore-process=(|--ignore-process: 
--since=tomorrow|--since: 'tomorrow' is not a duration
--source=|--source: is empty
--nonsense|
operand|unexpected argument 'operand'
-t 0|--timeout: 
-w 10%|--warning: expected a number without a unit
--vm-critical=1KiB|--vm-critical: expected a number without a unit
--since=1h --until=24h|--until must be after --since
--since=2999-01-01|--since is in the future
--by=alice|--by and --comment require --acknowledge
--comment=seen|--by and --comment require --acknowledge
END
}

@test "an empty log is UNKNOWN unless its rotated file has records" {
  : >"$BATS_TEST_TMPDIR/empty.log"
  run "$check" --source="$BATS_TEST_TMPDIR/empty.log"
  [ "$status" = 3 ]
  [[ $output == "OOM_KILLS UNKNOWN - cannot see OOM kills: $BATS_TEST_TMPDIR/empty.log: is empty. Specify the log file that "* ]]
  run "$check" --source=/proc/kmsg
  [ "$status" = 3 ]
  # The log was just rotated.
  syslog 10 'usb 1-1: new device' >"$BATS_TEST_TMPDIR/empty.log.1"
  run "$check" --source="$BATS_TEST_TMPDIR/empty.log"
  [ "$status" = 0 ]
}

@test "auto skips a log that is no longer written" {
  [ "$(id -u)" = 0 ] || skip 'needs root, to become nobody'
  [ "$(cat /proc/sys/kernel/dmesg_restrict)" = 1 ] || skip 'kernel.dmesg_restrict=0 here: everybody has the ring'
  cp "$check" "$BATS_TEST_TMPDIR/check_oom_kills"
  root=$BATS_TEST_TMPDIR/root
  mkdir -p "$root/var/log" "$root/proc"
  echo 'oom_kill 1' | cat "$BATS_TEST_TMPDIR/proc/vmstat" - >"$root/proc/vmstat"
  syslog 90000 'usb 1-1: new device' >"$root/var/log/kern.log"
  touch -d '1 month ago' "$root/var/log/kern.log"
  chmod -R a+rX "$BATS_RUN_TMPDIR"
  run setpriv --reuid=65534 --regid=65534 --clear-groups "$BATS_TEST_TMPDIR/check_oom_kills" --rootfs="$root"
  echo "$output"
  [ "$status" = 3 ]
  [[ $output == *"$root/var/log/kern.log: not written since "* ]]

  { syslog 90000 'usb 1-1: new device'; syslog 10 "$(killed 11 kvm)"; } >"$root/var/log/messages"
  run setpriv --reuid=65534 --regid=65534 --clear-groups "$BATS_TEST_TMPDIR/check_oom_kills" --rootfs="$root"
  echo "$output"
  [ "$status" = 2 ]
  [[ $output == *"(kvm[11]) killed by "* ]]
}

@test "-vv lists each source with its number of records" {
  recorded a_global -vv
  [[ ${lines[2]} == "source $data/$kernel/a_global.kmsg: "*" records, 0 lost" ]]
}

@test "a user without permission to read the log gets UNKNOWN with the remedy" {
  [ "$(id -u)" = 0 ] || skip 'needs root, to become nobody'
  [ "$(cat /proc/sys/kernel/dmesg_restrict)" = 1 ] || skip 'kernel.dmesg_restrict=0 here: everybody may read'
  cp "$check" "$BATS_TEST_TMPDIR/check_oom_kills"
  chmod a+rx "$BATS_TEST_TMPDIR" "$BATS_TEST_TMPDIR/check_oom_kills"
  run setpriv --reuid=65534 --regid=65534 --clear-groups "$BATS_TEST_TMPDIR/check_oom_kills" --source=kmsg
  echo "$output"
  [ "$status" = 3 ]
  [[ $output == "OOM_KILLS UNKNOWN - cannot see OOM kills: /dev/kmsg: Operation not permitted (kernel.dmesg_restrict=1). Grant CAP_SYSLOG: setcap cap_syslog+ep "* ]]
  run setpriv --reuid=65534 --regid=65534 --clear-groups "$BATS_TEST_TMPDIR/check_oom_kills"
  echo "$output"
  [ "$status" = 3 ]
  [[ $output == "OOM_KILLS UNKNOWN - cannot see OOM kills: "*"Grant CAP_SYSLOG"* ]]
}
