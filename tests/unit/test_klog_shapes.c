/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Logs whose lines are not in the order of their dates: the clock was slow after a reset, or
 * fast before it, a program flooded the log, or the log consists of several files. In every
 * shape, a kill within the window is yielded. */
#include "unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "klog/klog.h"

#define SEC  INT64_C(1000000)
#define HOUR (3600 * SEC)
#define DAY  (24 * HOUR)

enum format { ISO, RFC3164, FORMATS };
enum layout { ONE_FILE, ROTATED, PACKED, LAYOUTS };

static char directory[] = "/tmp/klog-shapes-XXXXXX";
static enum format format;
static int64_t now_usec; /* rounded to a second */

struct part {
	char letter;
	int64_t from_usec, to_usec; /* relative to now */
	bool is_kernel;
};

/* O: old. F: recent, within the window. L: the last minutes. B: a clock that is two days slow.
 * D: a reset clock, which starts months ago. U: a clock that is three days fast. X: a flood of
 * lines by a program, with dates of its choice. K: the kill, within the window. */
static const struct part parts[] = {
	{ 'O', -30 * DAY, -5 * DAY, true },
	{ 'F', -20 * HOUR, -4 * HOUR, true },
	{ 'L', -HOUR / 6, 0, true },
	{ 'B', -2 * DAY, -2 * DAY + HOUR / 12, true },
	{ 'D', -129 * DAY - 14 * HOUR, -129 * DAY - 13 * HOUR, true },
	{ 'U', 3 * DAY, 3 * DAY + HOUR / 12, true },
	{ 'X', -40 * DAY, -2 * DAY, false },
	{ 'K', -3 * HOUR, -3 * HOUR, true },
};

static const struct part *part_of(char letter)
{
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		if (parts[i].letter == letter)
			return &parts[i];
	}
	return NULL;
}

static void write_line(FILE *file, int64_t usec, const char *tag, const char *text)
{
	time_t seconds = (time_t)(usec / SEC);
	char stamp[40];
	struct tm tm;

	strftime(stamp, sizeof(stamp), format == ISO ? "%Y-%m-%dT%H:%M:%S+00:00" : "%b %e %H:%M:%S",
		 gmtime_r(&seconds, &tm));
	fprintf(file, "%s host %s: %s\n", stamp, tag, text);
}

/* Writes `bytes` of lines, spread evenly over the part's time. Returns the time of the last
 * line. */
static int64_t write_part(FILE *file, const struct part *part, long bytes)
{
	static const char noise[] =
		"device vnet3 entered promiscuous mode, and what else a host's kernel says of its devices";
	const long start = ftell(file);
	int64_t usec = now_usec + part->from_usec;

	if (part->letter == 'K') {
		write_line(file, usec, "kernel", "qemu-kvm invoked oom-killer: gfp_mask=0x140dca, order=0");
		write_line(file, usec, "kernel",
			   "Out of memory: Killed process 4242 (qemu-kvm) total-vm:4kB");
		return usec;
	}
	for (long done = 0; done < bytes; done = ftell(file) - start) {
		usec = now_usec + part->from_usec +
		       (part->to_usec - part->from_usec) / 1000 * (done * 1000 / bytes);
		write_line(file, usec, part->is_kernel ? "kernel" : "app[1]", noise);
	}
	return usec;
}

static FILE *begin_file(const char *name)
{
	FILE *file = fopen(name, "w");

	assert_non_null(file);
	return file;
}

/* The file's modification time is the time of its last line. */
static void end_file(FILE *file, const char *name, int64_t usec)
{
	const struct timespec times[2] = { { .tv_sec = usec / SEC }, { .tv_sec = usec / SEC } };

	assert_int_equal(fclose(file), 0);
	assert_int_equal(utimensat(AT_FDCWD, name, times, 0), 0);
}

/* A shape lists parts in their order; '|' marks where the log was rotated, if the layout rotates
 * it. */
static void write_log(const char *shape, enum layout layout, long bytes)
{
	size_t siblings = 0;
	int64_t usec = now_usec;
	char name[32];

	for (const char *at = shape; *at != '\0'; at++)
		siblings += *at == '|' && layout != ONE_FILE;
	snprintf(name, sizeof(name), siblings > 0 ? "kern.log.%zu" : "kern.log", siblings);
	FILE *file = begin_file(name);
	for (const char *at = shape; *at != '\0'; at++) {
		if (*at != '|') {
			usec = write_part(file, part_of(*at), *at == 'O' ? 12 * bytes : bytes);
		} else if (layout != ONE_FILE) {
			end_file(file, name, usec);
			siblings--;
			snprintf(name, sizeof(name), siblings > 0 ? "kern.log.%zu" : "kern.log", siblings);
			file = begin_file(name);
		}
	}
	end_file(file, name, usec);
	if (layout == PACKED)
		assert_int_equal(system("set -- kern.log.[0-9]; [ ! -e \"$1\" ] || gzip -1 \"$@\""), 0);
}

static int count_kill(const struct klog_record *record, void *data)
{
	*(unsigned *)data += strstr(record->text, "Killed process 4242 ") != NULL &&
			     record->realtime_usec == now_usec - 3 * HOUR;
	return 0;
}

static unsigned kills_of_the_last_day(void)
{
	static const struct klog_match matches[] = { { "Killed process ", 3, NULL, NULL, "Ki" },
						     { "invoked oom-killer", 4, NULL, NULL, "ll" } };
	static const struct klog_filter filter = { .matches = matches,
						   .match_count = ARRAY_SIZE(matches),
						   .header = "invoked oom-killer",
						   .records_before = 64,
						   .records_after = 8,
						   .usec_around = 120 * SEC };
	const struct klog_query query = { now_usec - DAY, KLOG_TIME_UNKNOWN, &filter, NULL, false };
	static const struct file_roots roots;
	struct klog_failure failure;
	struct klog_summary summary;
	struct klog_source *source;
	unsigned kills = 0;

	assert_int_equal(klog_open(&source, KLOG_FILE, "kern.log", &roots, &failure), 0);
	assert_int_equal(klog_read(source, &query, count_kill, &kills, &summary, &failure), 0);
	klog_close(source);
	return kills;
}

static void kill_within_the_window_is_found_in_every_shape(void **state)
{
	static const char *const shapes[] = {
		"O|FK|BL",   "O|FKB|L",   "OF|KB|L",  "O|F|KBL",   "OFKUL",    "OFK|U|L",
		"OUFK|BL",   "OB|FKL",    "OFBK|BL",  "OFKX|L",    "OFXK|XL",  "OXFKX|BL",
		"O|FKBUL",   "O|FKUB|L",  "FK|B|L",   "K|B|L",     "OK|B|L",   "O|BFK|BL",
		"O|UFKU|L",  "OFKD|L",    "OF|KD|DL", "O|DFK|DBL", "O|FKB|BL", "OFK|B|B|L",
		"O|FK|BX|L", "OFK|XU|BL", "OFKB",     "OFK|B",     "KOOB|L",   "OFK|DDX|L",
	};
	static const long sizes[] = { 2000, 90000 };
	size_t tried = 0, missed = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(shapes) * ARRAY_SIZE(sizes) * FORMATS * LAYOUTS; i++) {
		const char *shape = shapes[i % ARRAY_SIZE(shapes)];
		const size_t rest = i / ARRAY_SIZE(shapes);
		const long bytes = sizes[rest % ARRAY_SIZE(sizes)];
		const enum layout layout = (enum layout)(rest / ARRAY_SIZE(sizes) % LAYOUTS);

		format = (enum format)(rest / ARRAY_SIZE(sizes) / LAYOUTS);
		/* For large parts the other layouts are tried in one format only, as they differ
		 * only in their dates. */
		if (bytes > 10000 && format == RFC3164 && layout != ONE_FILE)
			continue;
		assert_int_equal(system("rm -f kern.log*"), 0);
		write_log(shape, layout, bytes);
		tried++;
		if (kills_of_the_last_day() != 1) {
			missed++;
			print_message("# missed: %s, %ld bytes a part, layout %d, format %d\n", shape, bytes,
				      (int)layout, (int)format);
		}
	}
	print_message("# %zu shapes, %zu missed\n", tried, missed);
	assert_true(tried >= 240);
	assert_int_equal(missed, 0);
}

static int enter(void **state)
{
	(void)state;
	setenv("TZ", "UTC", 1);
	tzset();
	now_usec = time(NULL) * SEC;
	return mkdtemp(directory) != NULL && chdir(directory) == 0 ? 0 : -1;
}

static int leave(void **state)
{
	(void)state;
	return system("rm -f kern.log*") == 0 && chdir("/") == 0 ? rmdir(directory) : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kill_within_the_window_is_found_in_every_shape),
	};

	return cmocka_run_group_tests(tests, enter, leave);
}
