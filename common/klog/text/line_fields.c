/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The fields that most envelopes share: time, facility and level, host, tag.
 */
#include <ctype.h>

#include "base/array.h"
#include "klog/text/line_format.h"

static int index_by_name(const char *const *names, size_t count, const char *name, size_t length)
{
	for (size_t i = 0; i < count; i++) {
		if (strlen(names[i]) == length && memcmp(names[i], name, length) == 0)
			return (int)i;
	}
	return KLOG_UNKNOWN;
}

int klog_facility_by_name(const char *name, size_t length)
{
	static const char *const names[] = { "kern",   "user",   "mail",   "daemon", "auth",     "syslog",
					     "lpr",    "news",   "uucp",   "cron",   "authpriv", "ftp",
					     "res0",   "res1",   "res2",   "res3",   "local0",   "local1",
					     "local2", "local3", "local4", "local5", "local6",   "local7" };

	return index_by_name(names, ARRAY_SIZE(names), name, length);
}

int klog_level_by_name(const char *name, size_t length)
{
	static const char *const names[] = { "emerg", "alert", "crit", "err",      "warn",  "notice", "info",
					     "debug", "panic", "",     "critical", "error", "warning" };
	int index = index_by_name(names, ARRAY_SIZE(names), name, length);

	return index < 8 ? index : index - 8;
}

bool klog_is_level(const char *word, size_t length)
{
	char name[10];

	if (length == 0 || length >= sizeof(name))
		return false;
	for (size_t i = 0; i < length; i++)
		name[i] = (char)tolower((unsigned char)word[i]);
	return klog_level_by_name(name, length) != KLOG_UNKNOWN;
}

void klog_set_identifier(struct klog_line_context *context, struct klog_record *record, const char *name,
			 size_t length)
{
	static const char suffix[] = ".service"; /* journalctl -o with-unit */
	const size_t suffix_length = sizeof(suffix) - 1;

	if (length > suffix_length && memcmp(name + length - suffix_length, suffix, suffix_length) == 0)
		length -= suffix_length;
	if (length == 1 && name[0] == '-') /* RFC 5424's NILVALUE */
		length = 0;
	if (length >= sizeof(context->identifier))
		length = sizeof(context->identifier) - 1;
	memcpy(context->identifier, name, length);
	context->identifier[length] = '\0';
	record->identifier = context->identifier;
}

void klog_set_host(struct klog_line_context *context, struct klog_record *record, const char *name,
		   size_t length)
{
	if (length == 0 || (length == 1 && name[0] == '-')) /* RFC 5424's NILVALUE */
		return;
	if (length >= sizeof(context->host))
		length = sizeof(context->host) - 1;
	memcpy(context->host, name, length);
	context->host[length] = '\0';
	record->host = context->host;
}

void klog_set_realtime(struct klog_unwrap *line, const struct klog_date *date)
{
	line->record.realtime_usec = klog_date_realtime(&line->context->clock, date);
	line->seen |= KLOG_SEEN_DATE;
}

void klog_take_facility_and_level(struct klog_unwrap *line)
{
	struct cursor c = line->rest;
	size_t length = cursor_word(&c);
	const char *dot = memchr(c.at, '.', length);

	if (dot == NULL)
		return;
	int facility = klog_facility_by_name(c.at, (size_t)(dot - c.at));
	int level = klog_level_by_name(dot + 1, length - (size_t)(dot + 1 - c.at));
	c.at += length;
	if (facility == KLOG_UNKNOWN || level == KLOG_UNKNOWN || !cursor_take_blanks(&c))
		return;
	line->record.facility = facility;
	line->record.level = level;
	line->rest = c;
}

/* Takes "NAME[PID]:" or "NAME:", with a name of at most 64 bytes. *ret_pid is whether there is a
 * PID. The key of a JSON object is not a tag. */
static bool parse_tag(struct cursor *cursor, size_t *ret_name_length, bool *ret_pid)
{
	struct cursor c = *cursor;
	size_t name = 0;
	int64_t pid;
	bool has_pid = false;

	while (name < 64 && name < cursor_left(&c) && !cursor_is_blank(c.at[name]) && c.at[name] != ':' &&
	       c.at[name] != '[')
		name++;
	if (name == 0 || memchr(c.at, '"', name) != NULL || memchr(c.at, '{', name) != NULL)
		return false;
	c.at += name;
	if (cursor_take_byte(&c, '[')) {
		if (!cursor_take_digits(&c, 1, 10, &pid) || !cursor_take_byte(&c, ']'))
			return false;
		has_pid = true;
	}
	if (!cursor_take_byte(&c, ':'))
		return false;
	*ret_name_length = name;
	*ret_pid = has_pid;
	*cursor = c;
	return true;
}

/* Takes "err:" after "kernel:". */
static void take_level_behind_tag(struct cursor *cursor, struct klog_record *record)
{
	struct cursor c = *cursor;
	size_t length = cursor_word(&c);
	const int level = length > 1 ? klog_level_by_name(c.at, length - 1) : KLOG_UNKNOWN;

	if (level == KLOG_UNKNOWN || c.at[length - 1] != ':')
		return;
	record->level = level;
	cursor->at += length;
}

bool klog_take_tag(struct klog_unwrap *line, bool any)
{
	struct cursor c = line->rest;
	size_t length;
	bool has_pid;

	if (!parse_tag(&c, &length, &has_pid))
		return false;
	/* "vmunix" is the kernel's name in BSD-derived syslog daemons, such as that of GNU
	 * inetutils. */
	bool kernel = length == 6 && (strncasecmp(line->rest.at, "kernel", 6) == 0 ||
				      memcmp(line->rest.at, "vmunix", 6) == 0);
	/* "kernel:[12.345678]" and "kernel:err: " have no blank after the colon; any other tag has
	 * one. */
	if ((!any && !kernel && !has_pid) || (!kernel && c.at < c.end && !cursor_is_blank(*c.at)))
		return false;
	klog_set_identifier(line->context, &line->record, kernel ? "kernel" : line->rest.at, length);
	if (kernel)
		take_level_behind_tag(&c, &line->record);
	struct cursor next = c;
	if (cursor_take_blanks(&next))
		c.at = cursor_peek(&next, 0) == '[' ? next.at : c.at + 1;
	line->rest = c;
	line->seen |= KLOG_SEEN_TAG;
	return true;
}

bool klog_take_host_and_tag(struct klog_unwrap *line, bool any)
{
	const struct klog_unwrap before = *line;
	const size_t length = cursor_word(&line->rest);

	line->rest.at += length;
	if (cursor_take_blanks(&line->rest)) {
		klog_take_facility_and_level(line);
		if (klog_take_tag(line, any)) {
			klog_set_host(line->context, &line->record, before.rest.at, length);
			return true;
		}
	}
	*line = before;
	return false;
}

bool klog_take_certain_host_and_tag(struct klog_unwrap *line)
{
	size_t length = cursor_word(&line->rest);

	return length > 0 && line->rest.at[length - 1] != ':' && klog_take_host_and_tag(line, false);
}
