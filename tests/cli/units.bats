#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# VMs whose kernel report is missing, named by systemd's messages about their scopes.

bats_require_minimum_version 1.5.0

setup() {
  here=${SRCDIR:-$BATS_TEST_DIRNAME/../..}
  report=${BUILDDIR:-build}/plugins/oom_report
  cases=$here/tests/data/cases
  export TZ=UTC NAGIOS_PLUGIN_STATE_DIRECTORY=/proc/none
  root=$BATS_TEST_TMPDIR/root
  mkdir -p "$root/proc/sys/kernel"
  echo reader >"$root/proc/sys/kernel/hostname"
  log=$BATS_TEST_TMPDIR/kern.log
}

# killed SECOND PID [COMM [HOST]]: a Killed line.
killed() {
  printf '2026-03-04T05:06:%02d.000000+00:00 %s kernel: Out of memory: Killed process %d (%s) total-vm:9437184kB, anon-rss:8388608kB, file-rss:0kB, shmem-rss:0kB, UID:107 pgtables:1kB oom_score_adj:0\n' \
    "$1" "${4:-hv1}" "$2" "${3:-qemu-kvm}"
}

# unit SECOND UNIT [HOST [TAG]]: systemd's message that a process of the unit was killed.
unit() {
  printf '2026-03-04T05:06:%02d.500000+00:00 %s %s: %s: %s\n' "$1" "${3:-hv1}" "${4:-systemd[1]}" "$2" \
    "${said:-A process of this unit has been killed by the OOM killer.}"
}

# oomd SECOND VERB CGROUP: the message of systemd-oomd: Killed, or since 260 Marked.
oomd() {
  local for=
  [ "$2" = Killed ] || for=' for killing'
  printf '2026-03-04T05:06:%02d.400000+00:00 hv1 systemd-oomd[612]: %s %s%s due to memory pressure for /machine.slice being 71.07%% > 60.00%% for > 30s with reclaim activity\n' \
    "$1" "$2" "$3" "$for"
}

scope() {
  # shellcheck disable=SC2028
  echo "machine-qemu\\x2d$1\\x2d$2.scope"
}

# names: pid and VM of each kill of the log.
names() {
  "$report" --format=json --since=all --rootfs="$root" --source="$log" 2>/dev/null |
    jq -c '[.kills[] | [.pid, .vm.name // .vm.id]] | sort'
}

@test "one kill of a VM and one scope give the VM's name" {
  cp "$cases/systemd-names-the-scope.log" "$log"
  [ "$(names)" = '[[41207,"instance-000000a1"]]' ]
  cp "$cases/systemd-names-the-scope-pve.log" "$log"
  [ "$(names)" = '[[41207,"105"]]' ]
  # The wording of systemd 262.
  sed 's/A process of this unit has been killed by the OOM killer/The kernel OOM killer killed some processes in this unit/' \
    "$cases/systemd-names-the-scope.log" >"$log"
  [ "$(names)" = '[[41207,"instance-000000a1"]]' ]
  # In a large log, which is searched, between lines of other programs.
  {
    yes '2026-03-04T05:00:00.000000+00:00 hv1 app: nothing of interest in this line, and much of it' | head -n 20000
    killed 7 42
    for _ in $(seq 40); do echo '2026-03-04T05:06:07.100000+00:00 hv1 app: a line'; done
    unit 7 "$(scope 3 vm1)"
    yes '2026-03-04T05:07:00.000000+00:00 hv1 app: nothing of interest in this line, and much of it' | head -n 20000
  } >"$log"
  [ "$(names)" = '[[42,"vm1"]]' ]
}

@test "several kills are named by their times, or by excluding the VMs that already have a name" {
  {
    killed 1 11 && unit 1 "$(scope 1 a)"
    killed 10 12 && unit 10 "$(scope 2 b)"
  } >"$log"
  [ "$(names)" = '[[11,"a"],[12,"b"]]' ]
  # At the same time: the first has a kernel report, so the other scope belongs to the second.
  {
    # shellcheck disable=SC2028
    echo "2026-03-04T05:06:01.000000+00:00 hv1 kernel: oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=emulator,mems_allowed=0,global_oom,task_memcg=/machine.slice/$(scope 1 a),task=qemu-kvm,pid=11,uid=107"
    killed 1 11 && killed 1 12
    unit 1 "$(scope 1 a)" && unit 1 "$(scope 2 b)"
  } >"$log"
  [ "$(names)" = '[[11,"a"],[12,"b"]]' ]
}

@test "an ambiguous or unrelated scope names no VM" {
  { killed 1 11 && killed 1 12 && unit 1 "$(scope 1 a)"; } >"$log"
  [ "$(names)" = '[[11,null],[12,null]]' ]
  { killed 1 11 && unit 1 "$(scope 1 a)" && unit 1 "$(scope 2 b)"; } >"$log"
  [ "$(names)" = '[[11,null]]' ]
  { killed 1 11 && unit 9 "$(scope 1 a)"; } >"$log"
  [ "$(names)" = '[[11,null]]' ]
  { killed 1 11 && unit 1 "$(scope 1 a)" hv2 && unit 30 session-3.scope; } >"$log"
  [ "$(names)" = '[[11,null]]' ]
  { killed 1 11 && unit 1 session-3.scope && unit 1 "$(scope 1 a)" hv1 'app[7]'; } >"$log"
  [ "$(names)" = '[[11,null]]' ]
  # A process that is not a VM gets no VM's name.
  { killed 1 11 java && unit 1 "$(scope 1 a)"; } >"$log"
  [ "$(names)" = '[[11,null]]' ]
}

@test "a kill by systemd-oomd is counted once, reported by oomd, by the unit, or by both" {
  local said='systemd-oomd killed 3 process(es) in this unit.' vm
  vm=/machine.slice/$(scope 7 vm1)
  check=${BUILDDIR:-build}/plugins/check_oom_kills
  for before in "oomd 7 Killed $vm" "oomd 7 Marked $vm" true; do
    { $before && unit 9 "$(scope 7 vm1)"; } >"$log"
    [ "$(names)" = '[[null,"vm1"]]' ]
    run -2 "$check" --since=all --rootfs="$root" --source="$log"
    [[ ${lines[0]%% | *} == 'OOM_KILLS CRITICAL - VM vm1 killed by systemd-oomd on host hv1 on 2026-03-04 05:06:'[0-9][0-9]' +00:00' ]]
    [[ ${lines[0]} == *' | oom_kills=1;0;;0 oom_vm_kills=1;;0;0 oom_host_kills=0;;;0 '* ]]
  done
  # Before 260 systemd-oomd reports it itself, and the message of systemd may be missing.
  oomd 7 Killed "$vm" >"$log"
  [ "$(names)" = '[[null,"vm1"]]' ]
}

@test "a cgroup that systemd-oomd marked, or a rule that it applied, is not a kill" {
  oomd 7 Marked "/machine.slice/$(scope 7 vm1)" >"$log"
  [ "$(names)" = '[]' ]
  echo "2026-03-04T05:06:07.400000+00:00 hv1 systemd-oomd[612]: Rule 'vms' conditions met for cgroup /machine.slice for 5s, taking action kill-all" >>"$log"
  run -0 "$report" --format=json --since=all --rootfs="$root" --source="$log"
  [ "$(jq -c '[.complete, (.kills | length)]' <<<"$output")" = '[true,0]' ]
}

@test "a scope in which systemd-oomd killed does not name the kernel's kill" {
  { killed 7 42 && said='systemd-oomd killed 3 process(es) in this unit.' unit 7 "$(scope 1 a)"; } >"$log"
  [ "$(names)" = '[[null,"a"],[42,null]]' ]
}
