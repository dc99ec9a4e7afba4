#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# The same records from each kind of source: check_oom_kills and oom_report must find the same
# kills, with the same times and names.

bats_require_minimum_version 1.5.0

setup_file() {
  # shellcheck source=tests/cli/ring.bash
  source "$SRCDIR/tests/cli/ring.bash"
  ring_build
}

setup() {
  # shellcheck source=tests/cli/ring.bash
  source "$SRCDIR/tests/cli/ring.bash"
  cd "$BATS_TEST_TMPDIR" || return
  export TZ=UTC NAGIOS_PLUGIN_STATE_DIRECTORY=$BATS_TEST_TMPDIR/state
  remote=/lib/systemd/systemd-journal-remote
  root=$BATS_TEST_TMPDIR/root
  mkdir -p "$root/proc/sys/kernel/random" "$root/dev"
  cp /proc/sys/kernel/random/boot_id "$root/proc/sys/kernel/random/"
  boot=$(tr -d - </proc/sys/kernel/random/boot_id)
  # Read both clocks without a process in between.
  local seconds=$EPOCHREALTIME
  read -r uptime _ </proc/uptime
  boot_usec=$((${seconds/[.,]/} - ${uptime/./}0000))
  uptime=${uptime%.*}
  [ "$uptime" -ge 700 ] || skip 'needs an uptime of twelve minutes'
  history
  printf 'nr_free_pages 1\noom_kill %s\n' "$(grep -c 'Killed process' history)" >"$root/proc/vmstat"
}

# say AGO LEVEL TEXT: a kernel record, AGO seconds ago, in the middle of a second of the wall clock,
# so that clocks that are read at different moments give the same second.
say() {
  printf '%d%03d%03d %d %s\n' $((uptime - $1)) $(((1500000 - boot_usec % 1000000) % 1000000 / 1000)) \
    $((said += 1)) "$2" "$3" >>history
}

sizes='total-vm:9000000kB, anon-rss:8192000kB, file-rss:0kB, shmem-rss:0kB, UID:107 pgtables:30kB oom_score_adj:0'

# report AGO COMM PID CGROUP: a complete report of a host out of memory.
report() {
  say "$1" 4 'CPU 0/KVM invoked oom-killer: gfp_mask=0x140dca(GFP_HIGHUSER_MOVABLE), order=0, oom_score_adj=0'
  say "$1" 4 'CPU: 1 PID: 377 Comm: CPU 0/KVM Not tainted 6.1.0 #1'
  say "$1" 4 'Mem-Info:'
  say "$1" 4 'Node 0 Normal free:2560kB min:2048kB low:2560kB high:3072kB managed:220000kB'
  say "$1" 6 'Tasks state (memory values in pages):'
  say "$1" 6 "[   $3]   107  $3  2250000  2048000    30      0             0 $2"
  say "$1" 6 "oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,task_memcg=$4,task=$2,pid=$3,uid=107"
  say "$1" 3 "Out of memory: Killed process $3 ($2) $sizes"
}

history() {
  : >history
  said=0
  printf '0 5 Linux version 6.1.0\n' >>history
  say 620 6 'usb 1-1: new high-speed USB device number 2 using xhci_hcd'
  report 600 qemu-system-x86 4711 '/machine.slice/machine-qemu\x2d3\x2dweb1.scope'
  say 590 6 'oom_reaper: reaped process 4711 (qemu-system-x86), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB'
  say 500 6 'audit: type=1400 apparmor="DENIED" comm="Killed process 1"'
  # A kill at a cgroup's limit. Its report was rate-limited.
  say 400 3 "Memory cgroup out of memory: Killed process 4712 (java) $sizes"
  # All processes of a group; the first is logged twice.
  report 300 kvm 4713 /qemu.slice/105.scope
  say 300 6 'Tasks in /qemu.slice/105.scope are going to be killed due to memory.oom.group set'
  say 300 3 "Out of memory: Killed process 4713 (kvm) $sizes"
  say 300 3 "Out of memory: Killed process 4714 (swtpm) $sizes"
  # A name with special characters.
  report 200 'a) (b "c\d' 4715 /system.slice/x.service
  say 100 6 'usb 1-1: USB disconnect, device number 2'
}

# Each of these writes the history in its own format.

as_kmsg() {
  local usec level text sequence=0
  while read -r usec level text; do
    printf '%d,%d,%d,-;%s\n' "$level" $((sequence++)) "$usec" "${text//\\/\\x5c}"
  done <history
}

as_syslog() {
  local usec level text
  while read -r usec level text; do
    printf '<%d>[%5d.%06d] %s\n' "$level" $((usec / 1000000)) $((usec % 1000000)) "$text"
  done <history
}

as_dmesg() {
  as_syslog | sed 's/^<[0-9]*>//'
}

# journald receives a record shortly after it was written.
as_export() {
  local usec level text
  while read -r usec level text; do
    printf '__REALTIME_TIMESTAMP=%d\n__MONOTONIC_TIMESTAMP=%d\n' \
      $((boot_usec + usec + 300)) $((usec + 300))
    printf '%s\n' "_BOOT_ID=$boot" _TRANSPORT=kernel SYSLOG_FACILITY=0 SYSLOG_IDENTIFIER=kernel \
      "PRIORITY=$level" "_SOURCE_MONOTONIC_TIMESTAMP=$usec" "MESSAGE=$text" ''
  done <history
}

as_text() { # as_text FORMAT: with dates in this format of date(1)
  local usec level text
  while read -r usec level text; do
    printf '%s host kernel: %s\n' "$(date -d "@$(((boot_usec + usec) / 1000000)).$(printf %06d $(((boot_usec + usec) % 1000000)))" "$1")" "$text"
  done <history
}

# journals: a journal with the history, and the formats that journalctl makes of it.
journals() {
  [ -x "$remote" ] || return 1
  as_export >written
  mkdir -p journal
  "$remote" --split-mode=none -o journal/system.journal written 2>/dev/null || return 1
  local format
  for format in export json short short-iso short-iso-precise short-precise short-full with-unit; do
    journalctl --file=journal/system.journal --output=$format >"journal.$format" || return 1
  done
}

# kills_of COMMAND...: the kills that it lists, with their times.
kills_of() {
  run "$@"
  [ "$status" -le 2 ] || {
    printf '%s\n' "$*" "$output"
    return 1
  }
  grep -E '^(20[0-9]{2}-|[0-9.]+ s after boot )' <<<"$output"
}

same() { # same WHAT FILE: FILE has the kills from kmsg
  diff "$2" said || {
    echo "$1 tells another history"
    return 1
  }
}

# each CHECK FILE OPTION...: compares all sources; FILE gets the kills from kmsg.
each() {
  local program=$1 expected=$2 source
  shift 2
  RING_KMSG=$PWD/kmsg kills_of with_ring "$program" --rootfs="$root" --source=kmsg "$@" >"$expected"
  RING_SYSLOG=$PWD/syslog kills_of with_ring "$program" --rootfs="$root" --source=syslog "$@" >said
  same 'syslog(2)' "$expected"
  RING_KMSG=$PWD/kmsg kills_of with_ring "$program" --rootfs="$root" "$@" >said
  same auto "$expected"
  for source in rsyslog iso traditional; do
    kills_of "$program" --rootfs="$root" --source="$PWD/$source" "$@" >said
    same $source "$expected"
  done
  # A saved ring buffer has no wall clock: compare without times.
  kills_of "$program" --rootfs="$root" --source="$PWD/dmesg" "$@" | names >said
  names <"$expected" >"$expected.names"
  same dmesg "$expected.names"
  [ -d journal ] || return 0
  for source in journal:journal journal.export journal.json journal.short journal.short-iso \
    journal.short-iso-precise journal.short-precise journal.short-full journal.with-unit; do
    kills_of "$program" --rootfs="$root" --source="${source/#journal./$PWD/journal.}" "$@" >said
    same $source "$expected"
  done
}

names() {
  sed -E 's/^(20[^ ]+ [^ ]+ [^ ]+|[0-9.]+ s after boot) //' | sort
}

prepare() {
  as_kmsg >kmsg
  as_syslog >syslog
  as_dmesg >dmesg
  as_text +%Y-%m-%dT%H:%M:%S.%6N%:z >rsyslog
  as_text +%Y-%m-%dT%H:%M:%S%:z >iso
  as_text '+%b %e %H:%M:%S' >traditional
  journals || rm -rf journal
}

@test "check_oom_kills finds the same kills in every source" {
  prepare
  each "$BUILDDIR/plugins/check_oom_kills" expected --since=1h -v
  [ "$(wc -l <expected)" = 5 ]
  grep -q 'web1' expected
}

@test "oom_report finds the same kills in every source" {
  prepare
  each "$BUILDDIR/plugins/oom_report" expected --since=1h
  [ "$(wc -l <expected)" -ge 5 ]
}
