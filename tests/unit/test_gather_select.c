/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

#include "base/array.h"
#include "gather/saved.h"
#include "gather/select.h"

#define SECOND INT64_C(1000000)
#define NOW    INT64_C(1795383365000000)

/* Simulates a run that reads one kill, recorded by a text log at NOW, in a boot that began at
 * `boot_usec` and in which the kernel counted `counter` kills. Saves the kill to *memory and
 * returns it. */
static struct gather_kill run(struct saved_kills *saved, int64_t boot_usec, uint64_t counter)
{
	const struct gather_request request = {
		.since_usec = KLOG_TIME_UNKNOWN,
		.until_usec = KLOG_TIME_UNKNOWN,
		.now_usec = NOW + 600 * SECOND,
		.roots = { .procfs = "/nonexistent", .sysfs = "/nonexistent", .rootfs = "/nonexistent" },
		.saved = saved,
	};
	struct gather_result result = { .has_counter = true, .counter = counter, .boot_usec = boot_usec };
	struct oom_kill kill;

	oom_kill_init(&kill);
	kill.pid = 11;
	kill.realtime_usec = NOW;
	kill.of_this_host = true;
	assert_int_equal(oom_list_add(&result.list, &kill), 0);
	assert_int_equal(select_kills(&request, &result), 0);
	assert_int_equal(result.count, 1);
	assert_int_equal(saved_update(saved, &request, &result), 0);

	const struct gather_kill found = result.kills[0];
	gather_result_destroy(&result);
	return found;
}

static void reboot_does_not_confirm_an_uncounted_kill(void **state)
{
	static const struct {
		const char *what;
		uint64_t counter;
		bool seen_before_reboot, unconfirmed;
	} rows[] = {
		{ "no kill was counted in its boot", 0, true, true },
		{ "a kill was counted in its boot", 1, true, false },
		{ "no run saw it in its boot", 0, false, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct saved_kills saved = { 0 };

		if (rows[i].seen_before_reboot) {
			const struct gather_kill before = run(&saved, NOW - SECOND, rows[i].counter);

			assert_int_equal(before.unconfirmed, rows[i].unconfirmed);
		}
		for (int runs = 0; runs < 2; runs++) {
			if (run(&saved, NOW + 60 * SECOND, 0).unconfirmed != rows[i].unconfirmed)
				fail_msg("%s", rows[i].what);
		}
		saved_destroy(&saved);
	}
}

/* A user writes a line, then the kernel kills a process. */
static void counted_kill_confirms_the_line(void **state)
{
	struct saved_kills saved = { 0 };

	(void)state;
	assert_true(run(&saved, NOW - SECOND, 0).unconfirmed);
	assert_false(run(&saved, NOW - SECOND, 1).unconfirmed);
	saved_destroy(&saved);
}

/* A syslog(2) line that may be a user's text, in this run or an earlier one. */
static void dubious_kill_is_unconfirmed_until_proven(void **state)
{
	const struct gather_request request = {
		.since_usec = KLOG_TIME_UNKNOWN,
		.until_usec = KLOG_TIME_UNKNOWN,
		.now_usec = NOW,
		.roots = { .procfs = "/nonexistent", .sysfs = "/nonexistent", .rootfs = "/nonexistent" },
	};
	static struct saved_kills saved, content;
	static char buffer[SAVED_TEXT_MAX];

	(void)state;
	for (int proven = 0; proven < 2; proven++) {
		struct gather_result result = { .has_counter = true,
						.counter = 1,
						.boot_usec = NOW - 600 * SECOND };
		struct gather_request remembering = request;
		struct text text;

		for (int i = 0; i <= proven; i++) {
			struct oom_kill kill;

			oom_kill_init(&kill);
			kill.pid = 11;
			kill.realtime_usec = NOW - SECOND;
			kill.dubious = i == 0;
			kill.proven = !kill.dubious;
			assert_int_equal(oom_list_add(&result.list, &kill), 0);
		}
		remembering.saved = &saved;
		assert_int_equal(select_kills(&remembering, &result), 0);
		assert_int_equal(result.count, 1);
		assert_int_equal(result.kills[0].unconfirmed, !proven);
		assert_int_equal(saved_update(&saved, &remembering, &result), 0);
		gather_result_destroy(&result);

		text_init(&text, buffer, sizeof(buffer));
		saved_print(&saved, &text);
		assert_int_equal(saved_parse(&content, buffer), 0);
		assert_int_equal(content.kill_count, 1);
		assert_int_equal(content.kills[0].kill.dubious, !proven);
		assert_int_equal(content.kills[0].unconfirmed, !proven);
		saved_destroy(&saved);
		saved_destroy(&content);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reboot_does_not_confirm_an_uncounted_kill),
		cmocka_unit_test(counted_kill_confirms_the_line),
		cmocka_unit_test(dubious_kill_is_unconfirmed_until_proven),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
