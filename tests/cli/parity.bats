#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# check_oom_kills and oom_report give the same details of each kill (time, name, size, acknowledged
# or unconfirmed), for many recorded logs.
bats_require_minimum_version 1.5.0

setup() {
  plugins=$(cd "${BUILDDIR:-$BATS_TEST_DIRNAME/../../build}/plugins" && pwd)
  data=$(cd "${SRCDIR:-$BATS_TEST_DIRNAME/../..}/tests/data" && pwd)
  export TZ=UTC NAGIOS_PLUGIN_STATE_DIRECTORY=$BATS_TEST_TMPDIR/state
  unset MP_STATE_PATH
}

# The lines of kills, sorted: the check lists those first that count.
kill_lines() {
  grep -E '^([0-9]{4}-[0-9]{2}-[0-9]{2} |[0-9.]+ s after boot |time unknown, )' | sort
}

# agree OPTION...: compares both programs on the same log; sets $kills to the number of kills.
agree() {
  local checked reported
  checked=$("$plugins/check_oom_kills" -v "$@" | kill_lines) || true
  reported=$("$plugins/oom_report" -v "$@" 2>/dev/null | kill_lines) || true
  [ "$checked" = "$reported" ] || {
    printf 'of %s\n' "$*"
    diff <(echo "$checked") <(echo "$reported")
    return 1
  }
  kills=$(grep -c . <<<"$checked") || true
}

@test "both agree on recorded ring buffers, before and after the kills are saved" {
  all=0
  for log in "$data"/kernels/*/*.kmsg "$data"/kmsg/*.kmsg; do
    agree --since=all --source="$log"
    agree --since=all --source="$log"
    all=$((all + kills))
  done
  [ "$all" -gt 50 ]
}

@test "both agree on a named VM that is acknowledged and then missing from the log" {
  log=$BATS_TEST_TMPDIR/kern.log
  cp "$data/trees/identity-libvirt/kern.log" "$log"
  options=(--since=all --source="$log" --rootfs="$data/trees/identity-libvirt" --procfs=/none)
  agree "${options[@]}"
  [ "$kills" = 1 ]
  run -0 "$plugins/check_oom_kills" "${options[@]}" --acknowledge --by=alice --comment='ticket | 4711'
  agree "${options[@]}"
  run -0 "$plugins/oom_report" "${options[@]}"
  [[ ${lines[1]} == *' VM instance-0000002a (web-01, project acme), '*' (acknowledged by alice: ticket \x7c 4711)' ]]
  sed -i '/Killed/d; /oom-kill/d; /oom-killer/d' "$log"
  agree "${options[@]}"
  [ "$kills" = 1 ]
}

# The host of tests/cli/vm_notes.bats: the log has a pid, and a note has its name.
make_noted() {
  host=$BATS_TEST_TMPDIR/host log=$BATS_TEST_TMPDIR/journal
  cp -r "$data/trees/6.1-guest-starved" "$host"
  "$plugins/check_vm_oom_score" --rootfs="$host" >/dev/null || true
  printf '%s\n' __CURSOR=s=1 "__REALTIME_TIMESTAMP=$(date +%s)000000" __MONOTONIC_TIMESTAMP=10000000 \
    _SOURCE_MONOTONIC_TIMESTAMP=10000000 "_BOOT_ID=$(tr -d - <"$host/proc/sys/kernel/random/boot_id")" \
    _TRANSPORT=kernel SYSLOG_FACILITY=0 SYSLOG_IDENTIFIER=kernel PRIORITY=3 \
    "MESSAGE=Memory cgroup out of memory: Killed process 120 (qemu-kvm) total-vm:9000kB, anon-rss:8192kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:30kB oom_score_adj:0" '' >"$log"
}

@test "both name a VM from its note, whichever runs first" {
  make_noted
  run -0 "$plugins/oom_report" --rootfs="$host" --source="$log"
  [[ ${lines[1]} == *' VM instance-0000002a, uuid 6f1c2d3e-0000-4000-8000-00000000002a, qemu-kvm[120], '* ]]
  # The recorded counter is 0: the line must be forged.
  [[ ${lines[1]} == *' (unconfirmed: kernel counter was 0 in that boot)' ]]
  agree --rootfs="$host" --source="$log"
  sed -i 's/^oom_kill 0$/oom_kill 1/' "$host/proc/vmstat"
  agree --rootfs="$host" --source="$log"
  [ "$kills" = 1 ]
}

@test "the report creates neither a lock nor a state" {
  make_noted
  rm -r "$NAGIOS_PLUGIN_STATE_DIRECTORY"
  run -0 "$plugins/oom_report" --rootfs="$host" --source="$log"
  [ ! -e "$NAGIOS_PLUGIN_STATE_DIRECTORY" ]
}

@test "JSON has acknowledged, unconfirmed and remembered" {
  command -v jq >/dev/null || skip 'jq is not installed'
  make_noted
  run -0 "$plugins/oom_report" --rootfs="$host" --source="$log" --format=json
  [ "$(jq -c '.kills[0] | [.acknowledged, .unconfirmed, .remembered]' <<<"$output")" = '[false,true,false]' ]
}

@test "--user makes root read another user's state with that user's rights" {
  # LeakSanitizer does not work as another user.
  export ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0
  { [ "$(id -u)" = 0 ] && command -v setpriv && getent passwd nobody; } >/dev/null || skip 'not root'
  make_noted
  nobody=$(id -u nobody)
  shared=$(mktemp -d /tmp/parity.XXXXXX)
  chmod 755 "$shared"
  # A copy that the user can read.
  cp -r "$host" "$shared/host"
  made_host=$host
  host=$shared/host
  export NAGIOS_PLUGIN_STATE_DIRECTORY=$shared/state
  mkdir -p "$shared/state/$nobody/check_oom_kills"
  cp "$BATS_TEST_TMPDIR/state/0/check_oom_kills/"* "$shared/state/$nobody/check_oom_kills/"
  # The file names contain a hash of the root, which has changed.
  old=$("$BUILDDIR/tests/state_tool" name x "$made_host") new=$("$BUILDDIR/tests/state_tool" name x "$host")
  for file in "$shared/state/$nobody/check_oom_kills/"*; do
    mv "$file" "${file/${old#x}/${new#x}}"
  done
  chown -R nobody "$shared/state/$nobody"
  run -0 "$plugins/oom_report" --rootfs="$host" --source="$log"
  [[ ${lines[1]} == *' an unnamed VM (qemu-kvm[120])'* ]]
  run -0 "$plugins/oom_report" --rootfs="$host" --source="$log" --user=nobody
  [[ ${lines[1]} == *' VM instance-0000002a, '* ]]
  # A file owned by root may be a link made by another user: it is not trusted.
  chown root "$shared/state/$nobody/check_oom_kills/"*
  run -0 "$plugins/oom_report" --rootfs="$host" --source="$log" --user=nobody
  [[ ${lines[1]} == *' an unnamed VM (qemu-kvm[120])'* ]]
  rm -r "$shared"
  run -3 "$plugins/oom_report" --user=no-such-user
  [[ $output == *'--user: no such user: no-such-user'* ]]
}
