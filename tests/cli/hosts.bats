#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# To which host the kills in a log file belong: a log server's file, a copy from another host, the
# log of a renamed host.

bats_require_minimum_version 1.5.0

setup() {
  here=${SRCDIR:-$BATS_TEST_DIRNAME/../..}
  load "$here/tests/cli/said.bash"
  check=${BUILDDIR:-build}/plugins/check_oom_kills
  report=${BUILDDIR:-build}/plugins/oom_report
  export TZ=UTC NAGIOS_PLUGIN_STATE_DIRECTORY=$BATS_TEST_TMPDIR/memory
  mkdir "$NAGIOS_PLUGIN_STATE_DIRECTORY"
  root=$BATS_TEST_TMPDIR/root
  logs=$root/var/log
  mkdir -p "$logs" "$root/proc/sys/kernel" "$root/dev"
  # A host hv1 whose kernel has counted no kill.
  printf 'nr_free_pages 1\noom_kill 0\n' >"$root/proc/vmstat"
  echo hv1 >"$root/proc/sys/kernel/hostname"
  now=$(date +%s)
  copy=$BATS_TEST_TMPDIR/copy.log
}

# line HOST SECONDS-AGO [TAG] TEXT: a line of a syslog file.
line() {
  local tag=kernel
  [ $# = 3 ] || { tag=$3; set -- "$1" "$2" "$4"; }
  printf '%s %s %s: %s\n' "$(date -u -d "@$((now - $2))" +%Y-%m-%dT%H:%M:%S.000000+00:00)" "$1" "$tag" "$3"
}

# oom HOST SECONDS-AGO PID VM: a whole report, as 6.1 writes it.
oom() {
  local scope="/machine.slice/machine-qemu\\x2d7\\x2d$4.scope/libvirt/emulator"
  line "$1" "$2" "CPU 0/KVM invoked oom-killer: gfp_mask=0x140dca(GFP_HIGHUSER_MOVABLE|__GFP_COMP|__GFP_ZERO), order=0, oom_score_adj=0"
  line "$1" "$2" "CPU: 0 PID: $3 Comm: CPU 0/KVM Not tainted 6.1.0-50-amd64 #1"
  line "$1" "$2" "Mem-Info:"
  line "$1" "$2" "oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=emulator,mems_allowed=0,global_oom,task_memcg=$scope,task=qemu-kvm,pid=$3,uid=107"
  line "$1" "$2" "Out of memory: Killed process $3 (qemu-kvm) total-vm:9000000kB, anon-rss:8388608kB, file-rss:0kB, shmem-rss:0kB, UID:107 pgtables:30kB oom_score_adj:0"
}

clock() {
  local when=$((now - $1)) format=%H:%M:%S at=at
  [ "$(date -u -d "@$when" +%F)" = "$(date -u +%F)" ] || { format='%F %H:%M:%S'; at=on; }
  echo "$at $(date -u -d "@$when" +"$format") +00:00"
}

numbers() {
  echo " | oom_kills=$1;0;;0 oom_vm_kills=$2;;0;0 oom_host_kills=$1;;;0 oom_memcg_kills=0;;;0 oom_unrecorded_kills=${3-U};;;0 oom_lost_records=0;;;0"
}

# critical VM HOST SECONDS-AGO REST
critical() {
  echo "OOM_KILLS CRITICAL - VM $1 killed by the OOM killer${2:+ on host $2} $(clock "$3"): 8.0 GiB RSS, host out of memory$4"
}

# first EXIT LINE COMMAND...: expects this first line, including perfdata.
first() {
  local code=$1 line=$2
  shift 2
  run "-$code" "$@"
  [ "${lines[0]}" = "$line" ] || { diff <(echo "$line") <(echo "${lines[0]}"); false; }
}

# relay SECONDS-AGO: two hosts that run out of memory in the same second, and ordinary lines of a
# third.
relay() {
  line hv2 1200 usb
  paste -d '\n' <(oom hv2 "$1" 4242 alpha) <(oom hv3 "$1" 4242 beta) <(oom hv3 "$1" 1 x | sed 's/hv3 kernel: .*/hv1 kernel: usb 1-1: new device/')
  line hv1 5 usb
}

@test "kills in another host's log are CRITICAL whatever this host's counter" {
  oom hv2 20 4242 web-01 >"$copy"
  first 2 "$(critical web-01 hv2 20)$(numbers 1 1)" "$check" --source="$copy" --rootfs="$root"
  # With its FQDN, its address, and no usable name.
  for name in hv2.example.net 192.0.2.7; do
    oom "$name" 20 4242 web-01 >"$copy"
    first 2 "$(critical web-01 "$name" 20)$(numbers 1 1)" env NAGIOS_PLUGIN_STATE_DIRECTORY=/proc/none \
      "$check" --source="$copy" --rootfs="$root" --host=any
  done
  for name in localhost -; do
    oom "$name" 20 4242 web-01 >"$copy"
    run -2 env NAGIOS_PLUGIN_STATE_DIRECTORY=/proc/none "$check" --source="$copy" --rootfs="$root"
    [[ ${lines[0]} == *"VM web-01 killed by"* ]]
  done
}

@test "lines of this host in a named file are compared with its counter, under any of its names" {
  for name in hv1 HV1 hv1.example.net localhost; do
    oom "$name" 20 4242 web-01 >"$logs/kern.log"
    run -0 env NAGIOS_PLUGIN_STATE_DIRECTORY=/proc/none "$check" --source="$logs/kern.log" --rootfs="$root"
    [[ ${lines[0]} == "OOM_KILLS OK - no confirmed OOM kills in the last 24 h (1 unconfirmed; $logs/kern.log since "* ]]
    run -0 env NAGIOS_PLUGIN_STATE_DIRECTORY=/proc/none "$report" --source="$logs/kern.log" --rootfs="$root"
    [[ $output == *"(unconfirmed: kernel counter was 0 in that boot)"* ]]
  done
  # The same lines, on a host whose name is unknown.
  rm "$root/proc/sys/kernel/hostname"
  oom hv1 20 4242 web-01 >"$logs/kern.log"
  first 2 "$(critical web-01 '' 20)$(numbers 1 1)" "$check" --source="$logs/kern.log" --rootfs="$root"
  # Lines of two hosts, while the name of this one is unknown.
  { oom hv1 20 4242 web-01; oom hv2 20 4242 web-02; } >"$logs/kern.log"
  run -2 env NAGIOS_PLUGIN_STATE_DIRECTORY=/proc/none "$check" --source="$logs/kern.log" --rootfs="$root"
  [[ $output == *"VM web-01, qemu-kvm[4242], on host hv1, "* && $output == *"VM web-02, qemu-kvm[4242], on host hv2, "* ]]
}

@test "interleaved reports of two hosts each keep their own VM" {
  relay 20 >"$copy"
  run -2 "$check" --source="$copy" --rootfs="$root"
  [[ ${lines[0]} == *"and 1 more VM kill in the last 24 h | oom_kills=2;0;;0 oom_vm_kills=2;"* ]]
  [[ $output == *"VM alpha, qemu-kvm[4242], on host hv2, "* ]]
  [[ $output == *"VM beta, qemu-kvm[4242], on host hv3, "* ]]
  run -0 "$report" --source="$copy" --rootfs="$root" --format=json
  [ "$(jq -c '[.kills[]|[.host,.vm.name,.invoker.comm]]|sort' <<<"$output")" = \
    '[["hv2","alpha","CPU 0/KVM"],["hv3","beta","CPU 0/KVM"]]' ]
  # The same in a file that is searched instead of read.
  { yes "$(line hv1 3000 app 'nothing of interest in this line, and much of it')" | head -n 20000 && relay 20; } >"$copy"
  run -0 "$report" --source="$copy" --rootfs="$root" --format=json
  [ "$(jq -c '[.kills[]|[.host,.vm.name,.invoker.comm]]|sort' <<<"$output")" = \
    '[["hv2","alpha","CPU 0/KVM"],["hv3","beta","CPU 0/KVM"]]' ]
  # Kills are saved with their host.
  run -2 "$check" --source="$copy" --rootfs="$root"
  line hv1 5 usb >"$copy"
  run -2 "$check" --source="$copy" --rootfs="$root"
  [[ ${lines[0]} == *" oom_vm_kills=2;"* ]]
  [[ $output == *"VM alpha, qemu-kvm[4242], on host hv2, "*"remembered"* ]]
}

@test "--host=NAME counts only that host's kills, and is UNKNOWN without a line of it" {
  relay 20 >"$copy"
  first 2 "$(critical alpha hv2 20)$(numbers 1 1)" "$check" --source="$copy" --rootfs="$root" --host=hv2
  [[ $output == *"1 kill of other hosts left out"* ]]
  first 2 "$(critical beta hv3 20)$(numbers 1 1)" "$check" --source="$copy" --rootfs="$root" --host=hv3.example.net
  first 0 "OOM_KILLS OK - no OOM kills in the last 24 h ($copy since 20 min ago; 2 kills of other hosts left out)$(numbers 0 0)" \
    "$check" --source="$copy" --rootfs="$root" --host=hv1
  says_first 3 "OOM_KILLS UNKNOWN - cannot see all OOM kills in the last 24 h: no line of host hv9 in the sources (without --host, kills of all hosts count)" \
    "$check" --source="$copy" --rootfs="$root" --host=hv9
  run -3 "$report" --source="$copy" --rootfs="$root" --host=hv9
  run -0 "$report" --source="$copy" --rootfs="$root" --host=hv2 --format=json
  [ "$(jq -c '[.other_hosts_kills,.kills[].host]' <<<"$output")" = '[1,"hv2"]' ]
  # One line of the host, far from both ends, is enough.
  noise=$(line hv1 3000 app 'nothing of interest in this line, and much of it')
  { yes "$noise" | head -n 10000 && line hv8 2000 usb && yes "$noise" | head -n 10000; } >"$copy"
  run -0 "$check" --source="$copy" --rootfs="$root" --host=hv8
  # --host=any is the default for named files, and has its own state.
  relay 20 >"$copy"
  run -2 "$check" --source="$copy" --rootfs="$root" --host=any
  [[ ${lines[0]} == *" oom_vm_kills=2;"* ]]
  run -3 "$check" --source=kmsg --host=hv2
  [[ $output == *"--host requires log files"* ]]
  run -3 "$check" --source="$copy" --host=localhost
}

@test "auto: kills of other hosts in a log server's file are counted separately" {
  relay 20 >"$logs/kern.log"
  run "$check" --rootfs="$root"
  [[ ${lines[0]} != *CRITICAL* ]]
  [[ ${lines[0]} == *"2 kills of other hosts left out"* ]]
  [[ ${lines[0]} == *" oom_kills=0;"* ]]
  run "$report" --rootfs="$root" --format=json --since=10m
  [ "$(jq -c '[.other_hosts_kills,.kills]' <<<"$output")" = '[2,[]]' ]
  # A kill of this host in an earlier boot is reported, without a host name.
  { relay 20 && oom hv1 864000 77 mine; } >"$logs/kern.log"
  run -2 "$check" --rootfs="$root" --since=30d
  [[ ${lines[0]} == *" VM mine killed by "*" oom_kills=1;"* ]]
  [[ $output == *"2 kills of other hosts left out"* ]]
}

@test "auto: kills of a renamed host, or one with another name in its container, are counted" {
  # The file has one name, which is not this host's: it is taken for this host.
  oom old 864000 77 mine >"$logs/kern.log"
  run -2 "$check" --rootfs="$root" --since=30d
  [[ ${lines[0]} == *" VM mine killed by "* ]]
  [[ $output == *"host old assumed to be this host"* ]]
  run "$report" --rootfs="$root" --since=30d --format=json
  [ "$(jq -c '[.assumed_host,.kills[].host]' <<<"$output")" = '["old",null]' ]
  # The host was renamed: the old name is only before the new one.
  { oom old 864000 77 mine && line hv1 600 usb; } >"$logs/kern.log"
  run -2 "$check" --rootfs="$root" --since=30d
  [[ ${lines[0]} == *" VM mine killed by "* ]]
  # The two names alternate: the other one is another host.
  { line hv1 900000 usb && oom old 864000 77 theirs && line hv1 600 usb; } >"$logs/kern.log"
  rm -r "$NAGIOS_PLUGIN_STATE_DIRECTORY" && mkdir "$NAGIOS_PLUGIN_STATE_DIRECTORY"
  run "$check" --rootfs="$root" --since=30d
  [[ ${lines[0]} == *"1 kill of other hosts left out"* ]]
  # Several names and none is this host's: --host is needed.
  { oom hv2 864000 77 theirs && line hv3 600 usb; } >"$logs/kern.log"
  run -3 "$check" --rootfs="$root" --since=30d
  [[ ${lines[0]} == *"a log file has kills of other hosts but no line of this host (set its name with --host=NAME)"* ]]
  run -2 "$check" --rootfs="$root" --since=30d --host=hv2
  [[ ${lines[0]} == *" VM theirs killed by "* ]]
  run "$check" --rootfs="$root" --since=30d --host=hv3
  [[ ${lines[0]} == *"1 kill of other hosts left out"* ]]
  # Lines with localhost, the FQDN or another case of the name are this host's.
  for name in localhost hv1.example.net HV1; do
    { line hv2 900000 usb && oom "$name" 864000 77 mine && line hv2 600 usb; } >"$logs/kern.log"
    run -2 "$check" --rootfs="$root" --since=30d
    [[ ${lines[0]} == *" VM mine killed by "* ]]
  done
}

@test "auto: records lost by another host's log daemon do not count as lost" {
  { line hv1 90000 usb && line hv2 600 rsyslogd 'imjournal: 12 messages lost due to rate-limiting (20000 allowed within 600 seconds)' && line hv1 5 usb; } >"$logs/kern.log"
  run "$report" --rootfs="$root" --format=json
  [ "$(jq .lost_records <<<"$output")" = 0 ]
  run "$report" --rootfs="$root" --format=json --source="$logs/kern.log" --host=hv2
  [ "$(jq .lost_records <<<"$output")" = 12 ]
}

@test "a VM of another host gets no details from this host's domains" {
  mkdir -p "$root/etc/libvirt/qemu"
  printf '<domain><name>web-01</name><uuid>11111111-2222-3333-4444-555555555555</uuid></domain>' \
    >"$root/etc/libvirt/qemu/web-01.xml"
  touch -d @1000000000 "$root/etc/libvirt/qemu/web-01.xml"
  oom hv2 20 4242 web-01 >"$copy"
  run -2 "$check" --source="$copy" --rootfs="$root"
  [[ $output != *11111111* ]]
}

@test "journalctl -o json and -o export: _HOSTNAME gives the host" {
  local boot=0123456789abcdef0123456789abcdef usec=$(((now - 20) * 1000000))
  local text="Out of memory: Killed process 4242 (qemu-kvm) total-vm:9000000kB, anon-rss:8388608kB, file-rss:0kB, shmem-rss:0kB, UID:107 pgtables:30kB oom_score_adj:0"
  : >"$copy" && : >"$copy.json"
  for host in hv2 hv3; do
    printf '%s\n' "__CURSOR=s=1" "__REALTIME_TIMESTAMP=$usec" "__MONOTONIC_TIMESTAMP=900000000" "_BOOT_ID=$boot" \
      "_TRANSPORT=kernel" "PRIORITY=3" "SYSLOG_FACILITY=0" "SYSLOG_IDENTIFIER=kernel" "_HOSTNAME=$host" "MESSAGE=$text" '' >>"$copy"
    printf '{"__REALTIME_TIMESTAMP":"%s","__MONOTONIC_TIMESTAMP":"900000000","_BOOT_ID":"%s","_TRANSPORT":"kernel","PRIORITY":"3","SYSLOG_FACILITY":"0","SYSLOG_IDENTIFIER":"kernel","_HOSTNAME":"%s","MESSAGE":"%s"}\n' \
      "$usec" "$boot" "$host" "$text" >>"$copy.json"
  done
  for file in "$copy" "$copy.json"; do
    first 2 "OOM_KILLS CRITICAL - an unnamed VM (qemu-kvm[4242]) killed by the OOM killer on host hv2 $(clock 20): 8.0 GiB RSS$(numbers 1 1)" \
      "$check" --source="$file" --rootfs="$root" --host=hv2
    run -0 "$report" --source="$file" --rootfs="$root" --format=json
    [ "$(jq -c '[.kills[].host]|sort' <<<"$output")" = '["hv2","hv3"]' ]
  done
}
