#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Text logs: what cannot be read of them, and lines that are not in order.

bats_require_minimum_version 1.5.0

setup() {
  here=${SRCDIR:-$BATS_TEST_DIRNAME/../..}
  load "$here/tests/cli/said.bash"
  check=${BUILDDIR:-build}/plugins/check_oom_kills
  report=${BUILDDIR:-build}/plugins/oom_report
  export TZ=UTC NAGIOS_PLUGIN_STATE_DIRECTORY=/proc/no-memory
  # Not below bats' own folder, which only its user may enter.
  folder=$(mktemp -d)
  chmod 755 "$folder"
  logs=$folder/log
  mkdir "$logs"
  now=$(date +%s)
}

teardown() {
  rm -rf "$folder"
}

# line SECONDS-AGO TAG TEXT: of a syslog file.
line() {
  printf '%s host %s: %s\n' "$(date -u -d "@$((now - $1))" +%Y-%m-%dT%H:%M:%S.000000+00:00)" "$2" "$3"
}

# killed PID NAME: the kernel's line.
killed() {
  echo "Out of memory: Killed process $1 ($2) total-vm:9000000kB, anon-rss:8192000kB, file-rss:0kB, shmem-rss:0kB, UID:107 pgtables:30kB oom_score_adj:0"
}

# as_nobody COMMAND...: root reads everything.
as_nobody() {
  setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
}

named() {
  "$check" --source="$logs/kern.log" --procfs=/nonexistent "$@"
}

rotated_log() {
  { line 90000 kernel usb && line 9000 kernel "$(killed 4242 qemu-kvm)"; } >"$logs/kern.log.1"
  line 600 kernel usb >"$logs/kern.log"
}

@test "a directory that cannot be listed hides rotated logs: UNKNOWN, with the remedy" {
  [ "$(id -u)" = 0 ] || skip 'needs root'
  rotated_log
  chmod 711 "$logs"
  says_first 3 "OOM_KILLS UNKNOWN - cannot see all OOM kills in the last 24 h: $logs: cannot be listed for rotated logs: Permission denied. Let the user list the directory: setfacl -m u:USER:rx DIRECTORY" \
    as_nobody "$check" --source="$logs/kern.log" --procfs=/nonexistent
  run -3 as_nobody "$report" --source="$logs/kern.log" --procfs=/nonexistent
  # The window lies in the named file: nothing is hidden.
  says_first 0 "OOM_KILLS OK - no OOM kills in the last 5 min ($logs/kern.log since 10 min ago)" \
    as_nobody "$check" --source="$logs/kern.log" --procfs=/nonexistent --since=5m
}

@test "no descriptor left to list the directory with is no absence of rotated logs" {
  rotated_log
  run -3 bash -c "exec 3>&-; ulimit -n 4; exec $check --source=$logs/kern.log --procfs=/nonexistent"
  [[ ${lines[0]} == *"cannot be listed for rotated logs: Too many open files"* ]]
}

@test "auto: a log directory that cannot be listed withholds what was before the boot" {
  [ "$(id -u)" = 0 ] || skip 'needs root'
  root=$folder/root
  mkdir -p "$root/var" "$root/proc" "$root/dev"
  printf 'nr_free_pages 1\noom_kill 0\n' >"$root/proc/vmstat"
  logs=$root/var/log
  mkdir "$logs"
  rotated_log
  chmod 711 "$logs"
  run -3 as_nobody "$check" --rootfs="$root" --since=10d
  [[ ${lines[0]} == *"$logs: cannot be listed for rotated logs: Permission denied"* ]]
}

@test "a rotated log that may not be read: UNKNOWN where the window reaches it" {
  [ "$(id -u)" = 0 ] || skip 'needs root'
  rotated_log
  chmod 600 "$logs/kern.log.1"
  run -3 as_nobody "$check" --source="$logs/kern.log" --procfs=/nonexistent
  [[ ${lines[0]} == "OOM_KILLS UNKNOWN - cannot see all OOM kills in the last 24 h: $logs/kern.log.1: Permission denied. Add the user to the file's group (adm on Debian and Ubuntu), or grant it read access with setfacl" ]]
  run -0 as_nobody "$check" --source="$logs/kern.log" --procfs=/nonexistent --since=5m
}

@test "a rotated log that cannot be unpacked: UNKNOWN where the window reaches it" {
  rotated_log
  rm "$logs/kern.log.1"
  printf 'BZh91AY&SY' >"$logs/kern.log.1.bz2"
  run -3 named
  [[ ${lines[0]} == *"$logs/kern.log.1.bz2: compressed with bzip2, which is not supported. Compress logs with gzip, xz or zstd" ]]
  run -0 named --since=5m
  # Nobody has written to it since before the window.
  touch -d '3 days ago' "$logs/kern.log.1.bz2"
  run -0 named
}

@test "a kill between lines with older dates is found in a large log" {
  {
    awk -v now="$now" 'BEGIN { for (i = 0; i < 12000; i++)
      print strftime("%Y-%m-%dT%H:%M:%S+00:00", now - 2600000 + i * 180), "host kernel: device vnet3 entered promiscuous mode, and so on and on and on" }'
    line 12000 kernel "$(killed 4242 qemu-kvm)"
    awk -v now="$now" 'BEGIN { for (i = 0; i < 1500; i++)
      print strftime("%Y-%m-%dT%H:%M:%S+00:00", now - 172800 + i / 10), "host kernel: device vnet3 entered promiscuous mode, and so on and on and on" }'
    line 600 kernel usb
  } >"$logs/kern.log"
  run -2 named
  [[ ${lines[0]} == "OOM_KILLS CRITICAL - an unnamed VM (qemu-kvm[4242]) killed by "* ]]
}

@test "a kill is found in a rotated log whose last change says that it is older" {
  rotated_log
  touch -d '3 days ago' "$logs/kern.log.1"
  run -2 named
  gzip "$logs/kern.log.1"
  run -2 named
}
