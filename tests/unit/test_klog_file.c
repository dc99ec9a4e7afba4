/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "klog/klog.h"
#include "records.h"

#define SEC  INT64_C(1000000)
#define HOUR (3600 * SEC)

static char directory[] = "/tmp/klog-file-XXXXXX";

static int enter_directory(void **state)
{
	(void)state;
	setenv("TZ", "UTC", 1);
	tzset();
	memcpy(directory + sizeof(directory) - 7, "XXXXXX", 6);
	return mkdtemp(directory) != NULL ? chdir(directory) : -1;
}

static int leave_directory(void **state)
{
	char command[sizeof(directory) + 16];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", directory);
	return chdir("/") == 0 ? system(command) : -1;
}

static void write_bytes(const char *name, const char *bytes, size_t length)
{
	FILE *file = fopen(name, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, length, file), length);
	assert_int_equal(fclose(file), 0);
}

static void write_text(const char *name, const char *text)
{
	write_bytes(name, text, strlen(text));
}

static void set_written(const char *name, time_t when)
{
	const struct timespec times[2] = { { .tv_sec = when }, { .tv_sec = when } };

	assert_int_equal(utimensat(AT_FDCWD, name, times, 0), 0);
}

static void run(const char *command)
{
	if (system(command) != 0)
		fail_msg("failed: %s", command);
}

/* Skips the test if a compressor is missing. */
static void skip_without_compressors(void)
{
	static const char *const packers[] = { "gzip", "xz", "zstd" };

	for (size_t i = 0; i < ARRAY_SIZE(packers); i++) {
		char command[64];

		snprintf(command, sizeof(command), "command -v %s >/dev/null", packers[i]);
		if (system(command) != 0) {
			print_message("# %s is not installed\n", packers[i]);
			skip();
		}
	}
}

static const struct file_roots roots;
static struct records records;
static struct klog_summary summary;
static struct klog_failure failure;

static int read_log(const char *name, const struct klog_query *query)
{
	static const struct klog_query everything = { KLOG_TIME_UNKNOWN, KLOG_TIME_UNKNOWN, NULL, NULL,
						      false };
	struct klog_source *source;
	int r = klog_open(&source, KLOG_FILE, name, &roots, &failure);

	records_free(&records);
	if (r < 0)
		return r;
	r = klog_read(source, query != NULL ? query : &everything, records_keep, &records, &summary,
		      &failure);
	klog_close(source);
	return r;
}

static int count_only(const struct klog_record *record, void *data)
{
	(void)record;
	++*(size_t *)data;
	return 0;
}

/* Returns the number of records, or a negative errno. */
static long count_log(const char *name, const struct klog_query *query)
{
	static const struct klog_query everything = { KLOG_TIME_UNKNOWN, KLOG_TIME_UNKNOWN, NULL, NULL,
						      false };
	struct klog_source *source;
	size_t count = 0;
	int r = klog_open(&source, KLOG_FILE, name, &roots, &failure);

	if (r < 0)
		return r;
	r = klog_read(source, query != NULL ? query : &everything, count_only, &count, &summary, &failure);
	klog_close(source);
	return r < 0 ? r : (long)count;
}

static void assert_texts(const char *wanted)
{
	char got[4096] = "";

	for (size_t i = 0; i < records.count; i++) {
		strcat(got, i > 0 ? " " : "");
		strcat(got, records.at[i].text);
	}
	assert_string_equal(got, wanted);
}

static void rotated_files_are_read_oldest_first(void **state)
{
	(void)state;
	skip_without_compressors();
	write_text("kern.log", "[    9.0] named\n");
	write_text("kern.log.1", "[    8.0] one\n");
	write_text("kern.log.2", "[    7.0] two\n");
	write_text("kern.log.3", "[    6.0] three\n");
	write_text("kern.log.10", "[    5.0] ten\n");
	write_text("kern.log.bak", "[    4.0] no sibling\n");
	write_text("kern.log2", "[    4.0] no sibling\n");
	run("gzip kern.log.2 && xz kern.log.3 && zstd -q --rm kern.log.10");
	assert_int_equal(read_log("kern.log", NULL), 0);
	assert_texts("ten three two one named");
}

static void rotated_files_with_dates_are_read_by_date(void **state)
{
	(void)state;
	write_text("messages", "[    9.0] named\n");
	write_text("messages-20241123", "[    8.0] b\n");
	write_text("messages-20241122", "[    7.0] a\n");
	write_text("app.log", "[    9.0] named\n");
	write_text("app-20241122.log", "[    7.0] a\n");
	write_text("app-20241123.log", "[    8.0] b\n");
	assert_int_equal(read_log("messages", NULL), 0);
	assert_texts("a b named");
	assert_int_equal(read_log("app.log", NULL), 0);
	assert_texts("a b named");
}

static void rotated_files_from_before_the_window_are_not_decompressed(void **state)
{
	const time_t now = 1715266358;
	const struct klog_query last_hour = { (now - 3600) * SEC, KLOG_TIME_UNKNOWN, NULL, NULL, false };

	(void)state;
	write_text("kern.log", "2024-05-09T14:52:00Z h kernel: now\n");
	write_text("kern.log.1", "2024-05-09T14:30:00Z h kernel: lately\n");
	write_text("kern.log.2.gz", "\x1f\x8b not gzip at all");
	set_written("kern.log", now);
	set_written("kern.log.1", now - 1200);
	set_written("kern.log.2.gz", now - 86400);
	assert_int_equal(read_log("kern.log", &last_hour), 0);
	assert_texts("lately now");
	/* but the log is known to reach back to that time */
	assert_int_equal(summary.oldest_usec, (now - 86400) * SEC);
	assert_int_equal(read_log("kern.log", NULL), -EBADMSG);
	assert_non_null(strstr(failure.reason, "kern.log.2.gz: damaged"));
	/* the other files are read nevertheless */
	assert_texts("lately now");
}

static void newest_time_is_that_of_the_last_file_with_a_line(void **state)
{
	const time_t now = 1715266358;

	(void)state;
	write_text("kern.log", "");
	write_text("kern.log.1", "2024-05-01T14:30:00Z h kernel: last week\n");
	set_written("kern.log", now);
	set_written("kern.log.1", now - 7 * 86400);
	assert_int_equal(read_log("kern.log", NULL), 0);
	assert_texts("last week");
	assert_int_equal(summary.newest_usec, (now - 7 * 86400) * SEC);
}

static void compressed_file_can_be_named_directly(void **state)
{
	static const char *const packers[] = { "gzip", "xz", "zstd -q --rm" };
	static const char *const names[] = { "a.log.gz", "a.log.xz", "a.log.zst" };

	(void)state;
	skip_without_compressors();
	for (size_t i = 0; i < ARRAY_SIZE(packers); i++) {
		char command[64];

		write_text("a.log", "[    1.0] first\n[    2.0] second\n");
		snprintf(command, sizeof(command), "%s a.log", packers[i]);
		run(command);
		assert_int_equal(read_log(names[i], NULL), 0);
		assert_texts("first second");
	}
}

static void concatenated_compressed_members_are_one_text(void **state)
{
	(void)state;
	skip_without_compressors();
	write_text("a", "[    1.0] first\n[    2.0] sec");
	write_text("b", "ond\n");
	run("for p in gzip xz 'zstd -q'; do (cat a | $p -c; cat b | $p -c) >both.${p%% *}; done");
	run("head -c 512 /dev/zero >>both.gzip"); /* padding, as tapes add it */
	assert_int_equal(read_log("both.gzip", NULL), 0);
	assert_texts("first second");
	assert_int_equal(read_log("both.xz", NULL), 0);
	assert_texts("first second");
	assert_int_equal(read_log("both.zstd", NULL), 0);
	assert_texts("first second");
}

static void error_names_the_damaged_compressed_file(void **state)
{
	static const char *const packers[] = { "gzip", "xz", "zstd -q --rm" };
	static const char *const names[] = { "long.gz", "long.xz", "long.zst" };

	(void)state;
	skip_without_compressors();
	for (size_t i = 0; i < ARRAY_SIZE(packers); i++) {
		char command[256];

		snprintf(command, sizeof(command),
			 "seq -f '[ %%.0f.0] x' 100000 >long && %s long && head -c 20000 %s >cut && "
			 "(cat cut; echo damage; tail -c +30000 %s) >damaged",
			 packers[i], names[i], names[i]);
		run(command);
		assert_int_equal(count_log("cut", NULL), -EBADMSG);
		assert_string_equal(failure.reason, "cut: damaged or truncated");
		assert_int_equal(count_log("damaged", NULL), -EBADMSG);
		assert_string_equal(failure.reason, "damaged: damaged or truncated");
	}
}

static void error_names_the_unreadable_file(void **state)
{
	static const struct {
		const char *name;
		int error;
		const char *reason;
	} cases[] = {
		{ "missing", -ENOENT, "missing: No such file or directory" },
		{ "folder", -EISDIR, "folder: is a directory" },
		{ "fifo", -EINVAL, "fifo: not a regular file" },
		{ "empty.log", -ENODATA, "empty.log: is empty" }, /* and so is its rotated file */
		{ "system.journal", -EINVAL, "system.journal: is a journal file" },
		{ "/dev/zero", -EINVAL, "/dev/zero: not a regular file" },
		{ "packed.bz2", -ENOTSUP, "packed.bz2: compressed with bzip2, which is not supported" },
	};

	(void)state;
	assert_int_equal(mkdir("folder", 0700), 0);
	assert_int_equal(mkfifo("fifo", 0600), 0);
	write_text("packed.bz2", "BZh91AY&SY");
	write_text("empty.log", "");
	write_text("empty.log.1", "");
	write_text("system.journal", "LPKSHHRH and what follows");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(read_log(cases[i].name, NULL), cases[i].error);
		assert_string_equal(failure.reason, cases[i].reason);
		assert_int_equal(failure.error, cases[i].error);
	}
}

static void unfinished_copytruncate_copy_is_not_read_twice(void **state)
{
	(void)state;
	write_text("kern.log", "[    1.0] a\n[    2.0] b\n[    3.0] c\n");
	write_text("kern.log.1", "[    1.0] a\n[    2.0] b\n");
	assert_int_equal(read_log("kern.log", NULL), 0);
	assert_texts("a b c");
}

static void truncated_lines_are_read_from_the_copytruncate_copy(void **state)
{
	static const struct klog_query everything = { KLOG_TIME_UNKNOWN, KLOG_TIME_UNKNOWN, NULL, NULL,
						      false };
	struct klog_source *source;

	(void)state;
	write_text("kern.log", "[    1.0] a\n[    2.0] b\n");
	write_text("kern.log.1", "[    1.0] a\n[    2.0] b\n");
	assert_int_equal(klog_open(&source, KLOG_FILE, "kern.log", &roots, &failure), 0);
	assert_int_equal(truncate("kern.log", 0), 0);
	records_free(&records);
	assert_int_equal(klog_read(source, &everything, records_keep, &records, &summary, &failure), 0);
	klog_close(source);
	assert_texts("a b");
}

static void log_truncated_after_opening_is_an_error(void **state)
{
	static const struct klog_query everything = { KLOG_TIME_UNKNOWN, KLOG_TIME_UNKNOWN, NULL, NULL,
						      false };
	struct klog_source *source;

	(void)state;
	write_text("kern.log", "[    1.0] a\n[    2.0] b\n");
	assert_int_equal(klog_open(&source, KLOG_FILE, "kern.log", &roots, &failure), 0);
	assert_int_equal(truncate("kern.log", 5), 0);
	records_free(&records);
	assert_int_equal(klog_read(source, &everything, records_keep, &records, &summary, &failure), -ESTALE);
	klog_close(source);
}

static void rotation_after_opening_does_not_matter(void **state)
{
	static const struct klog_query everything = { KLOG_TIME_UNKNOWN, KLOG_TIME_UNKNOWN, NULL, NULL,
						      false };
	struct klog_source *source;

	(void)state;
	write_text("kern.log", "[    2.0] b\n");
	write_text("kern.log.1", "[    1.0] a\n");
	assert_int_equal(klog_open(&source, KLOG_FILE, "kern.log", &roots, &failure), 0);
	run("mv kern.log.1 kern.log.2 && gzip kern.log.2 && mv kern.log kern.log.1");
	write_text("kern.log", "[    3.0] the next run's\n");
	records_free(&records);
	assert_int_equal(klog_read(source, &everything, records_keep, &records, &summary, &failure), 0);
	klog_close(source);
	assert_texts("a b");
}

static void uncompressed_file_is_preferred_to_an_unfinished_compressed_one(void **state)
{
	(void)state;
	write_text("kern.log", "[    2.0] b\n");
	write_text("kern.log.1", "[    1.0] a\n");
	write_text("kern.log.1.gz", "\x1f\x8b");
	run("ln kern.log.1 kern.log.2 && ln -s nowhere kern.log.3 && mkdir kern.log.4");
	assert_int_equal(read_log("kern.log", NULL), 0);
	assert_texts("a b");
}

static void unusual_bytes_are_accepted(void **state)
{
	static const struct {
		const char *what;
		const char *bytes;
		size_t length;
		const char *texts;
	} cases[] = {
		{ "no newline", "[    1.0] a", 11, "a" },
		{ "carriage returns", "[    1.0] a\r\n\r\n[    2.0] b\r\n", 28, "a b" },
		{ "a hole", "[    1.0] to\0\0\0\0\0\0[    2.0] b\n", 30, "to b" },
		{ "a hole at the end", "[    1.0] a\n\0\0\0\0\0\0\0", 19, "a" },
		{ "a NUL in a line", "[    1.0] a\0b\n", 14, "ab" },
		{ "UTF-16, little-endian",
		  "\xFF\xFE[\0 \0001\0.\0005\0]\0 \0a\0\n\0[\0002\0.\0005\0]\0 \0b\0\n\0", 36, "a b" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		write_bytes("odd.log", cases[i].bytes, cases[i].length);
		if (read_log("odd.log", NULL) != 0)
			fail_msg("%s: %s", cases[i].what, failure.reason);
		assert_texts(cases[i].texts);
	}
}

static void overlong_line_is_cut_and_the_next_is_complete(void **state)
{
	(void)state;
	run("(printf '[    1.0] '; head -c 3000000 /dev/zero | tr '\\0' x; printf '\\n[    2.0] next\\n') "
	    ">long.log");
	assert_int_equal(read_log("long.log", NULL), 0);
	assert_int_equal(records.count, 2);
	assert_int_equal(records.at[0].text_length, KLOG_RECORD_MAX - 1);
	assert_string_equal(records.at[1].text, "next");
}

static void log_with_the_newest_line_first_is_reversed(void **state)
{
	static const struct {
		const char *log, *texts;
	} cases[] = {
		{ "May  9 10:00:02 h kernel: c\nMay  9 10:00:01 h kernel: b\nMay  9 10:00:00 h kernel: a\n",
		  "a b c" },
		{ "10:00:02 kernel: c\n10:00:01 kernel: b\n10:00:01 kernel: a", "a b c" },
		{ "May  9 10:00:00 h kernel: a\nMay  9 10:00:00 h kernel: b\n", "a b" },
		{ "May  9 10:00:01 h kernel: a\nMay  9 10:00:00 h kernel: b\nMay  9 10:00:02 h kernel: c\n",
		  "a b c" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		write_text("viewer.log", cases[i].log);
		assert_int_equal(read_log("viewer.log", NULL), 0);
		assert_texts(cases[i].texts);
	}
}

static void window_includes_both_ends_and_untimed_lines(void **state)
{
	const struct klog_query query = { 1715266358 * SEC, 1715266359 * SEC, NULL, NULL, false };

	(void)state;
	write_text("kern.log", "no time\n\n"
			       "2024-05-09T14:52:37Z h kernel: early\n"
			       "2024-05-09T14:52:38Z h kernel: first\n"
			       "        on\n"
			       "2024-05-09T14:52:39Z h kernel: last\n"
			       "2024-05-09T14:52:40Z h kernel: late\n");
	assert_int_equal(read_log("kern.log", &query), 0);
	assert_texts("no time first on last");
	assert_int_equal(summary.oldest_usec, 1715266357 * SEC);
	assert_int_equal(summary.yielded_records, 4);
}

static void years_are_inferred_over_several_years(void **state)
{
	char got[64] = "";

	(void)state;
	FILE *file = fopen("kern.log", "w");
	assert_non_null(file);
	/* One line per week for three years, up to 2024-05-09. */
	for (int week = 156; week >= 0; week--) {
		time_t when = 1715266358 - (time_t)week * 7 * 86400;
		struct tm tm;
		char stamp[32];

		strftime(stamp, sizeof(stamp), "%b %e %H:%M:%S", gmtime_r(&when, &tm));
		fprintf(file, "%s h kernel: %lld\n", stamp, (long long)when);
	}
	fclose(file);
	set_written("kern.log", 1715266358);
	assert_int_equal(read_log("kern.log", NULL), 0);
	assert_int_equal(records.count, 157);
	for (size_t i = 0; i < records.count; i++) {
		snprintf(got, sizeof(got), "%lld", (long long)(records.at[i].realtime_usec / SEC));
		assert_string_equal(got, records.at[i].text);
	}
}

static void boot_with_a_reset_clock_does_not_change_earlier_years(void **state)
{
	(void)state;
	FILE *file = fopen("kern.log", "w");
	assert_non_null(file);
	for (int line = 0; line < 300; line++)
		fprintf(file, "May  8 10:%02d:%02d h kernel: before\n", line / 60, line % 60);
	for (int line = 0; line < 300; line++)
		fprintf(file, "Jan  1 00:%02d:%02d h kernel: no clock\n", line / 60, line % 60);
	for (int line = 0; line < 300; line++)
		fprintf(file, "May  9 14:%02d:%02d h kernel: after\n", line / 60, line % 60);
	fclose(file);
	set_written("kern.log", 1715266358);
	const struct klog_query two_days = { 1715266358 * SEC - 48 * HOUR, KLOG_TIME_UNKNOWN, NULL, NULL,
					     false };
	assert_int_equal(count_log("kern.log", &two_days), 600);
}

static void journal_export_format_is_read(void **state)
{
	static const char head[] = "__CURSOR=s=1\n__REALTIME_TIMESTAMP=1715266358000000\n"
				   "__MONOTONIC_TIMESTAMP=5000000\n_TRANSPORT=kernel\nPRIORITY=3\n"
				   "SYSLOG_FACILITY=0\nSYSLOG_IDENTIFIER=kernel\n";
	static const char binary[] = "MESSAGE\n\x0a\0\0\0\0\0\0\0\xFF\nMESSAGE=\n_PID=1\n\n";
	static const char forged[] = "__CURSOR=s=2\n__REALTIME_TIMESTAMP=1715266359000000\n"
				     "SYSLOG_IDENTIFIER=kernel\n_TRANSPORT=syslog\nMESSAGE=forged\n";
	FILE *file = fopen("journal.export", "w");

	(void)state;
	assert_non_null(file);
	fputs(head, file);
	fputs("_BOOT_ID=00112233445566778899aabbccddeeff\nMESSAGE=text\n\n", file);
	fputs(head, file);
	fwrite(binary, 1, sizeof(binary) - 1, file);
	fputs(forged, file); /* without an empty line at the end */
	fclose(file);
	assert_int_equal(read_log("journal.export", NULL), 0);
	assert_int_equal(records.count, 3);
	assert_string_equal(records.at[0].text, "text");
	assert_true(klog_record_is_kernel(&records.at[0]));
	assert_int_equal(records.at[0].level, 3);
	assert_true(records.at[0].has_boot_id);
	assert_int_equal(records.at[0].boot_id[1], 0x11);
	assert_string_equal(records.at[1].text, "\xFF\nMESSAGE=");
	assert_false(records.at[1].has_boot_id);
	assert_string_equal(records.at[2].text, "forged");
	assert_int_equal(truncate("journal.export", (off_t)(2 * sizeof(head) + 60)), 0);
	assert_int_equal(read_log("journal.export", NULL), -EBADMSG);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, enter_directory, leave_directory)
	const struct CMUnitTest tests[] = {
		TEST(rotated_files_are_read_oldest_first),
		TEST(rotated_files_with_dates_are_read_by_date),
		TEST(rotated_files_from_before_the_window_are_not_decompressed),
		TEST(newest_time_is_that_of_the_last_file_with_a_line),
		TEST(compressed_file_can_be_named_directly),
		TEST(concatenated_compressed_members_are_one_text),
		TEST(error_names_the_damaged_compressed_file),
		TEST(error_names_the_unreadable_file),
		TEST(unfinished_copytruncate_copy_is_not_read_twice),
		TEST(truncated_lines_are_read_from_the_copytruncate_copy),
		TEST(log_truncated_after_opening_is_an_error),
		TEST(rotation_after_opening_does_not_matter),
		TEST(uncompressed_file_is_preferred_to_an_unfinished_compressed_one),
		TEST(unusual_bytes_are_accepted),
		TEST(overlong_line_is_cut_and_the_next_is_complete),
		TEST(log_with_the_newest_line_first_is_reversed),
		TEST(journal_export_format_is_read),
		TEST(window_includes_both_ends_and_untimed_lines),
		TEST(years_are_inferred_over_several_years),
		TEST(boot_with_a_reset_clock_does_not_change_earlier_years),
	};

	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	records_free(&records);
	return failed;
}
