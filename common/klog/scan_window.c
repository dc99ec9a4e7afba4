/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "klog/file_reading.h"

#define USEC_PER_HOUR INT64_C(3600000000)

/* The search ends where reading on costs less than another look. */
#define CLOSE_ENOUGH (64 * 1024)
#define PLACES       64

/*
 * Lines are nearly in order: several threads of a daemon write within seconds
 * of each other, and local time goes back by an hour when summer time ends.
 */
#define DISORDER_USEC USEC_PER_HOUR

static int probe(struct klog_reading *reading, int fd, off_t offset, off_t size, int64_t *ret_usec)
{
	klog_reading_at(reading, offset);
	return klog_reading_probe(reading, fd, offset, size, ret_usec);
}

/*
 * Whether what lies before `start` is older than `from_usec` and in order, as
 * far as looks at some places can tell: PLACES of them evenly spread, and ever
 * closer ones towards the start, since that is where a short stretch with a
 * wrong clock has led the search astray.
 */
static int is_in_order(struct klog_reading *reading, int fd, off_t start, off_t size, int64_t from_usec,
		       bool *ret)
{
	int64_t previous = INT64_MIN, usec;
	off_t place = 0, step = start / PLACES + 1;

	*ret = false;
	while (place < start) {
		int r = probe(reading, fd, place, size, &usec);

		if (r < 0)
			return r;
		if (usec == KLOG_TIME_UNKNOWN || usec >= from_usec ||
		    (previous != INT64_MIN && usec < previous - DISORDER_USEC))
			return 0;
		previous = usec;
		if (start - place <= 2 * step)
			step = (start - place) / 2;
		place += step > CLOSE_ENOUGH / 16 ? step : CLOSE_ENOUGH / 16;
	}
	*ret = true;
	return 0;
}

/* The first line that begins at `offset` or after it. */
static int find_line(struct klog_reading *reading, int fd, off_t offset, off_t size, off_t *ret)
{
	struct klog_range range = { .fd = fd, .offset = offset, .end = size };
	struct klog_lines lines;
	const char *line;
	size_t length;
	int r;

	klog_lines_init(&lines, klog_range_read, &range, reading->second_block);
	r = klog_lines_next(&lines, &line, &length);
	*ret = offset + lines.offset;
	return r < 0 ? r : 0;
}

/*
 * Bisects on time.  The rule when it cannot be trusted: if at any place looked
 * at no line has a time, or if a check of what would be skipped finds a line
 * that is not older than the window, or times that go back by more than an
 * hour (clocks that jumped, several logs in one file, newest first), nothing
 * is skipped and the whole file is read.
 */
int klog_window_find(struct klog_reading *reading, int fd, off_t size, off_t *ret_start)
{
	off_t low = 0, high = size;
	int64_t from_usec, usec;
	bool trusted;
	int r;

	*ret_start = 0;
	if (reading->window.from_usec == INT64_MIN)
		return 0;
	from_usec = reading->window.from_usec - DISORDER_USEC;
	while (high - low > CLOSE_ENOUGH) {
		off_t middle = low + (high - low) / 2;

		r = probe(reading, fd, middle, size, &usec);
		if (r < 0 || usec == KLOG_TIME_UNKNOWN)
			return r;
		if (usec < from_usec)
			low = middle;
		else
			high = middle;
	}
	r = is_in_order(reading, fd, low, size, from_usec, &trusted);
	return r == 0 && trusted && low > 0 ? find_line(reading, fd, low, size, ret_start) : r;
}
