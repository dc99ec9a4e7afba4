/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

#include <errno.h>
#include <string.h>

#include "gather/coverage.h"

static const uint8_t this_boot[16] = { 1 }, other_boot[16] = { 2 };
static const struct account_lines no_lines = { .newest_line_usec = KLOG_TIME_UNKNOWN };

#define HOUR INT64_C(3600000000)
#define NOW  INT64_C(1795383365000000)

/* A window of 24 hours, the sources that were read, and the gap that they leave. */
static const struct row {
	const char *what;
	int64_t boot_hours; /* ago */
	struct {
		enum klog_kind kind;
		int error; /* from opening it */
		int64_t oldest_hours;
		bool whole_boot;
	} status[3];
	bool has_counter;
	uint64_t counter, lines;
	enum gather_gap gap;
	uint64_t unrecorded;
} rows[] = {
	{ "the ring buffer holds a long boot completely",
	  72,
	  { { KLOG_KMSG, 0, 72, true } },
	  true,
	  1,
	  1,
	  GATHER_GAP_NONE,
	  0 },
	{ "the ring buffer reaches back past the window",
	  720,
	  { { KLOG_KMSG, 0, 30, false } },
	  true,
	  5,
	  0,
	  GATHER_GAP_NONE,
	  0 },
	{ "the ring buffer was overwritten, the counter matches",
	  720,
	  { { KLOG_KMSG, 0, 2, false }, { KLOG_JOURNAL, -ENOENT, 0, false } },
	  true,
	  0,
	  0,
	  GATHER_GAP_COUNTED,
	  0 },
	{ "the ring buffer was overwritten, the counter is higher",
	  720,
	  { { KLOG_KMSG, 0, 2, false }, { KLOG_JOURNAL, -ENOENT, 0, false } },
	  true,
	  1,
	  0,
	  GATHER_GAP_BLIND,
	  0 },
	{ "the ring buffer was overwritten, no counter before 4.13",
	  720,
	  { { KLOG_KMSG, 0, 2, false } },
	  false,
	  0,
	  0,
	  GATHER_GAP_BLIND,
	  0 },
	{ "the ring buffer was overwritten, the journal has the rest",
	  720,
	  { { KLOG_KMSG, 0, 2, false }, { KLOG_JOURNAL, 0, 400, false } },
	  true,
	  3,
	  0,
	  GATHER_GAP_NONE,
	  0 },
	{ "booted in the window, nothing older is kept",
	  1,
	  { { KLOG_KMSG, 0, 1, true },
	    { KLOG_JOURNAL, -ENOENT, 0, false },
	    { KLOG_FILE, -ENOENT, 0, false } },
	  true,
	  0,
	  0,
	  GATHER_GAP_BEFORE,
	  0 },
	{ "booted in the window, access to the journal is denied",
	  1,
	  { { KLOG_KMSG, 0, 1, true }, { KLOG_JOURNAL, -EACCES, 0, false } },
	  true,
	  0,
	  0,
	  GATHER_GAP_BLIND,
	  0 },
	{ "booted in the window, the journal has the earlier boot",
	  1,
	  { { KLOG_KMSG, 0, 1, true }, { KLOG_JOURNAL, 0, 300, false } },
	  true,
	  0,
	  0,
	  GATHER_GAP_NONE,
	  0 },
	{ "kmsg denied, the journal covers the window",
	  720,
	  { { KLOG_KMSG, -EPERM, 0, false },
	    { KLOG_SYSLOG, -EPERM, 0, false },
	    { KLOG_JOURNAL, 0, 300, false } },
	  true,
	  0,
	  0,
	  GATHER_GAP_NONE,
	  0 },
	{ "nothing can be read, and the counter is 0",
	  72,
	  { { KLOG_KMSG, -EPERM, 0, false }, { KLOG_JOURNAL, -EACCES, 0, false } },
	  true,
	  0,
	  0,
	  GATHER_GAP_BLIND,
	  0 },
	{ "the ring buffer is complete, but a kill is missing",
	  72,
	  { { KLOG_KMSG, 0, 72, true } },
	  true,
	  3,
	  1,
	  GATHER_GAP_NONE,
	  2 },
};

/* More about the sources of a row. */
struct more {
	int64_t end_hours;  /* age of a file's last line */
	int64_t boot_hours; /* age of the journal's oldest entry of this boot; -1: no entry; 0: unknown */
	uint64_t lost;
};

/* Sources that end early or have a hole. */
static const struct {
	struct row row;
	struct more more[3];
} holes[] = {
	{ { "the ring buffer was overwritten, and rsyslog ended before its oldest record",
	    720,
	    { { KLOG_KMSG, 0, 2, false }, { KLOG_FILE, 0, 400, false } },
	    true,
	    1,
	    0,
	    GATHER_GAP_BLIND,
	    0 },
	  { { 0, 0, 0 }, { 5, 0, 0 } } },
	{ { "the same, with nothing counted",
	    720,
	    { { KLOG_KMSG, 0, 2, false }, { KLOG_FILE, 0, 400, false } },
	    true,
	    0,
	    0,
	    GATHER_GAP_COUNTED,
	    0 },
	  { { 0, 0, 0 }, { 5, 0, 0 } } },
	{ { "the kernel logged nothing since the ring buffer's oldest record",
	    720,
	    { { KLOG_KMSG, 0, 20, false }, { KLOG_FILE, 0, 400, false } },
	    true,
	    1,
	    0,
	    GATHER_GAP_NONE,
	    0 },
	  { { 0, 0, 0 }, { 19, 0, 0 } } },
	{ { "kmsg denied, and the file ends before this boot",
	    12,
	    { { KLOG_KMSG, -EPERM, 0, false }, { KLOG_FILE, 0, 400, false } },
	    true,
	    1,
	    0,
	    GATHER_GAP_BLIND,
	    0 },
	  { { 0, 0, 0 }, { 30, 0, 0 } } },
	{ { "the journal was persistent earlier and has little of this boot",
	    720,
	    { { KLOG_KMSG, 0, 2, false }, { KLOG_JOURNAL, 0, 4000, false } },
	    true,
	    1,
	    0,
	    GATHER_GAP_BLIND,
	    0 },
	  { { 0, 0, 0 }, { 0, 5, 0 } } },
	{ { "the journal was persistent earlier and has nothing of this boot",
	    12,
	    { { KLOG_KMSG, 0, 2, false }, { KLOG_JOURNAL, 0, 4000, false } },
	    true,
	    1,
	    0,
	    GATHER_GAP_BLIND,
	    0 },
	  { { 0, 0, 0 }, { 0, -1, 0 } } },
	{ { "the ring buffer has the part of this boot that the journal lacks",
	    12,
	    { { KLOG_KMSG, 0, 12, true }, { KLOG_JOURNAL, 0, 300, false } },
	    true,
	    0,
	    0,
	    GATHER_GAP_NONE,
	    0 },
	  { { 0, 0, 0 }, { 0, 5, 0 } } },
	{ { "the journal missed records, the counter is higher",
	    720,
	    { { KLOG_KMSG, -EPERM, 0, false }, { KLOG_JOURNAL, 0, 4000, false } },
	    true,
	    1,
	    0,
	    GATHER_GAP_BLIND,
	    0 },
	  { { 0, 0, 0 }, { 0, 720, 300 } } },
	{ { "the journal missed records, nothing was counted",
	    720,
	    { { KLOG_KMSG, -EPERM, 0, false }, { KLOG_JOURNAL, 0, 4000, false } },
	    true,
	    0,
	    0,
	    GATHER_GAP_NONE,
	    0 },
	  { { 0, 0, 0 }, { 0, 720, 300 } } },
};

static void judge(const struct row *row, const struct more *more)
{
	const struct gather_request request = {
		.since_usec = NOW - 24 * HOUR,
		.until_usec = KLOG_TIME_UNKNOWN,
		.now_usec = NOW,
	};
	struct gather_source_status all_statuses[ARRAY_SIZE(row->status)] = { 0 };
	struct gather_result result = {
		.statuses = all_statuses,
		.boot_usec = NOW - row->boot_hours * HOUR,
		.seen_since_usec = KLOG_TIME_UNKNOWN,
		.has_counter = row->has_counter,
		.counter = row->counter,
	};

	for (size_t j = 0; j < ARRAY_SIZE(row->status) && row->status[j].kind != KLOG_AUTO; j++) {
		struct gather_source_status *status = &result.statuses[result.status_count++];

		status->kind = row->status[j].kind;
		status->opened = row->status[j].error == 0;
		status->failed = !status->opened;
		status->failure.error = row->status[j].error;
		status->summary.oldest_usec = NOW - row->status[j].oldest_hours * HOUR;
		status->summary.newest_usec = NOW - more[j].end_hours * HOUR;
		status->summary.whole_boot = row->status[j].whole_boot;
		status->summary.knows_boot = more[j].boot_hours != 0;
		status->summary.boot_oldest_usec = more[j].boot_hours < 0
							   ? KLOG_TIME_UNKNOWN
							   : (row->boot_hours - more[j].boot_hours) * HOUR;
		result.lost_records += more[j].lost;
	}
	const struct account_lines lines = { .all = row->lines, .newest_line_usec = KLOG_TIME_UNKNOWN };
	memcpy(result.boot_id, this_boot, sizeof(result.boot_id));
	coverage_judge(&request, &lines, &result);
	if (result.gap != row->gap || result.account.unrecorded != row->unrecorded)
		fail_msg("%s: gap %d, %d wanted; unrecorded %d", row->what, (int)result.gap, (int)row->gap,
			 (int)result.account.unrecorded);
}

static void unseen_part_of_the_window_is_a_gap(void **state)
{
	static const struct more nothing[ARRAY_SIZE(rows[0].status)];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		judge(&rows[i], nothing);
}

static void source_covers_only_its_own_records(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(holes); i++)
		judge(&holes[i].row, holes[i].more);
}

static void failed_named_source_leaves_a_gap(void **state)
{
	const struct gather_request request = {
		.sources = { .list = { { KLOG_KMSG, NULL }, { KLOG_FILE, "/x" } }, .count = 2 },
		.since_usec = NOW - 24 * HOUR,
		.now_usec = NOW,
	};
	struct gather_result result = {
		.boot_usec = NOW - 72 * HOUR,
		.seen_since_usec = KLOG_TIME_UNKNOWN,
		.statuses =
			(struct gather_source_status[]){
				{ .kind = KLOG_KMSG, .opened = true, .summary = { .whole_boot = true } },
				{ .kind = KLOG_FILE, .failed = true, .failure = { .error = -ENOENT } } },
		.status_count = 2,
	};

	(void)state;
	memcpy(result.boot_id, this_boot, sizeof(result.boot_id));
	coverage_judge(&request, &no_lines, &result);
	assert_int_equal(result.gap, GATHER_GAP_BLIND);
}

static void named_file_is_not_compared_with_the_counter(void **state)
{
	const struct gather_request request = {
		.sources = { .list = { { KLOG_FILE, "/x" } }, .count = 1 },
		.since_usec = NOW - 24 * HOUR,
		.now_usec = NOW,
	};
	struct gather_result result = {
		.boot_usec = NOW - HOUR,
		.seen_since_usec = KLOG_TIME_UNKNOWN,
		.has_counter = true,
		.counter = 7,
		.statuses = (struct gather_source_status[]){ { .kind = KLOG_FILE,
							       .opened = true,
							       .summary = { .oldest_usec =
										    KLOG_TIME_UNKNOWN } } },
		.status_count = 1,
	};

	(void)state;
	memcpy(result.boot_id, this_boot, sizeof(result.boot_id));
	coverage_judge(&request, &no_lines, &result);
	assert_int_equal(result.gap, GATHER_GAP_NONE);
	assert_false(result.account.known);
}

/* The ring buffer was overwritten long ago; counter and lines are compared with what the
 * previous run saved. */
static void counted_kills_without_a_line_are_unrecorded(void **state)
{
	static const struct {
		const char *what;
		const uint8_t *past_boot; /* NULL: nothing was saved */
		uint64_t past_explained;
		int64_t past_hours; /* how long ago the first of the vouching runs was */
		uint64_t counter, lines_since;
		uint64_t explained, unrecorded;
		enum gather_gap gap;
	} cases[] = {
		{ "the first run takes the counter as explained and vouches from now on", NULL, 0, 0, 5, 0, 5,
		  0, GATHER_GAP_BLIND },
		{ "nothing happened since", this_boot, 5, 30, 5, 0, 5, 0, GATHER_GAP_COUNTED },
		{ "a kill, and its line", this_boot, 5, 30, 6, 1, 6, 0, GATHER_GAP_COUNTED },
		{ "a kill whose line was lost", this_boot, 5, 30, 7, 1, 6, 1, GATHER_GAP_COUNTED },
		{ "a line that the counter does not include yet", this_boot, 5, 30, 5, 1, 6, 0,
		  GATHER_GAP_COUNTED },
		{ "saved only an hour ago", this_boot, 5, 1, 5, 0, 5, 0, GATHER_GAP_BLIND },
		{ "saved only an hour ago, the time before is acknowledged", this_boot, 5, NOW / HOUR, 5, 0,
		  5, 0, GATHER_GAP_COUNTED },
		{ "the state of another boot is ignored", other_boot, 2, 30, 5, 0, 5, 0, GATHER_GAP_BLIND },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct gather_request request = {
			.since_usec = NOW - 24 * HOUR,
			.until_usec = KLOG_TIME_UNKNOWN,
			.now_usec = NOW,
			.past = { .known = cases[i].past_boot != NULL,
				  .explained = cases[i].past_explained,
				  .counter_valid_since_usec = NOW - cases[i].past_hours * HOUR },
		};
		struct gather_source_status ring = { .kind = KLOG_KMSG, .opened = true };
		struct gather_result result = {
			.statuses = &ring,
			.status_count = 1,
			.boot_usec = NOW - 720 * HOUR,
			.seen_since_usec = KLOG_TIME_UNKNOWN,
			.has_counter = true,
			.counter = cases[i].counter,
		};
		const struct account_lines lines = { .since_past = cases[i].lines_since,
						     .newest_line_usec = KLOG_TIME_UNKNOWN };

		if (cases[i].past_boot)
			memcpy(request.past.boot_id, cases[i].past_boot, sizeof(request.past.boot_id));
		ring.summary.oldest_usec = NOW - 2 * HOUR;
		memcpy(result.boot_id, this_boot, sizeof(result.boot_id));
		coverage_judge(&request, &lines, &result);
		if (result.account.explained != cases[i].explained ||
		    result.account.unrecorded != cases[i].unrecorded || result.gap != cases[i].gap)
			fail_msg("%s: explained %d, unrecorded %d, gap %d", cases[i].what,
				 (int)result.account.explained, (int)result.account.unrecorded,
				 (int)result.gap);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unseen_part_of_the_window_is_a_gap),
		cmocka_unit_test(source_covers_only_its_own_records),
		cmocka_unit_test(counted_kills_without_a_line_are_unrecorded),
		cmocka_unit_test(failed_named_source_leaves_a_gap),
		cmocka_unit_test(named_file_is_not_compared_with_the_counter),
	};

	return cmocka_run_group_tests_name("gather coverage", tests, NULL, NULL);
}
