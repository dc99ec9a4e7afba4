/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * JSON objects over several lines, as journalctl -o json-pretty and dmesg -J write them. An object
 * begins at a line that is only "{" and ends where its brackets are balanced. A line "{" within an
 * object begins a new record: those of dmesg are in an array.
 */
#include <string.h>

#include "klog/text/file_reading.h"
#include "klog/text/line_format.h"

static struct cursor trimmed(const char *line, size_t length)
{
	struct cursor c = { line, line + length };

	cursor_take_blanks(&c);
	while (c.end > c.at && (cursor_is_blank(c.end[-1]) || c.end[-1] == '\r'))
		c.end--;
	return c;
}

/* Parses what has been collected. An incomplete object becomes a line in an unknown form. */
int klog_json_end(struct klog_reading *reading)
{
	const size_t length = reading->json_length;

	reading->json_length = 0;
	return length == 0 ? 0 : klog_reading_line(reading, reading->json, length);
}

static void append(struct klog_reading *reading, struct cursor c)
{
	memcpy(reading->json + reading->json_length, c.at, cursor_left(&c));
	reading->json_length += cursor_left(&c);
}

int klog_json_line(struct klog_reading *reading, const char *line, size_t length)
{
	struct cursor c = trimmed(line, length);
	const bool opens = cursor_left(&c) == 1 && *c.at == '{';
	int r = 0;

	if (opens) {
		reading->json_length = 0;
		reading->json_depth = 0;
	} else if (reading->json_length == 0) {
		return klog_reading_line(reading, line, length);
	}
	if (c.at == c.end || strchr("{}[]\"", *c.at) == NULL ||
	    cursor_left(&c) >= sizeof(reading->json) - reading->json_length) {
		r = klog_json_end(reading);
		return r != 0 ? r : klog_reading_line(reading, line, length);
	}
	append(reading, c);
	reading->json_depth += klog_json_depth(c);
	if (reading->json_depth > 0)
		return 0;
	/* "}," in an array */
	if (reading->json[reading->json_length - 1] == ',')
		reading->json_length--;
	return klog_json_end(reading);
}
