/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "klog/klog.h"
#include "klog/loss.h"
#include "klog/text/scan.h"
#include "oom/parser.h"

#define SEC  INT64_C(1000000)
#define HOUR (3600 * SEC)
#define DAY  (24 * HOUR)

/* The time of the log's last line: 2024-05-09 14:52:38 UTC. */
#define END (INT64_C(1715266358) * SEC)

static const struct klog_match matches[] = {
	{ "Killed process", 3, NULL, NULL, "Ki" },     { "Kill process", 3, NULL, NULL, "Ki" },
	{ "reaped process", 6, NULL, NULL, NULL },     { "killed as a result of limit", 6, NULL, NULL, "ll" },
	{ "oom-kill:", 6, NULL, NULL, "ll" },          { "sending SIG", 4, "earlyoom.service", NULL, "SI" },
	{ "invoked oom-killer", 4, NULL, NULL, "ll" },
};

static void prepare(struct klog_scan *scan, size_t count)
{
	*scan = (struct klog_scan){ 0 };
	for (size_t i = 0; i < count; i++)
		assert_true(klog_scan_add(scan, matches[i].text, matches[i].pair));
	klog_scan_prepare(scan);
}

static void every_string_is_found_at_every_offset(void **state)
{
	enum { LENGTH = 200 };

	(void)state;
	for (size_t count = 1; count <= ARRAY_SIZE(matches); count++) {
		struct klog_scan scan;

		prepare(&scan, count);
		for (size_t i = 0; i < count; i++) {
			size_t length = strlen(matches[i].text);

			for (size_t at = 0; at + length <= LENGTH; at++) {
				char *text = malloc(LENGTH); /* of the exact length, for AddressSanitizer */

				memset(text, 'l', LENGTH);
				memcpy(text + at, matches[i].text, length);
				assert_ptr_equal(klog_scan_find(&scan, text, LENGTH, NULL), text + at);
				/* not found if the end cuts it off */
				assert_null(klog_scan_find(&scan, text, at + length - 1, NULL));
				free(text);
			}
		}
	}
}

static void similar_text_is_not_found(void **state)
{
	static const char *const texts[] = {
		"",
		"K",
		"Ki",
		"Killed proces",
		"killed process",
		"oom-kill",
		"Kill  process",
		"the kind of skilled king",
		"sending sig",
		"oom-oom-kil",
		"KiKiKiKillKilled-process",
	};
	struct klog_scan scan;

	(void)state;
	prepare(&scan, ARRAY_SIZE(matches));
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		assert_null(klog_scan_find(&scan, texts[i], strlen(texts[i]), NULL));
}

/* Finds every occurrence of the strings once, with each search method that the strings and the
 * processor allow. */
static void find_all(const char *const *strings, size_t count)
{
	enum { LENGTH = 300 };
	struct klog_scan scan = { 0 };
	char text[LENGTH];

	for (size_t i = 0; i < count; i++)
		assert_true(klog_scan_add(&scan, strings[i], NULL));
	klog_scan_prepare(&scan);
	for (int round = 0; round < 20000; round++) {
		size_t found = 0, there = 0, string;
		const char *at = text;

		/* The text consists of whole strings and of parts of them. */
		for (size_t filled = 0; filled < LENGTH;) {
			const char *from = strings[(size_t)random() % count];
			size_t start = random() % 4 > 0 ? 0 : (size_t)random() % strlen(from);
			size_t length = strlen(from) - start;

			length -= random() % 4 > 0 ? 0 : (size_t)random() % length;
			length = length < LENGTH - filled ? length : LENGTH - filled;
			memcpy(text + filled, from + start, length);
			filled += length;
		}
		while ((at = klog_scan_find(&scan, at, (size_t)(text + LENGTH - at), &string)) != NULL) {
			assert_memory_equal(at, strings[string], strlen(strings[string]));
			found++;
			at++;
		}
		for (size_t begin = 0; begin < LENGTH; begin++) {
			bool holds = false;

			for (size_t i = 0; i < count && !holds; i++)
				holds = strlen(strings[i]) <= LENGTH - begin &&
					memcmp(text + begin, strings[i], strlen(strings[i])) == 0;
			there += holds;
		}
		assert_int_equal(found, there);
	}
}

static void all_occurrences_in_random_text_are_found(void **state)
{
	static const char *const few[] = { "Kill process ", "kill process ", "oom-kill:", "dropped **" };
	static const char *const many[] = { "ab1", "cd2", "ef3", "gh4", "ij5", "kl6", "mn7", "op8", "qr9",
					    "st0", "uvA", "wxB", "yzC", "ABD", "CDE", "EFG", "GHI", "IJK" };

	(void)state;
	srandom(1);
	find_all(few, ARRAY_SIZE(few));
	find_all(many, ARRAY_SIZE(many));
}

static void too_many_strings_are_refused(void **state)
{
	struct klog_scan scan = { 0 };

	(void)state;
	assert_false(klog_scan_add(&scan, "x", NULL));
	assert_false(klog_scan_add(&scan, "Killed process", "KI"));
	for (int i = 0; i < KLOG_SCAN_MAX; i++)
		assert_true(klog_scan_add(&scan, "xy", NULL));
	assert_false(klog_scan_add(&scan, "xy", NULL));
}

static size_t places_of(const char *text, const unsigned char *pair)
{
	size_t places = 0;

	for (; text[0] != '\0'; text++)
		places += memcmp(text, pair, 2) == 0;
	return places;
}

/* The strings that check_oom_kills searches for. Each place of a pair costs more than the search of a
 * line, so hardly any ordinary line may hold one. */
static void pairs_in_use_are_few_and_rare(void **state)
{
	static const char *const lines[] = {
		"2024-05-09T14:52:38.123456+02:00 hv1 systemd[1]: Started Session 812 of User root.",
		"2024-05-09T14:52:38.123456+02:00 hv1 systemd-logind[812]: New session 7 of user root.",
		"May  9 14:52:38 hv1 CRON[4242]: pam_unix(cron:session): session opened for user root(uid=0)",
		"May  9 14:52:38 hv1 libvirtd[812]: internal error: end of file while reading data",
		"May  9 14:52:38 hv1 sshd[4242]: Connection closed by 192.0.2.7 port 22 [preauth]",
		"May  9 14:52:38 hv1 kernel: [12.345678] audit: type=1400 apparmor=\"STATUS\" name=\"a\" "
		"pid=1",
		"May  9 14:52:38 hv1 kernel: [12.345678] device vnet3 entered promiscuous mode",
		"May  9 14:52:38 hv1 kernel: [12.345678] br0: port 3(vnet3) entered forwarding state",
		"May  9 14:52:38 hv1 kernel: [12.345678] usb 1-1: new high-speed USB device number 3",
		"May  9 14:52:38 hv1 kernel: [12.345678] EXT4-fs (sda1): mounted filesystem with ordered "
		"data",
	};
	struct klog_scan scan = { 0 };
	const char *text, *pair;

	(void)state;
	for (size_t i = 0; i < oom_filter.match_count; i++) {
		assert_non_null(oom_filter.matches[i].pair);
		assert_true(klog_scan_add(&scan, oom_filter.matches[i].text, oom_filter.matches[i].pair));
	}
	for (size_t i = 0; (text = klog_loss_text(i, &pair)) != NULL; i++)
		assert_true(klog_scan_add(&scan, text, pair));
	assert_in_range(scan.pair_count, 1, KLOG_SCAN_PAIRS);
	for (size_t i = 0; i < scan.pair_count; i++) {
		size_t places = 0;

		for (size_t j = 0; j < ARRAY_SIZE(lines); j++)
			places += places_of(lines[j], scan.pairs[i]);
		if (places > 1)
			fail_msg("%.2s: %zu places", (const char *)scan.pairs[i], places);
	}
}

/* The log under test. */
static char path[64];
static FILE *file;

static void write_line(int64_t usec, const char *author, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void write_line(int64_t usec, const char *author, const char *format, ...)
{
	time_t seconds = (time_t)(usec / SEC);
	va_list arguments;
	char stamp[40];
	struct tm tm;

	strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&seconds, &tm));
	fprintf(file, "%s host %s: ", stamp, author);
	va_start(arguments, format);
	vfprintf(file, format, arguments);
	va_end(arguments);
	fputc('\n', file);
}

static void write_noise(int64_t from_usec, int64_t to_usec, int64_t step_usec)
{
	for (int64_t usec = from_usec; usec < to_usec; usec += step_usec)
		write_line(usec, "libvirtd[812]",
			   "internal error: end of file while reading data from the monitor, domain is still "
			   "there");
}

static void write_report(int64_t usec, int pid, int task_lines)
{
	write_line(usec, "kernel", "qemu-kvm invoked oom-killer: gfp_mask=0x140dca, order=0");
	for (int i = 0; i < task_lines; i++)
		write_line(usec, "kernel", "[%7d]     0 %7d   10000     1000   100000        0   0 task", i,
			   i);
	write_line(usec, "kernel", "Out of memory: Killed process %d (qemu-kvm) total-vm:4kB, anon-rss:4kB",
		   pid);
}

static int open_log(void **state)
{
	int fd;

	(void)state;
	setenv("TZ", "UTC", 1);
	tzset();
	strcpy(path, "/tmp/klog-scan-XXXXXX");
	fd = mkstemp(path);
	file = fd >= 0 ? fdopen(fd, "w") : NULL;
	return file != NULL ? 0 : -1;
}

static int remove_log(void **state)
{
	(void)state;
	return unlink(path);
}

static void finish_log(void)
{
	const struct timespec times[2] = { { .tv_sec = END / SEC }, { .tv_sec = END / SEC } };
	struct stat st;

	assert_int_equal(fclose(file), 0);
	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_true(st.st_size > 2 * 1024 * 1024); /* a smaller log is read completely */
}

struct seen {
	size_t records, headers, kernel_headers, tasks, kills;
	int pids[64];
	int64_t first_usec;
};

static int note(const struct klog_record *record, void *data)
{
	struct seen *seen = data;
	const char *killed = strstr(record->text, "Killed process ");

	if (seen->records++ == 0)
		seen->first_usec = record->realtime_usec;
	seen->headers += strstr(record->text, "invoked oom-killer") != NULL;
	seen->kernel_headers += strstr(record->text, "invoked oom-killer") != NULL &&
				klog_record_is_kernel(record) && !record->may_continue;
	seen->tasks += record->text[0] == '[';
	if (killed != NULL)
		seen->pids[seen->kills++ % ARRAY_SIZE(seen->pids)] = atoi(killed + 15);
	return 0;
}

static struct seen read_log(int64_t since_usec, bool with_filter)
{
	static const struct klog_filter filter = { .matches = matches,
						   .match_count = ARRAY_SIZE(matches),
						   .header = "invoked oom-killer",
						   .header_level = 4,
						   .records_before = 100,
						   .records_after = 10,
						   .usec_around = 600 * SEC };
	const struct klog_query query = { since_usec, KLOG_TIME_UNKNOWN, with_filter ? &filter : NULL, NULL,
					  false };
	static const struct file_roots roots;
	struct klog_failure failure;
	struct klog_summary summary;
	struct klog_source *source;
	struct seen seen = { 0 };

	assert_int_equal(klog_open(&source, KLOG_FILE, path, &roots, &failure), 0);
	assert_int_equal(klog_read(source, &query, note, &seen, &summary, &failure), 0);
	klog_close(source);
	assert_int_equal(summary.yielded_records, seen.records);
	return seen;
}

static void reports_are_yielded_complete_and_once(void **state)
{
	(void)state;
	for (int i = 0; i < 20; i++) {
		write_noise(END - (20 - i) * HOUR, END - (19 - i) * HOUR, SEC);
		write_report(END - (19 - i) * HOUR, 1000 + i, 40 * i);
	}
	finish_log();
	struct seen seen = read_log(KLOG_TIME_UNKNOWN, true);
	assert_int_equal(seen.kills, 20);
	for (int i = 0; i < 20; i++)
		assert_int_equal(seen.pids[i], 1000 + i);
	assert_int_equal(seen.headers, 20);
	assert_int_equal(seen.tasks, 40 * 19 * 20 / 2);
	assert_true(seen.records < 20 * 2 + seen.tasks + 20 * 11);
}

static void long_task_table_does_not_split_a_report(void **state)
{
	(void)state;
	write_noise(END - 6 * HOUR, END, SEC);
	write_report(END, 7, 20000);
	finish_log();
	struct seen seen = read_log(KLOG_TIME_UNKNOWN, true);
	assert_int_equal(seen.kills, 1);
	assert_int_equal(seen.headers, 1);
	assert_int_equal(seen.tasks, 20000);
}

static void kill_without_a_header_is_yielded_with_kernel_lines_around_it(void **state)
{
	(void)state;
	write_noise(END - 6 * HOUR, END - HOUR, SEC);
	for (int i = 0; i < 200; i++) {
		write_line(END - HOUR, "kernel", "device vnet%d entered promiscuous mode", i);
		write_line(END - HOUR, "app[1]", "device vnet%d entered promiscuous mode", i);
	}
	write_line(END - HOUR, "kernel", "Out of memory: Killed process 1 (a) total-vm:4kB");
	write_line(END - HOUR, "kernel", "Out of memory: Killed process 2 (b) total-vm:4kB");
	for (int i = 0; i < 200; i++) {
		write_line(END - HOUR, "app[1]", "device vnet%d entered promiscuous mode", i);
		write_line(END - HOUR, "kernel", "device vnet%d entered promiscuous mode", i);
	}
	write_noise(END - HOUR, END, SEC);
	finish_log();
	struct seen seen = read_log(KLOG_TIME_UNKNOWN, true);
	assert_int_equal(seen.kills, 2);
	assert_int_equal(seen.records, 100 + 2 + 10);
}

/* The search hits the name of the log daemon first, because log daemons report lost messages. */
static void report_invoked_by_a_log_daemon_is_complete(void **state)
{
	(void)state;
	write_noise(END - 6 * HOUR, END - HOUR, SEC);
	write_line(END - HOUR, "kernel", "rsyslogd invoked oom-killer: gfp_mask=0x140dca, order=0");
	for (int i = 0; i < 300; i++)
		write_line(END - HOUR, "kernel", "[%7d]     0 %7d   10000     1000        0 task", i, i);
	write_line(END - HOUR, "kernel", "Out of memory: Killed process 1 (a) total-vm:4kB");
	write_noise(END - HOUR, END, SEC);
	finish_log();
	struct seen seen = read_log(KLOG_TIME_UNKNOWN, true);
	assert_int_equal(seen.headers, 1);
	assert_int_equal(seen.tasks, 300);
}

/* Any user can log a line that looks like the header of a report or names a victim. */
static void lines_of_programs_do_not_split_a_report(void **state)
{
	(void)state;
	write_noise(END - 6 * HOUR, END - HOUR, SEC);
	write_line(END - HOUR, "kernel", "qemu-kvm invoked oom-killer: gfp_mask=0x140dca, order=0");
	write_line(END - HOUR, "mallory", "Killed process 7 (x)");
	for (int i = 0; i < 300; i++) {
		write_line(END - HOUR, "kernel", "[%7d]     0 %7d   10000     1000        0 task", i, i);
		write_line(END - HOUR, "mallory", "x invoked oom-killer: gfp_mask=0x0, order=0");
		write_line(END - HOUR, i % 50 == 0 ? "kern" : "mallory[7]", "device vnet3 entered mode");
	}
	fputs("x invoked oom-killer: gfp_mask=0x0, order=0\n", file);
	write_line(END - HOUR, "kernel", "Out of memory: Killed process 1 (a) total-vm:4kB");
	write_noise(END - HOUR, END, SEC);
	finish_log();
	struct seen seen = read_log(KLOG_TIME_UNKNOWN, true);
	assert_int_equal(seen.tasks, 300);
	assert_int_equal(seen.kernel_headers, 1);
}

static void match_across_a_block_boundary_is_found(void **state)
{
	(void)state;
	/* Blocks are 256 KiB and overlap by less than the length of a match. */
	for (int i = 0; i < 40; i++) {
		long wanted = (i + 1) * 262144L - 20 - i;

		while (ftell(file) < wanted - 400)
			write_line(END - HOUR, "app[1]", "noise");
		fprintf(file, "2024-05-09T14:00:00Z host kernel: %*s Killed process %d (x)\n",
			(int)(wanted - ftell(file) - 35), "", i);
	}
	finish_log();
	assert_int_equal(read_log(KLOG_TIME_UNKNOWN, true).kills, 40);
}

static void ordered_log_yields_only_the_window(void **state)
{
	(void)state;
	write_noise(END - 2 * DAY, END - DAY, 2 * SEC);
	write_report(END - DAY, 1, 10);
	write_noise(END - DAY, END - 1800 * SEC, 2 * SEC);
	write_report(END - 1800 * SEC, 2, 10);
	write_noise(END - 1800 * SEC, END, 2 * SEC);
	finish_log();
	struct seen seen = read_log(END - HOUR, true);
	assert_int_equal(seen.kills, 1);
	assert_int_equal(seen.pids[0], 2);
	seen = read_log(END - HOUR, false);
	assert_int_equal(seen.records, 1800 + 12);
	assert_int_equal(seen.first_usec, END - HOUR);
}

static void kill_is_found_in_an_unordered_log(void **state)
{
	static const char *const cases[] = { "newest log first", "a clock far behind for a while",
					     "a clock ahead", "no times in between", "newest line first" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		if (i > 0)
			assert_int_equal(open_log(NULL), 0);
		switch (i) {
		case 0: /* two logs in one file, the newer one first */
			write_noise(END - 6 * HOUR, END - 1800 * SEC, SEC);
			write_report(END - 1800 * SEC, 1, 10);
			write_noise(END - 4 * DAY, END - 3 * DAY, 4 * SEC);
			break;
		case 1: /* after the kill, the clock starts in 1970 for some minutes */
			write_noise(END - 2 * DAY, END - 7200 * SEC, 4 * SEC);
			write_report(END - 3000 * SEC, 1, 10);
			write_noise(0, HOUR, SEC);
			write_noise(END - 600 * SEC, END, SEC);
			break;
		case 2: /* before the kill, the clock is set to the next year and back */
			write_noise(END - 2 * DAY, END - DAY, 4 * SEC);
			write_noise(END + 365 * DAY, END + 365 * DAY + HOUR, SEC);
			write_noise(END - DAY, END - 1800 * SEC, 4 * SEC);
			write_report(END - 1800 * SEC, 1, 10);
			write_noise(END - 1800 * SEC, END, 4 * SEC);
			break;
		case 3:
			write_noise(END - 2 * DAY, END - DAY, 4 * SEC);
			write_report(END - 1800 * SEC, 1, 10);
			for (int line = 0; line < 40000; line++)
				fprintf(file, "%d a line of a table without any time in it\n", line);
			write_noise(END - 1800 * SEC, END, 4 * SEC);
			break;
		case 4:
			for (int64_t usec = END; usec > END - 9 * HOUR; usec -= SEC) {
				write_line(usec, "libvirtd[812]",
					   "internal error: end of file while reading data from the monitor");
				if (usec == END - 1800 * SEC)
					write_line(usec, "kernel", "Out of memory: Killed process 1 (x)");
			}
			break;
		}
		finish_log();
		struct seen seen = read_log(END - HOUR, true);
		if (seen.kills != 1 || seen.pids[0] != 1)
			fail_msg("%s: %zu kills", cases[i], seen.kills);
		if (i + 1 < ARRAY_SIZE(cases))
			assert_int_equal(remove_log(NULL), 0);
	}
}

/* The number of bytes that this process has read. */
static long long bytes_read(void)
{
	FILE *io = fopen("/proc/self/io", "r");
	long long bytes = -1;

	if (io != NULL) {
		if (fscanf(io, "rchar: %lld", &bytes) != 1)
			bytes = -1;
		assert_int_equal(fclose(io), 0);
	}
	return bytes;
}

/* The megabytes before a report are not read again, with or without its header. */
static void lines_before_a_report_are_read_once(void **state)
{
	struct stat st;

	(void)state;
	for (int i = 0; i < 8; i++) {
		write_noise(END - 40000 * SEC, END, SEC);
		for (int line = 0; line < 100; line++)
			write_line(END, "kernel", "device vnet%d entered promiscuous mode", line);
		if (i % 2 == 0)
			write_report(END, i, 100);
		else
			write_line(END, "kernel", "Out of memory: Killed process %d (a) total-vm:4kB", i);
	}
	finish_log();
	assert_int_equal(stat(path, &st), 0);
	const long long before = bytes_read();
	if (before < 0)
		skip();
	assert_int_equal(read_log(KLOG_TIME_UNKNOWN, true).kills, 8);
	assert_in_range(bytes_read() - before, 1, st.st_size * 11 / 10);
}

static void many_hits_are_yielded_once_each(void **state)
{
	(void)state;
	for (int i = 0; i < 100000; i++)
		fprintf(file, "[%5d.000000] Killed process %d (x) Killed process\n", i, i);
	finish_log();
	struct seen seen = read_log(KLOG_TIME_UNKNOWN, true);
	assert_int_equal(seen.records, 100000);
	assert_int_equal(seen.kills, 100000);
}

int main(void)
{
#define LOG_TEST(name) cmocka_unit_test_setup_teardown(name, open_log, remove_log)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_string_is_found_at_every_offset),
		cmocka_unit_test(similar_text_is_not_found),
		cmocka_unit_test(all_occurrences_in_random_text_are_found),
		cmocka_unit_test(too_many_strings_are_refused),
		cmocka_unit_test(pairs_in_use_are_few_and_rare),
		LOG_TEST(reports_are_yielded_complete_and_once),
		LOG_TEST(long_task_table_does_not_split_a_report),
		LOG_TEST(kill_without_a_header_is_yielded_with_kernel_lines_around_it),
		LOG_TEST(report_invoked_by_a_log_daemon_is_complete),
		LOG_TEST(lines_of_programs_do_not_split_a_report),
		LOG_TEST(match_across_a_block_boundary_is_found),
		LOG_TEST(ordered_log_yields_only_the_window),
		LOG_TEST(kill_is_found_in_an_unordered_log),
		LOG_TEST(lines_before_a_report_are_read_once),
		LOG_TEST(many_hits_are_yielded_once_each),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
