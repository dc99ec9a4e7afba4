#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Requirements for every program that is built.
bats_require_minimum_version 1.5.0

setup() {
  build=$(cd "${BUILDDIR:-$BATS_TEST_DIRNAME/../../build}" && pwd)
  cd "${SRCDIR:-$BATS_TEST_DIRNAME/../..}"
  programs=$(find "$build/plugins" -maxdepth 1 -type f -perm -u+x ! -name '*.o' 2>/dev/null | sort)
  [ -n "$programs" ]
}

hardened() {
  grep -q '^HARDENING_CFLAGS = .*-fPIE' "$build/Makefile" || skip 'built without hardening'
}

@test "the man page and --help name the same options" {
  for program in $programs; do
    # Not installed, so it has no page.
    [[ $program != */check_skeleton ]] || continue
    page=$(echo doc/"$(basename "$program")".[18].scd)
    diff <("$program" --help | grep -oE '^ +(-[A-Za-z], )?--[a-z-]+' | grep -oE -- '--[a-z-]+' | sort -u) \
      <(sed -n '/^# OPTIONS/,/^# [^O]/s/[*_\\]//gp' "$page" | grep -E '^-' | grep -oE -- '--[a-z][a-z-]+' | sort -u)
    diff <("$program" --help | grep -oE '^ +-[A-Za-z]\b' | tr -d ' ' | sort -u) \
      <(sed -n '/^# OPTIONS/,/^# [^O]/s/[*_\\]//gp' "$page" | grep -E '^-' |
        grep -oE '(^|[,;] )-[A-Za-z]\b' | tr -d ',; ' | sort -u)
  done
}

@test "--help fits a terminal of 80 columns and --version is one line" {
  for program in $programs; do
    "$program" --help >"$BATS_TEST_TMPDIR/help" || true
    [ -s "$BATS_TEST_TMPDIR/help" ]
    run ! grep -nE '.{81}' "$BATS_TEST_TMPDIR/help"
    run "$program" --version
    [ "${#lines[@]}" = 1 ]
    [[ $output == "$(basename "$program")"*"${VERSION:-}"* ]]
  done
}

# All run at once, as each takes a second.
@test "-t ends a program whose configuration file is a FIFO without a writer" {
  local pids=() pid name
  mkfifo "$BATS_TEST_TMPDIR/hangs.ini"
  for program in $programs; do
    "$program" -t 1 --extra-opts=@"$BATS_TEST_TMPDIR/hangs.ini" \
      >"$BATS_TEST_TMPDIR/$(basename "$program")" 2>&1 3>&- &
    pids+=($!)
  done
  for pid in "${pids[@]}"; do
    status=0
    wait "$pid" || status=$?
    [ "$status" = 3 ]
  done
  for program in $programs; do
    name=$(basename "$program")
    run cat "$BATS_TEST_TMPDIR/$name"
    echo "$name: $output"
    [[ $output == *"timed out after 1 s: --extra-opts: reading $BATS_TEST_TMPDIR/hangs.ini" ]]
  done
}

is_static() {
  ! readelf -lW "$1" | grep -q INTERP
}

# Libraries are loaded when a source needs them, which saves 0.5 ms and 1.2 MiB per check.
@test "a check is linked with the C library only" {
  hardened
  for program in $programs "$build"/tests/shared/check_*; do
    [[ $program == */check_* ]] || continue
    ! is_static "$program" || continue
    readelf -d "$program" | grep NEEDED
    run ! bash -c "readelf -d '$program' | grep NEEDED | grep -vE 'libc\.so|libdl\.so|ld-linux'"
  done
}

@test "the programs are built with hardening" {
  hardened
  for program in $programs; do
    readelf -h "$program" | grep -E 'Type: +DYN'
    readelf -d "$program" | grep -E 'FLAGS.*NOW'
    readelf -lW "$program" | grep GNU_RELRO
    readelf -lW "$program" | grep -E 'GNU_STACK.* RW '
    # Of a static program, see the same objects with the shared libc.
    ! is_static "$program" || program=$build/tests/shared/$(basename "$program")
    nm -uD "$program" | grep __stack_chk_fail
    nm -uD "$program" | grep -E '_chk(@|$)' | grep -v __stack_chk_fail
  done
}

# A static libc that loads libraries for dlopen(3) or the name service needs those of its own version.
@test "a program that configure linked statically needs no library, and its objects call for none" {
  local seen=0 loads='dlopen|getpw\w+|getgr\w+|initgroups|getaddrinfo|gethostby\w+|iconv_open|setlocale|newlocale'
  for program in "$build"/tests/shared/check_*; do
    run ! bash -c "nm -uD '$program' | grep -E ' ($loads)(@|\$)'"
    nm -uD "$program" | grep -q ' U '
    grep -q '^STATIC_LDFLAGS = *-static' "$build/Makefile" || continue
    is_static "$build/plugins/$(basename "$program")"
    run ! bash -c "readelf -d '$build/plugins/$(basename "$program")' | grep NEEDED"
    seen=$((seen + 1))
  done
  [ "$seen" != 0 ] || skip 'no check is static here'
}
