/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which kills the parser finds in a sequence of lines. */
#include "unit.h"

#include "replay.h"

#define HEADER "x invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0"
#define SIZES  " total-vm:9kB, anon-rss:8kB, file-rss:7kB, shmem-rss:6kB, UID:0 pgtables:5kB oom_score_adj:0"
#define GLOBAL \
	"oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,task_memcg="
#define MEMCG   "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg="
#define KILLED  "Out of memory: Killed process "
#define CKILLED "Memory cgroup out of memory: Killed process "

/* Lines, ended by NULL, and the kills that they report. */
struct log_case {
	const char *what;
	const char *lines[12];
	const char *kills;
};

static void check_cases(const struct log_case *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		TEXT_ON_STACK(text, 1024);
		struct replay replay;

		replay_begin(&replay);
		for (size_t j = 0; j < ARRAY_SIZE(cases[i].lines) && cases[i].lines[j] != NULL; j++)
			replay_line(&replay, cases[i].lines[j]);
		replay_end(&replay);
		assert_int_equal(replay.r, 0);
		describe_kills(&replay.list, &text);
		if (strcmp(text.data, cases[i].kills) != 0)
			fail_msg("%s:\n   gave %s\n not %s", cases[i].what, text.data, cases[i].kills);
		replay_free(&replay);
	}
}

static void reports_of_all_kernel_versions_are_parsed(void **state)
{
	static const struct log_case cases[] = {
		{ "2.6.15, no invoker",
		  { "oom-killer: gfp_mask=0xd2, order=0",
		    "Mem-info:", "Out of Memory: Killed process 7 (x)." },
		  "7 x unknown" },
		{ "EL5", { HEADER, "Out of memory: Killed process 7, UID 5, (x)." }, "7 x unknown" },
		{ "2.6.31: a child is killed",
		  { HEADER, "Out of memory: kill process 5 (parent) score 55 or a child",
		    "Killed process 7 (x)" },
		  "7 x unknown" },
		{ "EL6 in a memory cgroup",
		  { HEADER, "Task in /a/b killed as a result of limit of /a",
		    "memory: usage 9kB, limit 9kB, failcnt 3",
		    "Memory cgroup out of memory: Kill process 7 (x) score 1 or sacrifice child",
		    "Killed process 7, UID 0, (x) total-vm:9kB, anon-rss:8kB, file-rss:7kB" },
		  "7 x memcg /a/b </a" },
		{ "3.x: the announced parent lives, its child dies",
		  { HEADER, "Out of memory: Kill process 5 (parent) score 9 or sacrifice child",
		    "Killed process 7 (x) total-vm:9kB, anon-rss:8kB, file-rss:7kB" },
		  "7 x unknown" },
		{ "5.0",
		  { HEADER, MEMCG "/a,task_memcg=/a,task=x,pid=7,uid=0", CKILLED "7 (x)" SIZES },
		  "7 x memcg /a </a" },
		{ "OpenVZ: a container's limit, and the host's memory",
		  { "Out of memory in UB 1001: OOM killed process 7 (x) score 0 vm:9kB, rss:8kB, swap:7kB",
		    "Out of memory: OOM killed process 8 (y) score 0 vm:9kB, rss:8kB, swap:7kB" },
		  "7 x memcg <container 1001 rss=8; 8 y unknown rss=8" },
		{ "5.1 and later",
		  { HEADER, GLOBAL "/a,task=x,pid=7,uid=0", KILLED "7 (x)" SIZES,
		    "oom_reaper: reaped process 7 (x), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB" },
		  "7 x none /a" },
	};

	(void)state;
	check_cases(cases, ARRAY_SIZE(cases));
}

static void lines_are_joined_by_adjacency(void **state)
{
	static const struct log_case cases[] = {
		{ "the leader exited: both pid and name differ",
		  { HEADER, MEMCG "/a,task_memcg=/a,task=qemu-kvm,pid=809,uid=0",
		    CKILLED "810 (CPU 0/KVM)" SIZES },
		  "810 CPU 0/KVM memcg /a </a" },
		{ "a kill uses up its report",
		  { HEADER, MEMCG "/a,task_memcg=/a,task=x,pid=7,uid=0", CKILLED "7 (x)" SIZES,
		    CKILLED "8 (y)" SIZES },
		  "7 x memcg /a </a; 8 y memcg" },
		{ "unrelated lines in between",
		  { HEADER, "usb 1-1: new device", MEMCG "/a,task_memcg=/a,task=x,pid=7,uid=0",
		    "usb 1-1: gone", CKILLED "7 (x)" SIZES },
		  "7 x memcg /a </a" },
		{ "a summary without its killed line belongs to no other kill",
		  { HEADER, GLOBAL "/a,task=x,pid=7,uid=0", HEADER,
		    MEMCG "/b,task_memcg=/b,task=y,pid=8,uid=0", CKILLED "8 (y)" SIZES },
		  "7 x none /a inferred; 8 y memcg /b </b" },
		{ "a summary does not belong to a kill of another constraint",
		  { GLOBAL "/a,task=x,pid=7,uid=0", CKILLED "8 (y)" SIZES },
		  "7 x none /a inferred; 8 y memcg" },
		{ "a summary does not belong to a kill of another user's process",
		  { GLOBAL "/a,task=x,pid=7,uid=107", KILLED "8 (y)" SIZES },
		  "7 x none /a inferred; 8 y unknown" },
		{ "a summary after its kill, as in a log with the newest line first",
		  { "oom_reaper: reaped process 7 (x), now anon-rss:0kB, file-rss:0kB", KILLED "7 (x)" SIZES,
		    GLOBAL "/a,task=x,pid=7,uid=0", HEADER },
		  "7 x none /a" },
		{ "no summary: the prefix of the killed line decides",
		  { CKILLED "7 (x)" SIZES },
		  "7 x memcg" },
		{ "no summary, and a prefix that does not decide", { KILLED "7 (x)" SIZES }, "7 x unknown" },
		{ "SysRq-f",
		  { "kworker/0:1 invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=-1, oom_score_adj=0",
		    GLOBAL "/a,task=x,pid=7,uid=0", KILLED "7 (x)" SIZES, KILLED "8 (y)" SIZES },
		  "7 x none /a manual; 8 y unknown" },
	};

	(void)state;
	check_cases(cases, ARRAY_SIZE(cases));
}

#define TASK_IN(path, limit) "Task in " path " killed as a result of limit of " limit
#define REAPED(victim)       "oom_reaper: reaped process " victim ", now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB"

static void reaper_line_names_the_victim_of_a_report_without_one(void **state)
{
	static const struct log_case cases[] = {
		{ "the report and the reaper's line",
		  { TASK_IN("/a/b", "/a"), "memory: usage 9kB, limit 9kB, failcnt 3", REAPED("7 (x)") },
		  "7 x memcg /a/b </a inferred" },
		{ "a reaper line of an earlier kill within the next report",
		  { HEADER, TASK_IN("/a", "/a"), CKILLED "7 (x)" SIZES, HEADER, TASK_IN("/b", "/b"),
		    REAPED("7 (x)"), CKILLED "8 (y)" SIZES },
		  "7 x memcg /a </a; 8 y memcg /b </b" },
		{ "a reaper line of an earlier, lost kill within the next report",
		  { HEADER, TASK_IN("/b", "/b"), REAPED("7 (x)"),
		    "Memory cgroup out of memory: Kill process 8 (y) score 9 or sacrifice child",
		    "Killed process 8 (y) total-vm:9kB, anon-rss:8kB, file-rss:7kB" },
		  "7 x unknown inferred; 8 y memcg /b </b" },
		{ "the same without an announcement",
		  { HEADER, TASK_IN("/b", "/b"), REAPED("7 (x)"), CKILLED "8 (y)" SIZES },
		  "7 x unknown inferred; 8 y memcg /b </b" },
		{ "two reaper lines: the report is joined with neither",
		  { HEADER, TASK_IN("/b", "/b"), REAPED("7 (x)"), REAPED("8 (y)") },
		  "7 x unknown inferred; 8 y unknown inferred" },
		{ "a repeated reaper line counts once",
		  { HEADER, TASK_IN("/b", "/b"), REAPED("7 (x)"), REAPED("7 (x)") },
		  "7 x memcg /b </b inferred" },
		{ "a summary overrides the reaper line",
		  { HEADER, MEMCG "/b,task_memcg=/b,task=y,pid=8,uid=0", REAPED("7 (x)") },
		  "8 y memcg /b </b inferred; 7 x unknown inferred" },
		{ "two reports with a reaper line each",
		  { HEADER, TASK_IN("/a", "/a"), REAPED("7 (x)"), HEADER, TASK_IN("/b", "/b"),
		    REAPED("8 (y)") },
		  "7 x memcg /a </a inferred; 8 y memcg /b </b inferred" },
	};

	(void)state;
	check_cases(cases, ARRAY_SIZE(cases));
}

static void torn_lines_are_reassembled(void **state)
{
	static const struct log_case cases[] = {
		{ "a summary in fragments",
		  { HEADER, "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null)", "usb 1-1: new device",
		    ",cpuset=", "some.scope", ",mems_allowed=0,oom_memcg=", "/a", ",task_memcg=", "/a/b c",
		    ",task=CPU 0/KVM,pid=7,uid=0", CKILLED "7 (x)" SIZES },
		  "7 x memcg /a/b c </a" },
		{ "the last fragments are missing",
		  { HEADER, "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null)",
		    ",cpuset=", CKILLED "7 (x)" SIZES },
		  "7 x memcg" },
		{ "a task in line in fragments",
		  { HEADER, "Task in ", "/a/b", " killed as a result of limit of ", "/a",
		    "Memory cgroup out of memory: Kill process 7 (x) score 1 or sacrifice child",
		    "Killed process 7 (x) total-vm:9kB" },
		  "7 x memcg /a/b </a" },
	};

	(void)state;
	check_cases(cases, ARRAY_SIZE(cases));
}

static void oom_group_is_one_report(void **state)
{
	static const struct log_case cases[] = {
		{ "the first victim is printed twice, its sizes differ",
		  { HEADER, MEMCG "/a,task_memcg=/a/b,task=x,pid=7,uid=0", CKILLED "7 (x)" SIZES,
		    "Tasks in /a are going to be killed due to memory.oom.group set", CKILLED "6 (w)" SIZES,
		    CKILLED "7 (x) total-vm:9kB, anon-rss:0kB, file-rss:0kB", CKILLED "8 (y)" SIZES },
		  "7 x memcg /a/b </a; 6 w memcg /a </a; 8 y memcg /a </a" },
		{ "torn: the summary gives the cgroup",
		  { HEADER, MEMCG "/a,task_memcg=/a,task=x,pid=7,uid=0", CKILLED "7 (x)" SIZES, "Tasks in ",
		    "/a", CKILLED "7 (x)" SIZES, CKILLED "8 (y)" SIZES },
		  "7 x memcg /a </a; 8 y memcg /a </a" },
		{ "its report was suppressed by the rate limit",
		  { CKILLED "7 (x)" SIZES, "Tasks in /a are going to be killed due to memory.oom.group set",
		    CKILLED "6 (w)" SIZES, CKILLED "7 (x)" SIZES },
		  "7 x memcg /a; 6 w memcg /a" },
		{ "the group is not joined with the report before",
		  { HEADER, MEMCG "/a,task_memcg=/a,task=x,pid=7,uid=0", CKILLED "7 (x)" SIZES,
		    CKILLED "8 (y)" SIZES, "Tasks in /b are going to be killed due to memory.oom.group set",
		    CKILLED "8 (y)" SIZES, CKILLED "9 (z)" SIZES },
		  "7 x memcg /a </a; 8 y memcg /b; 9 z memcg /b" },
	};

	(void)state;
	check_cases(cases, ARRAY_SIZE(cases));
}

static void late_kill_does_not_belong_to_the_group(void **state)
{
	TEXT_ON_STACK(text, 256);
	struct replay replay;

	(void)state;
	replay_begin(&replay);
	replay_line(&replay, MEMCG "/a,task_memcg=/a,task=x,pid=7,uid=0");
	replay_line(&replay, CKILLED "7 (x)" SIZES);
	replay_line(&replay, "Tasks in /a are going to be killed due to memory.oom.group set");
	replay_line(&replay, CKILLED "7 (x)" SIZES);
	replay.now_usec += 2000000;
	replay_line(&replay, CKILLED "8 (y)" SIZES);
	replay_end(&replay);
	describe_kills(&replay.list, &text);
	assert_string_equal(text.data, "7 x memcg /a </a; 8 y memcg");
	replay_free(&replay);
}

static void report_without_a_victim_is_no_kill(void **state)
{
	static const struct log_case cases[] = {
		{ "no killable process", { HEADER, "Out of memory and no killable processes..." }, "" },
		{ "the next kill does not belong to that report",
		  { HEADER, "memory: usage 9kB, limit 9kB, failcnt 3",
		    "Out of memory and no killable processes...", KILLED "7 (x)" SIZES },
		  "7 x unknown" },
		{ "panic_on_oom",
		  { HEADER,
		    "Kernel panic - not syncing: Out of memory: system-wide panic_on_oom is enabled" },
		  "" },
		{ "the victim was already exiting",
		  { HEADER, GLOBAL "/a,task=x,pid=7,uid=0",
		    "Out of memory: OOM victim 7 (x) is already exiting. Skip killing the task" },
		  "" },
		{ "announced but not killed",
		  { HEADER, "Out of memory: Kill process 7 (x) score 9 or sacrifice child",
		    "usb 1-1: new device" },
		  "" },
		{ "only a header", { HEADER }, "" },
	};

	(void)state;
	check_cases(cases, ARRAY_SIZE(cases));
}

static void kill_without_a_killed_line_is_inferred(void **state)
{
	static const struct log_case cases[] = {
		{ "the log ends with the summary",
		  { HEADER, GLOBAL "/a,task=x,pid=7,uid=0" },
		  "7 x none /a inferred" },
		{ "the log ends with the announcement",
		  { "Out of memory: Kill process 7 (x) score 9 or sacrifice child" },
		  "7 x unknown inferred" },
		{ "only the reaper was seen",
		  { "oom_reaper: reaped process 7 (runc:[2:INIT]), now anon-rss:0kB, file-rss:0kB, "
		    "shmem-rss:0kB" },
		  "7 runc:[2:INIT] unknown inferred" },
		{ "the reaper line came first and has the full name",
		  { "oom_reaper: reaped process 7 (tracker), now anon-rss:0kB, file-rss:0kB",
		    KILLED "7 (tra" },
		  "7 tracker unknown" },
	};

	(void)state;
	check_cases(cases, ARRAY_SIZE(cases));
}

static void vm_killing_line_counts_only_after_an_allocation_failure(void **state)
{
	static const struct log_case cases[] = {
		{ "2.4",
		  { "__alloc_pages: 0-order allocation failed (gfp=0x1d2/0)", "VM: killing process x" },
		  "- x unknown" },
		{ "another reason", { "do_wp_page: bogus page at address 1", "VM: killing process x" }, "" },
		{ "2.6", { HEADER, "Mem-info:", "VM: killing process x(7)" }, "7 x unknown" },
		{ "not directly before",
		  { "__alloc_pages: 0-order allocation failed (gfp=0x1d2/0)", "usb 1-1: new device",
		    "VM: killing process x" },
		  "" },
	};

	(void)state;
	check_cases(cases, ARRAY_SIZE(cases));
}

static void only_kernel_lines_report_kills(void **state)
{
	static const char line[] = KILLED "7 (x)" SIZES;
	static const struct {
		struct klog_record record;
		size_t kills;
	} cases[] = {
		{ { .facility = KLOG_FACILITY_KERN }, 1 },
		{ { .facility = 1 }, 0 },
		{ { .facility = 1, .identifier = "kernel" }, 0 },
		{ { .facility = KLOG_UNKNOWN, .identifier = "kernel" }, 1 },
		{ { .facility = KLOG_UNKNOWN, .identifier = "myapp" }, 0 },
		{ { .facility = KLOG_UNKNOWN, .identifier = "systemd-oomd" }, 0 },
		{ { .facility = KLOG_UNKNOWN }, 1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct klog_record record = cases[i].record;
		struct replay replay;

		record.realtime_usec = record.monotonic_usec = KLOG_TIME_UNKNOWN;
		record.text = line;
		record.text_length = strlen(line);
		replay_begin(&replay);
		replay_record(&replay, &record);
		replay_end(&replay);
		assert_int_equal(replay.list.count, cases[i].kills);
		replay_free(&replay);
	}
}

static void forged_summary_is_not_joined_with_a_true_kill(void **state)
{
	TEXT_ON_STACK(text, 256);
	struct replay replay;

	(void)state;
	replay_begin(&replay);
	replay_line(&replay, HEADER);
	replay_bytes(&replay, GLOBAL "/machine.slice/vm,task=x,pid=7,uid=0",
		     strlen(GLOBAL "/machine.slice/vm,task=x,pid=7,uid=0"), "myapp");
	replay_line(&replay, KILLED "7 (x)" SIZES);
	replay_end(&replay);
	describe_kills(&replay.list, &text);
	assert_string_equal(text.data, "7 x unknown");
	replay_free(&replay);
}

static void new_boot_ends_a_report(void **state)
{
	static const char summary[] = GLOBAL "/a,task=x,pid=7,uid=0", killed[] = KILLED "8 (y)" SIZES;
	TEXT_ON_STACK(text, 256);
	struct replay replay;
	struct klog_record record = {
		.realtime_usec = 1000,
		.monotonic_usec = 1000,
		.proven = true,
		.has_boot_id = true,
		.boot_id = { 1 },
		.text = summary,
		.text_length = sizeof(summary) - 1,
	};

	(void)state;
	replay_begin(&replay);
	replay_record(&replay, &record);
	record.boot_id[0] = 2;
	record.text = killed;
	record.text_length = sizeof(killed) - 1;
	replay_record(&replay, &record);
	replay_end(&replay);
	describe_kills(&replay.list, &text);
	assert_string_equal(text.data, "7 x none /a inferred; 8 y unknown");
	assert_true(replay.list.kills[0].proven);
	assert_int_equal(replay.list.kills[0].boot_id[0], 1);
	replay_free(&replay);
}

static void old_report_is_discarded(void **state)
{
	struct replay replay;

	(void)state;
	replay_begin(&replay);
	replay_line(&replay,
		    "asker invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0");
	replay.now_usec += 61 * INT64_C(1000000);
	replay_line(&replay, KILLED "7 (x)" SIZES);
	replay_end(&replay);
	assert_int_equal(replay.list.count, 1);
	assert_false(replay.list.kills[0].has_invoker);
	replay_free(&replay);
}

static void second_mem_info_is_not_added_to_the_first(void **state)
{
	struct replay replay;

	(void)state;
	replay_begin(&replay);
	replay_line(&replay, HEADER);
	for (unsigned i = 0; i < 2; i++) { /* the second comes from an allocation failure on another CPU */
		replay_line(&replay, "Node 0 DMA free:10kB min:1kB present:100kB managed:90kB");
		replay_line(&replay, "Node 0 Normal free:20kB min:1kB present:1000kB managed:900kB");
	}
	replay_line(&replay, KILLED "7 (x)" SIZES);
	replay_line(&replay, "Node 0 DMA free:10kB min:1kB present:100kB managed:90kB");
	replay_end(&replay);
	assert_int_equal(replay.list.kills[0].host_free_kb, 30);
	assert_int_equal(replay.list.kills[0].host_total_kb, 990);
	replay_free(&replay);
}

static void cut_zone_total_is_replaced_by_the_pages_of_ram(void **state)
{
	struct replay replay;

	(void)state;
	replay_begin(&replay);
	replay_line(&replay, HEADER);
	replay_line(&replay, "Node 0 DMA free:64kB min:1kB inactivB");
	replay_line(&replay, "Node 0 DMA: 1*64kB (U) 0*128kB = 64kB");
	replay_line(&replay, "1000 pages RAM");
	replay_line(&replay, "100 pages reserved");
	replay_line(&replay, KILLED "7 (x)" SIZES);
	replay_end(&replay);
	assert_int_equal(replay.list.kills[0].host_free_kb, 64);
	assert_int_equal(replay.list.kills[0].host_total_kb, INT64_C(900) * 64);
	replay_free(&replay);
}

static void wrapped_lines_of_a_pasted_log_are_joined(void **state)
{
	static const struct {
		const char *lines[5];
		const char *kills;
		int64_t anon_rss_kb;
	} cases[] = {
		{ { "Out of memory: Killed process 7 (x)", "    total-vm:9kB, anon-rss:8kB",
		    "total-vm:99kB, anon-rss:88kB" },
		  "7 x unknown",
		  8 },
		{ { "Memory cgroup out of memory: Killed process 7", "(a b) total-vm:9kB,",
		    "anon-rss:8kB, file-rss:7kB," },
		  "7 a b memcg",
		  8 },
		{ { "oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,",
		    "global_oom,task_memcg=/a/", "b.service,task=x,pid=7,uid=0",
		    "Out of memory: Killed process 7 (x) total-vm:9kB,", "anon-rss:8kB, ..." },
		  "7 x none /a/b.service",
		  8 },
		{ { "Out of memory: Killed process 7", "usb 1-1: new device", "(x) total-vm:9kB" },
		  "",
		  OOM_UNKNOWN },
		{ { "Out of memory: Killed process ", "(x) total-vm:9kB" }, "", OOM_UNKNOWN },
		{ { "Out of memory: Killed process 7 (x) total-vm:9kB, anon-rss:8kB", "(y) anon-rss:9kB" },
		  "7 x unknown",
		  8 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		TEXT_ON_STACK(text, 256);
		struct replay replay;

		replay_begin(&replay);
		for (size_t j = 0; j < ARRAY_SIZE(cases[i].lines) && cases[i].lines[j] != NULL; j++)
			replay_bytes(&replay, cases[i].lines[j], strlen(cases[i].lines[j]), "kernel");
		replay_end(&replay);
		describe_kills(&replay.list, &text);
		assert_string_equal(text.data, cases[i].kills);
		if (replay.list.count > 0)
			assert_int_equal(replay.list.kills[0].anon_rss_kb, cases[i].anon_rss_kb);
		replay_free(&replay);
	}
}

static void proven_records_are_not_joined(void **state)
{
	struct replay replay;

	(void)state;
	replay_begin(&replay);
	replay_line(&replay, "Out of memory: Killed process 7");
	replay_line(&replay, "(x) total-vm:9kB, anon-rss:8kB");
	replay_end(&replay);
	assert_int_equal(replay.list.count, 0);
	replay_free(&replay);
}

static void killed_lines_are_counted_once_per_record_and_boot(void **state)
{
	static const uint8_t other_boot[16] = { 0xff };
	struct replay replay;

	(void)state;
	replay_begin(&replay);
	for (unsigned source = 0; source < 2; source++) { /* the ring buffer, then the journal */
		replay.now_usec = 1000000;
		replay_line(&replay, CKILLED "7 (x)" SIZES);
		replay_line(&replay, CKILLED "7 (x)" SIZES); /* the first victim of the group again */
		for (unsigned pid = 100; pid < 200; pid++) {
			TEXT_ON_STACK(line, 256);

			text_printf(&line, CKILLED "%u (x)" SIZES, pid);
			replay_line(&replay, line.data);
		}
		replay_bytes(&replay, KILLED "9 (z)", strlen(KILLED "9 (z)"), "kernel"); /* not proven */
		replay_end(&replay);
	}
	assert_int_equal(oom_parser_killed_lines(replay.parser, replay_boot), 102);
	assert_int_equal(oom_parser_killed_lines(replay.parser, other_boot), 0);
	replay_free(&replay);
}

static void flush_ends_a_report(void **state)
{
	TEXT_ON_STACK(text, 256);
	struct replay replay;

	(void)state;
	replay_begin(&replay);
	replay_line(&replay,
		    "asker invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0");
	replay_line(&replay, "memory: usage 9kB, limit 9kB, failcnt 3");
	replay_end(&replay);
	replay_line(&replay, CKILLED "7 (x)" SIZES);
	replay_end(&replay);
	describe_kills(&replay.list, &text);
	assert_string_equal(text.data, "7 x memcg");
	assert_false(replay.list.kills[0].has_invoker);
	replay_free(&replay);
}

static void kill_has_the_time_of_its_killed_line(void **state)
{
	struct replay replay;

	(void)state;
	replay_begin(&replay);
	replay_line(&replay, HEADER);
	replay_line(&replay, GLOBAL "/a,task=x,pid=7,uid=0");
	replay.now_usec = 5000000;
	replay_line(&replay, KILLED "7 (x)" SIZES);
	replay_line(&replay, "oom_reaper: reaped process 7 (x), now anon-rss:0kB, file-rss:0kB");
	replay_end(&replay);
	assert_int_equal(replay.list.count, 1);
	assert_int_equal(replay.list.kills[0].realtime_usec, 5000000);
	assert_int_equal(replay.list.kills[0].monotonic_usec, 5000000);
	assert_true(replay.list.kills[0].has_boot_id);
	assert_memory_equal(replay.list.kills[0].boot_id, replay_boot, sizeof(replay_boot));
	replay_free(&replay);
}

static void uid_is_taken_from_the_summary_if_the_killed_line_has_none(void **state)
{
	static const struct {
		const char *killed;
		int64_t uid;
	} cases[] = {
		{ KILLED "7 (x) total-vm:9kB, anon-rss:8kB", 107 }, /* 5.0 to 5.3 */
		{ KILLED "8 (y) total-vm:9kB, anon-rss:8kB", OOM_UNKNOWN },
		{ KILLED "7 (x) total-vm:9kB, anon-rss:8kB, UID:107 pgtables:5kB", 107 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct replay replay;

		replay_begin(&replay);
		replay_line(&replay, GLOBAL "/a,task=x,pid=7,uid=107");
		replay_line(&replay, cases[i].killed);
		replay_end(&replay);
		assert_int_equal(replay.list.count, 1);
		assert_int_equal(replay.list.kills[0].uid, cases[i].uid);
		replay_free(&replay);
	}
}

/* A reader with an index yields only the records around a match. */
static void every_line_that_reports_a_kill_contains_a_match(void **state)
{
	static const struct {
		const char *text;
		const char *program;
		int level; /* level of the record in the journal */
	} cases[] = {
		{ KILLED "7 (x)" SIZES, NULL, 3 },
		{ "Killed process 7, UID 0, (x) total-vm:9kB", NULL, 3 },
		{ "Out of Memory: Killed process 7 (x).", NULL, 3 },
		{ "Out of memory: Kill process 7 (x) score 9 or sacrifice child", NULL, 3 },
		{ "Out of memory: kill process 7 (x) score 9 or a child", NULL, 3 },
		{ GLOBAL "/a,task=x,pid=7,uid=0", NULL, KLOG_NOT_INDEXED },
		{ "oom_reaper: reaped process 7 (x), now anon-rss:0kB", NULL, KLOG_NOT_INDEXED },
		{ "VM: killing process x", NULL, KLOG_NOT_INDEXED },
		{ "Killed /a.scope due to memory pressure for /a being 1%", "systemd-oomd", KLOG_UNKNOWN },
		{ "Marked /a.scope for killing due to memory used", "systemd-oomd", KLOG_UNKNOWN },
		{ "a.scope: systemd-oomd killed 3 process(es) in this unit.", "systemd", KLOG_UNKNOWN },
		{ "a.scope: systemd-oomd killed some process(es) in this unit.", "systemd", KLOG_UNKNOWN },
		{ "a.scope: A process of this unit has been killed by the OOM killer.", "systemd",
		  KLOG_UNKNOWN },
		{ "a.scope: The kernel OOM killer killed some processes in this unit.", "systemd",
		  KLOG_UNKNOWN },
		{ "sending SIGTERM to process 7 uid 0 \"x\": badness 1", "earlyoom", KLOG_UNKNOWN },
		{ "killing process 7 \"x\" with signal 15: badness 1", "earlyoom", KLOG_UNKNOWN },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		bool found = false;

		for (size_t j = 0; j < oom_filter.match_count; j++) {
			const struct klog_match *match = &oom_filter.matches[j];
			bool same_program = match->program == NULL || cases[i].program == NULL
						    ? match->program == cases[i].program
						    : strcmp(match->program, cases[i].program) == 0;

			found |= same_program && match->level == cases[i].level &&
				 strstr(cases[i].text, match->text) != NULL;
		}
		if (!found)
			fail_msg("%s", cases[i].text);
	}
	assert_non_null(strstr(HEADER, oom_filter.header));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reports_of_all_kernel_versions_are_parsed),
		cmocka_unit_test(lines_are_joined_by_adjacency),
		cmocka_unit_test(reaper_line_names_the_victim_of_a_report_without_one),
		cmocka_unit_test(torn_lines_are_reassembled),
		cmocka_unit_test(oom_group_is_one_report),
		cmocka_unit_test(late_kill_does_not_belong_to_the_group),
		cmocka_unit_test(report_without_a_victim_is_no_kill),
		cmocka_unit_test(kill_without_a_killed_line_is_inferred),
		cmocka_unit_test(vm_killing_line_counts_only_after_an_allocation_failure),
		cmocka_unit_test(only_kernel_lines_report_kills),
		cmocka_unit_test(forged_summary_is_not_joined_with_a_true_kill),
		cmocka_unit_test(new_boot_ends_a_report),
		cmocka_unit_test(old_report_is_discarded),
		cmocka_unit_test(second_mem_info_is_not_added_to_the_first),
		cmocka_unit_test(cut_zone_total_is_replaced_by_the_pages_of_ram),
		cmocka_unit_test(wrapped_lines_of_a_pasted_log_are_joined),
		cmocka_unit_test(proven_records_are_not_joined),
		cmocka_unit_test(killed_lines_are_counted_once_per_record_and_boot),
		cmocka_unit_test(flush_ends_a_report),
		cmocka_unit_test(kill_has_the_time_of_its_killed_line),
		cmocka_unit_test(uid_is_taken_from_the_summary_if_the_killed_line_has_none),
		cmocka_unit_test(every_line_that_reports_a_kill_contains_a_match),
	};

	return cmocka_run_group_tests_name("oom_parser", tests, NULL, NULL);
}
