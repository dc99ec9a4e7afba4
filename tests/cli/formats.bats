#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# The same kill of a VM in every form in which operators have it. It must be read with the right
# name, time and constraint, or be reported as unreadable. tests/data/cases has a file of each form.

bats_require_minimum_version 1.5.0

setup() {
  here=${SRCDIR:-$BATS_TEST_DIRNAME/../..}
  load "$here/tests/cli/said.bash"
  check=${BUILDDIR:-build}/plugins/check_oom_kills
  report=${BUILDDIR:-build}/plugins/oom_report
  cases=$here/tests/data/cases
  export TZ=UTC NAGIOS_PLUGIN_STATE_DIRECTORY=/proc/none
  # The host has another name, so that the records in the files are of another host.
  root=$BATS_TEST_TMPDIR/root
  mkdir -p "$root/proc/sys/kernel" "$root/dev"
  echo reader >"$root/proc/sys/kernel/hostname"
}

# kills FILE: time, pid, name, anonymous memory, constraint, cgroup and VM of each.
kills() {
  "$report" --format=json --since=all --rootfs="$root" --source="$1" 2>/dev/null |
    jq -c '.kills[] | [.time, .pid, .comm, .anon_rss_kb, .constraint, .cgroup, .vm.stack, .vm.name, .vm.id]'
}

# usual FILE TIME: expects the usual kill, at TIME (null: unknown), no other, and a complete result.
usual() {
  local time=$2 expected
  [ "$time" = null ] || time="\"$time+00:00\""
  # shellcheck disable=SC2016
  expected='['$time',41207,"qemu-kvm",8388608,"none","/machine.slice/machine-qemu\\x2d7\\x2dinstance\\x2d000000a1.scope","libvirt","instance-000000a1","7"]'
  [ "$(kills "$1")" = "$expected" ] || {
    diff <(echo "$expected") <(kills "$1")
    return 1
  }
  run -2 "$check" --since=all --rootfs="$root" --source="$1"
  [[ ${lines[0]} == *"VM instance-000000a1 killed by the OOM killer"*" oom_kills=1;0;;0 oom_vm_kills=1;;0;0 oom_host_kills=1;"* ]]
  run -0 "$report" --since=all --rootfs="$root" --source="$1"
}

# dated NAME DATE: a copy of the case, last changed at DATE.
dated() {
  cp "$cases/$1.log" "$BATS_TEST_TMPDIR/$1.log"
  touch -d "$2" "$BATS_TEST_TMPDIR/$1.log"
  echo "$BATS_TEST_TMPDIR/$1.log"
}

# Reads NAME TIME from standard input. Behind || or &&, a failure within usual() would not count.
usuals() {
  local name time
  while read -r name time; do
    echo "$name"
    usual "$cases/$name.log" "$time"
  done
}

@test "reads templates of syslog daemons" {
  usuals <<'END'
date-space-time 2026-03-04T05:06:07.000000
date-space-time-us 2026-03-04T05:06:07.250050
date-space-time-comma-ms 2026-03-04T05:06:07.250000
date-space-time-zone 2026-03-04T03:06:07.250000
date-slashes 2026-03-04T05:06:07.000000
pri-dot-template 2026-03-04T05:06:07.000000
level-after-tag null
END
}

@test "reads the formats of journalctl and dmesg" {
  usuals <<'END'
journal-verbose 2026-03-04T05:06:07.250050
journal-json-pretty 2026-03-04T05:06:07.250050
journal-json-sse 2026-03-04T05:06:07.250050
journal-json-output-fields 2026-03-04T05:06:07.250050
dmesg-json null
END
  # A date without a year gets the year of the file's last change.
  usual "$(dated dmesg-human-absolute 2026-03-20)" 2026-03-14T05:06:00.000050
  [ "$(kills "$(dated dmesg-human-absolute-kill 2026-03-20)" | cut -d, -f1-3)" = '["2026-03-14T05:06:00.000000+00:00",41207,"qemu-kvm"' ]
}

@test "reads netconsole and Talos" {
  usuals <<'END'
netconsole-extended-release null
talos-kernel-log 2026-03-04T05:06:07.250050
talos-dmesg-node 2026-03-04T05:06:07.250050
END
  usual "$(dated netconsole-via-rsyslog 2026-03-20)" 2026-03-04T05:06:07.000000
}

@test "reads JSON lines of log shippers" {
  usuals <<'END'
shipper-fluentbit-kmsg 2026-03-04T05:06:07.250000
shipper-vector-journald 2026-03-04T05:06:07.250050
shipper-rsyslog-json 2026-03-04T05:06:07.250050
shipper-loki-jsonl 2026-03-04T05:06:07.250050
END
}

@test "reads text pasted by a person" {
  usuals <<'END'
stamp-before-a-syslog-line 2026-03-04T05:06:07.250000
stamp-before-a-dmesg-line 2026-03-04T05:06:07.250050
csv-export 2026-03-04T05:06:07.250000
console-prompt-before-bracket null
list-mark-before-bracket null
bold-around-lines 2026-03-04T05:06:07.000000
END
  usual "$(dated two-records-one-line-012 2026-03-20)" 2026-03-04T05:06:07.000000
  usual "$(dated two-records-one-line-space 2026-03-20)" 2026-03-04T05:06:07.000000
  [ "$(kills "$cases/arrow-before-bracket.log" | cut -d, -f1-4)" = '[null,41207,"qemu-kvm",8388608' ]
}

@test "an application's line that quotes the kernel is not a kernel record" {
  local killed='Out of memory: Killed process 41207 (qemu-kvm) total-vm:9437184kB, anon-rss:8388608kB, file-rss:12288kB, shmem-rss:4kB, UID:107 pgtables:17408kB oom_score_adj:0'
  while IFS= read -r line; do
    echo "$line$killed" >"$BATS_TEST_TMPDIR/log"
    [ -z "$(kills "$BATS_TEST_TMPDIR/log")" ] || {
      echo "$line"
      return 1
    }
  done <<'END'
2026-03-04 05:06:07,250 WARN kernel: 
2026-03-04 05:06:07 hv1 app[7]: 
2026-03-04 05:06:07.250 4711 INFO nova.compute.manager [-] saw 
- name: 
watcher: the log said [90000.250000] 
Mar  4 05:06:07 hv1 app: [90000.250000] 
Mar  4 05:06:07 hv1 app: 3,1,1,-;
Mar  4 05:06:07 hv1 an app: 3,1,1,-;
2026-03-04 05:06:07 hv1 an app: [90000.250000] 
{"time":"2026-03-04T05:06:07Z","level":"info","msg":"saw 
END
}

@test "the name of a time zone is understood, or the time is unknown" {
  [ "$(kills "$cases/zone-abbreviation.log" | cut -d, -f1,2)" = '["2026-03-03T20:06:07.000000+00:00",41207' ]
  # China's, America's or Cuba's zone: ambiguous.
  sed 's/JST/CST/' "$cases/zone-abbreviation.log" >"$BATS_TEST_TMPDIR/log"
  [ "$(kills "$BATS_TEST_TMPDIR/log" | cut -d, -f1,2)" = '[null,41207' ]
  # The zone of the reader.
  [ "$(TZ=CST-8 kills "$BATS_TEST_TMPDIR/log" | cut -d, -f1,2)" = '["2026-03-04T05:06:07.000000+08:00",41207' ]
  sed 's/05:06:07 JST/05:06:07 +0300/' "$cases/zone-abbreviation.log" >"$BATS_TEST_TMPDIR/log"
  [ "$(kills "$BATS_TEST_TMPDIR/log" | cut -d, -f1,2)" = '["2026-03-04T02:06:07.000000+00:00",41207' ]
  # A month in an unknown language: the kill is found, its time is unknown.
  [ "$(kills "$cases/unknown-month-word.log" | cut -d, -f1,2)" = '[null,41207' ]
}

# unread FILE COUNT AT: expects UNKNOWN, with the number of unread lines and the place of the first.
unread() {
  says_first 3 "OOM_KILLS UNKNOWN - cannot see all OOM kills on record: $3: $2 OOM killer lines in an unknown format. Read the journal or kmsg instead" \
    "$check" --since=all --rootfs="$root" --source="$1"
  run -3 "$report" --since=all --rootfs="$root" --source="$1" --format=json
  [ "$(grep -v '^oom_report: ' <<<"$output" | jq -c '[.complete, .unread_lines, .unread_at, .kills]')" = "[false,$2,\"$3\",[]]" ]
}

@test "OOM killer lines in an unknown form are UNKNOWN, with their number and place" {
  unread "$cases/unread-envelope-is-ok.log" 2 "$cases/unread-envelope-is-ok.log:1"
  log=$BATS_TEST_TMPDIR/kern.log
  {
    for i in $(seq 40); do echo "Mar  4 05:06:$((i % 50 + 10)) hv1 kernel: usb 1-1: $i"; done
    cat "$cases/unread-envelope-is-ok.log"
  } >"$log"
  unread "$log" 2 "$log:41"
  # In a rotated log, compressed or not, and in a large one that is searched.
  cp "$log" "$log.1" && echo 'Mar  5 05:06:07 hv1 kernel: usb 1-1' >"$log"
  unread "$log" 2 "$log.1:41"
  gzip "$log.1"
  unread "$log" 2 "$log.1.gz:41"
  rm "$log.1.gz"
  {
    yes 'Mar  4 05:06:07 hv1 app: nothing of interest in this line, and much of it' | head -n 20000
    cat "$cases/unread-envelope-is-ok.log"
    echo 'Mar  5 05:06:07 hv1 kernel: usb 1-1'
  } >"$log"
  unread "$log" 2 "$log:20001"
  # Kills that were read take precedence.
  cat "$cases/date-space-time.log" "$cases/unread-envelope-is-ok.log" >"$log"
  run -2 "$check" --since=all --rootfs="$root" --source="$log"
  [[ ${lines[0]} == *"VM instance-000000a1 killed"* ]]
  [[ $output == *"$log:3: 2 OOM killer lines in an unknown format"* ]]
  # Text after other words of the kernel is a quotation.
  echo "Mar  4 05:06:07 hv1 kernel: overlayfs: failed to resolve 'Killed process 1 (x) total-vm:1kB': -2" >"$log"
  run -0 "$check" --since=all --rootfs="$root" --source="$log"
  echo 'Mar  4 05:06:07 hv1 backup[3]: Killed process 1 (x) total-vm:1kB' >"$log"
  run -0 "$check" --since=all --rootfs="$root" --source="$log"
}

@test "a file without a line in a known form is UNKNOWN" {
  head -c 300000 /dev/urandom >"$BATS_TEST_TMPDIR/random"
  for file in "$cases/unread-not-a-log-at-all.log" "$here/README.md" /bin/ls "$BATS_TEST_TMPDIR/random"; do
    says_first 3 "OOM_KILLS UNKNOWN - cannot see all OOM kills on record: $file: no line is in a known format. Read the journal or kmsg instead" \
      "$check" --since=all --rootfs="$root" --source="$file"
  done
  run -3 "$report" --since=all --rootfs="$root" --source="$cases/unread-not-a-log-at-all.log" --format=json
  [ "$(grep -v '^oom_report: ' <<<"$output" | jq -c '[.complete,.unread_lines,.unread_at]')" = '[false,0,null]' ]
  # The text of a console has no envelopes. It is recognised by the kernel's messages.
  printf '%s\n' 'Linux version 6.1.0' 'usb 1-1: new device' >"$BATS_TEST_TMPDIR/console"
  run -0 "$check" --since=all --rootfs="$root" --source="$BATS_TEST_TMPDIR/console"
}

@test "a report without its victim is UNKNOWN, with its time and limit" {
  says_first 3 "OOM_KILLS UNKNOWN - cannot see all OOM kills on record: the log does not name the OOM killer's victim at 2026-03-04 05:06:07 +00:00 for the limit of /docker/0123" \
    "$check" --since=all --rootfs="$root" --source="$cases/report-without-its-kill.log"
  # Outside of the window the victim is not needed.
  run -0 "$check" --since=2026-03-05 --until=2026-03-06 --rootfs="$root" --source="$cases/report-without-its-kill.log"
  # If the kernel reports that it killed no process, nothing is missing.
  {
    cat "$cases/report-without-its-kill.log"
    echo 'Mar  4 05:06:07 hv1 kernel: Out of memory and no killable processes...'
  } >"$BATS_TEST_TMPDIR/log"
  run -0 "$check" --since=all --rootfs="$root" --source="$BATS_TEST_TMPDIR/log"
}
