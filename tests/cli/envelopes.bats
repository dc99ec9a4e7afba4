#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# The same records in every known form and in unknown ones: the result must be the right kill, or
# UNKNOWN. The forms are in envelopes.bash and are those of the man page.

bats_require_minimum_version 1.5.0

setup() {
  here=${SRCDIR:-$BATS_TEST_DIRNAME/../..}
  # shellcheck source=tests/cli/envelopes.bash
  source "$here/tests/cli/envelopes.bash"
  report=${BUILDDIR:-build}/plugins/oom_report
  export NAGIOS_PLUGIN_STATE_DIRECTORY=/proc/none LC_ALL=C
  root=$BATS_TEST_TMPDIR/root
  mkdir -p "$root/proc/sys/kernel"
  echo reader >"$root/proc/sys/kernel/hostname"
  sizes='total-vm:9437184kB, anon-rss:8388608kB, file-rss:12288kB, shmem-rss:4kB, UID:107 pgtables:17408kB oom_score_adj:0'
  # shellcheck disable=SC2028
  scope='/machine.slice/machine-qemu\x2d7\x2dinstance\x2d000000a1.scope'
  nobody='6 usb 1-1: new high-speed USB device number 5 using xhci_hcd
4 perf: interrupt took too long (2503 > 2500), lowering kernel.perf_event_max_sample_rate'
}

# Histories, with pid $1 and the next one. kills: the expected pid, name, constraint, VM and
# microseconds since the first record.
vm() {
  history="4 CPU 0/KVM invoked oom-killer: gfp_mask=0x140dca(GFP_HIGHUSER_MOVABLE|__GFP_COMP|__GFP_ZERO), order=0, oom_score_adj=0
6 oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=emulator,mems_allowed=0,global_oom,task_memcg=$scope,task=qemu-kvm,pid=$1,uid=107
3 Out of memory: Killed process $1 (qemu-kvm) $sizes"
  kills=("$1 qemu-kvm none instance-000000a1 100")
}
memcg() {
  history="6 oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/a.slice,task_memcg=/a.slice/b.service,task=java,pid=$1,uid=107
3 Memory cgroup out of memory: Killed process $1 (java) $sizes"
  kills=("$1 java memcg null 50")
}
group() {
  memcg "$1"
  history="$history
6 Tasks in /a.slice/b.service are going to be killed due to memory.oom.group set
3 Memory cgroup out of memory: Killed process $(($1 + 1)) (sh) $sizes
3 Memory cgroup out of memory: Killed process $1 (java) $sizes"
  kills+=("$(($1 + 1)) sh memcg null 150")
}

# add USEC EOL HISTORY: one more file of the form, and its kills to the expected ones.
add() {
  local pid comm constraint vm after usec sec time file=$BATS_TEST_TMPDIR/$form.$((files += 1))
  "$3" $((1000 * files))
  render "$file" "$form" "$1" "$2" "$history"
  touch -d "@$(($1 / 1000000 + 3600))" "$file"
  sources+=("--source=$file")
  for kill in "${kills[@]}"; do
    read -r pid comm constraint vm after <<<"$kill"
    usec=$(($1 + after))
    # The minute is that of the first record; later records have offsets from it.
    [ "$precision" != minute ] || usec=$(($1 / 60000000 * 60000000 + after))
    sec=$((usec / 1000000))
    case $precision in
      us | minute) usec=$((usec % 1000000)) ;;
      ms) usec=$((usec % 1000000 / 1000 * 1000)) ;;
      *) usec=0 ;;
    esac
    printf -v time '%(%FT%T)T.%06d%s' "$sec" "$usec" "$offset"
    [ "$precision" != none ] || time=null
    if [ "$precision" = torn ]; then
      time=null
      # Only the Killed line of a memory cgroup states the constraint.
      [ "$constraint" = memcg ] || constraint=unknown vm=null
    fi
    expected+="$pid $comm $constraint $vm $time"$'\n'
  done
}

# read_back: the kills that the program finds in all files of the form, in one run.
read_back() {
  "$report" --format=json --since=all --rootfs="$root" "${sources[@]}" 2>/dev/null |
    jq -r '.kills |= sort_by(.pid) | (.kills[] | "\(.pid) \(.comm) \(.constraint) \(.vm.name) \(.time)"), "complete \(.complete)"'
}

# Dates with a day of one digit and of two, on 29 February and over the end of a year; in UTC and in
# another zone; with both kinds of line ends.
each() {
  local form precision zone got failed=0
  for zone in UTC0 XXX-5:30; do
    export TZ=$zone
    [ $zone = UTC0 ] && offset=+00:00 || offset=+05:30
    while read -r form precision _; do
      files=0 sources=() expected=''
      for usec in 1772600767250000 1792022400250000 1709186400250000 1767225598250000 1767225599999925; do
        add $usec $'\n' vm
      done
      add 1772600767250000 $'\n' memcg
      add 1772600767250000 $'\n' group
      [ "$form" = utf16 ] || add 1772600767250000 $'\r\n' vm
      got=$(read_back)
      [ "$got" = "${expected}complete true" ] || {
        failed=1
        echo "$form, $TZ:"
        diff <(echo "${expected}complete true") <(echo "$got") || true
        head -c 600 "$BATS_TEST_TMPDIR/$form.1"
      }
      rm -f "$BATS_TEST_TMPDIR/$form".*
    done < <(printf '%s\n' "$@" | sort -u -k 1,1)
  done
  [ $failed = 0 ]
}

@test "the tested forms are those of the man page" {
  diff <(sed -n '/^# FORMATS/,/^# CAUSES/s/\*[^*]*\*/\n&\n/gp' "$here/doc/check_oom_kills.8.scd" |
    sed -n 's/\\//g; s/^\*\(.*\)\*$/\1/p' | sort -u) \
    <(printf '%s\n' "${written[@]}" "${pasted[@]}" | cut -d ' ' -f 3- | sort -u)
}

@test "reads every form that a program writes" {
  each "${written[@]}"
}

@test "reads every form that a person pastes" {
  each "${pasted[@]}"
}

@test "a known form without a kill is OK and complete" {
  export TZ=UTC0
  while read -r form _; do
    # Without an envelope and a known text the source of a line is unknown.
    [ "$form" != console ] || continue
    render "$BATS_TEST_TMPDIR/log" "$form" 1772600767250000 $'\n' "$nobody"
    run -0 "$report" --format=json --since=all --rootfs="$root" --source="$BATS_TEST_TMPDIR/log" || {
      echo "$form"
      return 1
    }
    [[ $output == *'"kills": []'*'"complete": true'* ]]
  done < <(printf '%s\n' "${written[@]}" | sort -u -k 1,1)
}

# entry FIELD...: an entry with the fields that journalctl --output-fields kept.
entry() {
  printf 'Wed 2026-03-04 05:06:07.250000 UTC [s=0a;i=1;b=2;m=3;t=4;x=5]\n' >"$BATS_TEST_TMPDIR/verbose"
  printf '    %s\n' "$@" >>"$BATS_TEST_TMPDIR/verbose"
  printf '%s\n' __CURSOR=s=1 __REALTIME_TIMESTAMP=1772600767250000 "$@" '' >"$BATS_TEST_TMPDIR/export"
}

@test "a journal entry without an identifier may be the kernel's" {
  local said='MESSAGE=Out of memory: Killed process 41207 (qemu-kvm) '$sizes
  for form in verbose export; do
    entry "$said"
    run -0 --separate-stderr "$report" --format=json --since=all --rootfs="$root" --source="$BATS_TEST_TMPDIR/$form"
    [ "$(jq -c '[.kills[].pid]' <<<"$output")" = '[41207]' ]
    entry "$said" SYSLOG_IDENTIFIER=app
    run -0 "$report" --format=json --since=all --rootfs="$root" --source="$BATS_TEST_TMPDIR/$form"
    [[ $output == *'"kills": []'*'"complete": true'* ]]
  done
}

@test "unknown forms are UNKNOWN and name no VM" {
  export TZ=UTC0
  [ "${#unknown[@]}" -ge 30 ]
  for form in "${unknown[@]}"; do
    for history in vm memcg group; do
      $history 41207
      render "$BATS_TEST_TMPDIR/log" "$form" 1772600767250000 $'\n' "$history"
      run -3 --separate-stderr "$report" --since=all --rootfs="$root" --source="$BATS_TEST_TMPDIR/log" --format=json || {
        echo "$form: $output"
        return 1
      }
      [[ $output == *'"complete": false'* && $output == *'"unread_lines": '[1-9]* && $output != *'"name": "'* ]] || {
        echo "$form: $output"
        return 1
      }
    done
  done
}

@test "lines with changed blanks or letters are never OK" {
  local form
  export TZ=UTC0
  for form in rfc3164 rfc3164_stamp dmesg; do
    vm 41207
    for history in "$history" "$(tail -n 1 <<<"$history")"; do
      render "$BATS_TEST_TMPDIR/log" "$form" 1772600767250000 $'\n' "$history"
      for command in 's/ /  /g' 's/ /\t/g' 's/ /\xC2\xA0/g' 's/ /\xA0/g' 's/ /\xE2\x80\x89/g' \
        's/process /process\xC2\xA0/' 's/.*/\U&/' 's/.*/\L&/'; do
        LC_ALL=C.UTF-8 sed "$command" "$BATS_TEST_TMPDIR/log" >"$BATS_TEST_TMPDIR/rewritten"
        run "${BUILDDIR:-build}/plugins/check_oom_kills" --since=all --rootfs="$root" \
          --source="$BATS_TEST_TMPDIR/rewritten"
        [[ $status == 2 || $status == 3 ]] || {
          echo "$form, $command: $output"
          return 1
        }
      done
    done
  done
}
