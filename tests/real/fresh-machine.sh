#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# fresh-machine.sh [SUITE [MIRROR]]: tests the instructions of README.md on a machine that has
# nothing but git.
#
# Makes a minimal Debian (bookworm by default) with debootstrap in a temporary folder, clones the
# committed tree into it, and runs ./quickstart, then ./quickstart test, then ./quickstart again,
# which must install nothing more. The system inside uses this machine's kernel, its log and its
# cgroups, but has its own processes and mounts, which end with it.
#
# Needs root, debootstrap, git, 3 GB in ${TMPDIR:-/tmp} and some minutes. It is run by hand before a
# release, not by make check.
set -eu

suite=${1:-bookworm}
mirror=${2:-http://deb.debian.org/debian}
sources=$(cd "$(dirname "$0")/../.." && pwd)
root=$(mktemp -d "${TMPDIR:-/tmp}/fresh-machine.XXXXXX")
# It becomes a root directory, which every user must be able to enter.
chmod 755 "$root"
# Delete within this file system only, so that a leftover mount is not emptied.
trap 'rm -rf --one-file-system "$root"' EXIT
trap 'exit 1' HUP INT TERM

timed() {
  start=$(date +%s)
  status=0
  "$@" || status=$?
  echo "== $* : exit code $status, $(($(date +%s) - start)) s"
  return $status
}

inside() {
  # shellcheck disable=SC2016 # expanded by the inner shell
  unshare --mount --pid --fork --kill-child sh -ec '
    mount --make-rprivate /
    # It must be a mount point, or nothing inside can unshare its mounts.
    mount --bind "$1" "$1"
    mount -t proc proc "$1/proc"
    for tree in sys dev; do mount --rbind /$tree "$1/$tree"; done
    root=$1
    shift
    exec chroot "$root" env -i HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@"
  ' sh "$root" "$@"
}

quickstart() {
  # shellcheck disable=SC2016
  inside sh -c 'cd /root/monitoring-plugins-oom && ./quickstart "$@"' sh "$@"
}

timed debootstrap --variant=minbase --include=git "$suite" "$root" "$mirror" >"$root.log" 2>&1 || {
  tail -n 20 "$root.log" >&2
  exit 1
}
tail -n 1 "$root.log"
rm -f "$root.log"
cp /etc/resolv.conf "$root/etc/resolv.conf"
git clone -q --no-hardlinks "$sources" "$root/root/monitoring-plugins-oom"

failed=0
timed quickstart || failed=1
timed quickstart test || failed=1
again=$(timed quickstart) || failed=1
printf '%s\n' "$again"
case $again in
  *installing*)
    echo 'fresh-machine: the second run installed something again' >&2
    failed=1
    ;;
esac
exit $failed
