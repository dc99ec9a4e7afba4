#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Text logs that cannot be read completely, and lines that are out of order.

bats_require_minimum_version 1.5.0

setup() {
  here=${SRCDIR:-$BATS_TEST_DIRNAME/../..}
  load "$here/tests/cli/said.bash"
  check=${BUILDDIR:-build}/plugins/check_oom_kills
  report=${BUILDDIR:-build}/plugins/oom_report
  export TZ=UTC NAGIOS_PLUGIN_STATE_DIRECTORY=/proc/no-memory
  # Outside of the folder of bats, which only its user can access.
  folder=$(mktemp -d)
  chmod 755 "$folder"
  logs=$folder/log
  mkdir "$logs"
  now=$(date +%s)
}

teardown() {
  rm -rf "$folder"
}

# line SECONDS-AGO TAG TEXT: a line of a syslog file.
line() {
  printf '%s hv1 %s: %s\n' "$(date -u -d "@$((now - $1))" +%Y-%m-%dT%H:%M:%S.000000+00:00)" "$2" "$3"
}

# killed PID NAME: the text of a Killed line.
killed() {
  echo "Out of memory: Killed process $1 ($2) total-vm:9000000kB, anon-rss:8192000kB, file-rss:0kB, shmem-rss:0kB, UID:107 pgtables:30kB oom_score_adj:0"
}

# as_nobody COMMAND...: as a user who cannot read everything, unlike root.
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

@test "a directory that cannot be listed is UNKNOWN if the window needs rotated logs" {
  [ "$(id -u)" = 0 ] || skip 'needs root'
  rotated_log
  chmod 711 "$logs"
  says_first 3 "OOM_KILLS UNKNOWN - cannot see all OOM kills in the last 24 h: $logs: cannot list rotated logs: Permission denied. Let the user list the directory: setfacl -m u:USER:rx DIRECTORY" \
    as_nobody "$check" --source="$logs/kern.log" --procfs=/nonexistent
  run -3 as_nobody "$report" --source="$logs/kern.log" --procfs=/nonexistent
  # The window lies in the named file: no rotated log is needed.
  says_first 0 "OOM_KILLS OK - no OOM kills in the last 5 min ($logs/kern.log since 10 min ago)" \
    as_nobody "$check" --source="$logs/kern.log" --procfs=/nonexistent --since=5m
}

@test "a directory that cannot be listed for lack of descriptors is UNKNOWN" {
  rotated_log
  run -3 bash -c "exec 3>&-; ulimit -n 4; exec $check --source=$logs/kern.log --procfs=/nonexistent"
  [[ ${lines[0]} == *"cannot list rotated logs: Too many open files"* ]]
}

@test "auto: a log directory that cannot be listed is UNKNOWN if the window reaches before the boot" {
  [ "$(id -u)" = 0 ] || skip 'needs root'
  root=$folder/root
  mkdir -p "$root/var" "$root/proc" "$root/dev"
  printf 'nr_free_pages 1\noom_kill 0\n' >"$root/proc/vmstat"
  logs=$root/var/log
  mkdir "$logs"
  rotated_log
  chmod 711 "$logs"
  run -3 as_nobody "$check" --rootfs="$root" --since=10d
  [[ ${lines[0]} == *"$logs: cannot list rotated logs: Permission denied"* ]]
}

@test "a rotated log without read permission is UNKNOWN if the window reaches it" {
  [ "$(id -u)" = 0 ] || skip 'needs root'
  rotated_log
  chmod 600 "$logs/kern.log.1"
  run -3 as_nobody "$check" --source="$logs/kern.log" --procfs=/nonexistent
  [[ ${lines[0]%% | *} == "OOM_KILLS UNKNOWN - cannot see all OOM kills in the last 24 h: $logs/kern.log.1: Permission denied. Add the user to the file's group (adm on Debian and Ubuntu), or grant it read access with setfacl" ]]
  run -0 as_nobody "$check" --source="$logs/kern.log" --procfs=/nonexistent --since=5m
}

@test "a rotated log with unsupported compression is UNKNOWN if the window reaches it" {
  rotated_log
  rm "$logs/kern.log.1"
  printf 'BZh91AY&SY' >"$logs/kern.log.1.bz2"
  run -3 named
  [[ ${lines[0]%% | *} == *"$logs/kern.log.1.bz2: compressed with bzip2, which is not supported. Compress logs with gzip, xz or zstd" ]]
  run -0 named --since=5m
  # It was last written before the window.
  touch -d '3 days ago' "$logs/kern.log.1.bz2"
  run -0 named
}

@test "a kill between lines with older dates is found in a large log" {
  {
    awk -v now="$now" 'BEGIN { for (i = 0; i < 12000; i++)
      print strftime("%Y-%m-%dT%H:%M:%S+00:00", now - 2600000 + i * 180), "hv1 kernel: device vnet3 entered promiscuous mode, and so on and on and on" }'
    line 12000 kernel "$(killed 4242 qemu-kvm)"
    awk -v now="$now" 'BEGIN { for (i = 0; i < 1500; i++)
      print strftime("%Y-%m-%dT%H:%M:%S+00:00", now - 172800 + i / 10), "hv1 kernel: device vnet3 entered promiscuous mode, and so on and on and on" }'
    line 600 kernel usb
  } >"$logs/kern.log"
  run -2 named
  [[ ${lines[0]} == "OOM_KILLS CRITICAL - an unnamed VM (qemu-kvm[4242]) killed by the OOM killer on host hv1 "* ]]
}

@test "a kill is found in a rotated log that was last changed before the window" {
  rotated_log
  touch -d '3 days ago' "$logs/kern.log.1"
  run -2 named
  gzip "$logs/kern.log.1"
  run -2 named
}

# dmesg_copy LINE...: a copy of dmesg in which a record (an overlayfs mount option) has newlines of
# a user.
dmesg_copy() {
  printf '%s\n' "[    0.000000] Linux version 6.1.0" \
    "[  400.000000] overlayfs: failed to resolve '/x" "$@" "               ': -2"
}

@test "in a copy of dmesg a line without a timestamp is unconfirmed and UNKNOWN" {
  dmesg_copy "               $(killed 4242 qemu-kvm)" >"$logs/dmesg"
  says_first 3 "OOM_KILLS UNKNOWN - cannot see all OOM kills in the last 24 h: a kill record may be a user's text in another record (/dev/kmsg or the journal can confirm it). Keep a persistent journal (Storage=persistent in journald.conf)" \
    "$check" --source="$logs/dmesg" --procfs=/nonexistent
  [[ $output == *"(unconfirmed: may be a user's text in another record)"* ]]
  # An empty line may be the user's as well, and a file may begin in the middle of a record.
  dmesg_copy '' "               $(killed 4242 qemu-kvm)" >"$logs/dmesg"
  run -3 "$check" --source="$logs/dmesg" --procfs=/nonexistent
  dmesg_copy "               $(killed 4242 qemu-kvm)" | tail -n +3 >"$logs/dmesg"
  echo '[  401.000000] usb' >>"$logs/dmesg"
  run -3 "$check" --source="$logs/dmesg" --procfs=/nonexistent
  # A forged header between a report and its kill does not remove the VM's name.
  {
    echo '[  399.000000] qemu-kvm invoked oom-killer: gfp_mask=0x140dca, order=0'
    echo '[  400.000000] oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,task_memcg=/machine.slice/machine-qemu\x2d3\x2dvm1.scope,task=qemu-kvm,pid=4242,uid=107'
    echo "[  400.000000] $(killed 4242 qemu-kvm)"
  } >"$logs/dmesg"
  run -2 "$check" --source="$logs/dmesg" --procfs=/nonexistent
  [[ ${lines[0]} == "OOM_KILLS CRITICAL - VM vm1 killed "* ]]
  sed -i '2s/^/x invoked oom-killer: gfp_mask=0x0, order=0\n/' "$logs/dmesg"
  run -2 "$check" --source="$logs/dmesg" --procfs=/nonexistent
  [[ ${lines[0]} == "OOM_KILLS CRITICAL - VM vm1 killed "* ]]
}

@test "a file without any envelope is read as the text of a console" {
  killed 4242 qemu-kvm >"$logs/console"
  run -2 "$check" --source="$logs/console" --procfs=/nonexistent
  [[ ${lines[0]} == "OOM_KILLS CRITICAL - an unnamed VM (qemu-kvm[4242]) killed by "* ]]
}

@test "a program's line that opens a report does not remove the VM's name" {
  for forged in '' 'x invoked oom-killer: gfp_mask=0x0, order=0'; do
    {
      for _ in $(seq 9000); do echo; done | sed "s|^|$(line 90000 kernel "device vnet3 entered promiscuous mode, and so on and on and on and on and on")|"
      line 3000 kernel 'CPU 0/KVM invoked oom-killer: gfp_mask=0xd0, order=0, oom_score_adj=0'
      line 3000 kernel 'Task in /machine.slice/machine-qemu\x2d3\x2dvm1.scope killed as a result of limit of /machine.slice/machine-qemu\x2d3\x2dvm1.scope'
      [ -z "$forged" ] || line 3000 mallory "$forged"
      line 3000 kernel 'Memory cgroup out of memory: Kill process 4242 (qemu-kvm) score 900 or sacrifice child'
      line 3000 kernel 'Killed process 4242 (qemu-kvm) total-vm:9000kB, anon-rss:8192kB, file-rss:0kB'
      line 600 kernel usb
    } >"$logs/kern.log"
    run -2 named
    [[ ${lines[0]} == "OOM_KILLS CRITICAL - VM vm1 killed by the OOM killer on host hv1 "* ]]
  done
}

@test "lost records that a log reports are UNKNOWN, with their number" {
  while IFS='|' read -r tag text count; do
    { line 5000 kernel usb && line 3000 "$tag" "$text"; } >"$logs/kern.log"
    local records='lost records'
    [ "$count" != 1 ] || records='lost record'
    says_first 3 "OOM_KILLS UNKNOWN - cannot see all OOM kills in the last 24 h: $logs/kern.log: reports $count $records. Raise the rate limits of the log daemon" named
    # Not outside of the window, and not from a program that is not a log daemon.
    run -0 named --since=30m
    { line 5000 kernel usb && line 3000 logger "$text"; } >"$logs/kern.log"
    [ "$tag" = kernel ] || run -0 named
    # In a compressed rotated log.
    { line 5000 kernel usb && line 3000 "$tag" "$text"; } | gzip >"$logs/kern.log.1.gz"
    line 600 kernel usb >"$logs/kern.log"
    run -3 named
    rm "$logs/kern.log.1.gz"
  done <<'E'
rsyslogd[9]|imjournal: 12345 messages lost due to rate-limiting (20000 allowed within 600 seconds)|12345
rsyslogd-2177|imuxsock[pid 22830]: begin to drop messages due to rate-limiting|1
rsyslogd-2177|imuxsock lost 37 messages from pid 4711 due to rate-limiting|37
rsyslogd|imkmsg: some messages in circular buffer got overwritten|1
systemd-journald[9]|Missed 77 kernel messages|77
systemd-journal[1770]|Suppressed 917 messages from libvirtd.service|917
systemd-journald[9]|Forwarding to syslog missed 12 messages.|12
syslog-ng[7]|Destination queue full, dropping message; queue_len='10000'|1
kernel|** 34 printk messages dropped **|34
E
}

@test "a kill takes precedence over lost records" {
  {
    line 5000 rsyslogd 'imjournal: 12 messages lost due to rate-limiting'
    line 3000 kernel "$(killed 4242 qemu-kvm)"
  } >"$logs/kern.log"
  run -2 named
  [[ $output == *"$logs/kern.log: reports 12 lost records"* ]]
}

@test "a kill on a line wrapped by pasting is unconfirmed" {
  fold -s -w 50 >"$logs/pasted" <<<"[  270.729527] $(killed 946 qemu-kvm)"
  run -3 "$check" --source="$logs/pasted"
  [[ $output == *"qemu-kvm[946])"*"(unconfirmed: may be a user's text in another record)" ]]
}
