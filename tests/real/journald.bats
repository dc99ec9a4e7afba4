#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# The journal source on journals of the real journald, and on those that systemd-journal-remote
# writes from generated entries.

bats_require_minimum_version 1.5.0

dump=$(realpath "${BUILDDIR:-.}/tests/klog_dump")
remote=/lib/systemd/systemd-journal-remote
start=1700000000 # seconds since the epoch of the first entry
boot1=11111111111111111111111111111111
boot2=22222222222222222222222222222222
oom=(--match='3::Killed process' --header='4:invoked oom-killer' --before=20 --after=3 --around=120)

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	journal=$BATS_TEST_TMPDIR/journal
	mkdir -p "$journal"
}

need_remote() {
	[ -x "$remote" ] || skip "systemd-journal-remote is not installed"
	"$dump" "journal:$journal" | grep -q 'built without' && skip "built without libsystemd"
	return 0
}

# entry SECONDS BOOT FIELD...: an entry, SECONDS after the start.
entry() {
	local usec=$(($1 * 1000000)) boot=$2
	shift 2
	printf '__REALTIME_TIMESTAMP=%d\n__MONOTONIC_TIMESTAMP=%d\n_BOOT_ID=%s\n' \
		$((start * 1000000 + usec)) $((5000000 + usec)) "$boot"
	printf '%s\n' "$@" ''
}

# kernel SECONDS BOOT LEVEL TEXT: an entry of the kernel.
kernel() {
	entry "$1" "$2" _TRANSPORT=kernel SYSLOG_FACILITY=0 "PRIORITY=$3" SYSLOG_IDENTIFIER=kernel \
		"_SOURCE_MONOTONIC_TIMESTAMP=$((5000000 + $1 * 1000000 - 7))" "MESSAGE=$4"
}

# import NAME: writes the entries on standard input to NAME.journal.
import() {
	cat >"$BATS_TEST_TMPDIR/export"
	"$remote" --split-mode=none -o "$journal/$1.journal" "$BATS_TEST_TMPDIR/export" 2>"$BATS_TEST_TMPDIR/remote"
}

texts() {
	sed -n '/^#/!s/^[^|]*|//p' <<<"$output"
}

@test "a journal has the records of /dev/kmsg with the kernel's times, even if read late" {
	[ "$(id -u)" = 0 ] || skip "needs root, to give journald a /run of its own"
	[ -x /lib/systemd/systemd-journald ] || skip "systemd-journald is not installed"
	unshare --mount true 2>/dev/null || skip "mount namespaces are not permitted"
	dd if=/dev/kmsg of=/dev/null bs=16384 count=1 status=none || skip "/dev/kmsg cannot be read"
	# Records that the kernel logs meanwhile may be in the journal, and records that the ring buffer
	# has lost at the end cannot be compared.
	"$BATS_TEST_DIRNAME/journald/run-journald" sh -c '
		"$1" kmsg >before && journalctl --sync && "$1" journal >imported && "$1" kmsg >after' - "$dump"
	oldest_usec=$(sed -n '/^#/!{ s/^[^ ]* \([0-9]*\) .*/\1/p; q; }' after)
	for file in before imported; do
		awk -v oldest="$oldest_usec" '/^#/ || $2 > oldest' $file >$file.kept
		mv $file.kept $file
	done

	# Times are compared in seconds, as the two clocks are read at different moments. The tolerance
	# allows for their drift, but not for a record that was dated when it was read.
	for file in before imported after; do
		sed -n '/^#/!s/^\([0-9]*\)[0-9]\{6\} \([0-9]*\) [^ ]* 0\.\([0-7]\) p \([0-9a-f]*\) [^|]*|/\2 \3 \4 /p' \
			"$file" | sort >"$file.kernel"
		sed -n '/^#/!s/^\([0-9]*\) \([0-9]*\) [^ ]* 0\..*/\2 \1/p' "$file" | sort >"$file.times"
	done
	[ -s before.kernel ] || skip "the ring holds no record of the kernel's that was there all the time"
	[ -s imported.kernel ]
	[ -z "$(comm -23 before.kernel imported.kernel)" ]
	[ -z "$(comm -13 after.kernel imported.kernel)" ]
	join before.times imported.times |
		awk '{ apart = $2 - $3; may_be = 2e6 + $1 / 1e4 }
			apart > may_be || apart < -may_be { print; wrong = 1 }
			END { exit wrong }'
}

@test "a line that root wrote to /dev/kmsg is not a kernel record in the journal either" {
	[ "$(id -u)" = 0 ] || skip "needs root, to give journald a /run of its own"
	[ -x /lib/systemd/systemd-journald ] || skip "systemd-journald is not installed"
	unshare --mount true 2>/dev/null || skip "mount namespaces are not permitted"
	[ -w /dev/kmsg ] && [ -r /dev/kmsg ] || skip "/dev/kmsg cannot be written"
	run -0 "$BATS_TEST_DIRNAME/journald/run-journald" sh -c '
		echo "<3>klog test: Killed process 1 (forged-$2)" >/dev/kmsg
		journalctl --sync
		journalctl --quiet --output=cat _TRANSPORT=kernel | grep -c "forged-$2" >seen
		"$1" journal --match="3::Killed process"' - "$dump" $$
	[ "$(cat seen)" = 1 ]
	[[ $output != *"forged-$$"* ]]
}

@test "kills of all boots are found, each with its boot" {
	need_remote
	{
		kernel 1 $boot1 3 'Out of memory: Killed process 1 (first)'
		kernel 100 $boot2 3 'Out of memory: Killed process 2 (second)'
	} | import system
	run -0 "$dump" "journal:$journal" "${oom[@]}"
	[ "$(texts)" = $'Out of memory: Killed process 1 (first)\nOut of memory: Killed process 2 (second)' ]
	[[ $output == *' 0.3 p 11111111 kernel|'*'(first)'*' 0.3 p 22222222 kernel|'*'(second)'* ]]
}

@test "kill messages that others write to the journal are not kernel records" {
	need_remote
	{
		kernel 1 $boot1 6 'a record of the kernel'
		entry 2 $boot1 _TRANSPORT=kernel SYSLOG_FACILITY=1 PRIORITY=3 'MESSAGE=Killed process 1 (kmsg)'
		entry 3 $boot1 _TRANSPORT=syslog SYSLOG_FACILITY=0 PRIORITY=3 SYSLOG_IDENTIFIER=kernel \
			_SYSTEMD_UNIT=evil.service 'MESSAGE=Killed process 2 (syslog)'
		entry 4 $boot1 _TRANSPORT=journal SYSLOG_FACILITY=0 PRIORITY=3 SYSLOG_IDENTIFIER=kernel \
			TRANSPORT=kernel 'MESSAGE=Killed process 3 (native)'
		entry 5 $boot1 _TRANSPORT=syslog SYSLOG_FACILITY=0 PRIORITY=3 SYSLOG_IDENTIFIER=kernel \
			_SYSTEMD_UNIT=systemd-oomd.service 'MESSAGE=Killed /x due to memory, Killed process 4'
	} | import system
	run -0 "$dump" "journal:$journal" "${oom[@]}" --match=':systemd-oomd:Killed /'
	[ "$(texts)" = 'Killed /x due to memory, Killed process 4' ]
	[[ $output == *' -1.3 p 11111111 |Killed'* ]]
	run -0 "$dump" "journal:$journal"
	[ "$(texts)" = 'a record of the kernel' ]
}

# report TABLE: a report with TABLE records between its header and its kills, which are at seconds
# 400 and 401.
report() {
	local i
	kernel 1 $boot1 6 'long before'
	kernel 398 $boot1 6 'just before'
	kernel 399 $boot1 4 'qemu-kvm invoked oom-killer: gfp_mask=0xcc0'
	for ((i = 0; i < $1; i++)); do kernel 399 $boot1 6 "row $i"; done
	entry 399 $boot1 _TRANSPORT=syslog SYSLOG_FACILITY=3 PRIORITY=6 'MESSAGE=not the kernel'
	kernel 400 $boot1 3 'Memory cgroup out of memory: Killed process 1 (qemu-kvm)'
	kernel 400 $boot1 6 'Tasks are going to be killed'
	kernel 401 $boot1 3 'Memory cgroup out of memory: Killed process 2 (qemu-kvm)'
	for ((i = 0; i < 5; i++)); do kernel 401 $boot1 6 "after $i"; done
	kernel 900 $boot1 6 'long after'
}

@test "a kill is read with its report, each record once and in order" {
	need_remote
	report 5 | import system
	run -0 "$dump" "journal:$journal" "${oom[@]}"
	[ "$(texts)" = "qemu-kvm invoked oom-killer: gfp_mask=0xcc0
row 0
row 1
row 2
row 3
row 4
Memory cgroup out of memory: Killed process 1 (qemu-kvm)
Tasks are going to be killed
Memory cgroup out of memory: Killed process 2 (qemu-kvm)
after 0
after 1
after 2" ]
}

@test "a header beyond --before is found by its level, with the beginning of the report" {
	need_remote
	report 3000 | import system
	run -0 "$dump" "journal:$journal" "${oom[@]}"
	texts >"$BATS_TEST_TMPDIR/texts"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/texts")" -eq $((20 + 20 + 3 + 3)) ]
	[ "$(head -n 2 "$BATS_TEST_TMPDIR/texts")" = $'qemu-kvm invoked oom-killer: gfp_mask=0xcc0\nrow 0' ]
	[ "$(sed -n '20,21p' "$BATS_TEST_TMPDIR/texts")" = $'row 18\nrow 2980' ]
	[ "$(grep -c 'Killed process' "$BATS_TEST_TMPDIR/texts")" -eq 2 ]
	[ "$(tail -n 1 "$BATS_TEST_TMPDIR/texts")" = 'after 2' ]
}

@test "a kill within the window is read with its report, one outside is not read" {
	need_remote
	report 5 | import system
	run -0 "$dump" "journal:$journal" "${oom[@]}" --since=@$((start + 401)) --until=@$((start + 402))
	[ "$(texts | head -n 1)" = 'qemu-kvm invoked oom-killer: gfp_mask=0xcc0' ]
	run -0 "$dump" "journal:$journal" "${oom[@]}" --since=@$((start + 402))
	[ -z "$(texts)" ]
	run -0 "$dump" "journal:$journal" "${oom[@]}" --until=@$((start + 399))
	[ -z "$(texts)" ]
}

@test "a message with a newline stays one record" {
	need_remote
	{
		kernel 1 $boot1 6 x | head -n -2
		printf 'MESSAGE\n\x1a\0\0\0\0\0\0\0Killed process 230 (a\nb) c\n\n'
	} | import system
	run -0 "$dump" "journal:$journal"
	[ "$(texts)" = 'Killed process 230 (a\x0ab) c' ]
}

# says PROGRAM UNIT [FIELD...]: a kill message with the identifier PROGRAM.
says() {
	local program=$1 unit=$2
	shift 2
	entry $((said += 1)) $boot1 _TRANSPORT=stdout PRIORITY=6 SYSLOG_FACILITY=3 "SYSLOG_IDENTIFIER=$program" \
		"_SYSTEMD_UNIT=$unit" "$@" "MESSAGE=sending SIGTERM to process $said uid 0 \"x\": badness 1"
}

@test "earlyoom is identified by the fields that journald adds, whatever its unit" {
	need_remote
	said=0
	{
		says earlyoom earlyoom.service _UID=61500 _COMM=earlyoom
		says earlyoom oom-guard.service _UID=0 _COMM=earlyoom
		says guard oom-guard.service _UID=0 _COMM=earlyoom _EXE=/usr/local/bin/earlyoom
		says earlyoom oom-guard.service _UID=61500 _COMM=earlyoom _EXE=/usr/bin/earlyoom
		says earlyoom oom-guard.service _UID=0 _COMM=earlyoom '_EXE=/usr/bin/earlyoom (deleted)'
		# logger(1), also run by root.
		says earlyoom session-3.scope _UID=1000 _COMM=logger _EXE=/usr/bin/logger
		says earlyoom cron.service _UID=0 _COMM=logger _EXE=/usr/bin/logger
		# A program of that name, or the real one that may run a user's code.
		says earlyoom session-3.scope _UID=1000 _COMM=earlyoom _EXE=/home/eve/earlyoom
		says earlyoom session-3.scope _UID=1000 _COMM=earlyoom _EXE=/usr/bin/earlyoom
		says earlyoom apache2.service _UID=33 _COMM=earlyoom _EXE=/usr/bin/earlyoom
		says earlyoom app.service _UID=61500 _COMM=earlyoom _EXE=/var/lib/app/earlyoom
		says earlyoom user@1000.service _UID=1000 _SYSTEMD_USER_UNIT=earlyoom.service _COMM=earlyoom
		kernel 99 $boot1 6 'a record of the kernel'
	} | import system
	run -0 "$dump" "journal:$journal" --match=':earlyoom:sending SIG'
	[ "$(texts | cut -d ' ' -f 5 | tr '\n' ' ')" = '1 2 3 4 5 ' ]
	# The same in the formats of journalctl.
	local format
	for format in export json; do
		journalctl --file="$journal/system.journal" --output=$format >"$BATS_TEST_TMPDIR/log"
		run "$BUILDDIR/plugins/check_oom_kills" --source="$BATS_TEST_TMPDIR/log" --since=all -v
		[ "$(grep -c ' process x\[[1-5]\], ' <<<"$output")" = 5 ]
		[ "$(grep -c ' process x\[[0-9]*\], ' <<<"$output")" = 5 ]
	done
}

@test "records that journald missed within the window are counted" {
	need_remote
	{
		kernel 1 $boot1 6 'a record of the kernel'
		for second in 2 500; do
			entry $second $boot1 _TRANSPORT=driver PRIORITY=6 \
				MESSAGE_ID=e9bf28e6e834481bb6f48f548ad13606 'MESSAGE=Missed 12 kernel messages'
		done
		entry 501 $boot1 _TRANSPORT=journal PRIORITY=6 \
			MESSAGE_ID=e9bf28e6e834481bb6f48f548ad13606 'MESSAGE=Missed 99 kernel messages'
	} | import system
	run -0 "$dump" "journal:$journal" "${oom[@]}"
	[[ $output == *'lost=24 '* ]]
	run -0 "$dump" "journal:$journal" --since=@$((start + 400))
	[[ $output == *'lost=12 '* ]]
}

@test "messages that journald suppressed are counted in a named journal" {
	need_remote
	{
		kernel 1 $boot1 6 'a record of the kernel'
		entry 2 $boot1 _TRANSPORT=driver PRIORITY=4 MESSAGE_ID=a596d6fe7bfa4994828e72309e95d61e \
			'MESSAGE=Suppressed 500 messages from nginx.service'
		entry 3 $boot1 _TRANSPORT=journal PRIORITY=4 MESSAGE_ID=a596d6fe7bfa4994828e72309e95d61e \
			'MESSAGE=Suppressed 7 messages from forged.service'
	} | import system
	run -0 "$dump" "journal:$journal" "${oom[@]}"
	[[ $output == *'lost=500 '* ]]
}

@test "archived, current and corrupted (journal~) files are one journal" {
	need_remote
	kernel 1 $boot1 3 'Killed process 1 (archived)' | import system@1
	kernel 2 $boot1 3 'Killed process 2 (put aside)' | import system@2
	mv "$journal/system@2.journal" "$journal/system@2.journal~"
	kernel 3 $boot1 3 'Killed process 3 (live)' | import system
	kernel 2 $boot1 3 'Killed process 4 (no system journal)' | import user-1000
	run -0 "$dump" "journal:$journal" "${oom[@]}"
	[ "$(texts)" = "Killed process 1 (archived)
Killed process 2 (put aside)
Killed process 3 (live)" ]
	[[ $output == *"# oldest=${start}999993 "* || $output == *"# oldest=$((start + 1))000000 "* ]]
}

@test "of several machines' journals only the one of /etc/machine-id is read" {
	need_remote
	local root=$BATS_TEST_TMPDIR/root mine=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa other=bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb
	mkdir -p "$root/etc" "$root/var/log/journal/$mine" "$root/var/log/journal/$other" "$root/run"
	kernel 1 $boot1 3 'Killed process 1 (mine)' | import mine
	kernel 2 $boot1 3 'Killed process 2 (other)' | import other
	mv "$journal/mine.journal" "$root/var/log/journal/$mine/system.journal"
	mv "$journal/other.journal" "$root/var/log/journal/$other/system.journal"
	echo $mine >"$root/etc/machine-id"
	run -0 "$dump" journal --rootfs="$root" "${oom[@]}"
	[ "$(texts)" = 'Killed process 1 (mine)' ]
	rm "$root/etc/machine-id"
	run -0 "$dump" journal --rootfs="$root" "${oom[@]}"
	[ "$(texts | wc -l)" = 2 ]
}

@test "a truncated journal is an error unless it ends before the window" {
	need_remote
	kernel 1 $boot1 3 'Killed process 1 (lost)' | import system@1
	kernel 7200 $boot1 3 'Killed process 2 (kept)' | import system
	truncate --size=1M "$journal/system@1.journal"
	run -4 "$dump" "journal:$journal" "${oom[@]}"
	[ "$(texts)" = 'Killed process 2 (kept)' ]
	[[ $output == *"# failed: $journal/system@1.journal: truncated; remedy: run journalctl --verify"* ]]
	run -0 "$dump" "journal:$journal" "${oom[@]}" --since=@$((start + 3600))
	[ "$(texts)" = 'Killed process 2 (kept)' ]
	: >"$journal/system@1.journal" # changed now, so the lost entries may be in the window
	run -4 "$dump" "journal:$journal" "${oom[@]}" --since=@$((start + 3600))
	[[ $output == *'truncated in its header'* ]]
}

# damage TEXT: zeroes 128 bytes around the first occurrence of TEXT in the journal.
damage() {
	local offset
	offset=$(grep --text --byte-offset --only-matching --max-count=1 "$1" "$journal/system.journal" | head -n 1)
	dd if=/dev/zero of="$journal/system.journal" bs=1 seek=$((${offset%%:*} - 64)) count=128 \
		conv=notrunc status=none
}

@test "a journal with a damaged index is an error" {
	need_remote
	local field
	for field in _TRANSPORT=kernel PRIORITY=3; do
		report 5 | import system
		run -0 "$dump" "journal:$journal" "${oom[@]}"
		damage "$field"
		run -4 "$dump" "journal:$journal" "${oom[@]}"
		# libsystemd reports it, or (262) finds nothing, and the file's own index shows it.
		[[ $output == *'# failed: journal: Bad message; remedy: run journalctl --verify'* ||
			$output == *'system.journal: damaged: could not be read completely; remedy: run journalctl --verify'* ]]
		rm "$journal/system.journal"
	done
}

@test "a record with damaged text counts as lost, and its file is an error" {
	need_remote
	report 5 | import system
	damage 'MESSAGE=Memory cgroup out of memory: Killed process 1'
	run -4 "$dump" "journal:$journal" "${oom[@]}"
	[[ $output == *'Killed process 2'*'lost=1 '* ]]
	[[ $output == *'system.journal: damaged: could not be read completely'* ]]
}

@test "a file that is not a journal is an error" {
	need_remote
	head -c 65536 /dev/urandom >"$journal/system.journal"
	run -4 "$dump" "journal:$journal"
	[[ $output == *"system.journal: not a journal file"* ]]
}

@test "a journal without read permission is an error with a remedy" {
	need_remote
	[ "$(id -u)" = 0 ] || skip "needs root, to become nobody"
	kernel 1 $boot1 3 'Killed process 1 (hidden)' | import system
	chmod 0755 "$BATS_RUN_TMPDIR" "$BATS_TEST_TMPDIR" "$journal"
	chmod 0640 "$journal/system.journal"
	cp "$dump" "$BATS_TEST_TMPDIR/klog_dump"
	local nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups)
	"${nobody[@]}" test -x "$BATS_TEST_TMPDIR/klog_dump" || skip "nobody cannot reach $BATS_TEST_TMPDIR"
	run -3 "${nobody[@]}" "$BATS_TEST_TMPDIR/klog_dump" "journal:$journal"
	[[ $output == "# failed: $journal/system.journal: Permission denied; remedy: add the user to group systemd-journal" ]]
	chmod 0700 "$journal"
	run -3 "${nobody[@]}" "$BATS_TEST_TMPDIR/klog_dump" "journal:$journal"
	[[ $output == "# failed: $journal: Permission denied"* ]]
}

@test "a folder without a system journal is an error" {
	need_remote
	run -3 "$dump" "journal:$journal"
	[[ $output == "# failed: $journal: no system journal found; remedy: "* ]]
	kernel 1 $boot1 3 'Killed process 1 (user)' | import user-1000
	run -3 "$dump" "journal:$journal"
	[[ $output == *'no system journal found'* ]]
	run -3 "$dump" "journal:$journal/nothing"
	[[ $output == *'No such file or directory'* ]]
}

@test "a journal without kernel records is an error" {
	need_remote
	entry 1 $boot1 _TRANSPORT=syslog PRIORITY=6 'MESSAGE=of a container' | import system
	run -4 "$dump" "journal:$journal" "${oom[@]}"
	[[ $output == *'contains no kernel records; remedy: make journald read'* ]]
	kernel 2 $boot1 6 'a record of the kernel' | import system@0
	run -0 "$dump" "journal:$journal" "${oom[@]}"
	run -0 "$dump" "journal:$journal" "${oom[@]}" --since=@$((start + 3600))
}
