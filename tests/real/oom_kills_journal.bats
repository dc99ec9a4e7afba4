#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# check_oom_kills compares the system's journal with the kernel's counter: a host in $root with this
# boot's id, whose journal systemd-journal-remote writes from generated entries.

remote=/lib/systemd/systemd-journal-remote
earlier_boot=22222222222222222222222222222222

setup() {
	[ -x "$remote" ] || skip 'systemd-journal-remote is not installed'
	grep -q '^#define HAVE_SYSTEMD 1' "$BUILDDIR/config.h" || skip 'built without libsystemd'
	export TZ=UTC NAGIOS_PLUGIN_STATE_DIRECTORY=$BATS_TEST_TMPDIR/memory
	check=$BUILDDIR/plugins/check_oom_kills
	root=$BATS_TEST_TMPDIR/root
	machine=11111111111111111111111111111111
	mkdir -p "$NAGIOS_PLUGIN_STATE_DIRECTORY" "$root/proc/sys/kernel/random" \
		"$root/var/log/journal/$machine" "$root/run/log/journal/$machine"
	cp /proc/sys/kernel/random/boot_id "$root/proc/sys/kernel/random/"
	boot=$(tr -d - </proc/sys/kernel/random/boot_id)
	now=$(date +%s)
	uptime=$(cut -d. -f1 /proc/uptime)
	[ "$uptime" -ge 600 ] || skip 'needs an uptime of ten minutes'
	counter 0
}

# counter N: sets the number of kills that the kernel has counted in this boot.
counter() {
	printf 'nr_free_pages 1\noom_kill %s\n' "$1" >"$root/proc/vmstat"
}

# entry AGO BOOT FIELD...: an entry AGO seconds ago, usually of this boot.
entry() {
	local wall=$((now - $1)) up=$((uptime - $1)) boot=$2
	[ "$up" -ge 0 ] || up=1000
	shift 2
	printf '__REALTIME_TIMESTAMP=%d\n__MONOTONIC_TIMESTAMP=%d\n_BOOT_ID=%s\n' \
		$((wall * 1000000)) $((up * 1000000)) "$boot"
	printf '%s\n' "$@" "_SOURCE_MONOTONIC_TIMESTAMP=$((up * 1000000 - 7))" ''
}

# kernel AGO LEVEL MESSAGE [BOOT]: an entry of the kernel.
kernel() {
	entry "$1" "${4:-$boot}" _TRANSPORT=kernel SYSLOG_FACILITY=0 "PRIORITY=$2" SYSLOG_IDENTIFIER=kernel "MESSAGE=$3"
}

# killed AGO PID COMM [BOOT]: a Killed line.
killed() {
	kernel "$1" 3 "Out of memory: Killed process $2 ($3) total-vm:9000kB, anon-rss:8192kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:30kB oom_score_adj:0" "${4:-}"
}

# journal [FILE]: replaces the journal by one of the entries on standard input.
journal() {
	local file=$root/${1:-var/log/journal/$machine/system.journal}
	cat >"$BATS_TEST_TMPDIR/export"
	rm -f "$file"
	"$remote" --split-mode=none -o "$file" "$BATS_TEST_TMPDIR/export" 2>/dev/null
}

look() {
	run "$check" --rootfs="$root" --source=journal "$@"
	echo "$output"
}

@test "a kill after --until is not unrecorded, in this run or a later one" {
	journal < <(
		kernel $((uptime - 1)) 5 'Linux version 6.1.0'
		killed 60 77 kvm
	)
	counter 1
	look --since=all --until=5m
	[ "$status" = 0 ]
	[[ $output == "OOM_KILLS OK - no OOM kills"*" oom_kills=0;"*" oom_unrecorded_kills=0;"* ]]
	look
	[ "$status" = 2 ]
	[[ $output == *" oom_kills=1;"*" oom_unrecorded_kills=0;"* ]]
}

@test "a kill before the window, between two runs, is not missing from the log" {
	journal < <(kernel $((uptime - 1)) 5 'Linux version 6.1.0')
	look --since=2m
	[ "$status" = 0 ]
	journal < <(
		kernel $((uptime - 1)) 5 'Linux version 6.1.0'
		killed 300 77 kvm
		kernel 60 6 'usb 1-1: new device'
	)
	counter 1
	look --since=2m
	[ "$status" = 0 ]
	[[ $output == "OOM_KILLS OK - no OOM kills in the last 2 min "*" oom_kills=0;"*" oom_unrecorded_kills=0;"* ]]
	counter 2
	look --since=2m
	[ "$status" = 1 ]
	[[ $output == *" oom_unrecorded_kills=1;"* ]]
}

@test "old files beside a small volatile journal do not cover this boot" {
	journal < <(kernel $((uptime + 864000)) 6 'usb 1-1: new device' $earlier_boot)
	mv "$root/var/log/journal/$machine/system.journal" "$root/var/log/journal/$machine/system@a.journal"
	journal "run/log/journal/$machine/system.journal" < <(kernel 60 6 'usb 1-1: new device')
	counter 1
	look
	[ "$status" = 3 ]
	[[ $output == "OOM_KILLS UNKNOWN - cannot see all OOM kills in the last 24 h: the log does not reach back far enough; the log does not account for all 1 kills "* ]]
	counter 0
	look
	[ "$status" = 0 ]
}

@test "a journal whose files rotated during this boot covers it" {
	journal < <(
		kernel $((uptime + 864000)) 6 'usb 1-1: new device' $earlier_boot
		kernel $((uptime - 1)) 5 'Linux version 6.1.0'
	)
	mv "$root/var/log/journal/$machine/system.journal" "$root/var/log/journal/$machine/system@a.journal"
	journal < <(kernel 60 6 'usb 1-1: new device')
	counter 1
	look --since=5m
	[ "$status" = 0 ]
	[[ $output == "OOM_KILLS OK - no OOM kills in the last 5 min (journal"* ]]
}

@test "records that journald missed may include kills" {
	journal < <(
		kernel $((uptime - 1)) 5 'Linux version 6.1.0'
		entry 60 "$boot" _TRANSPORT=driver PRIORITY=4 SYSLOG_IDENTIFIER=systemd-journald \
			MESSAGE_ID=e9bf28e6e834481bb6f48f548ad13606 'MESSAGE=Missed 300 kernel messages'
		kernel 50 6 'usb 1-1: new device'
	)
	counter 1
	NAGIOS_PLUGIN_STATE_DIRECTORY=/proc/none look --since=5m
	[ "$status" = 3 ]
	[[ $output == "OOM_KILLS UNKNOWN - cannot see all OOM kills in the last 5 min: 300 log records are lost; the log does not account for all 1 kills "* ]]
	counter 0
	NAGIOS_PLUGIN_STATE_DIRECTORY=/proc/none look --since=5m
	[ "$status" = 0 ]
}

# suppressed UNIT: journald suppressed messages of the unit a minute ago.
suppressed() {
	journal < <(
		kernel $((uptime - 1)) 5 'Linux version 6.1.0'
		entry 60 "$boot" _TRANSPORT=driver PRIORITY=4 SYSLOG_IDENTIFIER=systemd-journald \
			MESSAGE_ID=a596d6fe7bfa4994828e72309e95d61e "MESSAGE=Suppressed 500 messages from $1"
	)
}

@test "suppressed messages count only for units that report kills" {
	export NAGIOS_PLUGIN_STATE_DIRECTORY=/proc/none
	counter 1
	suppressed systemd-oomd.service
	look --since=5m
	[ "$status" = 3 ]
	[[ $output == *': 500 log records are lost'* ]]
	suppressed nginx.service
	look --since=5m -vv
	[ "$status" = 0 ]
	[[ $output == *', 0 lost, 500 of other units suppressed by journald'* ]]
}

@test "a named journal with lost records and no kill is UNKNOWN" {
	export NAGIOS_PLUGIN_STATE_DIRECTORY=/proc/none
	suppressed nginx.service
	run "$check" --rootfs="$root" --source=journal:"$root/var/log/journal/$machine" --since=5m
	[ "$status" = 3 ]
	[[ $output == *': 500 log records are lost'* ]]
	run "$check" --rootfs="$root" --source=journal:"$root/var/log/journal/$machine" --since=30s
	[ "$status" = 0 ]
}

@test "a kill that journald receives late is unrecorded only until then" {
	journal < <(kernel $((uptime - 1)) 5 'Linux version 6.1.0')
	counter 1
	look
	[ "$status" = 1 ]
	[[ $output == "OOM_KILLS WARNING - 1 kill counted by the kernel but missing from the log | "* ]]
	journal < <(
		kernel $((uptime - 1)) 5 'Linux version 6.1.0'
		killed 1 77 kvm
	)
	look
	[ "$status" = 2 ]
	[[ $output == *" oom_kills=1;"*" oom_unrecorded_kills=0;"* ]]
	[[ $output != *'missing from the log'* ]]
}

@test "a named journal that does not cover the window is UNKNOWN" {
	kernel 7200 6 'usb 1-1: new device' | journal
	run -3 "$check" --source="journal:$root/var/log/journal" --since=30m
	[[ $output == *'no log that was read covers the window'* ]]
	run -0 "$check" --source="journal:$root/var/log/journal" --since=90m
	run -3 "$check" --source="journal:$root/var/log/journal" --since=300m --until=240m
	run -3 "$BUILDDIR/plugins/oom_report" --source="journal:$root/var/log/journal" --since=30m --format=json
	[[ $output == *'"complete": false'* ]]
	# Entries before and after the window prove that there was nothing in between.
	kernel 30 6 'usb 1-1: new device' | journal var/log/journal/$machine/system@1.journal
	run -0 "$check" --source="journal:$root/var/log/journal" --since=50m --until=40m
}

# unit AGO UID ID MESSAGE: an entry of that user's systemd with that MESSAGE_ID.
unit() {
	entry "$1" "$boot" _TRANSPORT=journal SYSLOG_FACILITY=3 PRIORITY=5 SYSLOG_IDENTIFIER=systemd _PID=1 _UID="$2" \
		_COMM=systemd _EXE=/usr/lib/systemd/systemd "_SYSTEMD_UNIT=$([ "$2" = 0 ] && echo init.scope || echo "user@$2.service")" \
		"MESSAGE_ID=$3" "MESSAGE=$4"
}

@test "systemd's messages about units are found by MESSAGE_ID: oomd's kills and names of VMs" {
	# shellcheck disable=SC2028
	scope='machine-qemu\x2d7\x2dvm1.scope'
	journal < <(
		kernel $((uptime - 1)) 5 'Linux version 6.1.0'
		for i in $(seq 300); do unit 200 0 39f53479d3a045ac8e11786248231fbf "Started x$i."; done
		entry 101 "$boot" _TRANSPORT=journal PRIORITY=5 SYSLOG_IDENTIFIER=systemd-oomd _COMM=systemd-oomd \
			_UID=0 _EXE=/usr/lib/systemd/systemd-oomd _SYSTEMD_UNIT=systemd-oomd.service \
			"MESSAGE=Marked /machine.slice/$scope for killing due to memory used (1) / total (2)"
		unit 100 0 d989611b15e44c9dbf31e3c81256e4ed "$scope: systemd-oomd killed 3 process(es) in this unit."
		unit 90 1000 d989611b15e44c9dbf31e3c81256e4ed "machine-x.scope: systemd-oomd killed 3 process(es) in this unit."
	)
	look
	[ "$status" = 2 ]
	[[ $output == "OOM_KILLS CRITICAL - VM vm1 killed by systemd-oomd "*" oom_kills=1;"* ]]
	for words in 'A process of this unit has been killed by the OOM killer.' \
		'The kernel OOM killer killed some processes in this unit.'; do
		journal < <(
			kernel $((uptime - 1)) 5 'Linux version 6.1.0'
			killed 100 77 qemu-kvm
			unit 99 0 fe6faa94e7774663a0da52717891d8ef "$scope: $words"
		)
		counter 1
		NAGIOS_PLUGIN_STATE_DIRECTORY=/proc/none look
		[ "$status" = 2 ]
		[[ $output == "OOM_KILLS CRITICAL - VM vm1 killed by the OOM killer "*" oom_kills=1;"* ]]
	done
}
