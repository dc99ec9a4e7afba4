/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The formats of files. In most of them each line is a record, or a few lines of JSON are one.
 */
#include <string.h>

#include "klog/text/file_reading.h"

static int read_lines(struct klog_reading *reading, struct klog_lines *lines, const char *line, size_t length)
{
	int r = 1;

	for (; r > 0; r = klog_lines_next(lines, &line, &length)) {
		klog_reading_at(reading, lines->offset);
		reading->line_number = lines->number;
		int yielded = klog_json_line(reading, line, length);
		if (yielded != 0)
			return yielded;
	}
	return r < 0 ? r : klog_json_end(reading);
}

/* UTF-16, for example. */
static bool has_nul(const char *start, size_t length)
{
	return memchr(start, '\0', length) != NULL;
}

/* JSON may escape the text or write it as numbers. */
static bool has_object(const char *start, size_t length)
{
	return memchr(start, '{', length < 64 ? length : 64) != NULL;
}

static bool has_plain_lines(const char *start, size_t length)
{
	(void)start, (void)length;
	return true;
}

/*
 * In the order in which they are tried. `start` is the first line of a file or more. `read` reads the
 * file, from its first line on. Whether a search for bytes finds the matches, each within one line, is
 * the last column.
 */
static const struct {
	bool (*starts)(const char *start, size_t length);
	int (*read)(struct klog_reading *reading, struct klog_lines *lines, const char *line, size_t length);
	bool is_scannable;
} formats[] = {
	{ klog_export_starts, klog_export_read, false },
	{ klog_verbose_starts, klog_verbose_read, false },
	{ has_nul, read_lines, false },
	{ has_object, read_lines, false },
	{ has_plain_lines, read_lines, true },
};

static size_t format_of(const char *start, size_t length)
{
	size_t i = 0;

	while (!formats[i].starts(start, length))
		i++;
	return i;
}

bool klog_reading_scannable(const char *start, size_t length)
{
	return formats[format_of(start, length)].is_scannable;
}

int klog_reading_stream(struct klog_reading *reading, klog_read_fn read, void *stream)
{
	struct klog_lines lines;
	const char *line;
	size_t length;
	int r;

	klog_lines_init(&lines, read, stream, reading->block);
	r = klog_lines_next(&lines, &line, &length);
	return r > 0 ? formats[format_of(line, length)].read(reading, &lines, line, length) : r;
}
