/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reads the ring buffer through syslog(2), for kernels with printk.devkmsg=off and containers
 * without /dev/kmsg. It carries less information than /dev/kmsg. Text is not escaped, and a record
 * of several lines is returned as several lines, each with the record's own prefix
 * (record_print_text() in kernel/printk/printk.c). A user can insert a newline into a record, for
 * example through a mount option that a file system quotes in an error message, and the text after
 * it looks like a record of facility 0. So a line with the same prefix as the line before it is
 * marked as a possible continuation of that record. It may also be a record of its own: in real
 * logs, one adjacent pair in fourteen has the same microsecond.
 */
#include "klog/source.h"

#include <errno.h>
#include <string.h>
#include <sys/klog.h>

#include "base/cleanup.h"

/* SYSLOG_ACTION_* of include/linux/syslog.h, which is not exported to userspace. */
#define ACTION_READ_ALL    3
#define ACTION_SIZE_BUFFER 10

/* The ring buffer contains the texts without prefixes, 32 bytes or more each (PRB_AVGBITS). Each
 * line gets a prefix of up to 40 bytes, so a buffer of the ring buffer's size would lose the oldest
 * records. Pages that are not touched cost nothing. */
#define PREFIXED_TEXT_FACTOR 3

struct syslog_source {
	struct klog_source base;
	struct klog_boot boot;
	char *text; /* the whole text, read at open */
	size_t length;
	bool timed;      /* all lines have a time (printk.time=1) */
	bool has_caller; /* all lines without a time have a caller (CONFIG_PRINTK_CALLER) */
};

/* devkmsg_write() accepts eight bits of facility. */
#define PRIO_MAX 2047

bool klog_syslog_priority(struct cursor *cursor, struct klog_record *record)
{
	struct cursor c = *cursor;
	int64_t prio;

	if (!cursor_take_byte(&c, '<') || !cursor_take_digits(&c, 1, 4, &prio) || prio > PRIO_MAX ||
	    !cursor_take_byte(&c, '>'))
		return false;
	record->facility = (int)(prio >> 3);
	record->level = (int)(prio & 7);
	*cursor = c;
	return true;
}

bool klog_syslog_caller(struct cursor *cursor)
{
	struct cursor c = *cursor;
	int64_t number;

	if (!cursor_take_byte(&c, '['))
		return false;
	cursor_take_blanks(&c);
	if ((!cursor_take_byte(&c, 'T') && !cursor_take_byte(&c, 'C')) ||
	    !cursor_take_digits(&c, 1, 10, &number) || !cursor_take_byte(&c, ']'))
		return false;
	*cursor = c;
	return true;
}

/* Takes "[   12.345678]", which is missing with printk.time=0. */
static bool take_time(struct cursor *cursor, struct klog_record *record)
{
	struct cursor c = *cursor;
	int64_t seconds, usec;

	if (!cursor_take_byte(&c, '['))
		return false;
	cursor_take_blanks(&c);
	if (!cursor_take_digits(&c, 1, 11, &seconds) || !cursor_take_byte(&c, '.') ||
	    !cursor_take_digits(&c, 6, 6, &usec) || !cursor_take_byte(&c, ']'))
		return false;
	record->monotonic_usec = seconds * 1000000 + usec;
	*cursor = c;
	return true;
}

int klog_syslog_parse(const char *line, size_t length, struct klog_record *ret)
{
	struct cursor c = { line, line + length };
	struct klog_record record = {
		.realtime_usec = KLOG_TIME_UNKNOWN,
		.monotonic_usec = KLOG_TIME_UNKNOWN,
		.sequence = KLOG_SEQUENCE_UNKNOWN,
	};

	if (!klog_syslog_priority(&c, &record))
		return -EINVAL;
	if (take_time(&c, &record)) {
		klog_syslog_caller(&c);
		cursor_take_byte(&c, ' ');
	}
	record.text = c.at;
	record.text_length = cursor_left(&c);
	*ret = record;
	return 0;
}

/* CONFIG_PRINTK_CALLER with printk.time=0: removes the caller from a text without a time. Returns
 * whether there is one. */
static bool cut_caller(struct klog_record *record)
{
	struct cursor c = { record->text, record->text + record->text_length };

	if (!klog_syslog_caller(&c))
		return false;
	cursor_take_byte(&c, ' ');
	record->text = c.at;
	record->text_length = cursor_left(&c);
	return true;
}

/*
 * Finds out which prefixes the kernel prints. All lines have a time or none has: it depends on the
 * current value of printk.time, not on the value when the record was written (before 3.5 it was the
 * other way round). If one line has no time, what looks like a time in other lines may be part of
 * their text.
 */
static void find_prefixes(struct syslog_source *syslog)
{
	const char *line = syslog->text, *end = syslog->text + syslog->length;

	syslog->timed = syslog->has_caller = true;
	while (line < end) {
		const char *newline = memchr(line, '\n', (size_t)(end - line));
		size_t length = (size_t)((newline ? newline : end) - line);
		struct klog_record record;

		if (klog_syslog_parse(line, length, &record) == 0 &&
		    record.monotonic_usec == KLOG_TIME_UNKNOWN) {
			syslog->timed = false;
			syslog->has_caller &= cut_caller(&record);
		}
		line += length + (newline ? 1 : 0);
	}
}

/* The caller (CONFIG_PRINTK_CALLER) is not compared. It is the same in all lines of a record, so at
 * worst one line too many is marked. */
static bool same_prefix(const struct syslog_source *syslog, const struct klog_record *a,
			const struct klog_record *b)
{
	return a->facility == b->facility && a->level == b->level &&
	       (!syslog->timed || a->monotonic_usec == b->monotonic_usec);
}

/* Returns the next line at *at, terminated in place, or NULL at the end. */
static char *next_line(struct syslog_source *syslog, size_t *at, size_t *ret_length)
{
	char *line = syslog->text + *at;
	size_t left = syslog->length - *at;
	char *newline;

	if (left == 0)
		return NULL;
	newline = memchr(line, '\n', left);
	*ret_length = newline ? (size_t)(newline - line) : left;
	*at += *ret_length + (newline ? 1 : 0);
	line[*ret_length] = '\0';
	/* A NUL would end the string early. */
	for (char *nul = line; (nul = memchr(nul, '\0', *ret_length - (size_t)(nul - line))) != NULL;)
		*nul = '?';
	return line;
}

/*
 * Whether this is the banner at time 0 with which every boot's log starts, after at most one line
 * of early microcode or of the boot CPU. Sequence numbers are not available here, and dmesg --clear
 * moves the start of what READ_ALL returns although nothing is overwritten.
 */
static bool is_banner(const struct klog_record *record)
{
	static const char banner[] = "Linux version ";

	return record->monotonic_usec == 0 && record->facility == KLOG_FACILITY_KERN &&
	       strncmp(record->text, banner, sizeof(banner) - 1) == 0;
}

static int syslog_read(struct klog_source *source, const struct klog_query *query, klog_record_fn record_fn,
		       void *data, struct klog_summary *summary, struct klog_failure *failure)
{
	struct syslog_source *syslog = (struct syslog_source *)source;
	struct klog_window window = klog_query_window(query);
	struct klog_record previous = { 0 };
	size_t at = 0, length;
	bool first = true;
	char *line;

	while ((line = next_line(syslog, &at, &length)) != NULL) {
		struct klog_record record;
		int r;

		if (klog_syslog_parse(line, length, &record) < 0)
			return klog_fail(failure, -EBADMSG, NULL, "syslog(2): line without priority");
		if (syslog->has_caller && record.monotonic_usec == KLOG_TIME_UNKNOWN)
			cut_caller(&record);
		record.may_continue = !first && same_prefix(syslog, &record, &previous);
		previous = record;
		if (record.monotonic_usec != KLOG_TIME_UNKNOWN)
			record.realtime_usec = syslog->boot.realtime_usec + record.monotonic_usec;
		if (first)
			summary->oldest_usec = record.realtime_usec;
		first = false;
		summary->whole_boot |= syslog->timed && is_banner(&record);
		if (record.realtime_usec != KLOG_TIME_UNKNOWN &&
		    (record.realtime_usec < window.from_usec || record.realtime_usec > window.to_usec))
			continue;
		record.proven = true;
		record.has_boot_id = syslog->boot.has_id;
		memcpy(record.boot_id, syslog->boot.id, sizeof(record.boot_id));
		summary->yielded_records++;
		r = record_fn(&record, data);
		if (r != 0)
			return r;
	}
	return 0;
}

static void syslog_close(struct klog_source *source)
{
	struct syslog_source *syslog = (struct syslog_source *)source;

	free(syslog->text);
	free(syslog);
}

int klog_syslog_open_text(struct klog_source **ret, char *text, size_t length, const struct file_roots *roots,
			  struct klog_failure *failure)
{
	struct syslog_source *syslog = malloc(sizeof(*syslog));

	if (!syslog) {
		free(text);
		return klog_fail(failure, -ENOMEM, NULL, "syslog(2): %s", strerror(ENOMEM));
	}
	syslog->base = (struct klog_source){
		.kind = KLOG_SYSLOG, .name = "syslog", .read = syslog_read, .close = syslog_close
	};
	syslog->text = text;
	syslog->length = length;
	find_prefixes(syslog);
	klog_boot_read(&syslog->boot, roots);
	*ret = &syslog->base;
	return 0;
}

static int open_failed(int error, struct klog_failure *failure)
{
	char program[PATH_MAX];

	klog_fail(failure, error, NULL, "syslog(2): %s", strerror(-error));
	if (error == -EPERM)
		klog_fail_remedy(failure, "grant CAP_SYSLOG: setcap cap_syslog+ep %s",
				 klog_program_path(program, sizeof(program)));
	return error;
}

int klog_syslog_read_all(char **ret, size_t *ret_length)
{
	int size = klogctl(ACTION_SIZE_BUFFER, NULL, 0);
	int length;
	char *text;

	if (size < 0)
		return -errno;
	if (size > INT_MAX / PREFIXED_TEXT_FACTOR)
		size = INT_MAX / PREFIXED_TEXT_FACTOR;
	size *= PREFIXED_TEXT_FACTOR;
	text = malloc((size_t)size + 1);
	if (!text)
		return -ENOMEM;
	length = klogctl(ACTION_READ_ALL, text, size);
	if (length < 0) {
		length = -errno;
		free(text);
		return length;
	}
	*ret = text;
	*ret_length = (size_t)length;
	return 0;
}

int klog_syslog_open(struct klog_source **ret, const struct file_roots *roots, struct klog_failure *failure)
{
	size_t length = 0;
	char *text = NULL;
	int r = klog_syslog_read_all(&text, &length);

	return r < 0 ? open_failed(r, failure) : klog_syslog_open_text(ret, text, length, roots, failure);
}
