/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "klog/text/file_lines.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "klog/text/line.h"

static ssize_t read_at(const struct klog_range *range, void *buffer, size_t size)
{
	ssize_t got;

	do {
		got = pread(range->fd, buffer, size, range->offset);
	} while (got < 0 && errno == EINTR);
	return got < 0 ? -errno : got;
}

/* Whether the file continues at range->offset. It may have been truncated since its size was
 * read. */
static bool goes_on(const struct klog_range *range)
{
	struct stat status;

	return fstat(range->fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > range->offset;
}

ssize_t klog_range_read(void *range, void *buffer, size_t size)
{
	struct klog_range *r = range;
	ssize_t got;

	if (r->offset >= r->end)
		return 0;
	if ((off_t)size > r->end - r->offset)
		size = (size_t)(r->end - r->offset);
	if (r->step > 0 && size > r->step)
		size = r->step;
	got = read_at(r, buffer, size);
	/* pread(2) returned 0 before the end of the file: try again, then fail. */
	if (got == 0 && goes_on(r)) {
		got = read_at(r, buffer, size);
		if (got == 0 && goes_on(r))
			return -EIO;
	}
	if (got < 0)
		return got;
	r->offset += got;
	return got;
}

void klog_lines_init(struct klog_lines *lines, klog_read_fn read, void *stream, char *buffer)
{
	*lines = (struct klog_lines){ .read = read, .stream = stream, .buffer = buffer };
}

static void skip(struct klog_lines *lines, size_t length)
{
	lines->begin += length;
	lines->offset += (off_t)length;
}

/* Moves the unread bytes to the front of the buffer and reads more. 0 or a negative errno. */
static int fill(struct klog_lines *lines)
{
	ssize_t got;

	memmove(lines->buffer, lines->buffer + lines->begin, lines->end - lines->begin);
	lines->end -= lines->begin;
	lines->begin = 0;
	got = lines->read(lines->stream, lines->buffer + lines->end, KLOG_BLOCK_SIZE - lines->end);
	if (got < 0)
		return (int)got;
	lines->ended = got == 0;
	lines->end += (size_t)got;
	return 0;
}

/* The offset of the first four NUL bytes in text[0..length), or length. */
static size_t find_hole(const char *text, size_t length)
{
	const char *at = text, *nul;

	while ((nul = memchr(at, '\0', length - (size_t)(at - text))) != NULL) {
		size_t left = length - (size_t)(nul - text);

		if (left >= 4 && memcmp(nul, "\0\0\0", 4) == 0)
			return (size_t)(nul - text);
		at = nul + 1;
	}
	return length;
}

/* Finds the length of the line at `begin`, and the number of bytes to skip in *ret_taken. False if
 * its end has not been read yet. */
static bool find_end(const struct klog_lines *lines, size_t *ret_length, size_t *ret_taken)
{
	const char *text = lines->buffer + lines->begin;
	size_t left = lines->end - lines->begin;
	const char *newline = memchr(text, '\n', left);
	size_t length = newline != NULL ? (size_t)(newline - text) : left;
	size_t hole = find_hole(text, length);

	*ret_length = hole;
	*ret_taken = hole < length ? hole : newline != NULL ? length + 1 : length;
	return hole < length || newline != NULL || lines->ended;
}

int klog_lines_next(struct klog_lines *lines, const char **ret, size_t *ret_length)
{
	size_t length = 0, taken = 0;
	int r;

	for (;;) {
		while (lines->begin < lines->end && lines->buffer[lines->begin] == '\0')
			skip(lines, 1);
		if (lines->begin == lines->end && lines->ended)
			return 0;
		bool whole = lines->begin < lines->end && find_end(lines, &length, &taken);
		if (!whole && lines->end - lines->begin < KLOG_LINE_MAX) {
			r = fill(lines);
			if (r < 0)
				return r;
			continue;
		}
		bool wanted = !lines->dropping;
		lines->dropping = !whole;
		*ret = lines->buffer + lines->begin;
		*ret_length = length < KLOG_LINE_MAX ? length : KLOG_LINE_MAX;
		skip(lines, taken);
		if (wanted) {
			lines->number++;
			return 1;
		}
	}
}

int klog_lines_take(struct klog_lines *lines, void *to, size_t length)
{
	for (size_t taken = 0; taken < length;) {
		size_t held = lines->end - lines->begin;
		size_t step = held < length - taken ? held : length - taken;
		int r;

		if (to != NULL)
			memcpy((char *)to + taken, lines->buffer + lines->begin, step);
		skip(lines, step);
		taken += step;
		if (taken == length)
			break;
		if (lines->ended)
			return 0;
		r = fill(lines);
		if (r < 0)
			return r;
	}
	return 1;
}

void klog_backward_init(struct klog_backward *lines, int fd, off_t end, char *buffer)
{
	*lines = (struct klog_backward){
		.fd = fd, .end = end, .buffer = buffer, .base = end, .step = KLOG_STEP_SIZE
	};
}

/* Fills the buffer with the bytes before lines->end, twice as many as the last time. */
static int fill_backward(struct klog_backward *lines)
{
	struct klog_range range = { .fd = lines->fd, .end = lines->end };

	range.offset = lines->end > (off_t)lines->step ? lines->end - (off_t)lines->step : 0;
	if (lines->step < KLOG_BLOCK_SIZE)
		lines->step *= 2;
	lines->base = range.offset;
	lines->held = 0;
	while (range.offset < range.end) {
		ssize_t got = klog_range_read(&range, lines->buffer + lines->held,
					      (size_t)(range.end - range.offset));

		if (got <= 0) /* 0: truncated meanwhile */
			return got < 0 ? (int)got : -ESTALE;
		lines->held += (size_t)got;
	}
	return 0;
}

int klog_backward_next(struct klog_backward *lines, const char **ret, size_t *ret_length, off_t *ret_offset)
{
	const char *newline;
	size_t before;
	int r;

	if (lines->end == 0)
		return 0;
	/* The byte before `end` is the newline of the wanted line, unless the last line of the file
	 * has none. */
	for (;;) {
		before = lines->end > lines->base ? (size_t)(lines->end - lines->base) : 0;
		size_t searched = before > 0 && lines->buffer[before - 1] == '\n' ? before - 1 : before;

		newline = searched > 0 ? memrchr(lines->buffer, '\n', searched) : NULL;
		/* A line longer than the buffer is returned in pieces. */
		if (before > 0 && (newline != NULL || lines->base == 0 || before == KLOG_BLOCK_SIZE)) {
			const char *start = newline != NULL ? newline + 1 : lines->buffer;
			size_t length = (size_t)(lines->buffer + searched - start);

			*ret = start;
			*ret_length = length < KLOG_LINE_MAX ? length : KLOG_LINE_MAX;
			*ret_offset = lines->base + (start - lines->buffer);
			lines->end = *ret_offset;
			return 1;
		}
		r = fill_backward(lines);
		if (r < 0)
			return r;
	}
}
