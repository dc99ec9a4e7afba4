#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# A journal with a kill, in which 64 bytes are zeroed: the result must be the kill or UNKNOWN,
# however libsystemd handles the damage. A journal that is being written must not be reported as
# damaged. PLACES=all tests every block in use; otherwise PLACES (40) blocks are tested, chosen by
# SEED.

bats_require_minimum_version 1.5.0

remote=/lib/systemd/systemd-journal-remote
start=1700000000

setup_file() {
	export TZ=UTC NAGIOS_PLUGIN_STATE_DIRECTORY=$BATS_FILE_TMPDIR/memory
	mkdir -p "$NAGIOS_PLUGIN_STATE_DIRECTORY"
}

setup() {
	[ -x "$remote" ] || skip 'systemd-journal-remote is not installed'
	grep -q '^#define HAVE_SYSTEMD 1' "$BUILDDIR/config.h" || skip 'built without libsystemd'
	check=$BUILDDIR/plugins/check_oom_kills
	journal=$BATS_TEST_TMPDIR/system.journal
}

# 80 entries, a third of them from the kernel, with one kill in the middle.
entries() {
	awk -v start=$start '
	function entry(second, fields) {
		printf "__REALTIME_TIMESTAMP=%d000000\n__MONOTONIC_TIMESTAMP=%d000000\n", start + second, 5 + second
		printf "_BOOT_ID=11111111111111111111111111111111\n%s\n\n", fields
	}
	function kernel(second, level, text) {
		entry(second, "_TRANSPORT=kernel\nSYSLOG_FACILITY=0\nPRIORITY=" level "\nSYSLOG_IDENTIFIER=kernel\nMESSAGE=" text)
	}
	function service(second, name) {
		name = "service" second % 5
		entry(second, "_TRANSPORT=syslog\nSYSLOG_FACILITY=3\nPRIORITY=" (second % 7 ? 6 : 3) "\nSYSLOG_IDENTIFIER=" name \
			"\n_COMM=" name "\n_PID=" second "\n_SYSTEMD_UNIT=" name ".service\nMESSAGE=text " second)
	}
	BEGIN {
		for (second = 1; second <= 80; second++) {
			if (second == 40)
				kernel(second, 3, "Out of memory: Killed process 77 (qemu-kvm) total-vm:9000000kB, anon-rss:8192000kB, file-rss:0kB, shmem-rss:0kB, UID:107 pgtables:30kB oom_score_adj:0")
			else if (second % 3)
				service(second)
			else
				kernel(second, second % 9 ? 6 : 3, "usb " second)
		}
	}'
}

# The offsets of the blocks of 64 bytes that are in use.
places() {
	od -An -v -w64 -tx1 "$journal" | awk '/[1-9a-f]/ { print (NR - 1) * 64 }'
}

sample() {
	if [ "${PLACES:-}" = all ]; then
		cat
	else
		awk -v seed="${SEED:-1}" 'BEGIN { srand(seed) } { print rand(), $1 }' | sort -n | cut -d ' ' -f 2 |
			head -n "${PLACES:-40}"
	fi
}

# zero OFFSET COUNT: zeroes COUNT blocks from OFFSET on.
zero() {
	dd if=/dev/zero of="$journal" bs=64 seek=$(($1 / 64)) count="$2" conv=notrunc status=none
}

look() {
	run "$check" --source="journal:$journal" --since=all
}

# is_right PLACE: expects the kill or UNKNOWN.
is_right() {
	[[ $status = 3 || $output == *'qemu-kvm'* ]] || {
		echo "zeroed at $1, exit $status: $output"
		return 1
	}
}

@test "a journal with any block of 64 bytes zeroed gives the kill or UNKNOWN" {
	entries | "$remote" --split-mode=none -o "$journal" - 2>/dev/null
	cp --sparse=always "$journal" "$BATS_TEST_TMPDIR/whole"
	look
	[[ $output == *'qemu-kvm'* && $output != *damaged* ]]
	local place wrong=0 tried=0
	for place in $(places | sample); do
		zero "$place" 1
		look
		is_right "$place" || wrong=$((wrong + 1))
		tried=$((tried + 1))
		dd if="$BATS_TEST_TMPDIR/whole" of="$journal" bs=64 skip=$((place / 64)) seek=$((place / 64)) \
			count=1 conv=notrunc status=none
	done
	echo "tried $tried, wrong $wrong"
	[ "$tried" -gt 0 ] && [ "$wrong" = 0 ]
}

# offset_of TEXT: the offset of the block with the object whose payload begins with TEXT.
offset_of() {
	local offset
	offset=$(grep --text --byte-offset --only-matching --max-count=1 "$1" "$journal" | head -n 1)
	echo $((${offset%%:*} / 64 * 64))
}

@test "a journal without the fields that find the kill gives the kill or UNKNOWN" {
	local field back
	for field in _TRANSPORT=kernel PRIORITY=3 SYSLOG_FACILITY=0 'MESSAGE=Out of memory'; do
		for back in 0 64 128; do
			rm -f "$journal"
			entries | "$remote" --split-mode=none -o "$journal" - 2>/dev/null
			zero $(($(offset_of "$field") - back)) 1
			look
			is_right "$field - $back"
		done
	done
}

@test "a journal that journald is writing is not reported as damaged" {
	[ "$(id -u)" = 0 ] || skip 'needs root, to give journald a /run of its own'
	[ -x /lib/systemd/systemd-journald ] || skip 'systemd-journald is not installed'
	unshare --mount true 2>/dev/null || skip 'mount namespaces are not permitted'
	local dump
	dump=$(realpath "$BUILDDIR/tests/klog_dump")
	cd "$BATS_TEST_TMPDIR"
	# shellcheck disable=SC2016
	run "$BATS_TEST_DIRNAME/journald/run-journald" bash -c '
		flood() {
			awk "BEGIN { for (i = 0; i < 60000; i++) print \"<\" i % 8 \">Killed process \" i \" \" rand() }" |
				systemd-cat -t earlyoom --level-prefix=true
		}
		flood & writer=$!
		while kill -0 $writer 2>/dev/null; do
			"$1" journal --quiet --match="3::Killed process" --match=":earlyoom:Killed process" >told ||
				{ cat told; exit 1; }
			tried=$((tried + 1))
		done
		wait $writer
		journalctl --sync
		"$1" journal --quiet --match="3::Killed process" --match=":earlyoom:Killed process" || exit 1
		echo "tried $tried while it was written"' - "$dump"
	echo "$output"
	[ "$status" = 0 ]
	[[ $output == *'tried '* ]]
}
