#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Files that are not logs are refused under any path and not read. The result is never OK and comes
# within the timeout.
bats_require_minimum_version 1.5.0
load said

setup() {
  plugins=$(realpath "${BUILDDIR:-.}")/plugins
  cd "$BATS_TEST_TMPDIR"
}

# refused PATH TEXT: the check and the report both refuse PATH with this reason.
refused() {
  run -3 "$plugins/check_oom_kills" -t 3 --source="$1"
  [[ ${lines[0]} == "OOM_KILLS UNKNOWN - "*"$1: $2"* ]]
  run -3 "$plugins/oom_report" -t 3 --source="$1"
  [[ $output == *"$1: $2"* ]]
}

# Reading /proc/kmsg takes the records from the system's logger.
@test "/proc/kmsg is refused under any path" {
  kernels="a kernel file, not a log file"
  [ -e /proc/kmsg ] || skip 'no /proc/kmsg'
  ln -s /proc/kmsg kern.log
  ln -s kern.log again.log
  for path in /proc/kmsg //proc/kmsg /proc/../proc/kmsg /proc/./kmsg "$PWD/kern.log" again.log; do
    refused "$path" "$kernels"
  done
  [ "$(id -u)" = 0 ] || return 0
  : >bound.log
  # Without permission for a mount namespace the other paths have been tested.
  unshare -m true 2>/dev/null || return 0
  run -3 unshare -m sh -c 'mount --bind /proc/kmsg bound.log && exec "$0" -t 3 --source=bound.log' \
    "$plugins/check_oom_kills"
  [[ ${lines[0]} == *"bound.log: $kernels"* ]]
}

@test "no read call is made on /proc/kmsg" {
  command -v strace >/dev/null || skip 'no strace'
  [ -e /proc/kmsg ] || skip 'no /proc/kmsg'
  mkdir -p root/var/log
  ln -s /proc/kmsg root/var/log/kern.log
  ln -s /proc/kmsg log.1
  echo 'Nov 26 00:00:00 hv1 kernel: x' >log
  for arguments in --source=/proc/kmsg --source=journal:/proc/kmsg --rootfs="$PWD/root" --source=log \
    --extra-opts=@/proc/kmsg; do
    strace -y -e trace=read,pread64,readv,preadv,mmap -o trace "$plugins/check_oom_kills" -t 3 "$arguments" >said || true
    [ -s said ]
    run ! grep -E '^[a-z0-9]+\(.*/proc/kmsg>' trace
  done
}

@test "/dev/kmsg as a log file is refused with a hint to --source=kmsg" {
  [ -c /dev/kmsg ] || skip 'no /dev/kmsg'
  run -3 "$plugins/check_oom_kills" --source=/dev/kmsg
  [[ ${lines[0]} == *"/dev/kmsg: not a regular file"*"se --source=kmsg"* ]]
}

@test "devices, pipes, directories, empty files and kernel files are refused as logs" {
  mkfifo pipe
  mkdir folder
  refused /dev/zero 'not a regular file'
  refused /dev/full 'not a regular file'
  refused /dev/tty 'not a regular file'
  refused "$PWD/pipe" 'not a regular file'
  refused "$PWD/folder" 'is a directory'
  refused /proc/self/mem "a kernel file"
  refused /proc/self/maps "a kernel file"
  refused /sys/kernel/uevent_seqnum "a kernel file"
  : >empty
  refused "$PWD/empty" 'is empty'
}

@test "devices, pipes and kernel files are refused as journals" {
  mkfifo pipe
  for path in /dev/zero /dev/kmsg /proc/self/maps "$PWD/pipe"; do
    run -3 "$plugins/check_oom_kills" -t 3 --source=journal:"$path"
    [[ ${lines[0]} == "OOM_KILLS UNKNOWN - "* ]]
  done
}

@test "devices, pipes, directories and kernel files are refused as options files" {
  mkfifo pipe
  mkdir folder
  for path in /dev/zero /proc/self/maps "$PWD/folder" "$PWD/pipe" /dev/full; do
    run -3 "$plugins/check_oom_kills" -t 1 --extra-opts=@"$path"
    [[ ${lines[0]} == "OOM_KILLS UNKNOWN - "*"--extra-opts: "* ]]
  done
}
