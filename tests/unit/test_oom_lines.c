/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Each line of a report, in the forms that kernels have printed it. */
#include "unit.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "oom/lines.h"

static void append_kb(struct text *text, const char *name, int64_t kb)
{
	if (kb != OOM_UNKNOWN)
		text_printf(text, " %s=%lld", name, (long long)kb);
}

/* For example "7 [x] uid=0 vm=1 anon=2": only the fields that the line contains. */
static void describe(struct text *text, const char *line)
{
	struct oom_line_reason reason;
	struct oom_kill kill;

	oom_kill_init(&kill);
	if (!oom_line_killed(line, strlen(line), &kill, &reason)) {
		text_append(text, "no");
		return;
	}
	text_printf(text, "%lld [", (long long)kill.pid);
	text_append_untrusted(text, kill.comm, strlen(kill.comm), TEXT_ASCII);
	text_append(text, "]");
	append_kb(text, "uid", kill.uid);
	append_kb(text, "vm", kill.total_vm_kb);
	append_kb(text, "anon", kill.anon_rss_kb);
	append_kb(text, "file", kill.file_rss_kb);
	append_kb(text, "shmem", kill.shmem_rss_kb);
	append_kb(text, "pgtables", kill.pgtables_kb);
	append_kb(text, "rss", kill.rss_kb);
	if (kill.has_oom_score_adj)
		text_printf(text, " adj=%d", kill.oom_score_adj);
	text_printf(text, " %s",
		    reason.prefix == OOM_PREFIX_NONE    ? "none"
		    : reason.prefix == OOM_PREFIX_HOST  ? "host"
		    : reason.prefix == OOM_PREFIX_MEMCG ? "memcg"
							: "vendor");
	if (reason.constraint == OOM_CONSTRAINT_MEMPOLICY || reason.constraint == OOM_CONSTRAINT_CPUSET)
		text_printf(text, " %s", oom_constraint_name(reason.constraint));
}

static void killed_line_is_read_in_every_form(void **state)
{
	static const struct {
		const char *line;
		const char *says;
	} cases[] = {
		/* 2.4, 2.6 */
		{ "Out of Memory: Killed process 731 (httpd).", "731 [httpd] host" },
		{ "No available memory (MPOL_BIND): Killed process 7 (numa).", "7 [numa] host mempolicy" },
		{ "No available memory in cpuset: Killed process 7 (job).", "7 [job] host cpuset" },
		/* EL5 */
		{ "Out of memory: Killed process 7919, UID 504, (ora).", "7919 [ora] uid=504 host" },
		{ "Out of memory: Killed process 7919, UID 504 ora", "7919 [ora] uid=504 host" },
		/* 2.6.27, 2.6.34 */
		{ "Killed process 12 (x)", "12 [x] none" },
		{ "Killed process 12 (x) vsz:9kB, anon-rss:8kB, file-rss:7kB",
		  "12 [x] vm=9 anon=8 file=7 none" },
		/* EL6, EL7 */
		{ "Killed process 5, UID 498, (mysqld) total-vm:9kB, anon-rss:8kB, file-rss:7kB",
		  "5 [mysqld] uid=498 vm=9 anon=8 file=7 none" },
		{ "Killed process 5 (mysqld), UID 27, total-vm:9kB, anon-rss:8kB, file-rss:7kB, "
		  "shmem-rss:6kB",
		  "5 [mysqld] uid=27 vm=9 anon=8 file=7 shmem=6 none" },
		/* 3.x, 5.1, 5.4 */
		{ "Killed process 5 (a b) total-vm:9kB, anon-rss:8kB, file-rss:7kB",
		  "5 [a b] vm=9 anon=8 file=7 none" },
		{ "Memory cgroup out of memory: Killed process 5 (x) total-vm:9kB, anon-rss:8kB, "
		  "file-rss:7kB, "
		  "shmem-rss:6kB",
		  "5 [x] vm=9 anon=8 file=7 shmem=6 memcg" },
		{ "Out of memory (oom_kill_allocating_task): Killed process 5 (x) total-vm:9kB, "
		  "anon-rss:8kB, "
		  "file-rss:7kB, shmem-rss:6kB, UID:64055 pgtables:5kB oom_score_adj:-17",
		  "5 [x] uid=64055 vm=9 anon=8 file=7 shmem=6 pgtables=5 adj=-17 host" },
		{ "Vendor (v2) out of memory: Killed process 5 (x) total-vm:9kB", "5 [x] vm=9 vendor" },
		/* OpenVZ, Virtuozzo 6 */
		{ "Out of memory in UB 1001: OOM killed process 5 (a b) score 0 vm:9kB, rss:8kB, swap:7kB",
		  "5 [a b] vm=9 rss=8 memcg" },
		{ "Out of memory in UB 0: OOM killed process 5 (x) score 0 vm:9kB, rss:8kB, swap:7kB",
		  "5 [x] vm=9 rss=8 host" },
		{ "Out of memory: OOM killed process 5 () score 1) score 0 vm:9kB, rss:8kB, swap:7kB",
		  "5 [) score 1] vm=9 rss=8 host" },
		{ "Memory cgroup out of memory: OOM killed process 5 (x) vm:9kB, rss:8kB",
		  "5 [x] vm=9 rss=8 memcg" },
		{ "OOM killed process 5 (x) score 0 vm:9kB, rss:8kB, swap:7kB", "5 [x] vm=9 rss=8 none" },
		{ "Out of memory in UB: OOM killed process 5 (x) score 0 vm:9kB", "no" },
		{ "Out of memory in UB 1001x: OOM killed process 5 (x) score 0 vm:9kB", "no" },
		{ "Vendor: OOM killed process 5 (x) score 0 vm:9kB, rss:8kB", "no" },
		/* without blanks, or with unusual separators */
		{ "Memory cgroup out of memory: Killed process 5 (x) total-vm:9kB,anon-rss:8kB,file-rss:7kB,"
		  "shmem-rss:6kB,UID:3 pgtables:5kB oom_score_adj:0",
		  "5 [x] uid=3 vm=9 anon=8 file=7 shmem=6 pgtables=5 adj=0 memcg" },
		{ "Killed process 5 (x) total-vm:9kB,anon-rss:8kB,UID:3,pgtables:5kB,oom_score_adj:0",
		  "5 [x] uid=3 vm=9 anon=8 pgtables=5 adj=0 none" },
		{ "Killed process 5 (x) total-vm:9kB anon-rss:8kB ,  file-rss:7kB,",
		  "5 [x] vm=9 anon=8 file=7 none" },
		/* process names */
		{ "Out of memory: Killed process 5 ((sd-pam)) total-vm:9kB, anon-rss:0kB",
		  "5 [(sd-pam)] vm=9 anon=0 host" },
		{ "Out of memory: Killed process 5 () total-vm:9kB,) total-vm:8kB, anon-rss:7kB",
		  "5 [) total-vm:9kB,] vm=8 anon=7 host" },
		{ "Killed process 5 () total-vm:9kB,), UID 3, total-vm:8kB",
		  "5 [) total-vm:9kB,] uid=3 vm=8 none" },
		{ "Out of memory: Killed process 5 (), UID 0, tot) total-vm:8kB",
		  "5 [), UID 0, tot] vm=8 host" },
		{ "Out of memory: Killed process 5 () total-vm:1kB", "5 [] vm=1 host" },
		{ "Out of memory: Killed process 5 (a\nb\xff) total-vm:1kB", "5 [a\\x0ab\\xff] vm=1 host" },
		/* cut at the right edge: a number that may have lost digits is unknown */
		{ "Out of memory: Killed process 9925 (qemu-system-x86) total-vm:17kB, anon-rss:8433680kB, "
		  "UID:0 "
		  "pgtables:2585>",
		  "9925 [qemu-system-x86] uid=0 vm=17 anon=8433680 host" },
		{ "Out of memory: Killed process 5 (x) total-vm:17kB, anon-rss:84", "5 [x] vm=17 host" },
		{ "Out of memory: Killed process 5 (x) total-vm:17kB, UID:10", "5 [x] vm=17 host" },
		{ "Out of memory: Killed process 6439 (tra", "6439 [tra] host" },
		{ "Out of memory: Killed process 6439 (tra>", "6439 [tra] host" },
		{ "Out of memory: Killed process 64", "no" },
		{ "Out of memory: Killed process ", "no" },
		/* numbers that are out of range */
		{ "Out of memory: Killed process 5 (x) total-vm:18446744073709551616kB, anon-rss:7kB",
		  "5 [x] anon=7 host" },
		{ "Out of memory: Killed process 5 (x) total-vm:18446744073709551615kB, anon-rss:7kB",
		  "5 [x] anon=7 host" },
		{ "Out of memory: Killed process 99999999999999999999 (x) total-vm:1kB", "no" },
		{ "Out of memory: Killed process 5 (x) total-vm:1kB, UID:0 oom_score_adj:1001 ",
		  "5 [x] uid=0 vm=1 host" },
		/* text of other origin */
		{ "usb 1-1: Product: Out of memory: Killed process 5 (x) total-vm:1kB", "no" },
		{ "'Out of memory: Killed process 5 (x) total-vm:1kB", "no" },
		{ "Killed process  invoked oom-killer: gfp_mask=0xcc0", "no" },
		{ "Vendor out of memory: Killed process 5 (x)", "no" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		TEXT_ON_STACK(text, 512);

		describe(&text, cases[i].line);
		if (strcmp(text.data, cases[i].says) != 0)
			fail_msg("%s\n   gave %s\n not %s", cases[i].line, text.data, cases[i].says);
	}
}

static void announcement_must_end_with_its_score(void **state)
{
	static const struct {
		const char *line;
		int64_t pid;
		const char *comm;
	} cases[] = {
		{ "Out of memory: Kill process 7 (x) score 126 or sacrifice child", 7, "x" },
		{ "Memory cgroup out of memory: Kill process 7 (a) score 1) score 9 or sacrifice child", 7,
		  "a) score 1" },
		{ "Out of memory: kill process 7 (x) score 55 or a child", 7, "x" }, /* 2.6.31 */
		{ "Out of memory: Kill process 7 (x) sharing same memory", OOM_UNKNOWN, "" },
		{ "Kill process 7 (x) score 126 or sacrifice child", OOM_UNKNOWN, "" },
		{ "node  Memory cgroup out of memory: Kill process 7 (x) score 2 or sacrifice child",
		  OOM_UNKNOWN, "" },
		{ "Out of memory: Kill process 7 (x) sco", OOM_UNKNOWN, "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct oom_line_reason reason;
		struct oom_kill kill;

		oom_kill_init(&kill);
		assert_int_equal(oom_line_announced(cases[i].line, strlen(cases[i].line), &kill, &reason),
				 cases[i].pid != OOM_UNKNOWN);
		assert_int_equal(kill.pid, cases[i].pid);
		assert_string_equal(kill.comm, cases[i].comm);
	}
}

static void summary_is_split_correctly(void **state)
{
#define TAIL ",task=x,pid=7,uid=1"
	static const struct {
		const char *line;
		enum oom_constraint constraint;
		const char *cgroup;
		const char *limit_cgroup;
		const char *comm;
		int64_t pid;
		bool complete;
	} cases[] = {
		{ "oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,"
		  "task_memcg=/a" TAIL,
		  OOM_CONSTRAINT_NONE, "/a", "", "x", 7, true },
		{ "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=c,mems_allowed=0,oom_memcg=/a,"
		  "task_memcg=/a/b" TAIL,
		  OOM_CONSTRAINT_MEMCG, "/a/b", "/a", "x", 7, true },
		/* 5.0 to 5.2 */
		{ "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),oom_memcg=/a,task_memcg=/a" TAIL,
		  OOM_CONSTRAINT_MEMCG, "/a", "/a", "x", 7, true },
		{ "oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null)" TAIL, OOM_CONSTRAINT_NONE, "", "",
		  "x", 7, true },
		{ "oom-kill:constraint=CONSTRAINT_CPUSET,nodemask=(null),cpuset=c,mems_allowed=1,global_oom,"
		  "task_memcg=/a" TAIL,
		  OOM_CONSTRAINT_CPUSET, "/a", "", "x", 7, true },
		{ "oom-kill:constraint=CONSTRAINT_MEMORY_POLICY,nodemask=1,cpuset=/"
		  ",mems_allowed=0-1,global_oom,"
		  "task_memcg=/a" TAIL,
		  OOM_CONSTRAINT_MEMPOLICY, "/a", "", "x", 7, true },
		/* unknown constraint: the keys of the cgroups decide */
		{ "oom-kill:constraint=CONSTRAINT_NEW_ONE,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/"
		  "a,"
		  "task_memcg=/a" TAIL,
		  OOM_CONSTRAINT_MEMCG, "/a", "/a", "x", 7, true },
		/* names that contain keys */
		{ "oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,"
		  "task_memcg=/a,task=,pid=1,pid=7,uid=1",
		  OOM_CONSTRAINT_NONE, "/a", "", ",pid=1", 7, true },
		{ "oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,"
		  "task_memcg=/a,b,task=x,pid=1,uid=0" TAIL,
		  OOM_CONSTRAINT_NONE, "/a,b,task=x,pid=1,uid=0", "", "x", 7, true },
		/* cgroups that contain keys, to look like another's */
		{ "oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,"
		  "task_memcg=/mine,task_memcg=/machine.slice/yours" TAIL,
		  OOM_CONSTRAINT_NONE, "/mine,task_memcg=/machine.slice/yours", "", "x", 7, true },
		{ "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=c,mems_allowed=0,"
		  "oom_memcg=/m,task_memcg=/yours,task_memcg=/m,task_memcg=/yours/b" TAIL,
		  OOM_CONSTRAINT_MEMCG, "/m,task_memcg=/yours/b", "/m,task_memcg=/yours", "x", 7, true },
		/* cut off: the fields that remain */
		{ "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null)", OOM_CONSTRAINT_MEMCG, "", "", "",
		  OOM_UNKNOWN, false },
		{ "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=c,mems_allowed=0,oom_memcg=/"
		  "a,task_memcg=/a/b",
		  OOM_CONSTRAINT_MEMCG, "/a/b", "/a", "", OOM_UNKNOWN, false },
		{ "oom-kill:constraint=", OOM_CONSTRAINT_UNKNOWN, "", "", "", OOM_UNKNOWN, false },
	};
#undef TAIL

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct oom_line_summary summary;

		assert_true(oom_line_summary(cases[i].line, strlen(cases[i].line), &summary));
		if (summary.constraint != cases[i].constraint ||
		    !cursor_equals(&summary.cgroup, cases[i].cgroup) ||
		    !cursor_equals(&summary.limit_cgroup, cases[i].limit_cgroup) ||
		    !cursor_equals(&summary.comm, cases[i].comm) || summary.pid != cases[i].pid ||
		    summary.complete != cases[i].complete)
			fail_msg("%s", cases[i].line);
	}
}

static void task_in_line_names_both_cgroups(void **state)
{
	static const struct {
		const char *line;
		const char *cgroup;
		const char *limit_cgroup;
		bool complete;
	} cases[] = {
		{ "Task in /a/b killed as a result of limit of /a", "/a/b", "/a", true },
		{ "Task in /a killed as a result of limit of /b killed as a result of limit of "
		  "/a killed as a result of limit of /b",
		  "/a killed as a result of limit of /b", "/a killed as a result of limit of /b", true },
		{ "Task in /a killed as a result of limit of ", "/a", "", false },
		{ "Task in ", "", "", false },
	};
	struct oom_line_task_in paths;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_true(oom_line_task_in(cases[i].line, strlen(cases[i].line), &paths));
		assert_int_equal(paths.complete, cases[i].complete);
		if (cases[i].complete) {
			assert_true(cursor_equals(&paths.cgroup, cases[i].cgroup));
			assert_true(cursor_equals(&paths.limit_cgroup, cases[i].limit_cgroup));
		}
	}
	assert_false(oom_line_task_in("Task in queue", 13, &paths));
}

static void mem_info_lines_give_sizes(void **state)
{
	static const struct {
		const char *line;
		const char *label;
		int64_t free_kb;
		int64_t total_kb;
	} zones[] = {
		{ "Node 0 DMA free:892kB boost:0kB min:132kB present:15992kB managed:15360kB mlocked:0kB",
		  "Node 0 DMA", 892, 15360 },
		{ "Node 12 Normal free:5kB min:1kB present:3596500kB mlocked:0kB", "Node 12 Normal", 5,
		  3596500 },
		{ "HighMem free:3560kB min:512kB present:131072kB", "HighMem", 3560,
		  131072 }, /* 2.6 without NUMA */
		{ "Node 0 DMA32 free:2677864kB min:7004kB inactivB", "Node 0 DMA32", 2677864, OOM_UNKNOWN },
	};
	static const char *const others[] = {
		"Node 0 active_anon:2680kB inactive_anon:191728kB",
		"Node 0 DMA per-cpu:",
		"Node 0 DMA: 1*4kB (U) = 892kB",
		"DMA free:12",
		"Node 0 hugepages_total=0 hugepages_free=0",
		"free:720717 free_pcp:2 free_cma:0",
	};
	struct oom_line_zone zone;
	int64_t value;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(zones); i++) {
		assert_true(oom_line_zone(zones[i].line, strlen(zones[i].line), &zone));
		assert_true(cursor_equals(&zone.label, zones[i].label));
		assert_int_equal(zone.free_kb, zones[i].free_kb);
		assert_int_equal(zone.total_kb, zones[i].total_kb);
	}
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		assert_false(oom_line_zone(others[i], strlen(others[i]), &zone));

	const char *buddy = "Node 0 Normal: 12*64kB (U) 0*128kB = 768kB"; /* ppc64 */
	assert_true(oom_line_buddy(buddy, strlen(buddy), &value));
	assert_int_equal(value, 64);
	assert_true(oom_line_pages("65406 pages RAM", 15, &value));
	assert_int_equal(value, 65406);
}

static void unlimited_or_cut_limit_is_unknown(void **state)
{
	static const struct {
		const char *line;
		int64_t limit_kb;
	} cases[] = {
		{ "memory: usage 24576kB, limit 24576kB, failcnt 37", 24576 },
		{ "memory: usage 1kB, limit 9007199254740988kB, failcnt 0", OOM_UNKNOWN },
		{ "memory: usage 1kB, limit 18014398509481983kB, failcnt 0", OOM_UNKNOWN },
		{ "memory: usage 1kB, limit 245", OOM_UNKNOWN },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int64_t limit_kb = 0;

		assert_true(oom_line_limit(cases[i].line, strlen(cases[i].line), &limit_kb));
		assert_int_equal(limit_kb, cases[i].limit_kb);
	}
}

static void header_gives_invoker_mask_and_order(void **state)
{
	static const struct {
		const char *line;
		const char *comm;
		const char *gfp_mask;
		int order;
	} cases[] = {
		{ "CPU 0/KVM invoked oom-killer: "
		  "gfp_mask=0x140dca(GFP_HIGHUSER_MOVABLE|__GFP_COMP|__GFP_ZERO), order=9, "
		  "oom_score_adj=0",
		  "CPU 0/KVM", "0x140dca", 9 },
		{ "x invoked oom-killer: gfp_mask=0x15000c0(GFP_KERNEL_ACCOUNT), nodemask=(null), order=0, "
		  "oom_score_adj=0",
		  "x", "0x15000c0", 0 },
		{ "sshd invoked oom-killer: gfp_mask=0x200d2, order=0, oom_adj=0, oom_score_adj=0", "sshd",
		  "0x200d2", 0 },
		{ "kworker/0:0 invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=-1, oom_score_adj=0",
		  "kworker/0:0", "0xcc0", -1 },
		{ "oom-killer: gfp_mask=0xd2, order=0", "", "0xd2", 0 }, /* up to 2.6.15 */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct oom_kill kill;

		oom_kill_init(&kill);
		assert_true(oom_line_header(cases[i].line, strlen(cases[i].line), &kill));
		assert_string_equal(kill.invoker_comm, cases[i].comm);
		assert_string_equal(kill.gfp_mask, cases[i].gfp_mask);
		assert_true(kill.has_order);
		assert_int_equal(kill.order, cases[i].order);
		assert_int_equal(kill.manual, cases[i].order == -1);
	}
}

static void cpu_line_gives_the_full_name_of_the_invoker(void **state)
{
	static const struct {
		const char *line;
		int64_t pid;
		const char *comm;
	} cases[] = {
		{ "CPU: 1 PID: 377 Comm: qemu-kvm Not tainted 6.1.0-50 #1", 377, "qemu-kvm" },
		{ "CPU: 0 UID: 64055 PID: 9 Comm: CPU 0/KVM Tainted: G        W 6.12.0 #1", 9, "CPU 0/KVM" },
		{ "CPU: 2 PID: 15307 Comm: a PID: 1 b Kdump: loaded Not tainted 5.15.0 #55", 15307,
		  "a PID: 1 b" },
		{ "Pid: 24113, comm: sshd Not tainted 2.6.32-431.el6.x86_64 #1", 24113, "sshd" },
	};
	struct cursor comm;
	int64_t pid;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_true(oom_line_cpu(cases[i].line, strlen(cases[i].line), &pid, &comm));
		assert_int_equal(pid, cases[i].pid);
		assert_true(cursor_equals(&comm, cases[i].comm));
	}
	assert_false(oom_line_cpu("CPU: Physical Processor ID: 0", 29, &pid, &comm));
}

static void line_kind_is_recognised(void **state)
{
	static const struct {
		const char *line;
		enum oom_line outside;
		enum oom_line in_report;
	} cases[] = {
		{ "qemu-kvm invoked oom-killer: gfp_mask=0xcc0, order=0", OOM_LINE_HEADER, OOM_LINE_HEADER },
		/* processes named like the start of a line */
		{ "Out of memory:  invoked oom-killer: gfp_mask=0xcc0", OOM_LINE_HEADER, OOM_LINE_HEADER },
		{ "Killed process  invoked oom-killer: gfp_mask=0xcc0", OOM_LINE_HEADER, OOM_LINE_HEADER },
		{ "oom-killer: gfp_mask=0xd2, order=0", OOM_LINE_HEADER, OOM_LINE_HEADER },
		{ "Killed process 7 (x)", OOM_LINE_KILLED, OOM_LINE_KILLED },
		{ "  Out of memory: Killed process 7 (x) total-vm:1kB", OOM_LINE_KILLED, OOM_LINE_KILLED },
		{ "Out of memory in UB 1001: OOM killed process 7 (x) score 0 vm:9kB", OOM_LINE_KILLED,
		  OOM_LINE_KILLED },
		{ "OOM killed process 7 (x) score 0 vm:9kB", OOM_LINE_KILLED, OOM_LINE_KILLED },
		{ "Memory cgroup out of memory: Kill process 7 (x) score 9 or", OOM_LINE_ANNOUNCED,
		  OOM_LINE_ANNOUNCED },
		{ "oom-kill:constraint=CONSTRAINT_NONE", OOM_LINE_SUMMARY, OOM_LINE_SUMMARY },
		{ "oom_reaper: reaped process 7 (x), now", OOM_LINE_REAPED, OOM_LINE_REAPED },
		{ "Tasks in /a are going to be killed", OOM_LINE_GROUP, OOM_LINE_GROUP },
		{ "memory: usage 1kB, limit 1kB", OOM_LINE_LIMIT, OOM_LINE_LIMIT },
		{ "CPU: 1 PID: 377 Comm: x Not tainted", OOM_LINE_OTHER, OOM_LINE_CPU },
		{ "Node 0 DMA free:892kB min:1kB", OOM_LINE_OTHER, OOM_LINE_ZONE },
		{ "65406 pages RAM", OOM_LINE_OTHER, OOM_LINE_RAM },
		{ "Kernel panic - not syncing: Out of memory: x", OOM_LINE_OTHER, OOM_LINE_NOBODY },
		{ "Out of memory: OOM victim 7 (x) is already exiting. Skip killing the task", OOM_LINE_OTHER,
		  OOM_LINE_SKIPPED },
		{ "EXT4-fs (sda1): mounted filesystem", OOM_LINE_OTHER, OOM_LINE_OTHER },
		{ "", OOM_LINE_OTHER, OOM_LINE_OTHER },
		{ "   ", OOM_LINE_OTHER, OOM_LINE_OTHER },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		size_t length = strlen(cases[i].line);

		if (oom_line_kind(cases[i].line, length, false) != cases[i].outside ||
		    oom_line_kind(cases[i].line, length, true) != cases[i].in_report)
			fail_msg("%s", cases[i].line);
	}
}

/* The fast search skips bytes; it must not miss a marker at any offset. */
static void marker_is_found_at_every_offset(void **state)
{
	static const char filler[] = "Killed oom-killer: invoked process espr:K-domc";
	char line[256];
	unsigned long random = 1;

	(void)state;
	for (unsigned round = 0; round < 20000; round++) {
		size_t at = round % 46;

		for (size_t i = 0; i < at; i++) {
			random = random * 6364136223846793005UL + 1442695040888963407UL;
			line[i] = filler[(random >> 33) % (sizeof(filler) - 1)];
		}
		strcpy(line + at, " invoked oom-killer: gfp_mask=0x0");
		assert_int_equal(oom_line_kind(line, strlen(line), false), OOM_LINE_HEADER);
		strcpy(line + at, ": Killed process 7 (x)");
		assert_int_equal(oom_line_kind(line, strlen(line), false), OOM_LINE_KILLED);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(killed_line_is_read_in_every_form),
		cmocka_unit_test(announcement_must_end_with_its_score),
		cmocka_unit_test(summary_is_split_correctly),
		cmocka_unit_test(task_in_line_names_both_cgroups),
		cmocka_unit_test(mem_info_lines_give_sizes),
		cmocka_unit_test(unlimited_or_cut_limit_is_unknown),
		cmocka_unit_test(header_gives_invoker_mask_and_order),
		cmocka_unit_test(cpu_line_gives_the_full_name_of_the_invoker),
		cmocka_unit_test(line_kind_is_recognised),
		cmocka_unit_test(marker_is_found_at_every_offset),
	};

	return cmocka_run_group_tests_name("oom_lines", tests, NULL, NULL);
}
