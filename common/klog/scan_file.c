/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>

#include "base/text.h"
#include "klog/file_reading.h"
#include "klog/host.h"
#include "klog/loss.h"
#include "klog/scan.h"

/* How far back a report's first line is looked for beyond `records_before`
 * lines: the task table of a host with 30,000 processes. */
#define LOOK_BACK_BYTES (4 * 1024 * 1024)

struct scanning {
	struct klog_reading *reading;
	const struct klog_interest *interest;
	struct klog_scan scan;
	int fd;
	char host[KLOG_HOST_SIZE]; /* of the anchor's line, "" unknown */
	off_t done;                /* lines before it have been yielded, or are not wanted */
	off_t end;
};

/* A line as far as its author matters. */
struct author {
	bool kernel;
	bool elsewhere; /* a line of another host than the anchor's */
	bool bare;      /* no envelope says so */
	bool opens;     /* a report */
};

/* Whether a line may be the same host's as the anchor: in a log server's file the reports
 * of several hosts stand line between line. */
static bool is_of_host(const struct scanning *scanning, const struct klog_record *record)
{
	return scanning->host[0] == '\0' || record->host == NULL ||
	       klog_host_same(scanning->host, record->host);
}

static void set_host(struct scanning *scanning, const struct klog_record *record)
{
	text_copy(scanning->host, sizeof(scanning->host), record->host != NULL ? record->host : "");
}

/* A line by itself, whatever stands above it. */
static struct author author_of(struct scanning *scanning, const char *line, size_t length, bool is_anchor)
{
	struct klog_line_context *context = &scanning->reading->looked_at;
	const char *opener = scanning->interest->opener;
	struct klog_record record;

	klog_line_init(context, KLOG_TIME_UNKNOWN, KLOG_TIME_UNKNOWN);
	if (!klog_line_parse(context, line, length, &record))
		return (struct author){ 0 };
	if (is_anchor)
		set_host(scanning, &record);
	if (!klog_record_is_kernel(&record))
		return (struct author){ 0 };
	return (struct author){
		.kernel = true,
		.elsewhere = !is_of_host(scanning, &record),
		.bare = record.identifier == NULL && record.facility == KLOG_UNKNOWN && !context->inherits,
		.opens = opener != NULL &&
			 memmem(record.text, record.text_length, opener, strlen(opener)) != NULL,
	};
}

/*
 * Where the lines begin that belong to the anchor at `hit`: at the opener, else where
 * the last ones ended that were yielded, else `records_before` lines of the kernel's
 * up.  Lines of programs do not count, there may be any number of them, nor do lines
 * without an envelope where the anchor's has one: anybody may have written them.
 */
static int find_context(struct scanning *scanning, off_t hit, off_t *ret)
{
	const struct klog_interest *interest = scanning->interest;
	struct author of_hit = { 0 };
	struct klog_backward lines;
	off_t begin = hit, offset = hit;
	unsigned count = 0;
	const char *line;
	size_t length;
	int r;

	scanning->host[0] = '\0';
	klog_backward_init(&lines, scanning->fd, hit, scanning->reading->second_block);
	/* The first is the start of the anchor's own line. */
	for (bool first = true;
	     (r = klog_backward_next(&lines, &line, &length, &offset)) > 0 && hit - offset <= LOOK_BACK_BYTES;
	     first = false) {
		struct author author;

		if (offset < scanning->done) {
			begin = scanning->done;
			break;
		}
		author = author_of(scanning, line, length, first);
		if (first) {
			of_hit = author;
			begin = offset;
			continue;
		}
		if (!author.kernel || author.elsewhere || (author.bare && !of_hit.bare))
			continue;
		if (count++ < interest->records_before)
			begin = offset;
		if (author.opens) {
			begin = offset;
			break;
		}
		if (interest->opener == NULL && count >= interest->records_before)
			break;
	}
	*ret = begin;
	return r < 0 ? r : 0;
}

/* Whether an anchor stands in text[0..length): behind what log daemons say of losses,
 * which is in the same search. */
static bool holds_anchor(const struct scanning *scanning, const char *text, size_t length)
{
	const char *end = text + length;
	size_t string;

	while ((text = klog_scan_find(&scanning->scan, text, (size_t)(end - text), &string)) != NULL) {
		if (string < scanning->interest->anchor_count)
			return true;
		text++;
	}
	return false;
}

/* How far the lines after an anchor are looked for, if none of them is the kernel's. */
#define LOOK_ON_BYTES (256 * 1024)

/* One line of what is around the anchor at `hit`, which ends at `end`: another anchor's, or
 * one of the kernel's, which counts down *left where it stands behind the anchor. */
static int yield_line(struct scanning *scanning, off_t hit, off_t end, const char *line, size_t length,
		      unsigned *left)
{
	struct klog_reading *reading = scanning->reading;
	struct klog_record record;

	scanning->done = end;
	klog_reading_at(reading, end);
	if (holds_anchor(scanning, line, length)) {
		*left = scanning->interest->records_after;
		if (!klog_line_parse(&reading->line, line, length, &record))
			return 0;
		set_host(scanning, &record);
		return klog_reading_record(reading, &record);
	}
	if (!klog_line_parse(&reading->line, line, length, &record))
		return 0;
	klog_reading_form(reading, &record);
	if (!klog_record_is_kernel(&record) && klog_loss_of(&record) == 0)
		return 0;
	if (end > hit && *left > 0 && is_of_host(scanning, &record))
		--*left;
	return klog_reading_record(reading, &record);
}

/* Yields the lines around the anchor at `hit`, and on as long as others follow
 * within `records_after` lines of the kernel's. */
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
		r = yield_line(scanning, hit, lines.offset, line, length, &left);
		if (r != 0)
			return r;
		if (lines.offset > hit && (left == 0 || lines.offset - hit > LOOK_ON_BYTES))
			break;
	}
	/* A hit that no line holds, in what a line that is too long has dropped. */
	if (r >= 0 && scanning->done <= hit)
		scanning->done = hit + 1;
	return r < 0 ? r : 0;
}

/* Yields the line that begins at `offset` alone: a log daemon says there what it lost. */
static int yield_alone(struct scanning *scanning, off_t offset)
{
	struct klog_range range = { .fd = scanning->fd, .offset = offset, .end = scanning->end };
	struct klog_lines lines;
	const char *line;
	size_t length;
	int r;

	klog_lines_init(&lines, klog_range_read, &range, scanning->reading->second_block);
	lines.offset = offset;
	r = klog_lines_next(&lines, &line, &length);
	if (r <= 0)
		return r;
	scanning->done = lines.offset;
	scanning->reading->line.inherits = false;
	klog_reading_at(scanning->reading, lines.offset);
	return klog_reading_line(scanning->reading, line, length);
}

/* The loss that is told in the line around `hit`, if no anchor stands in it. */
static int yield_loss(struct scanning *scanning, off_t hit)
{
	struct klog_backward lines;
	off_t begin = hit;
	const char *line;
	size_t length;
	int r;

	klog_backward_init(&lines, scanning->fd, hit, scanning->reading->second_block);
	r = klog_backward_next(&lines, &line, &length, &begin);
	if (r < 0)
		return r;
	r = begin < scanning->done ? 0 : yield_alone(scanning, begin);
	if (r == 0 && scanning->done <= hit)
		scanning->done = hit + 1;
	return r;
}

/* The anchors in one block.  Sets scanning->done to where to go on. */
static int scan_block(struct scanning *scanning, off_t offset, size_t length)
{
	const char *block = scanning->reading->block;
	off_t block_end = offset + (off_t)length;

	for (off_t at = offset; at < block_end;) {
		size_t string;
		const char *found = klog_scan_find(&scanning->scan, block + (at - offset),
						   (size_t)(block_end - at), &string);
		int r;

		if (found == NULL)
			break;
		const off_t hit = offset + (found - block);
		r = string < scanning->interest->anchor_count ? yield_around(scanning, hit)
							      : yield_loss(scanning, hit);
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
	for (size_t i = 0; klog_loss_text(i) != NULL; i++) {
		if (!klog_scan_add(&scanning->scan, klog_loss_text(i)))
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

/* The first line of the stream that has a time, in its first block. */
static void note_first_line(struct klog_reading *reading, const char *text, size_t length)
{
	const char *end = text + length;

	while (text < end && reading->first_usec == KLOG_TIME_UNKNOWN) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		const char *line_end = newline != NULL ? newline : end;
		struct klog_record record;

		if (klog_line_parse(&reading->line, text, (size_t)(line_end - text), &record)) {
			klog_reading_form(reading, &record);
			klog_reading_first(reading, record.realtime_usec);
		}
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

/* Whether the line around text[at] tells of a loss. */
static bool tells_loss(struct klog_reading *reading, const char *text, size_t length, size_t at)
{
	const char *begin = memrchr(text, '\n', at);
	const char *end = memchr(text + at, '\n', length - at);
	struct klog_record record;

	begin = begin != NULL ? begin + 1 : text;
	end = end != NULL ? end : text + length;
	klog_line_init(&reading->looked_at, KLOG_TIME_UNKNOWN, KLOG_TIME_UNKNOWN);
	return klog_line_parse(&reading->looked_at, begin, (size_t)(end - begin), &record) &&
	       klog_loss_of(&record) > 0;
}

/* Whether whole lines hold anything of interest. */
static bool holds_any(const struct scanning *scanning, const char *text, size_t length)
{
	const char *at = text;
	size_t string;

	while ((at = klog_scan_find(&scanning->scan, at, length - (size_t)(at - text), &string)) != NULL) {
		if (string < scanning->interest->anchor_count ||
		    tells_loss(scanning->reading, text, length, (size_t)(at - text)))
			return true;
		at++;
	}
	return false;
}

int klog_scan_stream(struct klog_reading *reading, klog_read_fn read, void *stream, bool *ret_holds)
{
	struct scanning scanning = { .reading = reading, .interest = reading->query->interest };
	size_t kept = 0;
	ssize_t held;
	bool first = true;

	*ret_holds = true;
	if (!prepare(&scanning))
		return 0;
	while ((held = fill_block(read, stream, reading->block, kept)) > (ssize_t)kept || first) {
		const char *newline;
		size_t whole;

		if (held < 0)
			return (int)held;
		newline = held == KLOG_BLOCK_SIZE ? memrchr(reading->block, '\n', (size_t)held) : NULL;
		whole = newline != NULL ? (size_t)(newline + 1 - reading->block) : (size_t)held;
		if (first &&
		    !klog_reading_scannable(reading->block, (size_t)held < 4096 ? (size_t)held : 4096))
			return 0;
		if (first)
			note_first_line(reading, reading->block, whole);
		if (holds_any(&scanning, reading->block, whole))
			return 0;
		first = false;
		/* A line without end may hold a text across the edge of two blocks. */
		kept = (size_t)held - whole;
		if (newline == NULL && held == KLOG_BLOCK_SIZE)
			kept = scanning.scan.longest - 1;
		memmove(reading->block, reading->block + held - kept, kept);
	}
	if (held < 0)
		return (int)held;
	*ret_holds = false;
	return 0;
}
