#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# A program with cap_syslog+ep opens the ring buffer first, then drops the capability, and only then
# reads files of others.
bats_require_minimum_version 1.5.0

setup_file() {
  local program
  [ "$(id -u)" = 0 ] || skip 'needs root, to set a capability and to become nobody'
  command -v strace >/dev/null || skip 'no strace'
  command -v setcap >/dev/null || skip 'no setcap'
  chmod a+rx "$BATS_RUN_TMPDIR" "$BATS_FILE_TMPDIR"
  for program in check_oom_kills oom_report; do
    cp "${BUILDDIR:-.}/plugins/$program" "$BATS_FILE_TMPDIR/"
    setcap cap_syslog+ep "$BATS_FILE_TMPDIR/$program" || skip 'this file system has no capabilities'
  done
  printf '[check_oom_kills]\nsince=1h\n[oom_report]\nsince=1h\n' >"$BATS_FILE_TMPDIR/some.ini"
}

setup() {
  cd "$BATS_FILE_TMPDIR"
  ! nm -D check_oom_kills 2>/dev/null | grep -q __asan_init || skip 'a sanitizer opens files of its own'
  setpriv --reuid=65534 --regid=65534 --clear-groups test -x ./check_oom_kills || skip "nobody cannot reach $PWD"
}

# traced PROGRAM ARGUMENT...: the system calls of a run as nobody, from main() on, in `calls`.
traced() {
  strace -u nobody -qq -o "$BATS_TEST_TMPDIR/trace" "./$1" "${@:2}" >"$BATS_TEST_TMPDIR/said" 2>&1 || true
  # plugin_init() checks the standard descriptors, as the C library did before it.
  calls=$(awk '/^prlimit64\(0, RLIMIT_STACK/ { begun = 1 } begun' "$BATS_TEST_TMPDIR/trace")
  [ -n "$calls" ]
}

# before_drop PATTERN, after_drop PATTERN: the calls that match, before or after the drop.
before_drop() {
  sed '/^capset(/q' <<<"$calls" | grep -E "$1"
}
after_drop() {
  sed '1,/^capset(/d' <<<"$calls" | grep -E "$1"
}

@test "opens the ring buffer and drops the capabilities before it opens anything else" {
  for program in check_oom_kills oom_report; do
    traced "$program" --extra-opts=@"$PWD/some.ini"
    [ "$(before_drop '^(open|openat|stat|newfstatat\(AT|access|readlink)' | grep -vE 'AT_EMPTY_PATH' | wc -l)" = 1 ]
    before_drop '^openat\(.*"/dev/kmsg"'
    grep '^capset(.*{effective=0, permitted=0, inheritable=0}) = 0' <<<"$calls"
    after_drop "some.ini"
    after_drop '/proc/vmstat'
    run ! after_drop '"/dev/kmsg"'
    [[ $(<"$BATS_TEST_TMPDIR/said") != *'/dev/kmsg: '* ]]
  done
}

@test "reads syslog(2) before the drop only with --source=syslog" {
  for program in check_oom_kills oom_report; do
    traced "$program" --source=syslog
    before_drop '^syslog\(3'
    run ! after_drop '^syslog\(3'
    traced "$program" --source=kmsg
    run ! before_drop '^syslog\(3'
  done
}

@test "without the capability nothing is opened before the drop" {
  cp check_oom_kills plain
  traced plain --source=/nonexistent
  run ! before_drop '^(open|openat|syslog)'
  run ! after_drop '"/dev/kmsg"'
}

@test "as root it opens the ring buffer first and keeps only the capabilities to read files" {
  strace -qq -e trace=capset,openat -o "$BATS_TEST_TMPDIR/trace" ./check_oom_kills --source=kmsg >/dev/null || true
  calls=$(awk '/^openat.*libc/ { next } 1' "$BATS_TEST_TMPDIR/trace")
  before_drop '^openat\(.*"/dev/kmsg"'
  run ! after_drop '"/dev/kmsg"'
  grep -E '^capset\(.*effective=1<<CAP_DAC_OVERRIDE\|1<<CAP_DAC_READ_SEARCH,' <<<"$calls"
}
