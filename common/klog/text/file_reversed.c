/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "klog/text/file_reading.h"

/* A log written in order has gone forward in time within this many bytes. */
#define DETECT_BYTES (1024 * 1024)

/*
 * A file is newest first if no line is later than the one before and at least two times differ. In
 * a log written in order, the first step forward ends the search after a few lines.
 */
int klog_reversed_detect(struct klog_reading *reading, int fd, off_t size, bool *ret_reversed)
{
	struct klog_range range = { .fd = fd, .end = size < DETECT_BYTES ? size : DETECT_BYTES };
	int64_t previous = KLOG_TIME_UNKNOWN;
	struct klog_record record;
	struct klog_lines lines;
	bool backward = false, forward = false;
	const char *line;
	size_t length;
	int r = 0;

	klog_lines_init(&lines, klog_range_read, &range, reading->block);
	while (!forward && (r = klog_lines_next(&lines, &line, &length)) > 0) {
		if (!klog_line_parse(&reading->line, line, length, &record))
			continue;
		int64_t order = reading->line.order_usec;
		if (previous != KLOG_TIME_UNKNOWN && order != KLOG_TIME_UNKNOWN) {
			forward = order > previous;
			backward = backward || order < previous;
		}
		previous = order;
	}
	klog_reading_restart(reading);
	*ret_reversed = backward && !forward;
	return r < 0 ? r : 0;
}

int klog_reversed_read(struct klog_reading *reading, int fd, off_t size)
{
	struct klog_backward lines;
	const char *line;
	size_t length;
	off_t offset;
	int r;

	klog_backward_init(&lines, fd, size, reading->block);
	while ((r = klog_backward_next(&lines, &line, &length, &offset)) > 0) {
		reading->line_end = offset + (off_t)length + 1;
		r = klog_reading_line(reading, line, length);
		if (r != 0)
			return r;
	}
	return r;
}
