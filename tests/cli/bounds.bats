#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck disable=SC2154 # $host is set by the loaded file
# Lists and stores of limited size, each filled beyond its limit. What does not fit is reported and
# never treated as absent.
bats_require_minimum_version 1.5.0

load said
load vm_host

setup() {
  build=$(cd "${BUILDDIR:-$BATS_TEST_DIRNAME/../../build}" && pwd)
  export TZ=UTC NAGIOS_PLUGIN_STATE_DIRECTORY=$BATS_TEST_TMPDIR/state
  unset MP_STATE_PATH
  mkdir "$NAGIOS_PLUGIN_STATE_DIRECTORY"
}

# many_vms COUNT: COUNT small VMs, and after them one with half of the host's memory.
many_vms() {
  make_host 2000000 0
  mkdir -p "$host/proc/sys/kernel/random"
  cp /proc/sys/kernel/random/boot_id "$host/proc/sys/kernel/random/"
  put_vm 90000 large 1000000 0 -m 1024
  echo '90000 (qemu-kvm) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 100 0 0' >"$host/proc/90000/stat"
  # Written by one process, as a shell would take a minute.
  seq 0 $(($1 - 1)) | awk -v proc="$host/proc/" -v scope="$host/sys/fs/cgroup$scope" \
    '{ printf "%s%d%c%s%d\\x2dvm%d.scope%c", proc, 10000 + $1, 0, scope, 10000 + $1, $1, 0 }' | xargs -0 mkdir -p
  seq 0 $(($1 - 1)) | awk -v proc="$host/proc/" -v tree="$host/sys/fs/cgroup" -v scope="$scope" '
    function put(file, text) { print text > file; close(file) }
    BEGIN { gsub(/\\/, "&", scope) }
    {
      pid = 10000 + $1
      p = proc pid "/"
      path = scope pid "\\x2dvm" $1 ".scope"
      put(p "comm", "qemu-kvm")
      put(p "cgroup", "0::" path)
      put(p "stat", pid " (qemu-kvm) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 100 0 0")
      put(p "status", "Name: x\nTgid: " pid "\nVmRSS: 100 kB\nVmSwap: 0 kB\nHugetlbPages: 0 kB\nThreads: 1")
      put(p "oom_score_adj", "0")
      put(p "oom_score", "666")
      printf "/usr/libexec/qemu-kvm%c-name%cguest=vm%d,debug-threads=on%c-m%c1%c", 0, 0, $1, 0, 0, 0 > (p "cmdline")
      close(p "cmdline")
      c = tree path "/"
      put(c "cgroup.procs", pid)
      put(c "memory.current", "102400")
      put(c "memory.max", "max")
      put(c "memory.high", "max")
      put(c "memory.swap.current", "0")
      put(c "memory.events", "low 0\nhigh 0\nmax 0\noom 0\noom_kill 0")
    }'
}

vm_scope() {
  printf '%s%s\\x2d%s.scope' "$scope" "$1" "$2"
}

@test "600 VMs are all ranked and counted, including the last" {
  many_vms 600
  run "$build/plugins/check_vm_oom_score" --rootfs="$host" -w 20 -c 40
  echo "${lines[0]}"
  [ "$status" = 2 ]
  [[ ${lines[0]} == 'VM_OOM_SCORE CRITICAL - large holds 50.0 % of RAM and swap, above 40 %'* ]]
  run "$build/plugins/check_vm_overcommit" --rootfs="$host" -w 0.5 -c 0.6
  echo "${lines[0]}"
  [[ ${lines[0]} == 'VM_OVERCOMMIT CRITICAL - 601 VMs configured with '* ]]
}

@test "more VMs than fit in the notes are reported, and a kill of one without a note is a VM kill" {
  many_vms 600
  run "$build/plugins/check_vm_oom_score" --rootfs="$host" -v
  [[ $output == *'VMs have more than 512 processes: not all were recorded'* ]]
  # The VM in the notes is named; the other does not get a wrong name.
  notes=$(find "$NAGIOS_PLUGIN_STATE_DIRECTORY" -name 'vms*' ! -name '*.lock')
  [ "$(grep -c '^vm ' "$notes")" = 512 ]
  : >"$BATS_TEST_TMPDIR/journal"
  noted=$(grep -om 1 '^vm 10[0-9]*' "$notes") noted=${noted#vm }
  for pid in 10{000..599}; do
    grep -q "^vm $pid " "$notes" || break
  done
  for victim in "$pid" "$noted"; do
    printf '%s\n' "__CURSOR=s=$victim" "__REALTIME_TIMESTAMP=$(date +%s)000000" __MONOTONIC_TIMESTAMP=10000000 \
      _SOURCE_MONOTONIC_TIMESTAMP=10000000 "_BOOT_ID=$(tr -d - <"$host/proc/sys/kernel/random/boot_id")" \
      _TRANSPORT=kernel SYSLOG_FACILITY=0 SYSLOG_IDENTIFIER=kernel PRIORITY=3 \
      "MESSAGE=Memory cgroup out of memory: Killed process $victim (qemu-kvm) total-vm:9000kB, anon-rss:8192kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:30kB oom_score_adj:0" '' >>"$BATS_TEST_TMPDIR/journal"
  done
  printf 'nr_free_pages 1\noom_kill 2\n' >"$host/proc/vmstat"
  run "$build/plugins/check_oom_kills" --rootfs="$host" --source="$BATS_TEST_TMPDIR/journal"
  echo "$output"
  [ "$status" = 2 ]
  [[ ${lines[0]} == *' oom_vm_kills=2;'* ]]
  [[ $output == *"an unnamed VM (qemu-kvm[$pid])"* ]]
  [[ $output == *"VM vm$((noted - 10000)), "* ]]
}

@test "more processes in a VM's cgroup than are read is UNKNOWN" {
  local procs
  make_host 2000000 0
  put_vm 400 vm1 1000000 0 -m 1024
  procs=$host/sys/fs/cgroup$(vm_scope 400 vm1)/cgroup.procs
  for count in 255 256; do
    { seq 1001 $((1000 + count)) && echo 400; } >"$procs"
    for program in check_vm_oom_score check_vm_overcommit; do
      run "$build/plugins/$program" --rootfs="$host"
      echo "$count: $output"
      if [ "$count" = 255 ]; then
        [ "$status" != 3 ]
        [[ ${lines[0]} != *'no VMs'* ]]
      else
        [ "$status" = 3 ]
        [[ ${lines[0]} == *"$procs: more than 256 processes"* ]]
      fi
    done
  done
}

@test "more rotated logs than are read is UNKNOWN only if the window reaches the oldest" {
  local i folder=$BATS_TEST_TMPDIR/log
  mkdir "$folder" "$BATS_TEST_TMPDIR/proc"
  # One day in each file. The file beyond the limit has the kill.
  for ((i = 402; i >= 0; i--)); do
    echo "@$((EPOCHSECONDS - 86400 * i - 60))"
  done | date -u -f - '+%Y-%m-%dT%H:%M:%S.000000+00:00' | awk -v base="$folder/kern.log" '{
    file = NR == 403 ? base : base "." 403 - NR
    print $0 " hv1 kernel: usb 1-1: new device" > file
    close(file)
  }'
  for i in 402 3; do
    sed 's/usb.*/Out of memory: Killed process 11 (kvm) total-vm:9000kB, anon-rss:8192kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:30kB oom_score_adj:0/' \
      "$folder/kern.log.$i" >"$folder/new"
    mv "$folder/new" "$folder/kern.log.$i"
    if [ "$i" = 402 ]; then
      run "$build/plugins/check_oom_kills" --procfs="$BATS_TEST_TMPDIR/proc" --source="$folder/kern.log" --since=48h
      echo "$output"
      [ "$status" = 0 ]
      run "$build/plugins/check_oom_kills" --procfs="$BATS_TEST_TMPDIR/proc" --source="$folder/kern.log" --since=all
      echo "$output"
      [ "$status" = 3 ]
      [[ ${lines[0]} == *'more than 400 rotated logs; the oldest are not read'* ]]
    else
      # A kill that was found takes precedence.
      run "$build/plugins/check_oom_kills" --procfs="$BATS_TEST_TMPDIR/proc" --source="$folder/kern.log" --since=all
      echo "$output"
      [ "$status" = 2 ]
      [[ $output == *'more than 400 rotated logs'* ]]
    fi
  done
}

@test "of 600 processes the largest is listed, and the others are counted" {
  local i
  make_host 2000000 0
  put 2000 small /system.slice/a.service 100 0
  mkdir "$host/proc/"{2001..2599}
  for i in "$host/proc/"{2001..2599}; do
    echo small >"$i/comm"
    echo 0::/system.slice/a.service >"$i/cgroup"
    printf 'Name: x\nTgid: 1\nVmRSS: 100 kB\nVmSwap: 0 kB\nThreads: 1\n' >"$i/status"
  done
  put 9000 huge /system.slice/b.service 900000 0
  echo "MemAvailable: 500000 kB" >>"$host/proc/meminfo"
  run "$build/plugins/check_mem_available" --rootfs="$host" -w 90%: -c 80%:
  echo "$output"
  [[ $output == *$'\n''process huge[9000]: 879 MiB'* ]]
  [[ $output == *'all 602 other processes: '* ]]
}
