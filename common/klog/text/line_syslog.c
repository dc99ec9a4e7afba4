/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Envelopes of syslog daemons (rsyslog, syslog-ng, busybox, OpenWrt's logd),
 * of journalctl's short formats, which follow them, and of container runtimes
 * that write text.
 */
#include <ctype.h>

#include "base/array.h"
#include "klog/text/line_format.h"

#define USEC_PER_SEC INT64_C(1000000)

/* Skips "[id name="value" …]", which may be repeated, or "-". A quote in a value is escaped. */
static bool skip_structured_data(struct cursor *cursor)
{
	struct cursor c = *cursor;
	bool quoted = false;

	if (cursor_take_byte(&c, '-')) {
		*cursor = c;
		return true;
	}
	while (cursor_take_byte(&c, '[')) {
		for (; c.at < c.end && (quoted || *c.at != ']'); c.at++) {
			if (*c.at == '\\' && quoted && c.at + 1 < c.end)
				c.at++;
			else if (*c.at == '"')
				quoted = !quoted;
		}
		if (!cursor_take_byte(&c, ']'))
			return false;
	}
	if (c.at == cursor->at)
		return false;
	*cursor = c;
	return true;
}

/* HOST APP-NAME PROCID MSGID STRUCTURED-DATA: RFC 5424's fields in a custom template */
static bool take_fields(struct klog_unwrap *line)
{
	struct cursor c = line->rest, words[4];
	int64_t pid;

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		words[i] = (struct cursor){ c.at, c.at + cursor_word(&c) };
		c.at = words[i].end;
		if (!cursor_take_blanks(&c))
			return false;
	}
	if (!(cursor_left(&words[2]) == 1 && words[2].at[0] == '-') &&
	    (!cursor_take_digits(&words[2], 1, 10, &pid) || words[2].at != words[2].end))
		return false;
	if (!skip_structured_data(&c) || (!cursor_take_byte(&c, ' ') && c.at != c.end))
		return false;
	klog_set_host(line->context, &line->record, words[0].at, cursor_left(&words[0]));
	klog_set_identifier(line->context, &line->record, words[1].at, cursor_left(&words[1]));
	line->rest = c;
	line->seen |= KLOG_SEEN_TAG;
	return true;
}

/* HOST [SECONDS] TEXT, HOST RELEASE,PRIO,SEQ,USEC,FLAGS;TEXT: a netconsole message has no tag, and
 * the log daemon puts the sender's name or address before it. */
static bool take_netconsole(struct klog_unwrap *line)
{
	const struct klog_unwrap before = *line;
	const size_t length = cursor_word(&line->rest);

	/* docker logs -t and kubectl logs --timestamps of a container that prints dmesg */
	if (klog_format_stamp(line))
		return true;
	line->rest.at += length;
	if (length > 0 && cursor_take_blanks(&line->rest) &&
	    (klog_format_stamp(line) || klog_format_kmsg(line))) {
		klog_set_host(line->context, &line->record, before.rest.at, length);
		return true;
	}
	*line = before;
	return false;
}

/* Takes "[HOST ]NAME[PID]: " or "[HOST ]kernel: ", with a "facility.severity " before HOST or before
 * the tag, RFC 5424's fields, or a netconsole message. The author of any other text is unknown. */
static void take_author(struct klog_unwrap *line)
{
	cursor_take_blanks(&line->rest);
	klog_take_facility_and_level(line);
	if (klog_take_tag(line, true) || klog_take_host_and_tag(line, true) || take_fields(line) ||
	    take_netconsole(line))
		return;
	klog_set_identifier(line->context, &line->record, "", 0);
	line->seen |= KLOG_SEEN_TAG;
}

/* RFC3339 (stdout|stderr) [FP] TEXT   Kubernetes' CRI log format */
bool klog_format_cri(struct klog_unwrap *line)
{
	struct cursor c = line->rest;
	struct klog_date date;

	if (!cursor_is_digit(cursor_peek(&c, 0)) || !klog_date_iso(&c, &date) ||
	    (!cursor_take(&c, " stdout ") && !cursor_take(&c, " stderr ")) ||
	    (!cursor_take_byte(&c, 'F') && !cursor_take_byte(&c, 'P')))
		return false;
	cursor_take_byte(&c, ' ');
	klog_set_realtime(line, &date);
	line->rest = c;
	line->seen = (line->seen & ~(unsigned)KLOG_SEEN_DATE) | KLOG_SEEN_CONTAINER;
	return true;
}

/* <PRIO>1 RFC3339 HOST APP-NAME PROCID MSGID STRUCTURED-DATA [BOM]TEXT   RFC 5424;
 * "-" for any field that is not known */
bool klog_format_rfc5424(struct klog_unwrap *line)
{
	struct cursor c = line->rest, name = { 0 }, host = { 0 };
	struct klog_date date;
	bool dated;

	if (!cursor_take(&c, "1 "))
		return false;
	dated = klog_date_iso(&c, &date);
	if (!dated && !cursor_take_byte(&c, '-'))
		return false;
	for (int word = 0; word < 4; word++) { /* HOST APP-NAME PROCID MSGID */
		if (!cursor_take_blanks(&c))
			return false;
		if (word == 0)
			host = (struct cursor){ c.at, c.at + cursor_word(&c) };
		if (word == 1)
			name = (struct cursor){ c.at, c.at + cursor_word(&c) };
		c.at += cursor_word(&c);
	}
	if (!cursor_take_blanks(&c) || !skip_structured_data(&c))
		return false;
	cursor_take_byte(&c, ' ');
	cursor_take(&c, "\xEF\xBB\xBF");
	if (dated)
		klog_set_realtime(line, &date);
	klog_set_identifier(line->context, &line->record, name.at, cursor_left(&name));
	klog_set_host(line->context, &line->record, host.at, cursor_left(&host));
	line->rest = c;
	line->seen |= KLOG_SEEN_DATE | KLOG_SEEN_TAG;
	return true;
}

/* " +0200", " UTC" */
static void take_zone_behind_blank(struct cursor *cursor, struct klog_date *date)
{
	struct cursor c = *cursor;
	struct klog_date with_zone = *date;

	if (date->has_offset || !cursor_take_blanks(&c) || !klog_date_zone(&c, &with_zone))
		return;
	if (!with_zone.has_offset)
		klog_date_zone_name(&c, &with_zone);
	/* A word that is not a zone's name is the host. */
	if (with_zone.zone_unknown || !cursor_is_blank(cursor_peek(&c, 0)))
		return;
	*date = with_zone;
	*cursor = c;
}

/* "WARN", "[info]" */
static bool starts_with_level(const struct cursor *cursor)
{
	struct cursor c = *cursor;
	size_t length = 0;

	cursor_take_byte(&c, '[');
	while (isalpha((unsigned char)cursor_peek(&c, length)))
		length++;
	return klog_is_level(c.at, length) && strchr(" ]:|-", cursor_peek(&c, length)) != NULL;
}

/* RFC3339 HOST TAG: TEXT              rsyslog, journalctl -o short-iso
 * RFC3339,FRACTION+ZONE TEXT          dmesg --time-format iso, the only one with a comma */
bool klog_format_iso(struct klog_unwrap *line)
{
	struct cursor c = line->rest;
	struct klog_date date;
	bool comma = cursor_peek(&c, 19) == ',';

	const bool has_t = cursor_peek(&c, 10) == 'T';

	if (!klog_date_iso(&c, &date))
		return false;
	if (!has_t)
		take_zone_behind_blank(&c, &date);
	if (comma && has_t) {
		if (!date.has_offset || (!cursor_take_byte(&c, ' ') && c.at != c.end))
			return false;
		line->rest = c;
		klog_set_realtime(line, &date);
		line->seen |= KLOG_SEEN_STAMP;
		return true;
	}
	if (!cursor_take_blanks(&c))
		return false;
	line->rest = c;
	klog_set_realtime(line, &date);
	/* Many applications write such a date, followed by a level. */
	if (!has_t && starts_with_level(&c)) {
		klog_set_identifier(line->context, &line->record, "", 0);
		line->seen |= KLOG_SEEN_TAG;
	} else {
		take_author(line);
	}
	return true;
}

static bool take_english_weekday(struct cursor *cursor)
{
	static const char *const names[] = { "Mon ", "Tue ", "Wed ", "Thu ", "Fri ", "Sat ", "Sun " };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (cursor_take(cursor, names[i]))
			return true;
	}
	return false;
}

/* Thu May  9 14:52:38 2024 [FACILITY.LEVEL] TAG: TEXT      OpenWrt's logread
 * Thu 2024-05-09 14:52:38 CEST HOST TAG: TEXT              journalctl -o short-full */
bool klog_format_weekday(struct klog_unwrap *line)
{
	struct cursor c = line->rest;
	struct klog_date date;

	if (!take_english_weekday(&c))
		return false;
	if (klog_date_iso(&c, &date)) {
		if (!date.has_offset) {
			cursor_take_blanks(&c);
			/* "+02" where the zone has no name */
			if (!klog_date_zone(&c, &date))
				return false;
			if (!date.has_offset)
				klog_date_zone_name(&c, &date);
		}
	} else if (!klog_date_words(&c, true, &date)) {
		return false;
	}
	if (!cursor_take_blanks(&c))
		return false;
	line->rest = c;
	klog_set_realtime(line, &date);
	take_author(line);
	return true;
}

/* May  9 14:52:38[.FRACTION] [HOST] TAG: TEXT   RFC 3164, journalctl -o short */
bool klog_format_rfc3164(struct klog_unwrap *line)
{
	struct cursor c = line->rest;
	struct klog_date date;

	if (!klog_date_words(&c, false, &date) || !cursor_take_blanks(&c))
		return false;
	line->rest = c;
	klog_set_realtime(line, &date);
	take_author(line);
	return true;
}

/* The length of the word at the cursor, or 0 if it holds a digit or one of these characters. */
static size_t letters(const struct cursor *cursor)
{
	const size_t length = cursor_word(cursor);

	for (size_t i = 0; i < length; i++) {
		if (cursor_is_digit(cursor->at[i]) || strchr("\"'<>[](){},:;=*#", cursor->at[i]) != NULL)
			return 0;
	}
	return length;
}

/* stu 04 05:06:07 HOST kernel: TEXT   a month in a language that klog_date_month() does not have.
 * The time is unknown, and a certain tag is required. */
bool klog_format_unknown_month(struct klog_unwrap *line)
{
	const struct klog_unwrap before = *line;
	struct klog_date date = { 0 };
	int64_t day;

	for (int word = 0; word < 2; word++) {
		struct cursor *c = &line->rest;

		if (!cursor_take_digits(c, 1, 2, &day))
			c->at += letters(c);
		cursor_take_byte(c, '.');
		if (!cursor_take_blanks(c))
			break;
	}
	if (line->rest.at == before.rest.at || !klog_date_clock(&line->rest, &date) ||
	    !cursor_take_blanks(&line->rest) || !klog_take_certain_host_and_tag(line)) {
		*line = before;
		return false;
	}
	line->seen |= KLOG_SEEN_DATE;
	return true;
}

/* 1715266358.123456 HOST TAG: TEXT   journalctl -o short-unix */
bool klog_format_unix(struct klog_unwrap *line)
{
	struct klog_unwrap before = *line;
	struct cursor c = line->rest;
	int64_t seconds, usec;

	if (!cursor_take_digits(&c, 9, 11, &seconds) || !cursor_take_byte(&c, '.') ||
	    !klog_date_fraction(&c, &usec) || !cursor_take_blanks(&c))
		return false;
	line->rest = c;
	line->record.realtime_usec = seconds * USEC_PER_SEC + usec;
	line->seen |= KLOG_SEEN_DATE;
	take_author(line);
	/* Without a tag it is a netconsole message, whose number is the kernel's clock. */
	if (line->record.identifier == NULL || line->record.identifier[0] != '\0')
		return true;
	*line = before;
	return false;
}

/* 14:52:38 TAG: TEXT   copied from a graphical log viewer; the day is unknown */
bool klog_format_time_only(struct klog_unwrap *line)
{
	struct klog_unwrap before = *line;
	struct klog_date date = { 0 };

	if (!cursor_is_digit(cursor_peek(&line->rest, 0)) || !klog_date_clock(&line->rest, &date) ||
	    !cursor_take_blanks(&line->rest) || !klog_take_tag(line, true)) {
		*line = before;
		return false;
	}
	line->context->order_usec =
		((date.hour * 60 + date.minute) * 60 + date.second) * USEC_PER_SEC + date.usec;
	line->seen |= KLOG_SEEN_DATE;
	return true;
}

/* kernel: TEXT        the rest of a syslog line
 * NAME[PID]: TEXT     the same from a program, also through /dev/kmsg */
bool klog_format_kernel_tag(struct klog_unwrap *line)
{
	return klog_take_tag(line, false);
}
