/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The parts of the journal reader that do not need libsystemd; the rest:
 * tests/real/journald.bats */
#include "unit.h"

#include "klog/journal/journal_fields.h"
#include "klog/journal/journal_header.h"
#include "klog/journal/journal_view.h"

#include <endian.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SECOND INT64_C(1000000)
#define DAY    (86400 * SECOND)

static void late_entry_is_dated_by_the_kernel_clock(void **state)
{
	static const struct {
		const char *what;
		int64_t monotonic_usec, source_usec; /* received by journald, written */
		int64_t before_usec;                 /* difference from the entry's own time */
	} rows[] = {
		{ "read as it was written", 100 * SECOND, 100 * SECOND - 300, 0 },
		{ "journald was started an hour late", 3700 * SECOND, 100 * SECOND, 3600 * SECOND },
		{ "the boot's first records", 9 * SECOND, 0, 9 * SECOND },
		{ "the clocks drifted apart over a month", 30 * DAY, 30 * DAY - 100 * SECOND, 0 },
		{ "late by more than the possible drift", 30 * DAY, 30 * DAY - 400 * SECOND, 400 * SECOND },
		{ "ahead of journald's clock", 100 * SECOND, 88663 * SECOND, 0 },
		{ "not a number", 100 * SECOND, -1, 0 },
	};
	const int64_t realtime_usec = 1700000000 * SECOND;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		int64_t usec = klog_journal_time(realtime_usec, rows[i].monotonic_usec, rows[i].source_usec);

		print_message("%s\n", rows[i].what);
		assert_true(realtime_usec - usec == rows[i].before_usec);
	}
}

/* Fields at their offsets in the file, little-endian. */
struct header_fields {
	const char *signature;
	uint64_t header_size, arena_size, entries, head_usec, tail_usec;
};

static void put(unsigned char *header, size_t offset, uint64_t value)
{
	value = htole64(value);
	memcpy(header + offset, &value, sizeof(value));
}

static int make_file(const struct header_fields *fields, size_t size)
{
	char path[] = "/tmp/klog_journal_XXXXXX";
	unsigned char *content = calloc(1, size > 208 ? size : 208);
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_non_null(content);
	unlink(path);
	memcpy(content, fields->signature, 8);
	put(content, 88, fields->header_size);
	put(content, 96, fields->arena_size);
	put(content, 152, fields->entries);
	put(content, 184, fields->head_usec);
	put(content, 192, fields->tail_usec);
	assert_int_equal(pwrite(fd, content, size, 0), size);
	free(content);
	return fd;
}

static void header_gives_time_range_and_damage(void **state)
{
	static const struct {
		struct header_fields fields;
		size_t size;
		const char *damage;
		int64_t oldest_usec, newest_usec;
	} rows[] = {
		{ { "LPKSHHRH", 256, 3840, 7, 100, 200 }, 4096, NULL, 100, 200 },
		{ { "LPKSHHRH", 256, 3840, 7, 100, 200 }, 8192, NULL, 100, 200 },
		{ { "LPKSHHRH", 256, 3840, 7, 100, 200 }, 4095, "truncated", 100, 200 },
		{ { "LPKSHHRH", 256, 3840, 7, 100, 200 }, 207, "truncated in its header", 0, 999 },
		{ { "LPKSHHRH", 256, 3840, 7, 100, 200 }, 0, "truncated in its header", 0, 999 },
		{ { "LPKSHHRH", 256, UINT64_MAX, 7, 100, 200 }, 4096, "truncated", 100, 200 },
		{ { "LPKSHHRH", 100, 3840, 7, 100, 200 }, 4096, "not a journal file", 0, 999 },
		{ { "SQLite f", 256, 3840, 7, 100, 200 }, 4096, "not a journal file", 0, 999 },
		{ { "LPKSHHRH", 256, 3840, 7, 0, 0 }, 4096, "header incomplete", 0, 999 },
		{ { "LPKSHHRH", 256, 3840, 0, 0, 0 }, 4096, NULL, 0, 999 },
		{ { "LPKSHHRH", 256, 3840, 7, 100, UINT64_MAX }, 4096, NULL, 100, INT64_MAX },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct journal_file file = { .fd = make_file(&rows[i].fields, rows[i].size) };

		journal_header_read(&file, (off_t)rows[i].size, 999);
		if (rows[i].damage)
			assert_string_equal(file.damage, rows[i].damage);
		else
			assert_null(file.damage);
		assert_true(file.oldest_usec == rows[i].oldest_usec);
		assert_true(file.newest_usec == rows[i].newest_usec);
		close(file.fd);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(late_entry_is_dated_by_the_kernel_clock),
		cmocka_unit_test(header_gives_time_range_and_damage),
	};

	return cmocka_run_group_tests_name("klog_journal", tests, NULL, NULL);
}
