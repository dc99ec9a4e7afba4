#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# The messages if the kernel log cannot be opened.

bats_require_minimum_version 1.5.0

setup() {
	dump=$(realpath "${BUILDDIR:-.}/tests/klog_dump")
	root=$BATS_TEST_TMPDIR/root
	mkdir -p "$root/dev" "$root/proc/sys/kernel"
}

# Runs klog_dump as the user nobody, who may not open the /dev/kmsg of this tree.
closed() {
	[ "$(id -u)" = 0 ] || skip "needs root, to become nobody"
	: >"$root/dev/kmsg"
	chmod 0 "$root/dev/kmsg"
	chmod -R a+rX "$BATS_RUN_TMPDIR"
	chmod 0 "$root/dev/kmsg"
	cp "$dump" "$BATS_TEST_TMPDIR/klog_dump"
	local nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups)
	"${nobody[@]}" test -x "$BATS_TEST_TMPDIR/klog_dump" || skip "nobody cannot reach $BATS_TEST_TMPDIR"
	run -3 "${nobody[@]}" "$BATS_TEST_TMPDIR/klog_dump" --rootfs="$root" kmsg
}

@test "with dmesg_restrict the message names the capability and the program" {
	echo ratelimit >"$root/proc/sys/kernel/printk_devkmsg"
	echo 1 >"$root/proc/sys/kernel/dmesg_restrict"
	closed
	[[ $output == "# failed: $root/dev/kmsg: Permission denied (kernel.dmesg_restrict=1); remedy: \
grant CAP_SYSLOG: setcap cap_syslog+ep $BATS_TEST_TMPDIR/klog_dump, or add the user to group systemd-journal for the journal" ]]
}

@test "without dmesg_restrict the message does not mention it" {
	echo 0 >"$root/proc/sys/kernel/dmesg_restrict"
	closed
	[[ $output == "# failed: $root/dev/kmsg: Permission denied; remedy: grant CAP_SYSLOG"* ]]
}

@test "with printk.devkmsg=off the message says that no capability helps" {
	echo off >"$root/proc/sys/kernel/printk_devkmsg"
	echo 1 >"$root/proc/sys/kernel/dmesg_restrict"
	closed
	[[ $output == "# failed: $root/dev/kmsg: Permission denied (printk.devkmsg=off: disabled for all users); remedy: \
remove printk.devkmsg=off from the kernel's command line, or use --source=syslog or --source=journal" ]]
}

@test "a missing kmsg, or another device in its place, is reported" {
	run -3 "$dump" --rootfs="$root" kmsg
	[[ $output == "# failed: $root/dev/kmsg: No such file or directory; remedy: pass the host's /dev/kmsg into the container"* ]]
	ln -s /dev/null "$root/dev/kmsg"
	run -3 "$dump" --rootfs="$root" kmsg
	[[ $output == "# failed: $root/dev/kmsg: not the kernel log device; remedy: pass the host's /dev/kmsg into the container"* ]]
}

@test "/dev/kmsg and syslog(2) give the same records" {
	dd if=/dev/kmsg of=/dev/null bs=16384 count=1 status=none || skip "/dev/kmsg cannot be read"
	run -0 "$dump" syslog --quiet
	cd "$BATS_TEST_TMPDIR"
	"$dump" kmsg >before
	"$dump" syslog >ring
	"$dump" kmsg >after
	# Time, priority and text of the one-line records, from the first that syslog(2) returns, which
	# dmesg --clear moves. Records with escapes are left out, as they differ.
	first=$(sed -n '1s/^[0-9]* \([0-9]*\) .*/\1/p' ring)
	for file in before ring after; do
		grep -v '^#' "$file" | grep -v '[\]x' | awk -v first="$first" '$2 >= first' |
			sed 's/^[0-9]* \([0-9]*\) [^ ]* \([0-9.]*\) [^|]*|/\1 \2 /' | sort >"$file.records"
	done
	[ -s ring.records ]
	[ -z "$(comm -23 before.records ring.records)" ]
	# A record of several lines is one record in /dev/kmsg and several in syslog(2).
	[ "$(comm -13 after.records ring.records | wc -l)" -eq 0 ] || grep -q '[\]x0a' after
}
