/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Kills reported only by syslog(2): what a newline in user text can and cannot do. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "klog/source.h"
#include "oom/parser.h"
#include "replay.h"

#define SIZES                                                                                  \
	" total-vm:9000kB, anon-rss:8192kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:30kB " \
	"oom_score_adj:0"
#define KILLED(prio_time, pid, comm) prio_time " Out of memory: Killed process " pid " (" comm ")" SIZES "\n"
#define OPENER(time) \
	"<4>" time " x invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0\n"
#define SUMMARY(time, cgroup, pid)                                                                 \
	"<6>" time                                                                                 \
	" oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom," \
	"task_memcg=" cgroup ",task=qemu-kvm,pid=" pid ",uid=0\n"
#define T1 "[  400.000000]"
#define T2 "[  400.000001]"

static const struct row {
	const char *what;
	const char *text;
	const char *kills;  /* as printed by describe_kills() */
	const char *proofs; /* one letter per kill: p proven, d dubious */
	uint64_t lines;     /* compared with the kernel's counter */
} rows[] = {
	{ "a mount option with a newline",
	  "<3>" T1 " overlayfs: failed to resolve '/x\n" KILLED("<3>" T1, "7", "qemu-kvm") "<3>" T1
											   " ': -2\n",
	  "7 qemu-kvm unknown", "d", 0 },
	{ "two kills in a mount option",
	  "<3>" T1 " overlayfs: failed to resolve '/x\n" KILLED("<3>" T1, "7", "a")
		  KILLED("<3>" T1, "8", "b"),
	  "7 a unknown; 8 b unknown", "dd", 0 },
	{ "the first line of the option looks like a kill, too",
	  "<3>" T1 " overlayfs: '/Killed process 6 (a) total-vm:1kB\n" KILLED("<3>" T1, "7", "b"),
	  "7 b unknown", "d", 0 },
	{ "the first line of the option looks like a header",
	  "<3>" T1
	  " ovl: 'a invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0\n" KILLED(
		  "<3>" T1, "7", "b"),
	  "7 b unknown", "d", 0 },
	{ "a forged kill after a real one of the same microsecond",
	  KILLED("<3>" T1, "6", "a") "<3>" T1
				     " overlayfs: failed to resolve '/x\n" KILLED("<3>" T1, "7", "b"),
	  "6 a unknown; 7 b unknown", "pd", 1 },
	{ "a real kill", KILLED("<3>" T1, "7", "a"), "7 a unknown", "p", 1 },
	{ "real kills of the same microsecond", KILLED("<3>" T1, "7", "a") KILLED("<3>" T1, "8", "b"),
	  "7 a unknown; 8 b unknown", "pp", 2 },
	{ "a process name with a newline", KILLED("<3>" T1, "7", "a\n<3>" T1 " b") KILLED("<3>" T2, "8", "c"),
	  "7 a unknown; 8 c unknown", "pp", 2 },
	{ "another record of the same level and microsecond comes first",
	  "<3>" T1 " usb 1-1: device descriptor read/64, error -71\n" KILLED("<3>" T1, "7", "a"),
	  "7 a unknown", "d", 0 },
	{ "the record before it has another level", "<4>" T1 " usb 1-1: x\n" KILLED("<3>" T1, "7", "a"),
	  "7 a unknown", "p", 1 },
	{ "a report within a microsecond",
	  OPENER(T1) "<6>" T1 " Tasks state (memory values in pages):\n" SUMMARY(T2, "/vm", "7")
		  KILLED("<3>" T2, "7", "qemu-kvm"),
	  "7 qemu-kvm none /vm", "p", 1 },
	{ "a summary after rows of the same microsecond",
	  OPENER(T1) "<6>" T2 " [      7]   107     7  1000  1000    30 0 0 qemu-kvm\n" SUMMARY(
		  T2, "/vm", "7") KILLED("<3>" T2, "7", "qemu-kvm"),
	  "7 qemu-kvm none /vm", "p", 1 },
	{ "a forged summary names no cgroup",
	  OPENER(T1) "<6>" T1 " overlayfs: '/x\n" SUMMARY(T1, "/other", "7")
		  KILLED("<3>" T2, "7", "qemu-kvm"),
	  "7 qemu-kvm unknown", "p", 1 },
	{ "a forged killed line does not use up the report of a real kill",
	  OPENER(T1) SUMMARY(T1, "/vm", "7") "<3>" T1 " overlayfs: '/x\n" KILLED("<3>" T1, "6", "a")
		  KILLED("<3>" T2, "7", "qemu-kvm"),
	  "6 a unknown; 7 qemu-kvm none /vm", "dp", 1 },
	{ "printk.time=0: the time is user text", "<3>overlayfs: '/x\n" KILLED("<3>[    7.000000]", "7", "a"),
	  "7 a unknown", "d", 0 },
	{ "printk.time=0: a kill after another error",
	  "<3>usb 1-1: x\n<3>Out of memory: Killed process 7 (a)" SIZES "\n", "7 a unknown", "d", 0 },
	{ "printk.time=0: a kill after its summary",
	  "<6>oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/"
	  ",mems_allowed=0,global_oom,task_memcg=/vm,task=a,pid=7,uid=0\n<3>Out of memory: Killed process 7 "
	  "(a)" SIZES "\n",
	  "7 a none /vm", "p", 1 },
};

static void check(const struct row *row)
{
	static const struct klog_query everything = { KLOG_TIME_UNKNOWN, KLOG_TIME_UNKNOWN, NULL, NULL,
						      false };
	static const struct file_roots host = { 0 };
	TEXT_ON_STACK(kills, 512);
	TEXT_ON_STACK(proofs, 16);
	struct klog_source *source;
	struct klog_summary summary;
	struct klog_failure failure;
	struct klog_boot boot;
	struct replay replay;
	char *copy = strdup(row->text);

	assert_non_null(copy);
	replay_begin(&replay);
	klog_boot_read(&boot, &host);
	assert_int_equal(klog_syslog_open_text(&source, copy, strlen(copy), &host, &failure), 0);
	assert_int_equal(klog_read(source, &everything, oom_parser_feed, replay.parser, &summary, &failure),
			 0);
	klog_close(source);
	replay_end(&replay);
	describe_kills(&replay.list, &kills);
	for (size_t i = 0; i < replay.list.count; i++) {
		const struct oom_kill *kill = &replay.list.kills[i];

		text_append(&proofs, kill->proven ? "p" : kill->dubious ? "d" : "-");
	}
	if (strcmp(kills.data, row->kills) != 0 || strcmp(proofs.data, row->proofs) != 0)
		fail_msg("%s: \"%s\" %s; wanted \"%s\" %s", row->what, kills.data, proofs.data, row->kills,
			 row->proofs);
	if (oom_parser_killed_lines(replay.parser, boot.id) != row->lines)
		fail_msg("%s: lines are counted wrong", row->what);
	replay_free(&replay);
}

static void newline_in_user_text_forges_and_hides_no_kill(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		check(&rows[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(newline_in_user_text_forges_and_hides_no_kill),
	};

	return cmocka_run_group_tests_name("oom_dubious", tests, NULL, NULL);
}
