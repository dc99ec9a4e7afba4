/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>

#include "base/text.h"
#include "klog/host.h"
#include "klog/loss.h"
#include "klog/text/file_reading.h"
#include "klog/text/scan.h"
#include "klog/text/searched.h"

/* Maximum distance between the lines of one report: the task table of a host with 30,000
 * processes. */
#define LOOK_BACK_BYTES (4 * 1024 * 1024)

struct scanning {
	struct klog_reading *reading;
	const struct klog_filter *filter;
	const struct klog_scan *scan;
	int fd;
	char host[KLOG_HOST_SIZE]; /* of the match's line; "" if unknown */
	off_t done;                /* lines before this have been yielded or are not wanted */
	off_t opened;              /* offset of the last header, or far before the file */
	off_t end;
	struct klog_searched *searched; /* hits are recorded there; may be NULL */
};

static bool is_header(const struct scanning *scanning, size_t match)
{
	const char *header = scanning->filter->header;

	return header != NULL && strcmp(scanning->filter->matches[match].text, header) == 0;
}

/* Who wrote a line. */
struct author {
	bool kernel;
	bool elsewhere; /* the line is from another host than the match */
	bool bare;      /* considered the kernel's only because it has no envelope */
};

/* Whether a line may be from the same host as the match. In the file of a log server the reports
 * of several hosts can be interleaved. */
static bool is_of_host(const struct scanning *scanning, const struct klog_record *record)
{
	return scanning->host[0] == '\0' || record->host == NULL ||
	       klog_host_same(scanning->host, record->host);
}

static void set_host(struct scanning *scanning, const struct klog_record *record)
{
	text_copy(scanning->host, sizeof(scanning->host), record->host != NULL ? record->host : "");
}

/* Parses a line without regard to the lines above it. */
static struct author author_of(struct scanning *scanning, const char *line, size_t length, bool is_match)
{
	struct klog_line_context *context = &scanning->reading->looked_at;
	struct klog_record record;

	klog_line_init(context, KLOG_TIME_UNKNOWN, KLOG_TIME_UNKNOWN);
	if (!klog_line_parse(context, line, length, &record))
		return (struct author){ 0 };
	if (is_match)
		set_host(scanning, &record);
	if (!klog_record_is_kernel(&record))
		return (struct author){ 0 };
	return (struct author){
		.kernel = true,
		.elsewhere = !is_of_host(scanning, &record),
		.bare = record.identifier == NULL && record.facility == KLOG_UNKNOWN && !context->inherits,
	};
}

/*
 * Finds the start of the lines that belong to the match at `hit`. Headers are matches too, so no
 * header can be between two successive hits. If a report was opened not long ago, the start is
 * therefore where the last yielded lines ended. Otherwise, if the match opens a report, the start
 * is the match itself; if not, it is `records_before` lines of the kernel further up. Lines of
 * programs are not counted, because there may be any number of them. Neither are lines without an
 * envelope if the match's line has one: anybody may have written them.
 */
static int find_context(struct scanning *scanning, off_t hit, bool opens, off_t *ret)
{
	struct author of_hit = { 0 };
	struct klog_backward lines;
	off_t begin = hit, offset = hit;
	unsigned left = 0;
	const char *line;
	size_t length;
	int r;

	scanning->host[0] = '\0';
	klog_backward_init(&lines, scanning->fd, hit, scanning->reading->second_block);
	/* The first iteration finds the start of the match's own line. */
	for (bool first = true;
	     (first || left > 0) && (r = klog_backward_next(&lines, &line, &length, &offset)) > 0 &&
	     hit - offset <= LOOK_BACK_BYTES;
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
			left = author.kernel && opens ? 0 : scanning->filter->records_before;
			if (hit - scanning->opened <= LOOK_BACK_BYTES) {
				begin = scanning->done;
				break;
			}
		} else if (author.kernel && !author.elsewhere && (!author.bare || of_hit.bare)) {
			begin = offset;
			left--;
		}
	}
	*ret = begin;
	return r < 0 ? r : 0;
}

/* Whether a line contains a match, and whether one of them opens a report. The same search also
 * finds the loss messages of log daemons, which are skipped here. */
static bool holds_match(const struct scanning *scanning, const char *line, size_t length, bool *ret_opens)
{
	const char *end = line + length;
	bool holds = false;
	size_t string;

	*ret_opens = false;
	while ((line = klog_scan_find(scanning->scan, line, (size_t)(end - line), &string)) != NULL) {
		if (string < scanning->filter->match_count) {
			*ret_opens |= is_header(scanning, string);
			holds = true;
		}
		line++;
	}
	return holds;
}

/* How far to look for lines after a match if none of them is the kernel's. */
#define LOOK_ON_BYTES (256 * 1024)

/* Handles one line of the surroundings of the match at `hit`; the line ends at `end`. Yields it if
 * it contains a match, is from the kernel or reports a loss. Lines after the match's and from
 * the same host decrement *left; a match resets it. */
static int yield_line(struct scanning *scanning, off_t hit, off_t end, const char *line, size_t length,
		      unsigned *left)
{
	struct klog_reading *reading = scanning->reading;
	struct klog_record record;
	bool opens;

	scanning->done = end;
	klog_reading_at(reading, end);
	if (holds_match(scanning, line, length, &opens)) {
		if (opens)
			scanning->opened = end;
		*left = scanning->filter->records_after;
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

/* Yields the lines around the match at `hit`, and continues as long as another match follows
 * within `records_after` lines of the kernel. */
static int yield_around(struct scanning *scanning, off_t hit, bool opens)
{
	struct klog_range range = { .fd = scanning->fd, .end = scanning->end, .step = KLOG_STEP_SIZE };
	unsigned left = scanning->filter->records_after;
	struct klog_lines lines;
	const char *line;
	size_t length;
	int r = find_context(scanning, hit, opens, &range.offset);

	if (r < 0)
		return r;
	klog_lines_init(&lines, klog_range_read, &range, scanning->reading->second_block);
	lines.offset = range.offset;
	/* The last yielded line is not the line above this one. */
	if (range.offset != scanning->done)
		scanning->reading->line.inherits = false;
	while ((r = klog_lines_next(&lines, &line, &length)) > 0) {
		r = yield_line(scanning, hit, lines.offset, line, length, &left);
		if (r != 0)
			return r;
		if (lines.offset > hit && (left == 0 || lines.offset - hit > LOOK_ON_BYTES))
			break;
	}
	return r < 0 ? r : 0;
}

/* Handles the line around `hit`, in which a log daemon reports a loss. Yields only this line,
 * unless it contains a match. */
static int yield_loss(struct scanning *scanning, off_t hit)
{
	struct klog_range range = { .fd = scanning->fd, .end = scanning->end, .step = KLOG_STEP_SIZE };
	char *buffer = scanning->reading->second_block;
	struct klog_backward backward;
	struct klog_lines lines;
	const char *line;
	size_t length;
	bool opens;
	int r;

	klog_backward_init(&backward, scanning->fd, hit, buffer);
	r = klog_backward_next(&backward, &line, &length, &range.offset);
	if (r <= 0)
		range.offset = hit;
	if (r < 0 || range.offset < scanning->done)
		return r < 0 ? r : 0;
	klog_lines_init(&lines, klog_range_read, &range, buffer);
	lines.offset = range.offset;
	r = klog_lines_next(&lines, &line, &length);
	if (r <= 0)
		return r;
	if (holds_match(scanning, line, length, &opens))
		return yield_around(scanning, hit, opens);
	scanning->done = lines.offset;
	scanning->reading->line.inherits = false;
	klog_reading_at(scanning->reading, lines.offset);
	return klog_reading_line(scanning->reading, line, length);
}

/* Yields the lines that belong to a hit. Sets scanning->done to where to continue. */
static int yield_hit(struct scanning *scanning, off_t hit, size_t string)
{
	const int r = string < scanning->filter->match_count
			      ? yield_around(scanning, hit, is_header(scanning, string))
			      : yield_loss(scanning, hit);

	if (scanning->searched != NULL)
		klog_searched_note(scanning->searched, hit, string);
	/* The hit is in no line: it is in the part that was dropped from a line that is too
	 * long. */
	if (r == 0 && scanning->done <= hit)
		scanning->done = hit + 1;
	return r;
}

/* Handles all hits in one block. */
static int scan_block(struct scanning *scanning, off_t offset, size_t length)
{
	const char *block = scanning->reading->block;
	off_t block_end = offset + (off_t)length;

	for (off_t at = offset; at < block_end;) {
		size_t string;
		const char *found = klog_scan_find(scanning->scan, block + (at - offset),
						   (size_t)(block_end - at), &string);
		int r;

		if (found == NULL)
			break;
		const off_t hit = offset + (found - block);
		r = yield_hit(scanning, hit, string);
		if (r != 0)
			return r;
		at = scanning->done;
	}
	return 0;
}

void klog_scan_fill(struct klog_scan *scan, const struct klog_filter *filter)
{
	const char *text, *pair;
	bool has_room = filter != NULL;

	*scan = (struct klog_scan){ 0 };
	for (size_t i = 0; has_room && i < filter->match_count; i++)
		has_room = klog_scan_add(scan, filter->matches[i].text, filter->matches[i].pair);
	for (size_t i = 0; has_room && (text = klog_loss_text(i, &pair)) != NULL; i++)
		has_room = klog_scan_add(scan, text, pair);
	if (has_room)
		klog_scan_prepare(scan);
	else
		scan->string_count = 0;
}

/* Searches the file from `from` to its end. */
static int scan_from(struct scanning *scanning, off_t from)
{
	struct klog_range range = { .fd = scanning->fd, .offset = from, .end = scanning->end };
	const off_t size = scanning->end;

	while (range.offset < size) {
		off_t offset = range.offset;
		ssize_t got = klog_range_read(&range, scanning->reading->block, KLOG_BLOCK_SIZE);
		int r;

		if (got <= 0)
			return got < 0 ? (int)got : -ESTALE;
		r = scan_block(scanning, offset, (size_t)got);
		if (r != 0)
			return r;
		/* A match may span two blocks. */
		if (range.offset < size && (size_t)got > scanning->scan->longest)
			range.offset -= (off_t)scanning->scan->longest - 1;
		if (range.offset < scanning->done)
			range.offset = scanning->done;
	}
	return 0;
}

/* Visits the hits of an earlier run in the same order, then searches what was appended since. That
 * part starts at the end of a line, so no string is cut in two. */
static int scan_rest(struct scanning *scanning, const struct klog_searched *past)
{
	for (size_t i = 0; i < past->hit_count; i++) {
		int r = past->hits[i].offset < scanning->done
				? 0
				: yield_hit(scanning, past->hits[i].offset, (size_t)past->hits[i].string);

		if (r != 0)
			return r;
	}
	const int r = scan_from(scanning, past->bytes > scanning->done ? past->bytes : scanning->done);
	/* The file was replaced or truncated; treat it like a read that hits the end of the file
	 * too early. */
	return r == 0 && !klog_searched_is_same(past, scanning->fd) ? -ESTALE : r;
}

/* Searches a file that is large enough to be remembered. */
static int scan_with_cache(struct scanning *scanning, const struct klog_search_cache *cache)
{
	struct klog_searched *past = &scanning->reading->past, *now = &scanning->reading->now;
	bool is_known;
	int r;

	if (klog_searched_begin(now, scanning->fd, scanning->scan) < 0)
		return scan_from(scanning, 0);
	scanning->searched = now;
	is_known = cache->lookup(now->device, now->inode, past, cache->data) &&
		   klog_searched_fits(past, now, scanning->fd, scanning->end, scanning->scan);
	r = is_known ? scan_rest(scanning, past) : scan_from(scanning, 0);
	if (r == 0 && (!is_known || scanning->end - past->bytes >= KLOG_SEARCHED_GROWTH_MIN) &&
	    klog_searched_finish(now, scanning->fd, scanning->end))
		cache->keep(now, cache->data);
	return r;
}

int klog_scan_file(struct klog_reading *reading, int fd, off_t size)
{
	const struct klog_search_cache *cache = reading->cache;
	struct scanning scanning = {
		.reading = reading,
		.filter = reading->query->filter,
		.scan = &reading->scan,
		.fd = fd,
		.opened = -LOOK_BACK_BYTES - 1,
		.end = size,
	};

	return cache != NULL && size >= KLOG_SEARCHED_FILE_MIN ? scan_with_cache(&scanning, cache)
							       : scan_from(&scanning, 0);
}

/* Records the time of the first line that has one, looking only at the stream's first block. */
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
	klog_line_restart(&reading->line);
}

/* Reads until the block is full or the stream ends. Returns the number of bytes in the block. */
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

/* Whether the line around text[at] reports a loss. */
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

/* Whether the lines, which are complete, contain a match or report a loss. */
static bool holds_any(const struct scanning *scanning, const char *text, size_t length)
{
	const char *at = text;
	size_t string;

	while ((at = klog_scan_find(scanning->scan, at, length - (size_t)(at - text), &string)) != NULL) {
		if (string < scanning->filter->match_count ||
		    tells_loss(scanning->reading, text, length, (size_t)(at - text)))
			return true;
		at++;
	}
	return false;
}

int klog_scan_stream(struct klog_reading *reading, klog_read_fn read, void *stream, bool *ret_holds)
{
	struct scanning scanning = { .reading = reading,
				     .filter = reading->query->filter,
				     .scan = &reading->scan };
	size_t kept = 0;
	ssize_t held;
	bool first = true;

	*ret_holds = true;
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
		/* In a line longer than a block, a string may span two blocks. */
		kept = (size_t)held - whole;
		if (newline == NULL && held == KLOG_BLOCK_SIZE)
			kept = scanning.scan->longest - 1;
		memmove(reading->block, reading->block + held - kept, kept);
	}
	if (held < 0)
		return (int)held;
	*ret_holds = false;
	return 0;
}
