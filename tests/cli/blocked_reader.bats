#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Readers that do not read, and outputs that cannot be written. The timeout and SIGTERM end every
# program with the exit code of its result, and nothing is printed twice.
bats_require_minimum_version 1.5.0

load checks

setup_file() {
  local pid time
  cd "$BATS_FILE_TMPDIR"
  time=$(date -d '5 min ago' +%FT%T.000000%:z)
  for pid in {5000..5999}; do
    echo "$time hv1 kernel: Memory cgroup out of memory:" \
      "Killed process $pid (qemu-kvm) total-vm:8388608kB, anon-rss:8000000kB, file-rss:4kB, shmem-rss:0kB," \
      "UID:107 pgtables:16384kB oom_score_adj:0"
  done >kern.log
}

setup() {
  build=$(realpath "${BUILDDIR:-.}")
  plugins=$build/plugins
  unread=$build/tests/unread_pipe
  [ -x "$unread" ]
  cd "$BATS_FILE_TMPDIR"
  check=("$plugins/check_oom_kills" --source=kern.log -v)
  mkfifo "$BATS_TEST_TMPDIR/silent"
  # Makes a program wait for a configuration file that nobody writes.
  waits=(--extra-opts=@"$BATS_TEST_TMPDIR/silent")
}

# in_background NAME COMMAND...: writes its output and exit code to NAME.out and NAME.rc.
in_background() {
  local name=$BATS_TEST_TMPDIR/$1
  shift
  { "$@" >"$name.out" 2>"$name.err" 3>&- && echo 0 >"$name.rc" || echo $? >"$name.rc"; } &
}

ended_with() {
  run cat "$BATS_TEST_TMPDIR/$2.rc"
  [ "$output" = "$1" ] || {
    echo "$2: expected $1, exited with $output"
    return 1
  }
}

@test "the timeout ends a check whose output is not read, with the exit code of its result" {
  in_background blocking "$unread" "${check[@]}" -t 2
  in_background nonblocking "$unread" -n "${check[@]}" -t 2
  in_background full "$unread" -f "${check[@]}" -t 2
  in_background full_nonblocking "$unread" -f -n "${check[@]}" -t 2
  wait
  for name in blocking nonblocking full full_nonblocking; do
    ended_with 2 $name
  done
}

@test "SIGTERM ends a check whose output is not read, with the exit code of its result" {
  in_background blocking "$unread" -k 3000 "${check[@]}"
  in_background nonblocking "$unread" -n -k 3000 "${check[@]}"
  in_background full "$unread" -f -k 3000 "${check[@]}"
  in_background full_nonblocking "$unread" -f -n -k 3000 "${check[@]}"
  wait
  for name in blocking nonblocking full full_nonblocking; do
    ended_with 2 $name
  done
}

@test "output written before the signal is not repeated" {
  for flags in "" -n; do
    # shellcheck disable=SC2086 # an empty value gives no argument
    run -2 "$unread" $flags -k 3000 "${check[@]}"
    [[ ${lines[0]} == "OOM_KILLS CRITICAL - "* ]]
    [ "$(grep -c OOM_KILLS <<<"$output")" = 1 ]
    [ "${#output}" -le 4096 ]
  done
}

@test "a reader that resumes within the grace period gets the whole output" {
  mkfifo "$BATS_TEST_TMPDIR/late"
  "${check[@]}" >"$BATS_TEST_TMPDIR/late" 3>&- &
  exec 4<"$BATS_TEST_TMPDIR/late"
  sleep 1
  kill -TERM $!
  run cat <&4
  [ "$(grep -c 'qemu-kvm\[' <<<"$output")" -ge 1000 ]
  run -2 wait $!
}

@test "a run that ends without a result does not wait for its reader either" {
  for program in "${checks[@]}"; do
    in_background "$program" "$unread" -f -k 3000 "$plugins/$program" "${waits[@]}"
    in_background "$program.t" "$unread" -f -n "$plugins/$program" "${waits[@]}" -t 1
  done
  in_background oom_report "$unread" -f -e -k 3000 "$plugins/oom_report" "${waits[@]}"
  in_background oom_report.t "$unread" -f -e -n "$plugins/oom_report" "${waits[@]}" -t 1
  wait
  for program in "${checks[@]}" oom_report; do
    ended_with 3 $program
    ended_with 3 $program.t
  done
}

@test "SIGTERM and the timeout end --help and --version if the pipe is not read" {
  for program in "${checks[@]}" oom_report; do
    for option in --help --version; do
      in_background "$program$option.k" "$unread" -f -k 3000 "$plugins/$program" $option
      in_background "$program$option.t" "$unread" -f -n "$plugins/$program" -t 1 $option
    done
  done
  wait
  for program in "${checks[@]}" oom_report; do
    for option in --help --version; do
      ended_with 3 "$program$option.k"
      ended_with 3 "$program$option.t"
    done
  done
}

@test "a report that is not read is ended and reported as incomplete" {
  for format in text json; do
    report=("$plugins/oom_report" --source=kern.log --format="$format")
    in_background $format.k "$unread" -k 3000 "${report[@]}"
    in_background $format.t "$unread" "${report[@]}" -t 1
    in_background $format.n "$unread" -n "${report[@]}" -t 1
    in_background $format.e "$unread" -e -n "${report[@]}" -t 1
  done
  wait
  for format in text json; do
    ended_with 3 $format.k
    ended_with 3 $format.t
    ended_with 3 $format.n
    ended_with 3 $format.e
    run cat "$BATS_TEST_TMPDIR/$format.t.err"
    [ "$output" = "oom_report: timed out after 1 s" ]
  done
}

@test "a report waits for the reader of a non-blocking pipe" {
  # The checks above dropped kills of this log from their state, which the report would mention.
  export NAGIOS_PLUGIN_STATE_DIRECTORY=$BATS_TEST_TMPDIR
  "$plugins/oom_report" --source=kern.log >whole
  "$unread" -n -k 3000 "$plugins/oom_report" --source=kern.log >part 2>/dev/null || true
  [ "$(wc -c <part)" -ge 4096 ]
  cmp -n 4096 part whole
}

@test "an output that cannot be written is UNKNOWN and does not end in a signal" {
  for program in "${checks[@]}" oom_report; do
    for arguments in "" --help; do
      # shellcheck disable=SC2086 # an empty value gives no argument
      {
        run -3 bash -c '"$@" >/dev/full' - "$plugins/$program" $arguments
        run -3 bash -c '"$@" >&-' - "$plugins/$program" $arguments
        run -3 bash -c 'ulimit -f 0; "$@" >'"$BATS_TEST_TMPDIR/limited" - "$plugins/$program" $arguments
        run bash -c '"$@" 2>/dev/null | true; echo ${PIPESTATUS[0]}' - "$plugins/$program" $arguments
        [[ $output =~ ^[0-3]$ ]]
      }
    done
  done
}
