/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>

#include "klog/file_reading.h"
#include "klog/scan.h"

/* How far back a report's first line is looked for beyond `records_before`
 * lines: the task table of a host with 30,000 processes. */
#define LOOK_BACK_BYTES (4 * 1024 * 1024)

struct scanning {
	struct klog_reading *reading;
	const struct klog_interest *interest;
	struct klog_scan scan;
	int fd;
	off_t done; /* lines before it have been yielded, or are not wanted */
	off_t end;
};

/* Where the lines begin that belong to the anchor at `hit`: at the opener, or
 * `records_before` lines up, but not before what has been yielded. */
static int find_context(const struct scanning *scanning, off_t hit, off_t *ret)
{
	const struct klog_interest *interest = scanning->interest;
	size_t opener_length = interest->opener != NULL ? strlen(interest->opener) : 0;
	struct klog_backward lines;
	off_t begin = hit, offset;
	const char *line;
	size_t length;
	int r;

	klog_backward_init(&lines, scanning->fd, hit, scanning->reading->second_block);
	/* The first is the start of the anchor's own line. */
	for (unsigned count = 0; (r = klog_backward_next(&lines, &line, &length, &offset)) > 0; count++) {
		if (offset < scanning->done) {
			begin = count <= interest->records_before ? scanning->done : begin;
			break;
		}
		if (count <= interest->records_before)
			begin = offset;
		if (opener_length > 0 && memmem(line, length, interest->opener, opener_length) != NULL) {
			begin = offset;
			break;
		}
		if (count > interest->records_before &&
		    (opener_length == 0 || hit - offset > LOOK_BACK_BYTES))
			break;
	}
	*ret = begin;
	return r < 0 ? r : 0;
}

/* Yields the lines around the anchor at `hit`, and on as long as others follow
 * within `records_after` lines. */
static int yield_around(struct scanning *scanning, off_t hit)
{
	struct klog_range range = { .fd = scanning->fd, .end = scanning->end };
	unsigned left = scanning->interest->records_after;
	struct klog_lines lines;
	const char *line;
	size_t length;
	int r = find_context(scanning, hit, &range.offset);

	if (r < 0)
		return r;
	klog_lines_init(&lines, klog_range_read, &range, scanning->reading->second_block);
	lines.offset = range.offset;
	/* What was yielded before is not the line above. */
	if (range.offset != scanning->done)
		scanning->reading->line.inherits = false;
	while ((r = klog_lines_next(&lines, &line, &length)) > 0) {
		scanning->done = lines.offset;
		klog_reading_at(scanning->reading, lines.offset);
		r = klog_reading_line(scanning->reading, line, length);
		if (r != 0)
			return r;
		if (klog_scan_find(&scanning->scan, line, length) != NULL)
			left = scanning->interest->records_after;
		else if (lines.offset > hit)
			left--;
		if (lines.offset > hit && left == 0)
			break;
	}
	/* A hit that no line holds, in what a line that is too long has dropped. */
	if (r >= 0 && scanning->done <= hit)
		scanning->done = hit + 1;
	return r < 0 ? r : 0;
}

/* The anchors in one block.  Sets scanning->done to where to go on. */
static int scan_block(struct scanning *scanning, off_t offset, size_t length)
{
	const char *block = scanning->reading->block;
	off_t block_end = offset + (off_t)length;

	for (off_t at = offset; at < block_end;) {
		const char *found =
			klog_scan_find(&scanning->scan, block + (at - offset), (size_t)(block_end - at));
		int r;

		if (found == NULL)
			break;
		r = yield_around(scanning, offset + (found - block));
		if (r != 0)
			return r;
		at = scanning->done;
	}
	return 0;
}

static bool prepare(struct scanning *scanning)
{
	for (size_t i = 0; i < scanning->interest->anchor_count; i++) {
		if (!klog_scan_add(&scanning->scan, scanning->interest->anchors[i].text))
			return false;
	}
	klog_scan_prepare(&scanning->scan);
	return scanning->scan.string_count > 0;
}

int klog_scan_file(struct klog_reading *reading, int fd, off_t size)
{
	struct scanning scanning = {
		.reading = reading, .interest = reading->query->interest, .fd = fd, .end = size
	};
	struct klog_range range = { .fd = fd, .end = size };

	if (!prepare(&scanning))
		return klog_reading_range(reading, &range);
	while (range.offset < size) {
		off_t offset = range.offset;
		ssize_t got = klog_range_read(&range, reading->block, KLOG_BLOCK_SIZE);
		int r;

		if (got <= 0)
			return got < 0 ? (int)got : -ESTALE;
		r = scan_block(&scanning, offset, (size_t)got);
		if (r != 0)
			return r;
		/* An anchor may stand across the edge of two blocks. */
		if (range.offset < size && (size_t)got > scanning.scan.longest)
			range.offset -= (off_t)scanning.scan.longest - 1;
		if (range.offset < scanning.done)
			range.offset = scanning.done;
	}
	return 0;
}

/* Until a line has a time: of the first block of a stream. */
static void note_first_line(struct klog_reading *reading, const char *text, size_t length)
{
	const char *end = text + length;

	while (text < end && reading->first_usec == KLOG_TIME_UNKNOWN) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		const char *line_end = newline != NULL ? newline : end;
		struct klog_record record;

		if (klog_line_parse(&reading->line, text, (size_t)(line_end - text), &record))
			klog_reading_first(reading, record.realtime_usec);
		text = line_end + 1;
	}
	klog_reading_restart(reading);
}

/* Reads until the block is full or the stream ends. */
static ssize_t fill_block(klog_read_fn read, void *stream, char *block, size_t held)
{
	while (held < KLOG_BLOCK_SIZE) {
		ssize_t got = read(stream, block + held, KLOG_BLOCK_SIZE - held);

		if (got <= 0)
			return got < 0 ? got : (ssize_t)held;
		held += (size_t)got;
	}
	return (ssize_t)held;
}

int klog_scan_stream(struct klog_reading *reading, klog_read_fn read, void *stream, bool *ret_holds)
{
	struct scanning scanning = { .interest = reading->query->interest };
	size_t kept = 0;
	bool first = true;

	*ret_holds = true;
	if (!prepare(&scanning))
		return 0;
	for (;;) {
		ssize_t held = fill_block(read, stream, reading->block, kept);

		if (held < 0)
			return (int)held;
		if (first && !klog_reading_scannable(reading->block, (size_t)held))
			return 0;
		if (klog_scan_find(&scanning.scan, reading->block, (size_t)held) != NULL)
			return 0;
		if (first)
			note_first_line(reading, reading->block, (size_t)held);
		first = false;
		if (held < KLOG_BLOCK_SIZE)
			break;
		/* A text may stand across the edge of two blocks. */
		kept = scanning.scan.longest - 1;
		memmove(reading->block, reading->block + held - kept, kept);
	}
	*ret_holds = false;
	return 0;
}
