/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Counts the proven killed lines of each boot. */
#include "unit.h"

#include "oom/counter.h"

static struct klog_record make_record(uint8_t boot, int64_t monotonic_usec)
{
	return (struct klog_record){ .has_boot_id = boot != 0,
				     .boot_id = { boot },
				     .monotonic_usec = monotonic_usec };
}

static void line_read_from_two_sources_counts_once(void **state)
{
	static const struct {
		uint8_t boot;
		int64_t monotonic_usec;
		int64_t pid;
		uint64_t lines_of_boot_1;
	} steps[] = {
		{ 1, 100, 7, 1 },
		{ 1, 200, 7, 2 }, /* memory.oom.group prints its first victim twice */
		{ 1, 100, 8, 3 },
		{ 2, 100, 7, 3 },
		{ 1, 100, 7, 3 }, /* the same records in the journal */
		{ 1, 200, 7, 3 },
		{ 1, KLOG_TIME_UNKNOWN, 7, 4 }, /* cannot be distinguished */
		{ 1, KLOG_TIME_UNKNOWN, 7, 5 },
		{ 0, 300, 7, 5 }, /* unknown boot */
	};
	static const uint8_t boot_1[16] = { 1 }, boot_2[16] = { 2 }, boot_3[16] = { 3 };
	struct counter counter = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		struct klog_record record = make_record(steps[i].boot, steps[i].monotonic_usec);

		assert_int_equal(counter_add(&counter, &record, steps[i].pid), 0);
		assert_int_equal(counter_lines(&counter, boot_1), steps[i].lines_of_boot_1);
	}
	assert_int_equal(counter_lines(&counter, boot_2), 1);
	assert_int_equal(counter_lines(&counter, boot_3), 0);
	counter_destroy(&counter);
}

static void first_and_newest_boots_are_kept(void **state)
{
	enum { BOOTS = 2 * COUNTER_BOOTS_MAX + 3 };
	struct counter counter = { 0 };

	(void)state;
	for (unsigned boot = 1; boot <= BOOTS; boot++) {
		struct klog_record record = make_record((uint8_t)boot, 100);

		assert_int_equal(counter_add(&counter, &record, 7), 0);
	}
	for (unsigned boot = 1; boot <= BOOTS; boot++) {
		uint8_t id[16] = { (uint8_t)boot };

		assert_int_equal(counter_lines(&counter, id),
				 boot == 1 || boot > BOOTS - (COUNTER_BOOTS_MAX - 1) ? 1 : 0);
	}
	counter_destroy(&counter);
}

static void lines_beyond_the_bound_still_count(void **state)
{
	static const uint8_t boot[16] = { 1 };
	struct counter counter = { 0 };

	(void)state;
	for (int64_t i = 0; i < COUNTER_LINES_MAX + 100; i++) {
		struct klog_record record = make_record(1, i);

		assert_int_equal(counter_add(&counter, &record, 7), 0);
	}
	assert_int_equal(counter_lines(&counter, boot), COUNTER_LINES_MAX + 100);
	assert_int_equal(counter.line_count, COUNTER_LINES_MAX);
	counter_destroy(&counter);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(line_read_from_two_sources_counts_once),
		cmocka_unit_test(first_and_newest_boots_are_kept),
		cmocka_unit_test(lines_beyond_the_bound_still_count),
	};

	return cmocka_run_group_tests_name("oom_counter", tests, NULL, NULL);
}
