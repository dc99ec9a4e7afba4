/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

#include "base/clock.h"
#include "base/file.h"
#include "klog/source.h"
#include "records.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct file_roots host = { 0 };
static const struct klog_query everything = { .since_usec = KLOG_TIME_UNKNOWN,
					      .until_usec = KLOG_TIME_UNKNOWN };

static void record_fields_are_parsed(void **state)
{
	static const struct {
		const char *record;
		int facility, level;
		uint64_t sequence;
		int64_t monotonic_usec;
		bool continuation;
		const char *text;
	} rows[] = {
		{ "6,339,5140900,-;NET: Registered protocol family 10", 0, 6, 339, 5140900, false,
		  "NET: Registered protocol family 10" },
		{ "30,340,5690716,-;udevd[80]: starting version 181", 3, 6, 340, 5690716, false,
		  "udevd[80]: starting version 181" },
		{ "3,1,2,-,caller=T123;of 5.1", 0, 3, 1, 2, false, "of 5.1" },
		{ "3,1,2,-,caller=T123,later=1,x;unknown fields", 0, 3, 1, 2, false, "unknown fields" },
		{ "4,831,11874629,c;, order=0", 0, 4, 831, 11874629, true, ", order=0" },
		{ "4,831,11874629,+;of 3.10", 0, 4, 831, 11874629, true, "of 3.10" },
		{ "2047,1,1,-;widest prio", 255, 7, 1, 1, false, "widest prio" },
		{ "0,18446744073709551615,4611686018427387903,-;", 0, 0, UINT64_MAX, INT64_MAX / 2, false,
		  "" },
		{ "3,1,2,-;a;b,c;d", 0, 3, 1, 2, false, "a;b,c;d" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct klog_record record;
		char buffer[128];

		assert_int_equal(klog_kmsg_parse(rows[i].record, strlen(rows[i].record), buffer,
						 sizeof(buffer), &record),
				 0);
		assert_int_equal(record.facility, rows[i].facility);
		assert_int_equal(record.level, rows[i].level);
		assert_true(record.sequence == rows[i].sequence);
		assert_true(record.monotonic_usec == rows[i].monotonic_usec);
		assert_true(record.realtime_usec == KLOG_TIME_UNKNOWN);
		assert_int_equal(record.continuation, rows[i].continuation);
		assert_false(record.proven);
		assert_string_equal(record.text, rows[i].text);
		assert_int_equal(record.text_length, strlen(rows[i].text));
	}
}

static void malformed_record_is_refused(void **state)
{
	static const char *const lines[] = {
		"",
		"6",
		"6,339",
		"6,339,5140900",
		"6,339,5140900,",
		"6,339,5140900,-",
		"6,339,5140900,;no flags",
		"-1,339,5140900,-;negative prio",
		"2048,339,5140900,-;prio beyond eight bits of facility",
		"6,18446744073709551616,1,-;sequence beyond 64 bits",
		"6,1,4611686018427387904,-;time beyond all sums",
		"6, 1,1,-;space",
		" SUBSYSTEM=acpi",
		"Out of memory: Killed process 1 (init)",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		struct klog_record record = { .level = 42 };
		char buffer[64];

		assert_int_equal(klog_kmsg_parse(lines[i], strlen(lines[i]), buffer, sizeof(buffer), &record),
				 -EINVAL);
		assert_int_equal(record.level, 42);
	}
}

static void escapes_are_decoded_once(void **state)
{
	static const struct {
		const char *escaped, *text;
	} rows[] = {
		{ "plain", "plain" },
		{ "qemu\\x5cx2d1\\x5cx2dvm.scope", "qemu\\x2d1\\x2dvm.scope" },
		{ "a\\x0aOut of memory", "a\nOut of memory" },
		{ "\\x5c", "\\" },
		{ "\\x5c\\x5c", "\\\\" },
		{ "caf\\xc3\\xa9", "caf\xc3\xa9" },
		{ "a\\x00b", "a\\x00b" },
		{ "cut \\x5", "cut \\x5" },
		{ "cut \\", "cut \\" },
		{ "\\xzz\\n\\x5C", "\\xzz\\n\\x5C" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct klog_record record;
		char buffer[64];

		klog_kmsg_unescape(rows[i].escaped, strlen(rows[i].escaped), buffer, sizeof(buffer), &record);
		assert_string_equal(record.text, rows[i].text);
		assert_int_equal(record.text_length, strlen(rows[i].text));
	}
}

static void long_text_is_cut_and_terminated(void **state)
{
	static const char *const rows[] = { "0123456789", "012345\\x0a89",
					    "\\x41\\x42\\x43\\x44\\x45\\x46\\x47\\x48" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct klog_record record;
		char buffer[7];

		klog_kmsg_unescape(rows[i], strlen(rows[i]), buffer, sizeof(buffer), &record);
		assert_int_equal(record.text_length, 6);
		assert_int_equal(strlen(record.text), 6);
	}
}

static void captures_of_real_kernels_are_parsed(void **state)
{
	static const struct {
		const char *capture;
		size_t records, from_userspace, continuations;
		const char *holds;
	} rows[] = {
		{ "6.1-hostile-bytes", 37, 0, 0, "(|\"'\\;=,\xff\xfe\x80\xc3\xa9) total-vm:" },
		{ "6.12-continuation-flag", 96, 0, 1, "evil invoked oom-killer: gfp_mask=0xcc0" },
		{ "5.10-forged", 13, 13, 0, "evil\n3,1,1,-;Out of memory: Killed process 1 (init)" },
		{ "5.10-newline-in-name", 34, 0, 0, "(a\nOut of memory) total-vm:" },
	};
	const char *source_directory = getenv("SRCDIR");

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		size_t records = 0, from_userspace = 0, continuations = 0;
		char path[512], line[KLOG_RECORD_MAX], buffer[KLOG_RECORD_MAX];
		bool found = false;
		FILE *file;

		snprintf(path, sizeof(path), "%s/tests/data/kmsg/%s.kmsg",
			 source_directory ? source_directory : ".", rows[i].capture);
		file = fopen(path, "r");
		assert_non_null(file);
		while (fgets(line, sizeof(line), file)) {
			struct klog_record record;

			assert_int_equal(
				klog_kmsg_parse(line, strcspn(line, "\n"), buffer, sizeof(buffer), &record),
				0);
			records++;
			from_userspace += !klog_record_is_kernel(&record);
			continuations += record.continuation;
			found |= strstr(record.text, rows[i].holds) != NULL;
		}
		fclose(file);
		assert_int_equal(records, rows[i].records);
		assert_int_equal(from_userspace, rows[i].from_userspace);
		assert_int_equal(continuations, rows[i].continuations);
		assert_true(found);
	}
}

/* Parses in blocks of the exact size, so that AddressSanitizer detects reads beyond them. */
static void parse_exactly(const char *record, size_t length)
{
	char *copy = malloc(length ? length : 1), *buffer = malloc(length + 1);
	struct klog_record parsed;

	assert_non_null(copy);
	assert_non_null(buffer);
	memcpy(copy, record, length);
	if (klog_kmsg_parse(copy, length, buffer, length + 1, &parsed) == 0) {
		assert_true(parsed.text_length <= length);
		assert_int_equal(strlen(parsed.text), parsed.text_length);
	}
	free(copy);
	free(buffer);
}

static void damaged_record_is_not_read_out_of_bounds(void **state)
{
	static const char record[] =
		"3,890,11876412,-,caller=T1;Killed process 230 (a\\x0a\\x5cx2d\\xff) total-vm:9kB";
	static const char garbage[] = { '\\', ',', ';', 'x', '9', '-', (char)0xFF };

	(void)state;
	for (size_t length = 0; length < sizeof(record); length++)
		parse_exactly(record, length);
	for (size_t i = 0; i < sizeof(record) - 1; i++) {
		for (size_t j = 0; j < sizeof(garbage); j++) {
			char garbled[sizeof(record)];

			memcpy(garbled, record, sizeof(record));
			garbled[i] = garbage[j];
			parse_exactly(garbled, sizeof(record) - 1);
		}
	}
}

/* What successive read(2) calls on the device return: a record or an error. */
struct answer {
	const char *record;
	int error;
};
static const struct answer *next_answer;

ssize_t __wrap_read(int fd, void *buffer, size_t size);
ssize_t __real_read(int fd, void *buffer, size_t size);

/* A writer that is as fast as the reader: each read returns another record, written now. */
static struct {
	bool on;
	bool only_overwritten; /* a faster writer: each record is overwritten before it is read */
	uint64_t sequence;
} flood;

static ssize_t read_flood(char *buffer, size_t size)
{
	if (flood.only_overwritten) {
		errno = EPIPE;
		return -1;
	}
	return snprintf(buffer, size, "6,%" PRIu64 ",%" PRId64 ",-;flood\n", flood.sequence++,
			clock_usec(CLOCK_MONOTONIC));
}

ssize_t __wrap_read(int fd, void *buffer, size_t size)
{
	const struct answer *answer = next_answer;

	if (flood.on)
		return read_flood(buffer, size);
	if (!answer)
		return __real_read(fd, buffer, size);
	if (!answer->record) {
		if (answer->error != EAGAIN)
			next_answer++;
		errno = answer->error;
		return -1;
	}
	next_answer++;
	assert_true(strlen(answer->record) <= size);
	memcpy(buffer, answer->record, strlen(answer->record));
	return (ssize_t)strlen(answer->record);
}

static int read_answers(const struct answer *answers, const struct klog_query *query, struct records *records,
			struct klog_summary *summary, struct klog_failure *failure)
{
	struct klog_source *source;
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC), r;

	assert_true(fd >= 0);
	assert_int_equal(klog_kmsg_open_fd(&source, fd, &host, failure), 0);
	next_answer = answers;
	r = klog_read(source, query, records_keep, records, summary, failure);
	next_answer = NULL;
	klog_close(source);
	return r;
}

static int count_records(const struct klog_record *record, void *data)
{
	(void)record;
	++*(size_t *)data;
	return 0;
}

static int read_the_flood(size_t *ret_records, struct klog_failure *failure)
{
	struct klog_source *source;
	struct klog_summary summary;

	*ret_records = 0;
	assert_int_equal(klog_kmsg_open_fd(&source, open("/dev/null", O_RDONLY | O_CLOEXEC), &host, failure),
			 0);
	flood.on = true;
	int r = klog_read(source, &everything, count_records, ret_records, &summary, failure);
	flood.on = false;
	klog_close(source);
	return r;
}

static void fast_writer_does_not_block_the_reader(void **state)
{
	struct klog_failure failure;
	size_t records;

	(void)state;
	assert_int_equal(read_the_flood(&records, &failure), 0);
	assert_in_range(records, 1, 1 << 20);
	flood.only_overwritten = true;
	assert_int_equal(read_the_flood(&records, &failure), -EPIPE);
	assert_int_equal(records, 0);
	flood.only_overwritten = false;
}

static void lost_records_are_counted_and_reading_continues(void **state)
{
	static const struct {
		const char *what;
		struct answer answers[6];
		size_t records;
		uint64_t lost;
		bool whole_boot;
	} rows[] = {
		{ "a complete ring buffer",
		  { { "6,0,0,-;Linux\n", 0 }, { "6,1,1,-;b\n", 0 }, { NULL, EAGAIN } },
		  2,
		  0,
		  true },
		{ "an empty ring buffer", { { NULL, EAGAIN } }, 0, 0, false },
		{ "start overwritten: no loss between records",
		  { { "6,16065,5,-;a\n", 0 }, { "6,16066,6,-;b\n", 0 }, { NULL, EAGAIN } },
		  2,
		  0,
		  false },
		{ "overtaken while reading",
		  { { "6,0,0,-;a\n", 0 }, { NULL, EPIPE }, { "6,10,9,-;b\n", 0 }, { NULL, EAGAIN } },
		  2,
		  9,
		  true },
		{ "overtaken before the first read",
		  { { NULL, EPIPE }, { "6,10,9,-;b\n", 0 }, { NULL, EAGAIN } },
		  1,
		  0,
		  false },
		{ "a gap without EPIPE",
		  { { "6,3,0,-;a\n", 0 }, { "6,5,9,-;b\n", 0 }, { "6,8,9,-;c\n", 0 }, { NULL, EAGAIN } },
		  3,
		  3,
		  false },
		{ "a record larger than the buffer",
		  { { "6,0,0,-;a\n", 0 }, { NULL, EINVAL }, { "6,2,9,-;b\n", 0 }, { NULL, EAGAIN } },
		  2,
		  1,
		  true },
		{ "a record larger than the buffer, the last one",
		  { { "6,0,0,-;a\n", 0 }, { NULL, EINVAL }, { NULL, EAGAIN } },
		  1,
		  1,
		  true },
		{ "a signal",
		  { { "6,0,0,-;a\n", 0 }, { NULL, EINTR }, { "6,1,9,-;b\n", 0 }, { NULL, EAGAIN } },
		  2,
		  0,
		  true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct records records = { 0 };
		struct klog_summary summary;
		struct klog_failure failure;

		print_message("%s\n", rows[i].what);
		assert_int_equal(read_answers(rows[i].answers, &everything, &records, &summary, &failure), 0);
		assert_int_equal(records.count, rows[i].records);
		assert_int_equal(summary.yielded_records, rows[i].records);
		assert_true(summary.lost_records == rows[i].lost);
		assert_int_equal(summary.whole_boot, rows[i].whole_boot);
		records_free(&records);
	}
}

static void failing_device_is_an_error_after_the_records_read(void **state)
{
	static const struct {
		struct answer answers[4];
		int error;
	} rows[] = {
		{ { { "6,0,0,-;a\n", 0 }, { NULL, EIO } }, -EIO },
		{ { { "6,0,0,-;a\n", 0 }, { "garbage\n", 0 } }, -EBADMSG },
		{ { { "6,0,0,-;a\n", 0 }, { "", 0 } }, -EIO },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct records records = { 0 };
		struct klog_summary summary;
		struct klog_failure failure;

		assert_int_equal(read_answers(rows[i].answers, &everything, &records, &summary, &failure),
				 rows[i].error);
		assert_int_equal(failure.error, rows[i].error);
		assert_string_not_equal(failure.reason, "");
		assert_int_equal(summary.yielded_records, 1);
		records_free(&records);
	}
}

static void records_are_proven_and_have_a_boot_id(void **state)
{
	static const struct answer answers[] = {
		{ "6,0,0,-;acpi PNP0A03:00: x\n SUBSYSTEM=acpi\n DEVICE=+acpi:PNP0A03:00\n", 0 },
		{ "12,1,5,-;Out of memory: Killed process 1 (init)\n", 0 },
		{ NULL, EAGAIN },
	};
	static const uint8_t no_boot[16];
	struct records records = { 0 };
	struct klog_summary summary;
	struct klog_failure failure;

	(void)state;
	assert_int_equal(read_answers(answers, &everything, &records, &summary, &failure), 0);
	assert_int_equal(records.count, 2);
	assert_string_equal(records.at[0].text, "acpi PNP0A03:00: x");
	assert_true(klog_record_is_kernel(&records.at[0]));
	assert_false(klog_record_is_kernel(&records.at[1]));
	for (size_t i = 0; i < 2; i++) {
		assert_true(records.at[i].proven);
		assert_true(records.at[i].has_boot_id);
		assert_memory_not_equal(records.at[i].boot_id, no_boot, sizeof(no_boot));
	}
	assert_true(records.at[1].realtime_usec == records.at[0].realtime_usec + 5);
	assert_true(summary.oldest_usec == records.at[0].realtime_usec);
	records_free(&records);
}

static void window_is_widened_by_the_context(void **state)
{
	static const struct answer answers[] = {
		{ "6,0,0,-;a\n", 0 },
		{ "6,1,10000000,-;b\n", 0 },
		{ "6,2,20000000,-;c\n", 0 },
		{ "6,3,30000000,-;d\n", 0 },
		{ NULL, EAGAIN },
	};
	static const struct klog_filter context = { .usec_around = 10000000 };
	static const struct {
		int64_t since_usec, until_usec; /* on the kernel clock */
		const struct klog_filter *filter;
		size_t records;
	} rows[] = {
		{ KLOG_TIME_UNKNOWN, KLOG_TIME_UNKNOWN, NULL, 4 },
		{ 15000000, KLOG_TIME_UNKNOWN, NULL, 2 },
		{ 15000000, 25000000, NULL, 1 },
		{ 15000000, 25000000, &context, 3 },
		{ 15000000, KLOG_TIME_UNKNOWN, &context, 3 },
		{ KLOG_TIME_UNKNOWN, 5000000, &context, 2 },
	};
	struct klog_boot boot;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct klog_query query = { rows[i].since_usec, rows[i].until_usec, rows[i].filter, NULL,
					    false };
		struct records records = { 0 };
		struct klog_summary summary;
		struct klog_failure failure;

		klog_boot_read(&boot, &host);
		if (query.since_usec != KLOG_TIME_UNKNOWN)
			query.since_usec += boot.realtime_usec;
		if (query.until_usec != KLOG_TIME_UNKNOWN)
			query.until_usec += boot.realtime_usec;
		assert_int_equal(read_answers(answers, &query, &records, &summary, &failure), 0);
		assert_int_equal(records.count, rows[i].records);
		assert_true(summary.oldest_usec != KLOG_TIME_UNKNOWN);
		assert_true(summary.whole_boot);
		records_free(&records);
	}
}

static int stop_at_first(const struct klog_record *record, void *data)
{
	(void)record;
	(void)data;
	return 77;
}

static void callback_can_stop_reading(void **state)
{
	static const struct answer answers[] = { { "6,0,0,-;a\n", 0 },
						 { "6,1,1,-;b\n", 0 },
						 { NULL, EAGAIN } };
	struct klog_source *source;
	struct klog_summary summary;
	struct klog_failure failure;

	(void)state;
	assert_int_equal(klog_kmsg_open_fd(&source, open("/dev/null", O_RDONLY | O_CLOEXEC), &host, &failure),
			 0);
	next_answer = answers;
	assert_int_equal(klog_read(source, &everything, stop_at_first, NULL, &summary, &failure), 77);
	next_answer = NULL;
	assert_int_equal(summary.yielded_records, 1);
	klog_close(source);
}

static void device_other_than_the_kernel_log_is_refused(void **state)
{
	char root[] = "/tmp/klog_kmsg_XXXXXX", path[64];
	struct klog_source *source;
	struct klog_failure failure;
	struct file_roots roots = { .rootfs = root };

	(void)state;
	assert_non_null(mkdtemp(root));
	assert_int_equal(klog_kmsg_open(&source, &roots, &failure), -ENOENT);
	assert_non_null(strstr(failure.reason, "/dev/kmsg: No such file or directory"));
	assert_string_not_equal(failure.remedy, "");

	/* Some containers have a link to /dev/null there. */
	snprintf(path, sizeof(path), "%s/dev", root);
	assert_int_equal(mkdir(path, 0755), 0);
	snprintf(path, sizeof(path), "%s/dev/kmsg", root);
	assert_int_equal(symlink("/dev/null", path), 0);
	assert_int_equal(klog_kmsg_open(&source, &roots, &failure), -ENODEV);
	assert_non_null(strstr(failure.reason, "not the kernel log device"));

	unlink(path);
	snprintf(path, sizeof(path), "%s/dev", root);
	rmdir(path);
	rmdir(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(record_fields_are_parsed),
		cmocka_unit_test(malformed_record_is_refused),
		cmocka_unit_test(escapes_are_decoded_once),
		cmocka_unit_test(long_text_is_cut_and_terminated),
		cmocka_unit_test(captures_of_real_kernels_are_parsed),
		cmocka_unit_test(damaged_record_is_not_read_out_of_bounds),
		cmocka_unit_test(lost_records_are_counted_and_reading_continues),
		cmocka_unit_test(fast_writer_does_not_block_the_reader),
		cmocka_unit_test(failing_device_is_an_error_after_the_records_read),
		cmocka_unit_test(records_are_proven_and_have_a_boot_id),
		cmocka_unit_test(window_is_widened_by_the_context),
		cmocka_unit_test(callback_can_stop_reading),
		cmocka_unit_test(device_other_than_the_kernel_log_is_refused),
	};

	return cmocka_run_group_tests_name("klog_kmsg", tests, NULL, NULL);
}
