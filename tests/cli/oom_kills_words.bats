#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# The first line and the details of check_oom_kills: time zone, labelled sizes, inferred and
# remembered kills, and the complete list with -v.
bats_require_minimum_version 1.5.0

setup() {
  check=${BUILDDIR:-build}/plugins/check_oom_kills
  report=${BUILDDIR:-build}/plugins/oom_report
  log=$BATS_TEST_TMPDIR/log
  export TZ=UTC NAGIOS_PLUGIN_STATE_DIRECTORY=$BATS_TEST_TMPDIR/state
  mkdir "$NAGIOS_PLUGIN_STATE_DIRECTORY"
}

look() {
  run "$check" --procfs="$BATS_TEST_TMPDIR/no-proc" --source="$log" "$@"
  echo "$output"
}

# killed SECONDS-AGO PID COMM: a line of a text log.
killed() {
  printf '%s hv1 kernel: Out of memory: Killed process %s (%s) total-vm:9000kB, anon-rss:8192kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:30kB oom_score_adj:0\n' \
    "$(date -ud "-$1 sec" '+%Y-%m-%dT%H:%M:%S.000000+00:00')" "$2" "$3"
}

@test "the first line shows the time zone and labels the size" {
  killed 60 11 kvm >"$log"
  at=$(date -ud "$(cut -d' ' -f1 "$log")" +%s)
  for zone in UTC EST5 IST-5:30; do
    TZ=$zone look
    when=$(TZ=$zone date -d "@$at" '+%H:%M:%S %:z')
    [[ ${lines[0]} == *" killed by the OOM killer "*"$when: 8.0 MiB RSS | "* ]]
  done
}

@test "a kill that is only in the state is marked on the first line and in the list" {
  killed 60 11 kvm >"$log"
  look
  [[ $output != *remembered* ]]
  killed 50 12 java >"$log"
  look
  [ "$status" = 2 ]
  [[ ${lines[0]} == *"(kvm[11]) killed by "*", remembered: no longer in the log; and 1 other process in the last 24 h | "* ]]
  [[ ${lines[1]} == *" process java[12], "* ]]
  [[ ${lines[1]} != *remembered* ]]
  [[ ${lines[2]} == *"(kvm[11])"*", remembered: no longer in the log" ]]
}

@test "a kill without its Killed line is marked as inferred on the first line" {
  printf '%s hv1 kernel: oom_reaper: reaped process 11 (kvm), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB\n' \
    "$(date -ud '-1 min' '+%Y-%m-%dT%H:%M:%S.000000+00:00')" >"$log"
  look
  [ "$status" = 2 ]
  [[ ${lines[0]} == *", inferred: no Killed line in the log | "* ]]
}

@test "-v lists all kills, without it the rest are counted" {
  for i in {1..2000}; do
    killed $((4000 - i)) $((1000 + i)) "process-$i"
  done >"$log"
  look
  [ "${#lines[@]}" = 27 ]
  [ "${lines[26]}" = "and 1975 older (-v lists them)" ]
  look -v
  [ "$(grep -c '^20.* process process-' <<<"$output")" = 2000 ]
  [[ $output != *"left out"* ]]
  [[ $output != *"known from"* ]]
  [[ $output != *"source "* ]]
}

@test "-vv lists the sources in both check_oom_kills and oom_report" {
  killed 60 11 kvm >"$log"
  look -vv
  [[ ${lines[2]} == "source $log: 1 record, oldest "*", 0 lost" ]]
  run -0 "$report" --procfs="$BATS_TEST_TMPDIR/no-proc" --source="$log" -vv
  [[ ${lines[-1]} == "source $log: 1 record, oldest "*", 0 lost" ]]
  run -0 "$report" --procfs="$BATS_TEST_TMPDIR/no-proc" --source="$log" -v
  [[ $output != *"source "* ]]
}
