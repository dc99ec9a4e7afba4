#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# The state of check_oom_kills when it cannot be read, is damaged, or belongs to another host or
# user; and acknowledgements.
bats_require_minimum_version 1.5.0

setup() {
  check=$(realpath "${BUILDDIR:-build}/plugins/check_oom_kills")
  log=$BATS_TEST_TMPDIR/log
  export TZ=UTC NAGIOS_PLUGIN_STATE_DIRECTORY=$BATS_TEST_TMPDIR/state
  unset MP_STATE_PATH
  # LeakSanitizer works neither under strace nor as another user.
  export ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0
  mkdir "$NAGIOS_PLUGIN_STATE_DIRECTORY" "$BATS_TEST_TMPDIR/proc"
  printf 'nr_free_pages 1\noom_kill 9\n' >"$BATS_TEST_TMPDIR/proc/vmstat"
}

# killed MINUTES-AGO PID COMM: a line of a text log.
killed() {
  printf '%s hv1 kernel: Out of memory: Killed process %s (%s) total-vm:9000kB, anon-rss:8192kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:30kB oom_score_adj:0\n' \
    "$(date -ud "-$1 min" '+%Y-%m-%dT%H:%M:%S.000000+00:00')" "$2" "$3"
}

quiet_log() {
  printf '%s hv1 kernel: usb 1-1: new device\n' "$(date -ud '-1 min' '+%Y-%m-%dT%H:%M:%S.000000+00:00')" >"$log"
}

look() {
  run "$check" --procfs="$BATS_TEST_TMPDIR/proc" --source="$log" "$@"
  echo "$output"
}

# The file that holds the kills.
saved() {
  find "$NAGIOS_PLUGIN_STATE_DIRECTORY" -type f -name 'kills*' ! -name '*.lock' ! -name '*.damaged'
}

# A kill that is only in the state, and a log without it.
remember_a_kill() {
  killed 5 11 kvm >"$log"
  look --window=until-acknowledged
  [ "$status" = 2 ]
  quiet_log
}

need_root() {
  [ "$(id -u)" = 0 ] || skip 'only root can become another user'
}

# A host $root without a kill, with a log file.
quiet_host() {
  root=$BATS_TEST_TMPDIR/root
  mkdir -p "$root/var/log" "$root/proc/sys/kernel/random"
  cp /proc/sys/kernel/random/boot_id "$root/proc/sys/kernel/random/"
  printf 'nr_free_pages 1\noom_kill 0\n' >"$root/proc/vmstat"
  quiet_log
  cp "$log" "$root/var/log/kern.log"
}

@test "until-acknowledged: an unreadable state is UNKNOWN with the remedy, and is not replaced" {
  need_root
  remember_a_kill
  file=$(saved)
  for spoil in "chown 65534 $file" "chmod 666 $file" "ln -f -s $file.away $file"; do
    cp -p "$file" "$file.away"
    $spoil
    look --window=until-acknowledged
    [ "$status" = 3 ]
    [[ ${lines[0]} == "OOM_KILLS UNKNOWN - unacknowledged kills may have been forgotten: $file: "* ]]
    rm "$file"
    mv "$file.away" "$file"
    look --window=until-acknowledged
    [ "$status" = 2 ]
  done
}

@test "until-acknowledged: a damaged state is kept, and UNKNOWN until an acknowledgement" {
  remember_a_kill
  file=$(saved)
  truncate -s -5 "$file"
  cp "$file" "$BATS_TEST_TMPDIR/damaged"
  for _ in 1 2; do
    look --window=until-acknowledged
    [ "$status" = 3 ]
    [[ ${lines[0]} == "OOM_KILLS UNKNOWN - unacknowledged kills may have been forgotten: $file.damaged: its contents are lost. Remedy: "* ]]
  done
  cmp "$file.damaged" "$BATS_TEST_TMPDIR/damaged"
  look --acknowledge
  [ "$status" = 0 ]
  look --window=until-acknowledged
  [ "$status" = 0 ]
}

@test "until-acknowledged: a removed state is UNKNOWN until it is restored or acknowledged" {
  remember_a_kill
  file=$(saved)
  mv "$file" "$BATS_TEST_TMPDIR/kept"
  for _ in 1 2 3; do
    look --window=until-acknowledged
    [ "$status" = 3 ]
    [[ ${lines[0]} == "OOM_KILLS UNKNOWN - unacknowledged kills may have been forgotten: $file was removed, its contents are lost. Remedy: restore it, or check_oom_kills --acknowledge | oom_kills=U"* ]]
  done
  # A kill takes precedence, and the removal is still reported.
  killed 1 12 kvm >>"$log"
  look --window=until-acknowledged
  [ "$status" = 2 ]
  [[ ${lines[0]} == *"(kvm[12])"*"; the state was removed: $file | oom_kills=1;"* ]]
  [[ $output == *$'\n'"state: $file was removed, its contents are lost. Remedy: "* ]]
  quiet_log
  cp "$BATS_TEST_TMPDIR/kept" "$file"
  look --window=until-acknowledged
  [ "$status" = 2 ]
  [[ ${lines[0]} == *"(kvm[11])"*'remembered'* ]]
  [[ $output != *'was removed'* ]]
  rm "$file"
  look --acknowledge
  [ "$status" = 0 ]
  look --window=until-acknowledged
  [ "$status" = 0 ]
  # It is the same without a kill, as the content of the state is unknown.
  rm "$(dirname "$file")"/*
  look --window=until-acknowledged
  [ "$status" = 3 ]
}

@test "with a window of time a removed state is reported and does not change the result" {
  quiet_host
  run "$check" --rootfs="$root" --since=10s
  [ "$status" = 0 ]
  [[ $output != *'was removed'* ]]
  file=$(find "$NAGIOS_PLUGIN_STATE_DIRECTORY" -name 'kills-*' ! -name '*.lock')
  rm "$file"
  for _ in 1 2; do
    run "$check" --rootfs="$root" --since=10s
    echo "$output"
    [ "$status" = 0 ]
    [[ ${lines[0]} == "OOM_KILLS OK - no OOM kills "*"; the state was removed: $file | "* ]]
    [ "$(grep -o 'was removed' <<<"${lines[0]}" | wc -l)" = 1 ]
  done
  # Until the removal is before the window.
  run "$check" --rootfs="$root" --since=0s
  echo "$output"
  [[ $output != *'was removed'* ]]
}

@test "until-acknowledged: the first run is OK, and a held lock does not hide a kill" {
  quiet_log
  look --window=until-acknowledged
  [ "$status" = 0 ]
  killed 5 11 kvm >>"$log"
  look --window=until-acknowledged
  [ "$status" = 2 ]
  command -v flock >/dev/null || skip 'no flock(1)'
  quiet_log
  exec 9>>"$(saved).lock"
  flock 9
  look --window=until-acknowledged 9>&-
  [ "$status" = 2 ]
}

@test "an error while the state is read or locked does not lose a kill" {
  command -v strace >/dev/null || skip 'strace is not installed'
  strace -o /dev/null true 2>/dev/null || skip 'nothing can be traced here'
  remember_a_kill
  cp -r "$NAGIOS_PLUGIN_STATE_DIRECTORY" "$BATS_TEST_TMPDIR/good"
  strace -f -o "$BATS_TEST_TMPDIR/trace" -e trace=openat,newfstatat,fstat,lseek,flock,read,mkdirat \
    "$check" --procfs="$BATS_TEST_TMPDIR/proc" --source="$log" --window=until-acknowledged >/dev/null || :
  tried=0
  for call in openat newfstatat fstat lseek flock read; do
    # Only calls from the first one that concerns the state directory.
    first=$(grep -E "^[0-9]+ +$call\(" "$BATS_TEST_TMPDIR/trace" | grep -n "$NAGIOS_PLUGIN_STATE_DIRECTORY\|kills" | head -n 1 | cut -d: -f1)
    last=$(grep -cE "^[0-9]+ +$call\(" "$BATS_TEST_TMPDIR/trace" || :)
    [ "$last" -gt 0 ] || continue # fstat() may be newfstatat()
    [ -n "$first" ] || first=$last
    for ((n = first; n <= last && n < first + 7; n++)); do
      for error in EIO EMFILE; do
        rm -rf "$NAGIOS_PLUGIN_STATE_DIRECTORY"
        cp -r "$BATS_TEST_TMPDIR/good" "$NAGIOS_PLUGIN_STATE_DIRECTORY"
        run strace -f -o /dev/null -e trace="$call" -e inject="$call:error=$error:when=$n" \
          "$check" --procfs="$BATS_TEST_TMPDIR/proc" --source="$log" --window=until-acknowledged
        echo "$call $n $error: $output"
        [ "$status" = 2 ] || [ "$status" = 3 ]
        tried=$((tried + 1))
        look --window=until-acknowledged
        [ "$status" = 2 ]
      done
    done
  done
  [ "$tried" -gt 20 ]
}

@test "an unreadable state is UNKNOWN instead of OK, whatever the window" {
  remember_a_kill
  file=$(saved)
  look
  [ "$status" = 2 ]
  chmod 666 "$file"
  look
  [ "$status" = 3 ]
  [[ ${lines[0]} == "OOM_KILLS UNKNOWN - kills may have been forgotten: $file: world-writable. Remedy: chmod 600 "* ]]
  # A kill takes precedence, although it may have been acknowledged.
  killed 5 11 kvm >"$log"
  look
  [ "$status" = 2 ]
  [[ ${lines[0]} == *"; cannot save state: $file: world-writable"* ]]
  chmod 600 "$file"
  quiet_log
  look
  [ "$status" = 2 ]
}

@test "a state that cannot be saved is reported once, on the first line" {
  remember_a_kill
  killed 5 11 kvm >"$log"
  killed 4 12 kvm >>"$log"
  run bash -c 'ulimit -f 0; exec "$0" "$@"' "$check" --procfs="$BATS_TEST_TMPDIR/proc" --source="$log" \
    --window=until-acknowledged
  echo "$output"
  [ "$status" = 2 ]
  [[ ${lines[0]} == *"; cannot save state: $(saved).new: File too large"* ]]
  [ "$(grep -o 'cannot save state' <<<"${lines[0]}" | wc -l)" = 1 ]
  command -v flock >/dev/null || skip 'no flock(1)'
  look --acknowledge
  quiet_log
  exec 9>>"$(saved).lock"
  flock 9
  look --window=until-acknowledged 9>&-
  [ "$status" = 3 ]
  [[ ${lines[0]} == "OOM_KILLS UNKNOWN - unacknowledged kills may have been forgotten: $(saved).lock: locked by another run for more than 1 s; "* ]]
}

@test "a state directory that cannot be created is reported once, on the first line" {
  root=$BATS_TEST_TMPDIR/root
  mkdir -p "$root/var/log" "$root/proc/sys/kernel/random"
  cp /proc/sys/kernel/random/boot_id "$root/proc/sys/kernel/random/"
  printf 'nr_free_pages 1\noom_kill 9\n' >"$root/proc/vmstat"
  killed 5 11 kvm >"$root/var/log/kern.log"
  NAGIOS_PLUGIN_STATE_DIRECTORY=/proc/nowhere run "$check" --rootfs="$root"
  echo "$output"
  [[ ${lines[0]} == *"; cannot save state: /proc/nowhere: does not exist and cannot be created: "* ]]
  [ "$(grep -o 'cannot save state' <<<"${lines[0]}" | wc -l)" = 1 ]
  [[ $output == *$'\nstate: /proc/nowhere: does not exist'*'. Remedy: install -d -o '* ]]
}

@test "a missing state directory is not reported for a named log without kills" {
  quiet_log
  NAGIOS_PLUGIN_STATE_DIRECTORY=/proc/nowhere look
  [ "$status" = 0 ]
  [[ $output != *nowhere* ]]
}

@test "oom_report reports an unreadable state and is incomplete" {
  command -v jq >/dev/null || skip 'jq is not installed'
  report=$(dirname "$check")/oom_report
  look_back() {
    run --separate-stderr "$report" --procfs="$BATS_TEST_TMPDIR/proc" --source="$log" "$@"
    echo "$output $stderr"
  }
  remember_a_kill
  look_back
  [ "$status" = 0 ]
  [ -z "$stderr" ]
  [[ $output == *'(kvm[11])'* ]]
  file=$(saved)
  chmod 666 "$file"
  look_back
  [ "$status" = 3 ]
  [ "$stderr" = "oom_report: kills may have been forgotten: $file: world-writable. Remedy: chmod 600 $file" ]
  [[ $output == '0 OOM kills '*$'\n''Kills that were only in the state may be missing.' ]]
  look_back --format=json
  [ "$status" = 3 ]
  [ "$(jq .complete <<<"$output")" = false ]
  # Also if logs cannot be read.
  log=$BATS_TEST_TMPDIR/none look_back
  [ "$status" = 3 ]
  [[ $stderr == *'cannot see all OOM kills: '* ]]
}

@test "oom_report reports a damaged or removed state and is incomplete" {
  command -v jq >/dev/null || skip 'jq is not installed'
  quiet_host
  look_back() {
    run --separate-stderr "$(dirname "$check")/oom_report" --rootfs="$root" --since=10s "$@"
    echo "$output $stderr"
  }
  look_back
  [ -z "$stderr" ]
  "$check" --rootfs="$root" --since=10s
  file=$(find "$NAGIOS_PLUGIN_STATE_DIRECTORY" -name 'kills-*' ! -name '*.lock')
  # Before a run of the check and after it.
  rm "$file"
  for _ in 1 2; do
    look_back
    [ "$status" = 0 ]
    [ "$stderr" = "oom_report: state: $file was removed, its contents are lost. Remedy: restore it, or check_oom_kills --acknowledge" ]
    [[ $output == *$'\n''Kills that were only in the state may be missing.' ]]
    look_back --format=json
    [ "$(jq .complete <<<"$output")" = false ]
    run "$check" --rootfs="$root" --since=10s
  done
  echo torn >"$file"
  look_back
  [[ $stderr == "oom_report: state: $file.damaged: its contents are lost."* ]]
}

# If the change of user failed silently, the state of root or of nobody would be changed.
@test "a failed change to the user of --user is reported and changes no state" {
  need_root
  killed 5 11 kvm >"$log"
  command -v setpriv >/dev/null || skip 'no setpriv(1)'
  run setpriv --bounding-set=-setuid,-setgid --inh-caps=-setuid,-setgid "$check" --procfs="$BATS_TEST_TMPDIR/proc" \
    --source="$log" --acknowledge --user=nobody
  echo "$output"
  [ "$status" = 3 ]
  [ "$output" = 'OOM_KILLS UNKNOWN - --user: cannot become user nobody: Operation not permitted | oom_kills=U oom_vm_kills=U oom_host_kills=U oom_memcg_kills=U oom_unrecorded_kills=U oom_lost_records=U' ] ||
    [ "$output" = 'OOM_KILLS UNKNOWN - --user: cannot become user nobody: Operation not permitted' ]
  [ -z "$(ls "$NAGIOS_PLUGIN_STATE_DIRECTORY")" ]
  command -v strace >/dev/null || skip 'strace is not installed'
  strace -o /dev/null true 2>/dev/null || skip 'nothing can be traced here'
  # A folder that other users can access.
  folder=$(mktemp -d)
  chmod 1777 "$folder"
  export NAGIOS_PLUGIN_STATE_DIRECTORY=$folder
  tried=0
  # Each change of user and group: initgroups(3), to the user, back to root.
  for call in setgroups setresgid setresuid; do
    for n in 1 2 3 4 5; do
      rm -rf "${NAGIOS_PLUGIN_STATE_DIRECTORY:?}"/*
      run strace -f -o "$BATS_TEST_TMPDIR/trace" -e trace="$call" -e inject="$call:error=EPERM:when=$n" \
        "$check" --procfs="$BATS_TEST_TMPDIR/proc" --source="$log" --acknowledge --user=nobody
      echo "$call $n: $status $output"
      grep -q INJECTED "$BATS_TEST_TMPDIR/trace" || continue
      # If the change back fails, the user may lack permission to read the log.
      [[ $status == 3 && $output == *"cannot become user "* ]] ||
        [[ $status == 3 && $output == *"cannot see OOM kills: $log: Permission denied"* ]] ||
        [[ $status == 0 && ${lines[0]} == *' acknowledged' ]]
      [ -z "$(find "$folder" -mindepth 1 -uid 0)" ]
      tried=$((tried + 1))
    done
  done
  rm -rf "$folder"
  [ "$tried" -gt 8 ]
}

@test "kills on another --rootfs are not reported for this one" {
  other=$BATS_TEST_TMPDIR/other
  mkdir -p "$other/var/log" "$other/proc/sys/kernel/random"
  echo 11111111-2222-3333-4444-555555555555 >"$other/proc/sys/kernel/random/boot_id"
  printf 'nr_free_pages 1\noom_kill 1\n' >"$other/proc/vmstat"
  # Older than any boot of this machine, so that its ring buffer does not cover the time.
  killed 9000 4711 kvm >"$other/var/log/kern.log"
  run "$check" --rootfs="$other" --since=7d
  [[ $output == *'[4711]'* ]]
  run "$check" --rootfs="$BATS_TEST_TMPDIR/third" --since=7d
  [[ $output != *'[4711]'* ]]
  # With another spelling of the path it is the same host.
  rm "$other/var/log/kern.log"
  quiet_log
  cp "$log" "$other/var/log/kern.log"
  run "$check" --rootfs="$other/" --since=7d
  [[ $output == *'[4711]'*'remembered'* ]]
}

@test "an acknowledgement is valid for one user, and root can give it for another with --user" {
  need_root
  folder=$(mktemp -d)
  chmod 755 "$folder"
  cp "$check" "$folder/check"
  mkdir -m 1777 "$folder/state"
  mkdir -p "$folder/proc"
  printf 'nr_free_pages 1\noom_kill 9\n' >"$folder/proc/vmstat"
  killed 5 11 kvm >"$folder/log"
  chmod 644 "$folder/log"
  export NAGIOS_PLUGIN_STATE_DIRECTORY=$folder/state
  as_nobody() {
    run setpriv --reuid=65534 --regid=65534 --clear-groups "$folder/check" --procfs="$folder/proc" --source="$folder/log" "$@"
    echo "$output"
  }
  as_root() {
    run "$folder/check" --procfs="$folder/proc" --source="$folder/log" "$@"
    echo "$output"
  }
  as_nobody
  [ "$status" = 2 ]
  as_root --acknowledge
  [ "$status" = 0 ]
  [[ ${lines[-1]} == "saved in $folder/state/0/check_oom_kills/kills-"*"; to acknowledge for another user's check, use --user=NAME" ]]
  as_nobody
  [ "$status" = 2 ]
  as_nobody --acknowledge --user=root
  [ "$status" = 3 ]
  [ "$output" = "OOM_KILLS UNKNOWN - --user: only root can work on another user's state" ]
  as_root --acknowledge --user=no-such-user
  [ "$output" = 'OOM_KILLS UNKNOWN - --user: no such user: no-such-user' ]
  as_root --user=nobody
  [ "$output" = 'OOM_KILLS UNKNOWN - --user requires --acknowledge (see --help)' ]
  as_root --acknowledge --user=nobody --by=alice
  [ "$status" = 0 ]
  [[ ${lines[-1]} == "saved in $folder/state/65534/check_oom_kills/kills-"* ]]
  [ -z "$(find "$folder/state/65534" -not -uid 65534)" ]
  as_nobody
  [ "$status" = 0 ]
  [[ $output == *'(acknowledged by alice)'* ]]
  rm -rf "$folder"
}

@test "--acknowledge lists only the kills that it newly acknowledges" {
  killed 30 11 kvm >"$log"
  killed 20 12 java >>"$log"
  look --acknowledge --by=alice
  [ "${lines[0]}" = 'OOM_KILLS OK - 2 OOM kills acknowledged' ]
  [[ ${lines[1]} == *'process java[12]'* ]]
  [[ ${lines[2]} == *'(kvm[11])'* ]]
  killed 0 13 kvm >>"$log"
  look --acknowledge --by=bob
  [ "${lines[0]}" = 'OOM_KILLS OK - 1 OOM kill acknowledged' ]
  [[ ${lines[1]} == *'(kvm[13])'* ]]
  [[ $output != *'[12]'* ]]
}

@test "--acknowledge lists kills before the window and counts those that the options ignore" {
  killed 3000 10 kvm >"$log"
  killed 30 11 kvm >>"$log"
  killed 20 12 java >>"$log"
  look --since=3d
  look --acknowledge --ignore-process='^java$'
  [ "${lines[0]}" = 'OOM_KILLS OK - 2 OOM kills acknowledged, and 1 ignored by these options' ]
  [[ ${lines[1]} == *'(kvm[11])'* ]]
  [[ ${lines[2]} == *'(kvm[10])'* ]]
  [[ ${lines[3]} == 'saved in '* ]]
  look --acknowledge
  [ "${lines[0]}" = 'OOM_KILLS OK - 0 OOM kills acknowledged' ]
  [ "${#lines[@]}" = 2 ]
  look --since=all
  [ "$status" = 0 ]
}

@test "--acknowledge lists unconfirmed kills" {
  printf 'nr_free_pages 1\noom_kill 0\n' >"$BATS_TEST_TMPDIR/proc/vmstat"
  mkdir -p "$BATS_TEST_TMPDIR/proc/sys/kernel"
  echo hv1 >"$BATS_TEST_TMPDIR/proc/sys/kernel/hostname"
  killed 1 11 kvm >"$log"
  look --acknowledge --by=alice
  [ "${lines[0]}" = 'OOM_KILLS OK - 0 OOM kills acknowledged, and 1 unconfirmed' ]
  [[ ${lines[1]} == *'(kvm[11])'*'(unconfirmed: '* ]]
}

@test "a log named by a relative path has the state of its absolute path" {
  killed 5 11 kvm >"$log"
  look --acknowledge
  [ "$status" = 0 ]
  cd "$BATS_TEST_TMPDIR"
  mkdir other
  killed 4 12 kvm >other/log
  log=log look
  [ "$status" = 0 ]
  log=./log look
  [ "$status" = 0 ]
  cd other
  log=log look
  [ "$status" = 2 ]
  log=../log look
  echo "another spelling by .. is another state: $status"
  [ "$(find "$NAGIOS_PLUGIN_STATE_DIRECTORY" -name 'kills-*' ! -name '*.lock' | wc -l)" = 3 ]
}

@test "a second acknowledgement does not change the name and comment of the first" {
  killed 30 11 kvm >"$log"
  look --acknowledge --by=alice --comment='ticket 1'
  # A kill within two seconds of an acknowledgement would be covered by it.
  sleep 3
  killed 0 12 kvm >>"$log"
  look --acknowledge --by=bob --comment='ticket 2'
  look
  [ "$status" = 0 ]
  grep -F '(kvm[11])' <<<"$output" | grep -qF '(acknowledged by alice: ticket 1)'
  grep -F '(kvm[12])' <<<"$output" | grep -qF '(acknowledged by bob: ticket 2)'
}
