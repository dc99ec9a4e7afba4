/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The kernel's own formats, as /dev/kmsg, the console and dmesg(1) of util-linux and busybox write
 * them.
 */
#include "klog/source.h"
#include "klog/text/line_format.h"

#define USEC_PER_SEC INT64_C(1000000)

/* "6.8.0-31-generic,": netconsole's "r" option puts the release before the record. */
static void skip_release(struct cursor *cursor)
{
	struct cursor c = *cursor;
	const char *comma = memchr(c.at, ',', cursor_left(&c) < 64 ? cursor_left(&c) : 64);
	int64_t major;

	if (comma != NULL && cursor_take_digits(&c, 1, 2, &major) && cursor_take_byte(&c, '.'))
		cursor->at = comma + 1;
}

/* [RELEASE,]PRIO,SEQ,USEC,FLAGS[,...];TEXT   Documentation/ABI/testing/dev-kmsg,
 * Documentation/networking/netconsole.rst */
bool klog_format_kmsg(struct klog_unwrap *line)
{
	struct cursor c = line->rest;
	const char *start;
	int64_t prio, sequence, usec;
	struct klog_record record;

	skip_release(&c);
	start = c.at;
	if (!cursor_take_digits(&c, 1, 4, &prio) || !cursor_take_byte(&c, ',') ||
	    !cursor_take_digits(&c, 1, 18, &sequence) || !cursor_take_byte(&c, ',') ||
	    !cursor_take_digits(&c, 1, 18, &usec) || !cursor_take_byte(&c, ',') ||
	    klog_kmsg_parse(start, (size_t)(line->rest.end - start), line->context->text,
			    sizeof(line->context->text), &record) < 0)
		return false;
	record.realtime_usec = line->record.realtime_usec; /* a container runtime's */
	record.proven = false;
	record.has_boot_id = false;
	line->record = record;
	line->rest.at = line->rest.end;
	line->seen |= KLOG_SEEN_LEVEL | KLOG_SEEN_STAMP | KLOG_SEEN_WHOLE;
	return true;
}

/* <PRIO>             syslog(2), dmesg -r, the syslog protocol
 * <FACILITY.LEVEL>   as numbers, from a template of a syslog daemon */
bool klog_format_priority(struct klog_unwrap *line)
{
	struct cursor c = line->rest;
	int64_t facility, level;

	if (!klog_syslog_priority(&c, &line->record)) {
		if (!cursor_take_byte(&c, '<') || !cursor_take_digits(&c, 1, 2, &facility) ||
		    !cursor_take_byte(&c, '.') || !cursor_take_digits(&c, 1, 1, &level) ||
		    !cursor_take_byte(&c, '>') || facility > 23 || level > 7)
			return false;
		line->record.facility = (int)facility;
		line->record.level = (int)level;
	}
	cursor_take_blanks(&c);
	line->rest = c;
	line->seen |= KLOG_SEEN_LEVEL;
	return true;
}

/* "SECONDS.FRACTION" */
static bool take_seconds(struct cursor *cursor, int64_t *ret_usec)
{
	struct cursor c = *cursor;
	int64_t seconds, usec;

	if (!cursor_take_digits(&c, 1, 11, &seconds) || !cursor_take_byte(&c, '.') ||
	    !klog_date_fraction(&c, &usec))
		return false;
	*ret_usec = seconds * USEC_PER_SEC + usec;
	*cursor = c;
	return true;
}

/* Skips the time since the line above, "<    0.000010>" or "<         >", which dmesg -d and
 * journalctl -o short-delta print beside the time. */
static void skip_delta(struct cursor *cursor)
{
	struct cursor c = *cursor;
	int64_t usec;

	cursor_take_blanks(&c);
	if (!cursor_take_byte(&c, '<'))
		return;
	cursor_take_blanks(&c);
	take_seconds(&c, &usec);
	cursor_take_blanks(&c);
	if (cursor_take_byte(&c, '>'))
		*cursor = c;
}

/* Takes monotonic time in brackets, "   12.345678", and the delta that may follow it. */
static bool take_monotonic(struct cursor *cursor, struct klog_unwrap *line)
{
	struct cursor c = *cursor;
	int64_t usec;

	cursor_take_blanks(&c);
	if (!take_seconds(&c, &usec))
		return false;
	skip_delta(&c);
	cursor_take_blanks(&c);
	if (!cursor_take_byte(&c, ']'))
		return false;
	line->record.monotonic_usec = usec;
	*cursor = c;
	return true;
}

/*
 * Takes a time relative to the line above: "<    0.000010>" (dmesg --time-format delta) or
 * "  +0.000010" (reltime, which prints a date from time to time instead). If the time of that line
 * is unknown, this one's is too.
 */
static bool take_distance(struct cursor *cursor, struct klog_unwrap *line)
{
	struct cursor c = *cursor;
	int64_t usec;
	bool delta;

	cursor_take_blanks(&c);
	delta = cursor_take_byte(&c, '<');
	cursor_take_blanks(&c);
	if (!delta && !cursor_take_byte(&c, '+'))
		return false;
	if (!take_seconds(&c, &usec) || (delta && !cursor_take_byte(&c, '>')) || !cursor_take_byte(&c, ']'))
		return false;
	if (line->context->clock.previous_usec != KLOG_TIME_UNKNOWN)
		line->record.realtime_usec = line->context->clock.previous_usec + usec;
	*cursor = c;
	return true;
}

/* "May  9 14:52": reltime's date, to the minute and without a year. */
static bool take_minute(struct cursor *cursor, struct klog_date *ret)
{
	struct cursor c = *cursor;
	struct klog_date date = { 0 };
	int64_t day, hour, minute;
	size_t word = cursor_word(&c), name = 0;

	/* "Mar14": no blank comes before a two-digit day. */
	while (name < word && !cursor_is_digit(c.at[name]))
		name++;
	date.month = klog_date_month(c.at, name > 0 ? name : word);
	c.at += name > 0 ? name : word;
	cursor_take_blanks(&c);
	if (date.month == 0 || !cursor_take_digits(&c, 1, 2, &day) || !cursor_take_blanks(&c) ||
	    !cursor_take_digits(&c, 2, 2, &hour) || !cursor_take_byte(&c, ':') ||
	    !cursor_take_digits(&c, 2, 2, &minute) || !cursor_take_byte(&c, ']') || hour > 23 || minute > 59)
		return false;
	date.day = (int)day;
	date.hour = (int)hour;
	date.minute = (int)minute;
	*ret = date;
	*cursor = c;
	return true;
}

/*
 * Takes a wall-clock date in brackets, as dmesg -T prints it: "Thu May  9 14:52:38 2024", or in the
 * user's language: "dim. 19 mai 18:03:30 2024", "四 5月  9 14:52:38 2024".
 */
static bool take_ctime(struct cursor *cursor, struct klog_unwrap *line)
{
	struct cursor c = *cursor;
	struct klog_date date;

	if (cursor_is_digit(cursor_peek(&c, 0)))
		return false;
	if (take_minute(cursor, &date)) {
		klog_set_realtime(line, &date);
		return true;
	}
	c.at += cursor_word(&c); /* the weekday, in any language */
	if (!cursor_take_blanks(&c) || !klog_date_words(&c, true, &date) || date.year == 0)
		return false;
	skip_delta(&c);
	cursor_take_blanks(&c);
	if (!cursor_take_byte(&c, ']'))
		return false;
	*cursor = c;
	klog_set_realtime(line, &date);
	return true;
}

/*
 * [STAMP] TEXT
 * [STAMP][CALLER] TEXT
 * [STAMP] HOST TAG: TEXT     journalctl -o short-monotonic
 *
 * A row of the task table, "[   1365]   990", is not a stamp: it has no dot and no date.
 */
bool klog_format_stamp(struct klog_unwrap *line)
{
	struct cursor c = line->rest, caller;

	if (!cursor_take_byte(&c, '[') ||
	    (!take_monotonic(&c, line) && !take_distance(&c, line) && !take_ctime(&c, line)))
		return false;
	caller = c;
	cursor_take_blanks(&caller);
	if (klog_syslog_caller(&caller))
		c = caller;
	cursor_take_byte(&c, ' ');
	line->rest = c;
	if ((line->seen & (KLOG_SEEN_TAG | KLOG_SEEN_DATE | KLOG_SEEN_LEVEL)) == 0)
		klog_take_certain_host_and_tag(line);
	line->seen |= KLOG_SEEN_STAMP;
	return true;
}

/* kern  :err   : TEXT   dmesg -x */
bool klog_format_decoded(struct klog_unwrap *line)
{
	struct cursor c = line->rest;
	int values[2];

	for (int i = 0; i < 2; i++) {
		const char *name = c.at;

		while (c.at < c.end && *c.at != ' ' && *c.at != ':')
			c.at++;
		values[i] = i == 0 ? klog_facility_by_name(name, (size_t)(c.at - name))
				   : klog_level_by_name(name, (size_t)(c.at - name));
		cursor_take_blanks(&c);
		if (values[i] == KLOG_UNKNOWN || !cursor_take_byte(&c, ':'))
			return false;
	}
	cursor_take_byte(&c, ' ');
	line->record.facility = values[0];
	line->record.level = values[1];
	line->rest = c;
	line->seen |= KLOG_SEEN_LEVEL;
	return true;
}

/* [NODE: ]kern:     err: [RFC3339]: TEXT   Talos: its kernel log; with NODE, talosctl dmesg of several
 * nodes */
bool klog_format_talos(struct klog_unwrap *line)
{
	struct cursor c = line->rest, node = { 0 };
	struct klog_date date;
	int values[2];

	for (int tries = 0;; tries++) {
		size_t length = cursor_word(&c);

		if (length < 2 || c.at[length - 1] != ':')
			return false;
		values[0] = klog_facility_by_name(c.at, length - 1);
		if (values[0] == KLOG_UNKNOWN)
			node = (struct cursor){ c.at, c.at + length - 1 };
		c.at += length;
		if (!cursor_take_blanks(&c))
			return false;
		if (values[0] != KLOG_UNKNOWN)
			break;
		if (tries > 0)
			return false;
	}
	const size_t level = cursor_word(&c);
	if (level < 2 || c.at[level - 1] != ':')
		return false;
	values[1] = klog_level_by_name(c.at, level - 1);
	c.at += level;
	if (values[1] == KLOG_UNKNOWN || !cursor_take_blanks(&c) || !cursor_take_byte(&c, '[') ||
	    !klog_date_iso(&c, &date) || !cursor_take(&c, "]: "))
		return false;
	line->record.facility = values[0];
	line->record.level = values[1];
	if (node.at != NULL)
		klog_set_host(line->context, &line->record, node.at, cursor_left(&node));
	klog_set_realtime(line, &date);
	line->rest = c;
	line->seen |= KLOG_SEEN_LEVEL;
	return true;
}
