#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# One history in every form that is read, and in thirty that nobody knows: the right kill, or
# UNKNOWN.  The forms are in envelopes.bash; the man page lists them.

bats_require_minimum_version 1.5.0

setup() {
  here=${SRCDIR:-$BATS_TEST_DIRNAME/../..}
  # shellcheck source=tests/cli/envelopes.bash
  source "$here/tests/cli/envelopes.bash"
  report=${BUILDDIR:-build}/plugins/oom_report
  export NAGIOS_PLUGIN_STATE_DIRECTORY=/proc/none
  root=$BATS_TEST_TMPDIR/root
  mkdir -p "$root/proc/sys/kernel"
  echo reader >"$root/proc/sys/kernel/hostname"
  log=$BATS_TEST_TMPDIR/log
  sizes='total-vm:9437184kB, anon-rss:8388608kB, file-rss:12288kB, shmem-rss:4kB, UID:107 pgtables:17408kB oom_score_adj:0'
  # shellcheck disable=SC2028
  scope='/machine.slice/machine-qemu\x2d7\x2dinstance\x2d000000a1.scope'
  vm="4 CPU 0/KVM invoked oom-killer: gfp_mask=0x140dca(GFP_HIGHUSER_MOVABLE|__GFP_COMP|__GFP_ZERO), order=0, oom_score_adj=0
6 oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=emulator,mems_allowed=0,global_oom,task_memcg=$scope,task=qemu-kvm,pid=41207,uid=107
3 Out of memory: Killed process 41207 (qemu-kvm) $sizes"
  memcg="6 oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/a.slice,task_memcg=/a.slice/b.service,task=java,pid=500,uid=107
3 Memory cgroup out of memory: Killed process 500 (java) $sizes"
  group="$memcg
6 Tasks in /a.slice/b.service are going to be killed due to memory.oom.group set
3 Memory cgroup out of memory: Killed process 501 (sh) $sizes
3 Memory cgroup out of memory: Killed process 500 (java) $sizes"
  nobody='6 usb 1-1: new high-speed USB device number 5 using xhci_hcd
4 perf: interrupt took too long (2503 > 2500), lowering kernel.perf_event_max_sample_rate'
}

# kills: pid, name, constraint, VM and time of each, and whether all was seen.
kills() {
  "$report" --format=json --since=all --rootfs="$root" --source="$log" 2>/dev/null |
    jq -c '[.complete] + [.kills[] | [.pid, .comm, .constraint, .vm.name, .time]] | sort_by(tostring)'
}

# expected PRECISION EPOCH KILL...: a KILL is pid, name, constraint, VM and how many
# microseconds after the first record.
expected() {
  local precision=$1 epoch=$2 out=true time pid comm constraint vm after
  shift 2
  for kill; do
    IFS=, read -r pid comm constraint vm after <<<"$kill"
    case $precision in
      none) time=null ;;
      us) time=\"$(printf '%(%FT%T)T' "$epoch").$(printf %06d $((250000 + after)))$offset\" ;;
      ms) time=\"$(printf '%(%FT%T)T' "$epoch").250000$offset\" ;;
      *) time=\"$(printf '%(%FT%T)T' "$epoch").000000$offset\" ;;
    esac
    [ "$vm" = null ] || vm=\"$vm\"
    out="$out
[$pid,\"$comm\",\"$constraint\",$vm,$time]"
  done
  jq -cs 'sort_by(tostring)' <<<"$out"
}

# holds FORM:PRECISION EPOCH HISTORY KILL...
holds() {
  local form=${1%:*} precision=${1#*:} epoch=$2 history=$3
  shift 3
  render "$form" "$epoch" <<<"$history" >"$log"
  touch -d "@$((epoch + 3600))" "$log"
  [ "$(kills)" = "$(expected "$precision" "$epoch" "$@")" ] || {
    printf '%s at %s, %s\n' "$form" "$epoch" "$TZ"
    head -c 600 "$log"
    diff <(expected "$precision" "$epoch" "$@") <(kills)
    return 1
  }
}

# In winter and in summer, on a day of one digit and at the end of a year; in UTC and elsewhere.
each() {
  local form epoch
  for TZ in UTC0 XXX-5:30; do
    export TZ
    offset=+00:00
    [ "$TZ" = UTC0 ] || offset=+05:30
    for form; do
      for epoch in 1772600767 1792022400 1767225598; do
        holds "$form" "$epoch" "$vm" 41207,qemu-kvm,none,instance-000000a1,100
      done
      epoch=1772600767
      holds "$form" "$epoch" "$memcg" 500,java,memcg,null,50
      holds "$form" "$epoch" "$group" 500,java,memcg,null,50 501,sh,memcg,null,150
    done
  done
}

@test "every form that a program writes" {
  each "${written[@]}"
}

@test "every form that a person pastes" {
  each "${pasted[@]}"
}

@test "a form without a kill is read, and is complete" {
  export TZ=UTC0 offset=+00:00
  for form in "${written[@]}"; do
    [ "${form%:*}" != console ] || continue
    holds "$form" 1772600767 "$nobody"
  done
}

@test "thirty forms that nobody knows: UNKNOWN, and no name" {
  export TZ=UTC0
  [ "${#unknown[@]}" = 30 ]
  for form in "${unknown[@]}"; do
    for history in "$vm" "$memcg" "$group"; do
      render "$form" 1772600767 <<<"$history" >"$log"
      run -3 "$report" --since=all --rootfs="$root" --source="$log" --format=json || {
        echo "$form"
        return 1
      }
      [ "$(grep -v '^oom_report: ' <<<"$output" | jq -c '[.complete, (.unread_lines > 0), ([.kills[].vm.name] | add)]')" = '[false,true,null]' ] || {
        echo "$form: $output"
        head -c 300 "$log"
        return 1
      }
    done
  done
}
