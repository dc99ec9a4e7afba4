#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# A library that cannot be loaded is not treated as one that is not installed.

bats_require_minimum_version 1.5.0

setup_file() {
  # shellcheck source=tests/cli/ring.bash
  source "$SRCDIR/tests/cli/ring.bash"
  ring_build
}

setup() {
  # shellcheck source=tests/cli/ring.bash
  source "$SRCDIR/tests/cli/ring.bash"
  check=$BUILDDIR/plugins/check_oom_kills
  export NAGIOS_PLUGIN_STATE_DIRECTORY=$BATS_TEST_TMPDIR/state
  root=$BATS_TEST_TMPDIR/root
  folder=$root/var/log/journal/11111111111111111111111111111111
  mkdir -p "$NAGIOS_PLUGIN_STATE_DIRECTORY" "$folder" "$BATS_TEST_TMPDIR/lib"
  # The ring buffer holds this whole boot, so that only earlier records are missing.
  export RING_KMSG=$BATS_TEST_TMPDIR/kmsg
  echo '5,0,0,-;Linux version 6.1.0' >"$RING_KMSG"
  now=$(date +%s)
  uptime=$(cut -d. -f1 /proc/uptime)
}

# le64 NUMBER: eight bytes, little-endian.
le64() {
  local byte
  for ((byte = 0; byte < 8; byte++)); do
    # shellcheck disable=SC2059
    printf "\\x$(printf %x $(($1 >> 8 * byte & 255)))"
  done
}

# journal_header FIRST LAST: the header of a journal with ten entries from FIRST to LAST, in seconds
# ago.
journal_header() {
  local field
  printf LPKSHHRH
  head -c 80 /dev/zero # flags, state, ids
  for field in 208 0 0 0 0 0 0 0 10 10 1 0 $(((now - $1) * 1000000)) $(((now - $2) * 1000000)) 0; do
    le64 "$field"
  done
}

@test "libsystemd that cannot be loaded is UNKNOWN if the window reaches into the journal" {
  [ "$uptime" -lt $((20 * 86400)) ] || skip 'booted too long ago'
  journal_header $((uptime + 7200)) $((uptime + 3600)) >"$folder/system.journal"
  : >"$BATS_TEST_TMPDIR/lib/libsystemd.so.0"
  run -3 with_ring LD_LIBRARY_PATH="$BATS_TEST_TMPDIR/lib" "$check" --rootfs="$root" --since=21d
  if grep -q '^#define HAVE_SYSTEMD 1' "$BUILDDIR/config.h"; then
    [[ ${lines[0]} == *'journal: '*'libsystemd.so.0: file too short'* ]]
  else
    [[ ${lines[0]} == *'journal: not supported by this build'* ]]
  fi
  [[ ${lines[0]} != *'no older records'* ]]
}

@test "libsystemd is not needed if the journal ends before the window" {
  [ "$uptime" -lt $((20 * 86400)) ] || skip 'booted too long ago'
  journal_header $((40 * 86400)) $((39 * 86400)) >"$folder/system.journal"
  : >"$BATS_TEST_TMPDIR/lib/libsystemd.so.0"
  run -0 with_ring LD_LIBRARY_PATH="$BATS_TEST_TMPDIR/lib" "$check" --rootfs="$root" --since=21d
  [[ ${lines[0]} == *'no older records'* ]]
  # A journal that is named must be read.
  run -3 with_ring LD_LIBRARY_PATH="$BATS_TEST_TMPDIR/lib" "$check" --source=journal:"$folder" --since=21d
}

@test "libsystemd that cannot be loaded for lack of descriptors is UNKNOWN" {
  grep -q '^#define HAVE_SYSTEMD 1' "$BUILDDIR/config.h" || skip 'built without libsystemd'
  journal_header $((uptime + 7200)) $((uptime + 3600)) >"$folder/system.journal"
  local limit answers=0
  # With the lowest limits the program itself does not start: 127.
  for limit in 3 4 5 6 7 8; do
    # shellcheck disable=SC2016
    run with_ring sh -c 'ulimit -n "$1"; shift; exec "$@"' sh "$limit" "$check" --rootfs="$root" --since=21d
    [ "$status" = 3 ] || [ "$status" = 127 ]
    answers=$((answers + (status == 3)))
  done
  [ "$answers" -ge 3 ]
}

@test "a compressed log whose library cannot be loaded is UNKNOWN" {
  command -v gzip >/dev/null || skip 'gzip is not installed'
  grep -q '^#define HAVE_ZLIB 1' "$BUILDDIR/config.h" || skip 'built without zlib'
  local log=$BATS_TEST_TMPDIR/kern.log
  echo "$(date -d '-50 hours' -Iseconds) host kernel: usb" | gzip >"$log.1.gz"
  echo "$(date -d '-1 hour' -Iseconds) host kernel: usb" >"$log"
  run -0 "$check" --source="$log" --since=72h --procfs=/nonexistent
  : >"$BATS_TEST_TMPDIR/lib/libz.so.1"
  run -3 env LD_LIBRARY_PATH="$BATS_TEST_TMPDIR/lib" "$check" --source="$log" --since=72h --procfs=/nonexistent
  [[ ${lines[0]} == *'kern.log.1.gz: '*'libz.so.1: file too short'* ]]
}

# expects STATUS ERROR ARGUMENT...: runs the check with getrandom(2) failing.
expects() {
  local status=$1 error=$2
  shift 2
  run -"$status" strace -f -o "$BATS_TEST_TMPDIR/calls" -e trace=getrandom,openat \
    -e inject=getrandom:error="$error" "$check" "$@"
  [[ ${lines[0]} == 'OOM_KILLS CRITICAL - VM instance-0000002a'* ]]
}

# loaded LIBRARY: the last run has loaded it.
loaded() {
  grep -q "/$1.*= [0-9]" "$BATS_TEST_TMPDIR/calls"
}

@test "no library needs random numbers, as arc4random() in glibc aborts without them" {
  command -v strace >/dev/null || skip 'strace is not installed'
  strace -o /dev/null true 2>/dev/null || skip 'nothing can be traced here'
  local tree=$SRCDIR/tests/data/trees/identity-libvirt error suffix tool
  local log=$BATS_TEST_TMPDIR/kern.log remote=/lib/systemd/systemd-journal-remote
  sed -n 's/.* kernel: \[[^]]*\] /MESSAGE=/p' "$tree/kern.log" | while IFS= read -r message; do
    printf '%s\n' "__REALTIME_TIMESTAMP=$((now - 60))000000" __MONOTONIC_TIMESTAMP=60000000 \
      _BOOT_ID=11111111222233334444555555555555 _TRANSPORT=kernel SYSLOG_FACILITY=0 \
      SYSLOG_IDENTIFIER=kernel PRIORITY=3 "$message" ''
  done >"$BATS_TEST_TMPDIR/export"
  [ ! -x $remote ] || $remote --split-mode=none -o "$folder/system.journal" "$BATS_TEST_TMPDIR/export"
  echo "$(date -Iseconds) host kernel: usb" >"$log"
  for error in EMFILE EPERM EIO ENOSYS; do
    expects 2 $error --rootfs="$tree" --source="$tree/kern.log" --since=all
    ! grep -q '^#define HAVE_EXPAT 1' "$BUILDDIR/config.h" || loaded libexpat
    for suffix in gz:gzip:ZLIB:libz xz:xz:LZMA:liblzma zst:zstd:ZSTD:libzstd; do
      IFS=: read -r suffix tool have library <<<"$suffix"
      command -v "$tool" >/dev/null && grep -q "^#define HAVE_$have 1" "$BUILDDIR/config.h" || continue
      "$tool" -c <"$tree/kern.log" >"$log.1.$suffix"
      expects 2 $error --rootfs="$root" --source="$log" --since=all
      loaded "$library"
      rm "$log.1.$suffix"
    done
    [ -x $remote ] && grep -q '^#define HAVE_SYSTEMD 1' "$BUILDDIR/config.h" || continue
    expects 2 $error --rootfs="$root" --source="journal:$folder" --since=all
    loaded libsystemd
  done
}
