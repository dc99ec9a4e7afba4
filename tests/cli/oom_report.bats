#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# oom_report: the fixed names and values of its JSON, the text, the exit codes.

bats_require_minimum_version 1.5.0

setup() {
  report=${BUILDDIR:-build}/plugins/oom_report
  data=${SRCDIR:-$BATS_TEST_DIRNAME/../..}/tests/data/kernels/6.1.0-50-cloud-amd64
  export TZ=UTC
}

needs_jq() {
  command -v jq >/dev/null || skip 'jq is not installed'
}

# field FILTER: the result of jq on the JSON in $output.
field() {
  jq -c "$1" <<<"$output"
}

@test "the JSON of a kill has every documented name" {
  needs_jq
  run "$report" --format=json --since=all --source="$data/a_global.kmsg"
  [ "$status" = 0 ]
  [ "$(field '[.source, .unrecorded_kills, .lost_records, .window.since]')" = '["file",null,0,null]' ]
  [ "$(field '.window.until | test("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+[+]00:00$")')" = true ]
  [ "$(field '.kills | length')" = 1 ]
  [ "$(field '.kills[0] | [.time, .pid, .comm, .uid, .total_vm_kb, .anon_rss_kb, .file_rss_kb, .shmem_rss_kb,
    .pgtables_kb, .oom_score_adj]')" = '[null,377,"qemu-kvm",0,139404,137748,4,704,316,0]' ]
  [ "$(field '.kills[0] | [.killer, .constraint, .manual, .limit_cgroup]')" = '["kernel","none",false,null]' ]
  [ "$(field '.kills[0].cgroup')" = '"/machine.slice/machine-qemu\\x2d1\\x2dinstance\\x2d0000002a.scope"' ]
  [ "$(field '.kills[0].invoker')" = '{"pid":377,"comm":"qemu-kvm","order":0,"gfp_mask":"0x140dca"}' ]
  [ "$(field '.kills[0].vm | [.stack, .name, .id, .uuid, .display_name, .project]')" = \
    '["libvirt","instance-0000002a","1",null,null,null]' ]
}

@test "times are in RFC 3339 with an offset" {
  needs_jq
  echo "2026-11-22T21:36:05.123456+07:00 hv1 kernel: Out of memory: Killed process 7 (kvm) total-vm:9kB, anon-rss:8kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:3kB oom_score_adj:0" >"$BATS_TEST_TMPDIR/log"
  TZ=Asia/Bangkok run "$report" --format=json --since=all --source="$BATS_TEST_TMPDIR/log"
  echo "$output"
  [ "$(field '.kills[0].time')" = '"2026-11-22T21:36:05.123456+07:00"' ]
}

@test "a time outside of RFC 3339 is null, and one before 1970 keeps its fraction" {
  needs_jq
  echo "1969-12-31T23:59:58.250000+00:00 hv1 kernel: Out of memory: Killed process 7 (kvm) total-vm:9kB, anon-rss:8kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:3kB oom_score_adj:0" >"$BATS_TEST_TMPDIR/log"
  # About three thousand years.
  run "$report" --format=json --since=99999999999 --source="$BATS_TEST_TMPDIR/log"
  [ "$(field '[.window.since, .kills[0].time]')" = '[null,"1969-12-31T23:59:58.250000+00:00"]' ]
}

@test "a report that cannot be written completely fails with the reason" {
  [ -c /dev/full ] || skip 'no /dev/full'
  # The output exceeds the buffer of stdio.
  for pid in {1..20}; do
    echo "2026-11-22T21:36:05.0000$((pid + 10))+07:00 hv1 kernel: Out of memory: Killed process $pid (kvm) total-vm:9kB, anon-rss:8kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:3kB oom_score_adj:0"
  done >"$BATS_TEST_TMPDIR/log"
  for format in text json; do
    run bash -c "'$report' --format=$format --since=all --source='$BATS_TEST_TMPDIR/log' >/dev/full"
    echo "$format: $output"
    [ "$status" = 3 ]
    [ "$output" = 'oom_report: No space left on device' ]
  done
}

@test "a hostile name is valid JSON, escaped as by the kernel" {
  needs_jq
  run "$report" --format=json --since=all --source="$data/e3_hostile_bytes.kmsg"
  [ "$(field '.kills[0].comm')" = '"|\"'"'"'\\;=,\\xff\\xfe\\x80\\xc3\\xa9"' ]
}

@test "text has a heading and one line per kill, newest first" {
  run "$report" --since=all --source="$data/c_memcg_group.kmsg"
  [ "$status" = 0 ]
  [ "${lines[0]}" = "3 OOM kills on record ($data/c_memcg_group.kmsg)" ]
  [ "${#lines[@]}" = 4 ]
  [[ ${lines[3]} == *" qemu-kvm[128], 31.9 MiB anon"* ]]
}

@test "without kills the exit code is 0, without a readable source 3" {
  run "$report" --since=all --source="$data/h_fake.kmsg"
  [ "$status" = 0 ]
  [ "$output" = "0 OOM kills on record ($data/h_fake.kmsg)" ]
  run --separate-stderr "$report" --source="$BATS_TEST_TMPDIR/none"
  [ "$status" = 3 ]
  [[ $stderr == "oom_report: cannot see all OOM kills: $BATS_TEST_TMPDIR/none: No such file or directory"* ]]
}

@test "--help and --version exit with 0" {
  run "$report" --help
  [ "$status" = 0 ]
  run "$report" --version
  [ "$status" = 0 ]
}

@test "a report without a readable source names none" {
  run --separate-stderr "$report" --source=/nonexistent
  [ "$status" = 3 ]
  [ "$output" = $'0 OOM kills in the last 24 h\nThe logs do not cover the whole window.' ]
}

@test "the report has more kills than the state can hold" {
  for pid in $(seq 5000 5999); do
    echo "2026-03-04T05:06:07.000000+00:00 hv1 kernel: Memory cgroup out of memory: Killed process $pid (java)" \
      "total-vm:9000kB, anon-rss:8192kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:1kB oom_score_adj:0"
  done >"$BATS_TEST_TMPDIR/kern.log"
  export NAGIOS_PLUGIN_STATE_DIRECTORY=$BATS_TEST_TMPDIR
  run -0 --separate-stderr "$report" --since=all --source="$BATS_TEST_TMPDIR/kern.log"
  [ "${#lines[@]}" = 1001 ]
  [ -z "$stderr" ]
}
