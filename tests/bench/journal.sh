#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# journal.sh [ENTRIES]: the cost of finding the kills of one day in a journal of one week with
# 1,000,000 entries (15 % from the kernel, 50 OOM reports), compared with a plain sd-journal loop
# over the kernel's entries of that day. Budget: a fifth. The journal is written to a temporary
# folder and removed.
set -eu
entries=${1:-1000000}
dump=${BUILDDIR:-.}/tests/klog_dump
remote=/lib/systemd/systemd-journal-remote
for needed in "$dump" "$remote"; do
	[ -x "$needed" ] || { echo "skipped: $needed is missing"; exit 0; }
done
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# Levels as on a typical host: mostly 6, some warnings, few errors.
awk -v entries="$entries" -v now="$(date +%s)" '
function put(usec, fields) {
	printf "__REALTIME_TIMESTAMP=%.0f\n__MONOTONIC_TIMESTAMP=%.0f\n_BOOT_ID=%032d\n_MACHINE_ID=%032d\n%s\n\n",
		usec, usec - start + 10000000, 1, 2, fields
}
function level(r) { return r < 0.01 ? 3 : r < 0.06 ? 4 : r < 0.12 ? 5 : 6 }
function kernel(usec, priority, text) {
	put(usec, "_TRANSPORT=kernel\nSYSLOG_FACILITY=0\nPRIORITY=" priority "\nSYSLOG_IDENTIFIER=kernel\n" \
		sprintf("_SOURCE_MONOTONIC_TIMESTAMP=%.0f\nMESSAGE=%s", usec - start + 9999700, text))
}
function service(usec, n, name) {
	name = "service" n % 40
	put(usec, "_TRANSPORT=syslog\nSYSLOG_FACILITY=3\nPRIORITY=" level(rand()) "\nSYSLOG_IDENTIFIER=" name \
		"\n_PID=" n % 30000 "\n_UID=0\n_COMM=" name "\n_EXE=/usr/bin/" name "\n_CMDLINE=/usr/bin/" name " -f" \
		"\n_SYSTEMD_UNIT=" name ".service\n_SYSTEMD_CGROUP=/system.slice/" name ".service" \
		"\nMESSAGE=message " n " of " name)
}
function report(usec, n, i) {
	kernel(usec, 4, "qemu-kvm invoked oom-killer: gfp_mask=0x140dca, order=0, oom_score_adj=0")
	for (i = 1; i < 34; i++)
		kernel(usec + i, i < 12 ? 4 : 6, "[  " n "] 0 " n " 34850 34503 323584 0 0 task-" i)
	kernel(usec + 34, 6, "oom-kill:constraint=CONSTRAINT_NONE,task=qemu-kvm,pid=" n ",uid=0")
	kernel(usec + 35, 3, "Out of memory: Killed process " n " (qemu-kvm) total-vm:139400kB")
}
BEGIN {
	srand(1)
	start = (now - 7 * 86400) * 1000000
	step = 7 * 86400 * 1000000 / entries
	for (n = 0; n < entries; n++) {
		if (n % int(entries / 50) == int(entries / 100)) { report(start + n * step, n); n += 36 }
		if (rand() < 0.15) kernel(start + n * step, level(rand()), "eth0: link state changed " n)
		else service(start + n * step, n)
	}
}' | "$remote" --split-mode=none -o "$folder/system.journal" - 2>/dev/null

cat >"$folder/loop.c" <<'LOOP'
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>
#include <systemd/sd-journal.h>
#include <time.h>

int main(int argc, char **argv)
{
	sd_journal *journal;
	unsigned kills = 0;

	if (argc < 2 || sd_journal_open_directory(&journal, argv[1], 0) < 0)
		return 1;
	sd_journal_add_match(journal, "_TRANSPORT=kernel", 0);
	sd_journal_seek_realtime_usec(journal, (time(NULL) - 86400ULL) * 1000000);
	while (sd_journal_next(journal) > 0) {
		const void *data;
		size_t length;

		if (sd_journal_get_data(journal, "MESSAGE", &data, &length) >= 0 &&
		    memmem(data, length, "Killed process", 14))
			kills++;
	}
	printf("%u\n", kills);
	sd_journal_close(journal);
	return 0;
}
LOOP
${CC:-cc} -O2 -o "$folder/loop" "$folder/loop.c" -lsystemd
rm "$folder/loop.c"
set -- "$dump" "journal:$folder" --quiet --since=24h --anchor='3::Killed process ' --anchor='3::Kill process ' \
	--anchor=':systemd-oomd.service:Killed /' --anchor=':earlyoom.service:sending SIG' \
	--opener='4:invoked oom-killer' --before=64 --after=8 --around=120

# Milliseconds of CPU time of 20 runs, which is least affected by other load.
cost() {
	bash -c 'TIMEFORMAT="%U %S"; time for ((i = 0; i < 20; i++)); do "$@" >/dev/null; done' - "$@" 2>&1 |
		awk '{ print ($1 + $2) * 1000 }'
}
cost "$folder/loop" "$folder" >/dev/null # into the page cache
loop=$(cost "$folder/loop" "$folder")
walk=$(cost "$@")
echo "kills in a day: $("$folder/loop" "$folder"); $("$@")"
awk -v loop="$loop" -v walk="$walk" 'BEGIN {
	printf "plain loop %.1f ms, by the index %.1f ms: %.2f of it (budget 0.20)\n", loop / 20, walk / 20, walk / loop
}'
