/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>

#include "klog/text/file_reading.h"

static const char first_field[] = "__CURSOR=";

bool klog_export_starts(const char *line, size_t length)
{
	return length >= sizeof(first_field) - 1 && memcmp(line, first_field, sizeof(first_field) - 1) == 0;
}

/*
 * Reads a binary value: its length in 64 bits, little endian, the bytes, and a newline. Bytes that
 * do not fit in value[0..size) are dropped.
 */
static int read_binary(struct klog_lines *lines, char *value, size_t size, size_t *ret_length)
{
	unsigned char bytes[8];
	uint64_t length = 0;
	char newline;
	int r = klog_lines_take(lines, bytes, sizeof(bytes));

	for (size_t i = sizeof(bytes); i-- > 0;)
		length = length << 8 | bytes[i];
	*ret_length = length < size ? (size_t)length : size;
	if (r > 0)
		r = klog_lines_take(lines, value, *ret_length);
	for (uint64_t rest = length - *ret_length; r > 0 && rest > 0;) {
		size_t step = rest < KLOG_BLOCK_SIZE ? (size_t)rest : KLOG_BLOCK_SIZE;

		r = klog_lines_take(lines, NULL, step);
		rest -= step;
	}
	return r > 0 ? klog_lines_take(lines, &newline, 1) : r;
}

static int end_entry(struct klog_reading *reading)
{
	struct klog_journal_entry *entry = &reading->line.journal;
	int r = klog_journal_end(entry) ? klog_reading_record(reading, &entry->record) : 0;

	klog_journal_begin(entry, false);
	return r;
}

/* Reads one line of an entry, and the binary value after it if the line is only a field's name.
 * Returns 1, 0 if the value is cut off, or a negative errno. */
static int read_field(struct klog_reading *reading, struct klog_lines *lines, const char *line, size_t length)
{
	struct klog_journal_entry *entry = &reading->line.journal;
	const char *equals = memchr(line, '=', length);
	char name[64];
	size_t value_length;
	int r;

	if (equals != NULL) {
		klog_journal_field(entry, line, (size_t)(equals - line), equals + 1,
				   length - (size_t)(equals + 1 - line));
		return 1;
	}
	if (length > sizeof(name))
		return -EBADMSG; /* longer than a field's name can be */
	memcpy(name, line, length);
	r = read_binary(lines, reading->line.decoded, sizeof(reading->line.decoded), &value_length);
	if (r > 0)
		klog_journal_field(entry, name, length, reading->line.decoded, value_length);
	return r;
}

/*
 * journalctl -o export (systemd.io/JOURNAL_EXPORT_FORMATS): an entry consists of lines NAME=VALUE,
 * or NAME and a binary value; an empty line ends it.
 */
int klog_export_read(struct klog_reading *reading, struct klog_lines *lines, const char *line, size_t length)
{
	int r = 1;

	klog_journal_begin(&reading->line.journal, false);
	for (; r > 0; r = klog_lines_next(lines, &line, &length)) {
		length = klog_line_length(line, length);
		if (length > 0)
			r = read_field(reading, lines, line, length);
		else if ((r = end_entry(reading)) != 0)
			return r;
		else
			r = 1;
		if (r <= 0)
			return r < 0 ? r : -EBADMSG; /* cut off */
	}
	return r < 0 ? r : end_entry(reading);
}
