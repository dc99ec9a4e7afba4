/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * journalctl -o verbose: an entry is a line with its time and cursor, followed by indented lines of
 * NAME=VALUE.
 *
 *	Wed 2026-03-04 05:06:07.250000 UTC [s=0a;i=1f;b=2b;m=3c;t=4d;x=5e]
 *	    _TRANSPORT=kernel
 *	    MESSAGE=Out of memory: Killed process 41207 (qemu-kvm) …
 */
#include <string.h>

#include "klog/text/file_reading.h"

static bool take_heading(const char *line, size_t length, struct klog_date *date)
{
	struct cursor c = { line, line + length };
	const char *cursor = memmem(line, length, " [s=", 4);

	/* The weekday, in any language. */
	c.at += cursor_word(&c);
	if (cursor == NULL || !cursor_take_blanks(&c) || !klog_date_iso(&c, date))
		return false;
	if (!date->has_offset && cursor_take_blanks(&c) && klog_date_zone(&c, date) && !date->has_offset)
		klog_date_zone_name(&c, date);
	return true;
}

bool klog_verbose_starts(const char *line, size_t length)
{
	const char *newline = memchr(line, '\n', length);
	struct klog_date date = { 0 };

	return take_heading(line, newline != NULL ? (size_t)(newline - line) : length, &date);
}

static int end_entry(struct klog_reading *reading)
{
	struct klog_journal_entry *entry = &reading->line.journal;
	const bool has_time = entry->taken_usec != KLOG_TIME_UNKNOWN;
	int r = 0;

	if (!has_time)
		entry->taken_usec = 0;
	if (klog_journal_end(entry)) {
		if (!has_time)
			entry->record.realtime_usec = KLOG_TIME_UNKNOWN;
		r = klog_reading_record(reading, &entry->record);
	}
	klog_journal_begin(entry, false);
	return r;
}

int klog_verbose_read(struct klog_reading *reading, struct klog_lines *lines, const char *line, size_t length)
{
	struct klog_journal_entry *entry = &reading->line.journal;
	struct klog_date date = { 0 };
	int r = 1;

	klog_journal_begin(entry, false);
	for (; r > 0; r = klog_lines_next(lines, &line, &length)) {
		struct cursor c = { line, line + klog_line_length(line, length) };
		const char *equals = memchr(line, '=', length);
		int ended;

		length = (size_t)(c.end - line);
		reading->line_number = lines->number;
		klog_reading_at(reading, lines->offset);
		if (take_heading(line, length, &date)) {
			ended = end_entry(reading);
			if (ended != 0)
				return ended;
			entry->taken_usec = klog_date_realtime(&reading->line.clock, &date);
		} else if (cursor_take_blanks(&c) && equals != NULL) {
			klog_journal_field(entry, c.at, (size_t)(equals - c.at), equals + 1,
					   length - (size_t)(equals + 1 - line));
		}
	}
	return r < 0 ? r : end_entry(reading);
}
