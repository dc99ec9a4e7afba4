#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# A kill whose report has no cgroup is named by the log of systemd-machined, in journals that
# systemd-journal-remote writes from generated entries.

remote=/lib/systemd/systemd-journal-remote
start=1700000000 # seconds since the epoch
boot1=11111111111111111111111111111111
boot2=22222222222222222222222222222222
started=24d8d4452573402496068381a6312df2
stopped=58432bd3bace477cb514b56381b8a758

setup() {
	[ -x "$remote" ] || skip 'systemd-journal-remote is not installed'
	grep -q '^#define HAVE_SYSTEMD 1' "$BUILDDIR/config.h" || skip 'built without libsystemd'
	export TZ=UTC
	report=$(realpath "$BUILDDIR/plugins/oom_report")
	mkdir "$BATS_TEST_TMPDIR/journal" "$BATS_TEST_TMPDIR/root"
}

# entry SECONDS BOOT FIELD...: an entry, SECONDS after the start.
entry() {
	local usec=$(($1 * 1000000)) boot=$2
	shift 2
	printf '__REALTIME_TIMESTAMP=%d\n__MONOTONIC_TIMESTAMP=%d\n_BOOT_ID=%s\n' \
		$((start * 1000000 + usec)) $((60000000 + usec)) "$boot"
	printf '%s\n' "$@" ''
}

# machine SECONDS BOOT MESSAGE_ID NAME LEADER [UNIT]: an entry as machined logs it.
machine() {
	entry "$1" "$2" _TRANSPORT=journal "_SYSTEMD_UNIT=${6:-systemd-machined.service}" PRIORITY=6 \
		SYSLOG_IDENTIFIER=systemd-machined "MESSAGE_ID=$3" "NAME=$4" "LEADER=$5" "MESSAGE=Machine $4."
}

# killed SECONDS BOOT PID: the only line that remains of a rate-limited report.
killed() {
	entry "$1" "$2" _TRANSPORT=kernel SYSLOG_FACILITY=0 PRIORITY=3 SYSLOG_IDENTIFIER=kernel \
		"_SOURCE_MONOTONIC_TIMESTAMP=$((60000000 + $1 * 1000000 - 7))" \
		"MESSAGE=Out of memory: Killed process $3 (qemu-kvm) total-vm:9kB, anon-rss:8kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:3kB oom_score_adj:0"
}

# names: the names of the killed VMs in a journal of the entries on standard input.
names() {
	cat >"$BATS_TEST_TMPDIR/export"
	"$remote" --split-mode=none -o "$BATS_TEST_TMPDIR/journal/system.journal" "$BATS_TEST_TMPDIR/export" 2>/dev/null
	"$report" --rootfs="$BATS_TEST_TMPDIR/root" --source="journal:$BATS_TEST_TMPDIR/journal" --since=all |
		sed -n 's/^2023.* +00:00 \(.*\), qemu-kvm\[.*/\1/p; s/^2023.* +00:00 \(an unnamed VM\).*/\1/p'
}

@test "a machine whose leader had the pid names the VM" {
	run names < <(
		machine 10 $boot1 $started qemu-3-instance-0000002a 4711
		machine 11 $boot1 $started qemu-4-instance-0000002b 4712
		machine 12 $boot1 $started debian 4713
		killed 100 $boot1 4711
		killed 101 $boot1 4713
	)
	echo "$output"
	[ "$output" = $'an unnamed VM\nVM instance-0000002a' ]
}

@test "the machine may have ended slightly before the kill" {
	run names < <(
		machine 10 $boot1 $started qemu-3-vm1 4711
		machine 99 $boot1 $stopped qemu-3-vm1 4711
		killed 100 $boot1 4711
	)
	[ "$output" = 'VM vm1' ]
}

@test "a machine that had the pid only before or after the kill names no VM" {
	run names < <(
		machine 10 $boot1 $started qemu-3-vm1 4711
		machine 50 $boot1 $stopped qemu-3-vm1 4711
		killed 100 $boot1 4711
		machine 200 $boot1 $started qemu-4-vm2 4711
	)
	[ "$output" = 'an unnamed VM' ]
}

@test "of several machines with the pid the one that ran at the kill names the VM" {
	run names < <(
		machine 10 $boot1 $started qemu-3-vm1 4711
		machine 50 $boot1 $stopped qemu-3-vm1 4711
		machine 60 $boot1 $started qemu-4-vm2 4711
		killed 100 $boot1 4711
		machine 101 $boot1 $stopped qemu-4-vm2 4711
		machine 200 $boot1 $started qemu-5-vm3 4711
	)
	[ "$output" = 'VM vm2' ]
}

@test "a pid names a VM of its own boot only" {
	run names < <(
		machine 10 $boot1 $started qemu-3-vm1 4711
		killed 100 $boot1 4711
		machine 1010 $boot2 $started qemu-1-vm9 4711
		killed 1100 $boot2 4711
		killed 1101 $boot2 4712
	)
	echo "$output"
	[ "$output" = $'an unnamed VM\nVM vm9\nVM vm1' ]
}

@test "machine messages of another service are ignored" {
	run names < <(
		machine 10 $boot1 $started qemu-3-vm1 4711 user@1000.service
		killed 100 $boot1 4711
	)
	[ "$output" = 'an unnamed VM' ]
}

@test "the domain's files complete the name from the journal" {
	grep -q '^#define HAVE_EXPAT 1' "$BUILDDIR/config.h" || skip 'built without expat'
	mkdir -p "$BATS_TEST_TMPDIR/root/etc/libvirt/qemu"
	echo '<domain><name>web_1</name><title>Shop</title></domain>' >"$BATS_TEST_TMPDIR/root/etc/libvirt/qemu/web_1.xml"
	# The file must be older than the kill.
	touch -d '2000-01-01' "$BATS_TEST_TMPDIR/root/etc/libvirt/qemu/web_1.xml"
	run names < <(
		machine 10 $boot1 $started qemu-3-web1 4711
		killed 100 $boot1 4711
	)
	[ "$output" = 'VM web_1 (Shop)' ]
}
