/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

#include "base/file.h"
#include "klog/source.h"
#include "records.h"

#include <errno.h>

static const struct file_roots host = { 0 };

static void line_fields_are_parsed(void **state)
{
	static const struct {
		const char *line;
		int facility, level;
		int64_t monotonic_usec;
		const char *text;
	} rows[] = {
		{ "<3>[   11.876412] Out of memory: Killed process 380 (qemu-kvm)", 0, 3, 11876412,
		  "Out of memory: Killed process 380 (qemu-kvm)" },
		{ "<5>[    0.000000] Linux version 6.1.0", 0, 5, 0, "Linux version 6.1.0" },
		{ "<11>[   25.069575] forged", 1, 3, 25069575, "forged" },
		{ "<6>[123456.789012][ T1234] of a task", 0, 6, 123456789012, "of a task" },
		{ "<6>[    1.000000][    C0] of an interrupt", 0, 6, 1000000, "of an interrupt" },
		{ "<6>[    1.000000] [Firmware Bug]: not a caller", 0, 6, 1000000,
		  "[Firmware Bug]: not a caller" },
		{ "<6>[    1.000000] [ T12] part of the text", 0, 6, 1000000, "[ T12] part of the text" },
		{ "<6>without printk.time", 0, 6, KLOG_TIME_UNKNOWN, "without printk.time" },
		{ "<6>[Firmware Bug]: neither", 0, 6, KLOG_TIME_UNKNOWN, "[Firmware Bug]: neither" },
		{ "<6>[  1.5] not six digits", 0, 6, KLOG_TIME_UNKNOWN, "[  1.5] not six digits" },
		{ "<6>[    2.000000] ", 0, 6, 2000000, "" },
		{ "<6>[    2.000000]", 0, 6, 2000000, "" },
		{ "<6>[    2.000000]   indented", 0, 6, 2000000, "  indented" },
		{ "<6>", 0, 6, KLOG_TIME_UNKNOWN, "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct klog_record record;

		assert_int_equal(klog_syslog_parse(rows[i].line, strlen(rows[i].line), &record), 0);
		assert_int_equal(record.facility, rows[i].facility);
		assert_int_equal(record.level, rows[i].level);
		assert_true(record.monotonic_usec == rows[i].monotonic_usec);
		assert_true(record.sequence == KLOG_SEQUENCE_UNKNOWN);
		assert_string_equal(record.text, rows[i].text);
		assert_int_equal(record.text_length, strlen(rows[i].text));
	}
}

static void line_without_priority_is_refused(void **state)
{
	static const char *const lines[] = { "",      "<",       "<3",  "<>",           "<x>a",
					     "<-1>a", "<2048>a", "3>a", "[ 1.000000] a" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		struct klog_record record;

		assert_int_equal(klog_syslog_parse(lines[i], strlen(lines[i]), &record), -EINVAL);
	}
}

static int read_text(const char *text, size_t length, const struct klog_query *query, struct records *records,
		     struct klog_summary *summary)
{
	struct klog_source *source;
	struct klog_failure failure;
	char *copy = malloc(length + 1);
	int r;

	assert_non_null(copy);
	memcpy(copy, text, length);
	assert_int_equal(klog_syslog_open_text(&source, copy, length, &host, &failure), 0);
	r = klog_read(source, query, records_keep, records, summary, &failure);
	klog_close(source);
	return r;
}

static void text_is_read_line_by_line(void **state)
{
	static const char text[] = "<4>[   11.874629] qemu-kvm invoked oom-killer\n"
				   "<6>[   11.876277] oom-kill:constraint=CONSTRAINT_NONE\n"
				   "<12>[   11.876300] forged, a NUL\0 in it\n"
				   "<3>[   11.876412] Killed process 230 (a\n"
				   "<3>[   11.876412] b) total-vm:1kB";
	static const struct klog_query everything = { KLOG_TIME_UNKNOWN, KLOG_TIME_UNKNOWN, NULL, NULL,
						      false };
	struct records records = { 0 };
	struct klog_summary summary;

	(void)state;
	assert_int_equal(read_text(text, sizeof(text) - 1, &everything, &records, &summary), 0);
	assert_int_equal(records.count, 5);
	assert_string_equal(records.at[0].text, "qemu-kvm invoked oom-killer");
	assert_string_equal(records.at[2].text, "forged, a NUL? in it");
	assert_false(klog_record_is_kernel(&records.at[2]));
	assert_string_equal(records.at[3].text, "Killed process 230 (a");
	assert_string_equal(records.at[4].text, "b) total-vm:1kB");
	assert_true(klog_record_is_kernel(&records.at[4]));
	assert_true(records.at[4].proven);
	assert_true(records.at[4].may_continue);
	for (size_t i = 0; i < 4; i++)
		assert_false(records.at[i].may_continue);
	assert_true(records.at[4].has_boot_id);
	assert_true(records.at[4].realtime_usec == records.at[0].realtime_usec + 1783);
	assert_true(summary.oldest_usec == records.at[0].realtime_usec);
	records_free(&records);
}

/* "-" starts a record, "+" may continue the line before it. */
static void line_that_may_continue_a_record_is_marked(void **state)
{
	static const struct {
		const char *text, *marks, *last;
	} rows[] = {
		{ "<3>[    1.000000] a\n<3>[    1.000000] b\n<3>[    1.000001] c\n", "-+-", "c" },
		{ "<3>[    1.000000] a\n<4>[    1.000000] b\n<3>[    1.000000] c\n", "---", "c" },
		{ "<3>[    1.000000] a\n<11>[    1.000000] b\n", "--", "b" },
		{ "<3>[    1.000000][   T12] a\n<3>[    1.000000][   T12] b\n", "-+", "b" },
		/* printk.time=0: what looks like a time may be user text */
		{ "<3>a\n<3>b\n<4>c\n", "-+-", "c" },
		{ "<3>a\n<3>[    1.000000] b\n", "-+", "b" },
		{ "<3>[   T12] a\n<3>[    C0] b\n", "-+", "b" },
		{ "<3>[   T12] a\n<3>[Firmware Bug]: b\n", "-+", "[Firmware Bug]: b" },
	};
	static const struct klog_query everything = { KLOG_TIME_UNKNOWN, KLOG_TIME_UNKNOWN, NULL, NULL,
						      false };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct records records = { 0 };
		struct klog_summary summary;

		assert_int_equal(
			read_text(rows[i].text, strlen(rows[i].text), &everything, &records, &summary), 0);
		assert_int_equal(records.count, strlen(rows[i].marks));
		for (size_t j = 0; j < records.count; j++)
			assert_int_equal(records.at[j].may_continue, rows[i].marks[j] == '+');
		assert_string_equal(records.at[records.count - 1].text, rows[i].last);
		records_free(&records);
	}
}

static void only_the_banner_at_time_0_proves_a_complete_boot(void **state)
{
	static const struct {
		const char *text;
		bool whole_boot;
	} rows[] = {
		{ "<5>[    0.000000] Linux version 6.1.0\n<6>[    1.000000] a\n", true },
		{ "<6>[    0.000000] microcode: updated early\n<5>[    0.000000] Linux version 5.10.0\n",
		  true },
		{ "<6>[    1.000000] a\n", false },
		{ "<5>[    7.000000] Linux version 6.1.0\n", false },
		{ "<13>[    0.000000] Linux version 6.1.0\n", false },
		{ "<5>Linux version 6.1.0\n", false },
		{ "<5>a\n<5>[    0.000000] Linux version 6.1.0\n", false },
		{ "", false },
	};
	static const struct klog_query everything = { KLOG_TIME_UNKNOWN, KLOG_TIME_UNKNOWN, NULL, NULL,
						      false };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct records records = { 0 };
		struct klog_summary summary;

		assert_int_equal(
			read_text(rows[i].text, strlen(rows[i].text), &everything, &records, &summary), 0);
		assert_int_equal(summary.whole_boot, rows[i].whole_boot);
		records_free(&records);
	}
}

static void record_of_unknown_time_is_in_every_window(void **state)
{
	static const char text[] = "<6>[    1.000000] long ago\n<6>untimed\n";
	struct klog_boot boot;
	struct records records = { 0 };
	struct klog_summary summary;
	struct klog_query query = { KLOG_TIME_UNKNOWN, KLOG_TIME_UNKNOWN, NULL, NULL, false };

	(void)state;
	klog_boot_read(&boot, &host);
	query.since_usec = boot.realtime_usec + 30000000;
	assert_int_equal(read_text(text, sizeof(text) - 1, &query, &records, &summary), 0);
	assert_int_equal(records.count, 1);
	assert_string_equal(records.at[0].text, "untimed");
	assert_true(records.at[0].realtime_usec == KLOG_TIME_UNKNOWN);
	records_free(&records);
}

static void malformed_text_is_an_error(void **state)
{
	static const struct klog_query everything = { KLOG_TIME_UNKNOWN, KLOG_TIME_UNKNOWN, NULL, NULL,
						      false };
	struct records records = { 0 };
	struct klog_summary summary;

	(void)state;
	assert_int_equal(read_text("<6>a\nno priority\n", 17, &everything, &records, &summary), -EBADMSG);
	assert_int_equal(records.count, 1);
	records_free(&records);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(line_fields_are_parsed),
		cmocka_unit_test(line_without_priority_is_refused),
		cmocka_unit_test(text_is_read_line_by_line),
		cmocka_unit_test(line_that_may_continue_a_record_is_marked),
		cmocka_unit_test(only_the_banner_at_time_0_proves_a_complete_boot),
		cmocka_unit_test(record_of_unknown_time_is_in_every_window),
		cmocka_unit_test(malformed_text_is_an_error),
	};

	return cmocka_run_group_tests_name("klog_syslog", tests, NULL, NULL);
}
