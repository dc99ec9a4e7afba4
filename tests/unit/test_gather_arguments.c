/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "gather/arguments.h"

static void source_that_is_no_kind_is_a_file(void **state)
{
	static const struct {
		const char *value;
		enum klog_kind kind;
		const char *path;
	} rows[] = {
		{ "kmsg", KLOG_KMSG, NULL },
		{ "syslog", KLOG_SYSLOG, NULL },
		{ "journal", KLOG_JOURNAL, NULL },
		{ "journal:/var/log/journal", KLOG_JOURNAL, "/var/log/journal" },
		{ "/var/log/kern.log", KLOG_FILE, "/var/log/kern.log" },
		{ "kern.log", KLOG_FILE, "kern.log" },
		{ "journal:", KLOG_FILE, "journal:" },
	};
	struct gather_sources sources = { .count = 0 };
	TEXT_ON_STACK(error, 128);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_int_equal(gather_argument_source(rows[i].value, &sources, &error), 0);
		assert_int_equal(sources.count, i + 1);
		assert_int_equal(sources.list[i].kind, rows[i].kind);
		if (rows[i].path)
			assert_string_equal(sources.list[i].path, rows[i].path);
		else
			assert_null(sources.list[i].path);
	}
	assert_int_equal(gather_argument_source("auto", &sources, &error), 0);
	assert_int_equal(sources.count, 0);
	assert_int_equal(gather_argument_source("", &sources, &error), -EINVAL);
}

static void too_many_sources_are_refused(void **state)
{
	struct gather_sources sources = { .count = 0 };
	TEXT_ON_STACK(error, 128);

	(void)state;
	for (size_t i = 0; i < GATHER_SOURCES_MAX; i++)
		assert_int_equal(gather_argument_source("kmsg", &sources, &error), 0);
	assert_int_equal(gather_argument_source("kmsg", &sources, &error), -EINVAL);
	assert_string_equal(error.data, "given more than 16 times");
}

static void moment_is_a_duration_a_time_or_all(void **state)
{
	static const struct {
		const char *value;
		int result;
		struct gather_moment moment;
	} rows[] = {
		{ "24h", 0, { GATHER_MOMENT_AGO, INT64_C(86400000000) } },
		{ "90", 0, { GATHER_MOMENT_AGO, INT64_C(90000000) } },
		{ "all", 0, { GATHER_MOMENT_NONE, 0 } },
		{ "2026-11-22T21:36:05Z", 0, { GATHER_MOMENT_AT, INT64_C(1795383365000000) } },
		{ "2026-11-22T21:36:05+07:00", 0, { GATHER_MOMENT_AT, INT64_C(1795358165000000) } },
		{ "2026-11-22 21:36-0330", 0, { GATHER_MOMENT_AT, INT64_C(1795395960000000) } },
		/* TZ is UTC+1 in this test */
		{ "2026-11-22 21:36:05", 0, { GATHER_MOMENT_AT, INT64_C(1795379765000000) } },
		{ "2026-11-22", 0, { GATHER_MOMENT_AT, INT64_C(1795302000000000) } },
		{ "yesterday", -EINVAL, { GATHER_MOMENT_NONE, 0 } },
		{ "-1h", -EINVAL, { GATHER_MOMENT_NONE, 0 } },
		{ "2028-02-29T00:00Z", 0, { GATHER_MOMENT_AT, INT64_C(1835395200000000) } },
		{ "2026-13-22", -EINVAL, { GATHER_MOMENT_NONE, 0 } },
		{ "2026-02-29", -EINVAL, { GATHER_MOMENT_NONE, 0 } },
		{ "2026-11-31 12:00Z", -EINVAL, { GATHER_MOMENT_NONE, 0 } },
		{ "2026-11-22 21:36 o'clock", -EINVAL, { GATHER_MOMENT_NONE, 0 } },
		{ "", -EINVAL, { GATHER_MOMENT_NONE, 0 } },
	};

	(void)state;
	setenv("TZ", "CET-1", 1);
	tzset();
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct gather_moment moment = { GATHER_MOMENT_NONE, 0 };
		TEXT_ON_STACK(error, 128);

		assert_int_equal(gather_argument_moment(rows[i].value, &moment, &error), rows[i].result);
		assert_int_equal(moment.kind, rows[i].moment.kind);
		assert_true(moment.usec == rows[i].moment.usec);
		assert_true((error.length > 0) == (rows[i].result < 0));
	}
}

static void empty_or_future_window_is_refused(void **state)
{
	static const struct {
		const char *since, *until;
		const char *error; /* "" if accepted */
	} rows[] = {
		{ "24h", "all", "" },
		{ "all", "24h", "" },
		{ "24h", "1h", "" },
		{ "0", "all", "" },
		{ "24h", "2999-01-01", "" },
		{ "1h", "24h", "--until must be after --since" },
		{ "2026-01-02", "2026-01-01", "--until must be after --since" },
		{ "2026-01-01", "2026-01-01", "--until must be after --since" },
		{ "2999-01-01", "all", "--since is in the future" },
	};
	const struct file_roots roots = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct gather_arguments arguments = GATHER_ARGUMENTS_DEFAULT;
		TEXT_ON_STACK(error, 128);

		assert_int_equal(gather_argument_moment(rows[i].since, &arguments.since, &error), 0);
		assert_int_equal(gather_argument_moment(rows[i].until, &arguments.until, &error), 0);
		const struct gather_request request = gather_request_from(&arguments, &roots);
		assert_int_equal(gather_request_check(&request, &error), rows[i].error[0] ? -EINVAL : 0);
		assert_string_equal(error.data, rows[i].error);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(source_that_is_no_kind_is_a_file),
		cmocka_unit_test(too_many_sources_are_refused),
		cmocka_unit_test(moment_is_a_duration_a_time_or_all),
		cmocka_unit_test(empty_or_future_window_is_refused),
	};

	return cmocka_run_group_tests_name("gather arguments", tests, NULL, NULL);
}
