/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Userspace OOM killers, with the messages of their versions. */
#include "unit.h"

#include "replay.h"

struct log_case {
	const char *what;
	const char *lines[8];
	const char *kills;
};

static void check_cases(const char *identifier, const struct log_case *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		TEXT_ON_STACK(text, 1024);
		struct replay replay;

		replay_begin(&replay);
		replay.step_usec = 3000000;
		for (size_t j = 0; j < ARRAY_SIZE(cases[i].lines) && cases[i].lines[j] != NULL; j++)
			replay_bytes(&replay, cases[i].lines[j], strlen(cases[i].lines[j]), identifier);
		replay_end(&replay);
		describe_kills(&replay.list, &text);
		if (strcmp(text.data, cases[i].kills) != 0)
			fail_msg("%s:\n   gave %s\n not %s", cases[i].what, text.data, cases[i].kills);
		replay_free(&replay);
	}
}

static void systemd_oomd_kill_names_the_cgroup(void **state)
{
	static const struct log_case cases[] = {
		{ "248, memory pressure",
		  { "Killed /user.slice/a.scope due to memory pressure for /user.slice being 51.07% > 50.00% "
		    "for > 20s with "
		    "reclaim activity" },
		  "- a.scope unknown /user.slice/a.scope systemd-oomd" },
		{ "250, memory and swap",
		  { "Killed /a.slice/b c.service due to memory used (16260780032) / total (16419115008) and "
		    "swap used (1) / total "
		    "(2) being more than 90.00%" },
		  "- b c.service unknown /a.slice/b c.service systemd-oomd" },
		{ "248, swap",
		  { "Killed /a.service due to swap used (1) / total (2) being more than 90.00%" },
		  "- a.service unknown /a.service systemd-oomd" },
		{ "260 announces a kill, which is not counted",
		  { "Marked /a.service for killing due to memory used (1) / total (2) and swap used (1) / "
		    "total (2) being more than 90.00%",
		    "Marked /b.scope for killing due to memory pressure for / being 61.00% > 60.00% for > "
		    "30s "
		    "with reclaim activity" },
		  "" },
		{ "261, rules",
		  { "Rule 'big' conditions met for cgroup /a.slice for 5s, taking action kill-all",
		    "Failed to kill all processes in /a.slice: No such device" },
		  "" },
		{ "candidates, attempts and units",
		  { "Considered 97 cgroups for killing, top candidates were:",
		    "        Path: /user.slice/a.scope", "oomd dry-run: Would have tried to kill /a.service",
		    "Failed to kill any cgroup(s) based on swap: x",
		    "Killed process 7 (x) total-vm:9kB, anon-rss:8kB", "Killed /a.service" },
		  "" },
	};

	(void)state;
	check_cases("systemd-oomd", cases, ARRAY_SIZE(cases));
}

#define MARKED(path)    "systemd-oomd", "Marked " path " for killing due to memory used (1) / total (2)"
#define OOMD(path)      "systemd-oomd", "Killed " path " due to memory used (1) / total (2)"
#define UNIT(unit, how) "systemd", unit ": systemd-oomd killed " how " process(es) in this unit."
#define LATER           "", ""

/* Two strings per line: identifier and text. LATER is two minutes. */
static void systemd_unit_line_confirms_a_systemd_oomd_kill(void **state)
{
	static const struct {
		const char *what;
		const char *lines[12];
		const char *kills;
	} cases[] = {
		{ "260",
		  { MARKED("/a.slice/b.scope"), UNIT("b.scope", "3") },
		  "- b.scope unknown /a.slice/b.scope systemd-oomd" },
		{ "260, a unit that takes minutes to end",
		  { MARKED("/a.slice/b.scope"), LATER, UNIT("b.scope", "3") },
		  "- b.scope unknown /a.slice/b.scope systemd-oomd" },
		{ "not counted",
		  { MARKED("/a.slice/b.scope"), UNIT("b.scope", "some") },
		  "- b.scope unknown /a.slice/b.scope systemd-oomd" },
		{ "261, killed by a rule", { UNIT("b.scope", "3") }, "- b.scope unknown systemd-oomd" },
		{ "a mark of another unit",
		  { MARKED("/a.slice/bb.scope"), UNIT("b.scope", "3") },
		  "- b.scope unknown systemd-oomd" },
		{ "the newest mark",
		  { MARKED("/old/b.scope"), MARKED("/new/b.scope"), UNIT("b.scope", "3") },
		  "- b.scope unknown /new/b.scope systemd-oomd" },
		{ "a mark long ago",
		  { MARKED("/old/b.scope"), LATER, LATER, LATER, LATER, UNIT("b.scope", "3") },
		  "- b.scope unknown /old/b.scope systemd-oomd" },
		{ "before 260, reported twice",
		  { OOMD("/a.slice/b.scope"), UNIT("b.scope", "3") },
		  "- b.scope unknown /a.slice/b.scope systemd-oomd" },
		{ "in the other order",
		  { UNIT("b.scope", "3"), OOMD("/a.slice/b.scope") },
		  "- b.scope unknown /a.slice/b.scope systemd-oomd" },
		{ "reported late, as a large unit takes long to end",
		  { OOMD("/a.slice/b.scope"), LATER, UNIT("b.scope", "3") },
		  "- b.scope unknown /a.slice/b.scope systemd-oomd" },
		{ "twice",
		  { OOMD("/a/b.scope"), UNIT("b.scope", "3"), LATER, OOMD("/a/b.scope"),
		    UNIT("b.scope", "5") },
		  "- b.scope unknown /a/b.scope systemd-oomd; - b.scope unknown /a/b.scope systemd-oomd" },
		{ "twice, 260",
		  { MARKED("/a/b.scope"), UNIT("b.scope", "3"), LATER, MARKED("/a/b.scope"),
		    UNIT("b.scope", "5") },
		  "- b.scope unknown /a/b.scope systemd-oomd; - b.scope unknown /a/b.scope systemd-oomd" },
		{ "two units",
		  { UNIT("b.scope", "1"), UNIT("c.service", "1") },
		  "- b.scope unknown systemd-oomd; - c.service unknown systemd-oomd" },
		{ "lines that are not from a unit",
		  { "systemd", "x: b.scope: systemd-oomd killed 3 process(es) in this unit.", "systemd",
		    "b.scope: systemd-oomd killed all", "systemd",
		    ": systemd-oomd killed 3 process(es) in this unit.", "app",
		    "b.scope: systemd-oomd killed 3 process(es) in this unit.", "systemd-oomd",
		    "b.scope: systemd-oomd killed 3 process(es) in this unit." },
		  "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		TEXT_ON_STACK(text, 1024);
		struct replay replay;

		replay_begin(&replay);
		for (size_t j = 0; j < ARRAY_SIZE(cases[i].lines) && cases[i].lines[j] != NULL; j += 2) {
			if (cases[i].lines[j][0] == '\0')
				replay.now_usec += INT64_C(120000000);
			else
				replay_bytes(&replay, cases[i].lines[j + 1], strlen(cases[i].lines[j + 1]),
					     cases[i].lines[j]);
		}
		replay_end(&replay);
		describe_kills(&replay.list, &text);
		if (strcmp(text.data, cases[i].kills) != 0)
			fail_msg("%s:\n   gave %s\n not %s", cases[i].what, text.data, cases[i].kills);
		replay_free(&replay);
	}
}

static void earlyoom_kill_is_parsed(void **state)
{
	static const struct log_case cases[] = {
		{ "1.2",
		  { "killing process 7 \"bash\" with signal 15: badness 550, VmRSS 7609 MiB",
		    "process 7 exited after 1.9 seconds" },
		  "7 bash unknown earlyoom rss=7791616" },
		{ "1.3",
		  { "sending SIGTERM to process 7 \"python3\": badness 209, VmRSS 2891 MiB" },
		  "7 python3 unknown earlyoom rss=2960384" },
		{ "1.6",
		  { "sending SIGKILL to process 7 uid 1000 \"code\": badness 866, VmRSS 5 MiB",
		    "process exited after 0.1 seconds" },
		  "7 code unknown earlyoom rss=5120" },
		{ "1.8",
		  { "sending SIGTERM to process 7 uid 0 \"x\": oom_score 800, oom_score_adj 300, VmRSS 9 "
		    "MiB, cmdline \"x \": badness 1\"" },
		  "7 x unknown earlyoom rss=9216" },
		{ "a size that does not fit, or is cut",
		  { "sending SIGTERM to process 7 uid 0 \"x\": badness 1, VmRSS 9223372036854775807 MiB",
		    "sending SIGTERM to process 8 uid 0 \"y\": badness 1, VmRSS 12" },
		  "7 x unknown earlyoom; 8 y unknown earlyoom" },
		{ "a name with a size",
		  { "sending SIGTERM to process 7 uid 0 \", VmRSS 1 MiB\": badness 1, VmRSS 5 MiB" },
		  "7 , VmRSS 1 MiB unknown earlyoom rss=5120" },
		{ "a name with quotes",
		  { "sending SIGTERM to process 7 uid 0 \"a\": b\": badness 1, VmRSS 5 MiB" },
		  "7 a\": b unknown earlyoom rss=5120" },
		{ "escalated: one kill",
		  { "sending SIGTERM to process 7 uid 0 \"x\": badness 1, VmRSS 5 MiB",
		    "escalating to SIGKILL after 2.4 seconds", "process exited after 2.8 seconds" },
		  "7 x unknown earlyoom rss=5120" },
		{ "SIGTERM, then SIGKILL in a second round: one kill",
		  { "sending SIGTERM to process 7 uid 0 \"x\": badness 1, VmRSS 5 MiB",
		    "sending SIGKILL to process 7 uid 0 \"x\": badness 1, VmRSS 5 MiB" },
		  "7 x unknown earlyoom rss=5120" },
		{ "several",
		  { "sending SIGTERM to process 7 uid 0 \"x\": badness 1, VmRSS 5 MiB",
		    "process exited after 0.1 seconds",
		    "sending SIGTERM to process 8 uid 0 \"y\": badness 1, VmRSS 5 MiB" },
		  "7 x unknown earlyoom rss=5120; 8 y unknown earlyoom rss=5120" },
		{ "permission denied",
		  { "sending SIGTERM to process 7 uid 0 \"x\": badness 1, VmRSS 5 MiB",
		    "kill failed: Operation not permitted" },
		  "" },
		{ "signalled, but still there after ten seconds",
		  { "sending SIGTERM to process 7 uid 0 \"x\": badness 1, VmRSS 5 MiB",
		    "process 7 did not exit", "kill failed: Timer expired" },
		  "7 x unknown earlyoom rss=5120" },
		{ "gone before SIGKILL",
		  { "sending SIGTERM to process 7 uid 0 \"x\": badness 1, VmRSS 5 MiB",
		    "escalating to SIGKILL after 2.4 seconds", "kill failed: No such process" },
		  "7 x unknown earlyoom rss=5120" },
		{ "a dry run",
		  { "sending SIGTERM to process 7 uid 0 \"x\": badness 1, VmRSS 5 MiB",
		    "dryrun, not actually sending any signal" },
		  "" },
		{ "the self-test",
		  { "sending 0 (no-op signal) to process 7 uid 0 \"x\": badness 1, VmRSS 5 MiB" },
		  "" },
		{ "all other messages",
		  { "mem avail:   165 of 31880 MiB ( 0.52%), swap free: 19581 of 49151 MiB (39.84%)",
		    "low memory! at or below SIGTERM limits: mem  5.00%, swap 40.00%",
		    "Invoking oom killer: done", "Could not find a process to kill. Sleeping 1 second.",
		    "sending SIGTERM to process 7", "Out of memory: Killed process 7 (x) total-vm:9kB" },
		  "" },
	};

	(void)state;
	check_cases("earlyoom", cases, ARRAY_SIZE(cases));
}

static void messages_of_other_programs_are_ignored(void **state)
{
	static const struct log_case cases[] = {
		{ "quoted",
		  { "sending SIGTERM to process 7 uid 0 \"x\": badness 1, VmRSS 5 MiB",
		    "Killed /a.service due to swap used (1) / total (2) being more than 90.00%" },
		  "" },
	};

	(void)state;
	check_cases("earlyoom-watch", cases, ARRAY_SIZE(cases));
	check_cases("kernel", cases, ARRAY_SIZE(cases));
	check_cases(NULL, cases, ARRAY_SIZE(cases));
}

static void kernel_kill_overrides_an_earlyoom_kill(void **state)
{
	static const char sending[] =
		"sending SIGTERM to process 7 uid 1000 \"bash\": badness 550, VmRSS 7609 MiB";
	TEXT_ON_STACK(text, 256);
	struct replay replay;

	(void)state;
	replay_begin(&replay);
	replay_bytes(&replay, sending, strlen(sending), "earlyoom");
	replay_line(&replay,
		    "Out of memory: Killed process 7 (bash) total-vm:9kB, anon-rss:8kB, file-rss:7kB");
	replay_bytes(&replay, "process exited after 1.9 seconds", 32, "earlyoom");
	replay_end(&replay);
	describe_kills(&replay.list, &text);
	assert_string_equal(text.data, "7 bash unknown rss=7791616");
	assert_int_equal(replay.list.kills[0].uid, 1000);
	assert_int_equal(replay.list.kills[0].anon_rss_kb, 8);
	replay_free(&replay);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(systemd_oomd_kill_names_the_cgroup),
		cmocka_unit_test(systemd_unit_line_confirms_a_systemd_oomd_kill),
		cmocka_unit_test(earlyoom_kill_is_parsed),
		cmocka_unit_test(messages_of_other_programs_are_ignored),
		cmocka_unit_test(kernel_kill_overrides_an_earlyoom_kill),
	};

	return cmocka_run_group_tests_name("oom_userspace", tests, NULL, NULL);
}
