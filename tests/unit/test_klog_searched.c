/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A large log is not searched again from its start, and whatever happened to the file since the
 * last run, the records yielded are the same as those of a full search. */
#include "unit.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/hash.h"
#include "gather/searched.h"
#include "klog/klog.h"
#include "oom/parser.h"

#define MIB ((off_t)1024 * 1024)

static char path[64];
static FILE *file;
static unsigned line_number;

static void add(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void add(const char *format, ...)
{
	char stamp[40];
	/* One line per second, starting on 2024-05-09. */
	const time_t seconds = 1715212800 + line_number++;
	va_list arguments;
	struct tm tm;

	strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&seconds, &tm));
	fprintf(file, "%s host ", stamp);
	va_start(arguments, format);
	vfprintf(file, format, arguments);
	va_end(arguments);
	fputc('\n', file);
}

static void add_noise(off_t bytes)
{
	for (const off_t end = ftello(file) + bytes; ftello(file) < end;)
		add("libvirtd[812]: internal error: end of file while reading data from the monitor of %u",
		    line_number);
}

static void add_kill(int pid)
{
	add("kernel: Out of memory: Killed process %d (qemu-kvm) total-vm:4kB, anon-rss:4kB", pid);
}

static void add_report(int pid, int tasks)
{
	add("kernel: qemu-kvm invoked oom-killer: gfp_mask=0x140dca, order=0");
	for (int i = 0; i < tasks; i++)
		add("kernel: [%7d]     0 %7d   10000     1000   100000        0   0 task", i, i);
	add_kill(pid);
}

/* A log of 17 MiB with four reports. */
static void begin_log(void)
{
	file = fopen(path, "w");
	assert_non_null(file);
	for (int i = 1; i <= 4; i++) {
		add_noise(17 * MIB / 4);
		add_report(i, 40 * i);
		add("rsyslogd: imjournal: 12 messages lost due to rate-limiting");
	}
	assert_int_equal(fflush(file), 0);
}

static int open_log(void **state)
{
	int fd;

	(void)state;
	strcpy(path, "/tmp/klog-searched-XXXXXX");
	fd = mkstemp(path);
	if (fd < 0)
		return -1;
	close(fd);
	begin_log();
	return 0;
}

static int remove_log(void **state)
{
	(void)state;
	fclose(file);
	return unlink(path);
}

/* The saved search of one file; gather/searched.c keeps several. */
struct kept {
	struct klog_searched searched;
	bool is_there;
	unsigned writes;
};

static bool lookup(uint64_t device, uint64_t inode, struct klog_searched *ret, void *data)
{
	struct kept *kept = data;

	*ret = kept->searched;
	return kept->is_there && kept->searched.device == device && kept->searched.inode == inode;
}

static void keep(const struct klog_searched *searched, void *data)
{
	struct kept *kept = data;

	kept->searched = *searched;
	kept->is_there = true;
	kept->writes++;
}

struct seen {
	uint64_t records, kills, hash, lost;
	int error;
	long long bytes;
};

static int note(const struct klog_record *record, void *data)
{
	struct seen *seen = data;

	seen->records++;
	seen->kills += strstr(record->text, "Killed process ") != NULL;
	seen->hash = hash_add(seen->hash, record->text, record->text_length + 1);
	seen->hash = hash_add_numbers(seen->hash, (const uint64_t *)&record->realtime_usec, 1);
	return 0;
}

static long long bytes_read(void)
{
	FILE *io = fopen("/proc/self/io", "r");
	long long bytes = 0;

	if (io != NULL) {
		if (fscanf(io, "rchar: %lld", &bytes) != 1)
			bytes = 0;
		fclose(io);
	}
	return bytes;
}

static struct seen read_log(struct kept *kept)
{
	const struct klog_search_cache cache = { lookup, keep, kept };
	const struct klog_query query = { .since_usec = KLOG_TIME_UNKNOWN,
					  .until_usec = KLOG_TIME_UNKNOWN,
					  .filter = &oom_filter };
	static const struct file_roots roots;
	struct seen seen = { .hash = HASH_OF_NOTHING };
	struct klog_failure failure;
	struct klog_summary summary;
	struct klog_source *source;

	assert_int_equal(fflush(file), 0);
	const long long before = bytes_read();
	assert_int_equal(klog_open(&source, KLOG_FILE, path, &roots, &failure), 0);
	klog_cache_searches(source, kept != NULL ? &cache : NULL);
	seen.error = klog_read(source, &query, note, &seen, &summary, &failure);
	klog_close(source);
	seen.bytes = bytes_read() - before;
	seen.lost = summary.lost_records;
	return seen;
}

/* Reads with and without the saved search and asserts that both yield the same. Returns the
 * result with the saved search. */
static struct seen compare(struct kept *kept)
{
	const struct seen plain = read_log(NULL), seen = read_log(kept);

	assert_int_equal(seen.error, plain.error);
	assert_int_equal(seen.records, plain.records);
	assert_int_equal(seen.kills, plain.kills);
	assert_int_equal(seen.lost, plain.lost);
	assert_true(seen.hash == plain.hash);
	return seen;
}

static struct kept first_run(void)
{
	struct kept kept = { 0 };
	const struct seen seen = compare(&kept);

	assert_int_equal(seen.kills, 4);
	assert_int_equal(kept.writes, 1);
	assert_true(kept.searched.bytes > 17 * MIB);
	return kept;
}

static void searched_part_is_not_searched_again(void **state)
{
	struct kept kept = first_run();

	(void)state;
	struct seen seen = compare(&kept);
	assert_int_equal(seen.kills, 4);
	if (seen.bytes > 0)
		assert_true(seen.bytes < 3 * MIB);
	add_noise(MIB / 4);
	add_report(5, 30);
	seen = compare(&kept);
	assert_int_equal(seen.kills, 5);
	if (seen.bytes > 0)
		assert_true(seen.bytes < 4 * MIB);
	assert_int_equal(kept.writes, 1); /* too little growth to be worth a write */
	add_noise(5 * MIB);
	assert_int_equal(compare(&kept).kills, 5);
	assert_int_equal(kept.writes, 2);
	assert_true(kept.searched.bytes > 22 * MIB);
	assert_int_equal(compare(&kept).kills, 5);
}

/* The file ends within a line, within a match and within a report. */
static void file_that_ends_anywhere_is_continued(void **state)
{
	static const char line[] =
		"2024-05-10T08:00:00Z host kernel: Out of memory: Killed process 9 (qemu-kvm) "
		"total-vm:4kB, anon-rss:4kB\n";

	(void)state;
	for (size_t cut = 0; cut <= sizeof(line) - 1; cut += 3) {
		struct kept kept = { 0 };
		const off_t end = ftello(file);

		fwrite(line, 1, cut, file);
		compare(&kept);
		assert_true(kept.searched.bytes <= end);
		fwrite(line + cut, 1, sizeof(line) - 1 - cut, file);
		assert_int_equal(compare(&kept).kills, 5);
		assert_int_equal(fflush(file), 0);
		assert_int_equal(ftruncate(fileno(file), end), 0);
		assert_int_equal(fseeko(file, end, SEEK_SET), 0);
	}
	add("kernel: qemu-kvm invoked oom-killer: gfp_mask=0x140dca, order=0");
	add("kernel: Mem-Info:");
	struct kept kept = { 0 };
	compare(&kept);
	add("kernel: [      1]     0       1   10000     1000   100000        0   0 task");
	add_kill(9);
	assert_int_equal(compare(&kept).kills, 5);
}

static void cut_to(off_t bytes)
{
	assert_int_equal(fflush(file), 0);
	assert_int_equal(ftruncate(fileno(file), bytes), 0);
	assert_int_equal(fseeko(file, bytes, SEEK_SET), 0);
}

static void write_at(off_t offset, const char *bytes, size_t length)
{
	const off_t end = ftello(file);

	assert_int_equal(fflush(file), 0);
	assert_int_equal(pwrite(fileno(file), bytes, length, offset), (ssize_t)length);
	assert_int_equal(fseeko(file, end, SEEK_SET), 0);
}

/* copytruncate, after which as much is written as there was before. */
static void truncate_and_regrow(void)
{
	cut_to(0);
	add_noise(9 * MIB);
	add_kill(77);
	add_noise(9 * MIB);
}

static void truncate_a_part_and_regrow(void)
{
	cut_to(8 * MIB);
	fputc('\n', file);
	add_kill(77);
	add_noise(10 * MIB);
}

/* A new file with the same name, possibly with the same inode number. */
static void replace(void)
{
	fclose(file);
	assert_int_equal(unlink(path), 0);
	line_number += 5000;
	begin_log();
	add_kill(77);
}

static void truncate_only(void)
{
	cut_to(12 * MIB);
}

/* ext4 after a power cut: NUL bytes replace the last lines, and later lines follow them. */
static void leave_a_hole_at_the_end(void)
{
	static const char hole[8192];

	write_at(ftello(file) - (off_t)sizeof(hole), hole, sizeof(hole));
	add_kill(77);
}

/* The hole may cover a kill that was found before. */
static void leave_a_hole_in_a_kill(void)
{
	static const char hole[65536];

	for (off_t offset = 4 * MIB; offset < 5 * MIB; offset += (off_t)sizeof(hole))
		write_at(offset, hole, sizeof(hole));
	add_noise(MIB / 8);
}

static void write_another_head(void)
{
	write_at(100, "something else", 14);
}

static void append_a_hole(void)
{
	cut_to(ftello(file) + 70000);
	add_kill(77);
}

static void changed_file_yields_the_same_as_a_full_search(void **state)
{
	static const struct {
		const char *what;
		void (*happen)(void);
	} cases[] = {
		{ "truncated and rewritten", truncate_and_regrow },
		{ "truncated partly and continued", truncate_a_part_and_regrow },
		{ "another file", replace },
		{ "truncated", truncate_only },
		{ "a hole at the end of the searched part", leave_a_hole_at_the_end },
		{ "a hole where something was found", leave_a_hole_in_a_kill },
		{ "another beginning", write_another_head },
		{ "a hole appended", append_a_hole },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		fclose(file);
		line_number = 0;
		begin_log();
		struct kept kept = first_run();
		cases[i].happen();
		print_message("%s\n", cases[i].what);
		compare(&kept);
		/* The search saved by that run is correct too. */
		compare(&kept);
	}
}

/* Other strings were searched for, hits are missing or wrong, or the size is wrong. */
static void saved_search_that_does_not_match_is_ignored(void **state)
{
	const struct kept right = first_run();
	struct kept kept = right;

	(void)state;
	kept.searched.strings++;
	assert_true(compare(&kept).bytes >= 17 * MIB || bytes_read() == 0);
	kept = right;
	kept.searched.hits[1].offset++;
	compare(&kept);
	assert_int_equal(kept.writes, 2);
	kept = right;
	kept.searched.hits[1].string ^= 1;
	compare(&kept);
	assert_int_equal(kept.writes, 2);
	kept = right;
	kept.searched.hits[0].string = 1000;
	compare(&kept);
	assert_int_equal(kept.writes, 2);
	kept = right;
	kept.searched.hits[0] = kept.searched.hits[1];
	compare(&kept);
	assert_int_equal(kept.writes, 2);
	kept = right;
	kept.searched.hit_count = KLOG_SEARCHED_HITS_MAX + 1;
	compare(&kept);
	assert_int_equal(kept.writes, 2);
	kept = right;
	kept.searched.bytes -= 1;
	compare(&kept);
	assert_int_equal(kept.writes, 2);
	kept = right;
	kept.searched.bytes = 3;
	compare(&kept);
	assert_int_equal(kept.writes, 2);
}

static void too_many_hits_are_not_saved(void **state)
{
	struct kept kept = { 0 };

	(void)state;
	for (int i = 0; i < KLOG_SEARCHED_HITS_MAX + 10; i++) {
		add_kill(1000 + i);
		for (int line = 0; line < 20; line++) /* enough lines that each kill is a separate hit */
			add("kernel: device vnet%d entered promiscuous mode", line);
	}
	assert_int_equal(compare(&kept).kills, 4 + KLOG_SEARCHED_HITS_MAX + 10);
	assert_int_equal(kept.writes, 0);
}

/* Random changes in random order. */
static void random_changes_yield_the_same_as_a_full_search(void **state)
{
	struct kept kept = { 0 };

	(void)state;
	srandom(20241122);
	for (int run = 0; run < 100; run++) {
		for (long steps = random() % 4; steps > 0; steps--) {
			switch (random() % 12) {
			case 0:
			case 1:
			case 2:
				add_noise(random() % (2 * MIB));
				break;
			case 3:
				add_kill(run);
				break;
			case 4:
				add_report(run, (int)(random() % 200));
				break;
			case 5:
				add("rsyslogd invoked oom-killer: gfp_mask=0x0, order=0");
				break;
			case 6:
				add("kernel: rsyslogd invoked oom-killer: gfp_mask=0x0, order=0");
				break;
			case 7:
				fputs("2024-05-10T08:00:00Z host kernel: Out of memory: Killed pro", file);
				break;
			case 8:
				fputs("cess 9 (x) total-vm:4kB\n", file);
				break;
			case 9:
				append_a_hole();
				break;
			case 10:
				add("libvirtd[1]: still killing process 7, systemd-journald rsyslogd");
				break;
			default:
				if (random() % 8 == 0)
					truncate_and_regrow();
				else if (random() % 8 == 0)
					replace();
				else if (random() % 8 == 0)
					leave_a_hole_at_the_end();
				break;
			}
		}
		compare(&kept);
	}
	assert_true(kept.writes > 5);
}

/* ---- saving ---- */

static void fill(struct searched *searched, size_t files)
{
	static const struct file_roots roots;

	searched_init(searched, &roots);
	for (size_t i = 0; i < files; i++) {
		struct klog_searched one = { .device = 7,
					     .inode = UINT64_MAX - i,
					     .strings = UINT64_MAX / 3,
					     .bytes = INT64_MAX - (int64_t)i,
					     .head = i,
					     .tail = ~(uint64_t)i,
					     .hit_count = (i * 37) % (KLOG_SEARCHED_HITS_MAX + 1) };

		for (size_t hit = 0; hit < one.hit_count; hit++)
			one.hits[hit] = (struct klog_searched_hit){ (int64_t)(1000000 * hit + i),
								    (int64_t)(hit % 20) };
		searched->cache.keep(&one, searched->cache.data);
	}
}

static bool same(const struct klog_searched *a, const struct klog_searched *b)
{
	return a->device == b->device && a->inode == b->inode && a->strings == b->strings &&
	       a->bytes == b->bytes && a->head == b->head && a->tail == b->tail &&
	       a->hit_count == b->hit_count &&
	       memcmp(a->hits, b->hits, a->hit_count * sizeof(a->hits[0])) == 0;
}

static struct searched saved_before, saved_after;
static char text_of[SEARCHED_TEXT_MAX], text_cut[SEARCHED_TEXT_MAX];

static void print_all(void)
{
	struct text text;

	text_init(&text, text_of, sizeof(text_of));
	searched_print(&saved_before, &text);
	assert_false(text.truncated);
}

static void parsing_restores_the_saved_searches(void **state)
{
	(void)state;
	for (size_t files = 0; files <= SEARCHED_FILES_MAX + 3; files++) {
		fill(&saved_before, files);
		assert_int_equal(saved_before.count, files < SEARCHED_FILES_MAX ? files : SEARCHED_FILES_MAX);
		print_all();
		searched_init(&saved_after, saved_before.roots);
		searched_parse(&saved_after, text_of);
		assert_int_equal(saved_after.count, saved_before.count);
		for (size_t i = 0; i < saved_after.count; i++)
			assert_true(same(&saved_after.files[i], &saved_before.files[i]));
	}
}

/* A file is saved with all its hits: damaged text restores complete files or none. */
static void damaged_text_restores_no_wrong_search(void **state)
{
	(void)state;
	fill(&saved_before, 9);
	print_all();
	const size_t length = strlen(text_of);
	for (size_t begin = 0; begin < length;) {
		const char *newline = memchr(text_of + begin, '\n', length - begin);
		const size_t end = (size_t)(newline + 1 - text_of);

		for (int cut_off = 0; cut_off < 2; cut_off++) {
			memcpy(text_cut, text_of, begin);
			strcpy(text_cut + begin, cut_off ? "" : text_of + end);
			searched_init(&saved_after, saved_before.roots);
			searched_parse(&saved_after, text_cut);
			for (size_t i = 0; i < saved_after.count; i++) {
				bool known = false;

				for (size_t k = 0; k < saved_before.count && !known; k++)
					known = same(&saved_after.files[i], &saved_before.files[k]);
				assert_true(known);
			}
		}
		begin = end;
	}
}

static void most_recent_searches_are_kept(void **state)
{
	(void)state;
	fill(&saved_before, SEARCHED_FILES_MAX + 3);
	assert_true(saved_before.files[0].inode == UINT64_MAX - (SEARCHED_FILES_MAX + 2));
	const struct klog_searched again = saved_before.files[5];
	saved_before.cache.keep(&again, saved_before.cache.data);
	assert_int_equal(saved_before.count, SEARCHED_FILES_MAX);
	assert_true(same(&saved_before.files[0], &again));
	for (size_t i = 1; i < saved_before.count; i++)
		assert_false(same(&saved_before.files[i], &again));
}

int main(void)
{
#define LOG_TEST(name) cmocka_unit_test_setup_teardown(name, open_log, remove_log)
	const struct CMUnitTest tests[] = {
		LOG_TEST(searched_part_is_not_searched_again),
		LOG_TEST(file_that_ends_anywhere_is_continued),
		LOG_TEST(changed_file_yields_the_same_as_a_full_search),
		LOG_TEST(saved_search_that_does_not_match_is_ignored),
		LOG_TEST(too_many_hits_are_not_saved),
		LOG_TEST(random_changes_yield_the_same_as_a_full_search),
		cmocka_unit_test(parsing_restores_the_saved_searches),
		cmocka_unit_test(damaged_text_restores_no_wrong_search),
		cmocka_unit_test(most_recent_searches_are_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
