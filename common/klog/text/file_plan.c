/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "klog/text/file_reading.h"

#define USEC_PER_DAY INT64_C(86400000000)
#define HALF_A_YEAR  (180 * USEC_PER_DAY)

/* A file up to this size is parsed whole: a megabyte takes a few milliseconds. */
#define SMALL_FILE (1024 * 1024)

/* Enough to recognise the format of a file. */
#define FORMAT_BYTES 4096

/* A log written in order has gone forward in time within this many bytes. */
#define ORDER_BYTES (1024 * 1024)

/* Bytes in which a line with a time is looked for, at one place of a file. */
#define PROBE_BYTES (16 * 1024)

/* What the start of a file shows. */
struct start {
	bool is_scannable;
	bool is_backward;
	bool is_yearless;   /* it has dates without a year */
	int64_t first_usec; /* time of the first line that has one, or KLOG_TIME_UNKNOWN */
};

/*
 * A file is written newest first, as GNOME Logs and other viewers export it, if no line is later than
 * the one before and at least two times differ. In a log written in order, the first step forward ends
 * the search after a few lines.
 */
static int look_at_start(struct klog_reading *reading, int fd, off_t size, struct start *ret)
{
	struct klog_range range = { .fd = fd, .end = FORMAT_BYTES };
	struct klog_line_context *context = &reading->looked_at;
	const ssize_t got = klog_range_read(&range, reading->block, FORMAT_BYTES);
	int64_t previous = KLOG_TIME_UNKNOWN;
	bool backward = false, forward = false;
	struct klog_record record;
	struct klog_lines lines;
	const char *line;
	size_t length;
	int r = 0;

	if (got < 0)
		return (int)got;
	ret->is_scannable = klog_reading_scannable(reading->block, (size_t)got);
	range = (struct klog_range){ .fd = fd, .end = size < ORDER_BYTES ? size : ORDER_BYTES };
	klog_lines_init(&lines, klog_range_read, &range, reading->block);
	while ((!forward || (ret->first_usec == KLOG_TIME_UNKNOWN && lines.offset < PROBE_BYTES)) &&
	       (r = klog_lines_next(&lines, &line, &length)) > 0) {
		if (!klog_line_parse(context, line, length, &record))
			continue;
		if (ret->first_usec == KLOG_TIME_UNKNOWN)
			ret->first_usec = record.realtime_usec;
		if (previous != KLOG_TIME_UNKNOWN && context->order_usec != KLOG_TIME_UNKNOWN) {
			forward = forward || context->order_usec > previous;
			backward = backward || context->order_usec < previous;
		}
		previous = context->order_usec;
	}
	ret->is_backward = backward && !forward;
	ret->is_yearless = context->clock.yearless;
	return r < 0 ? r : 0;
}

/* Gets the time of the first line with a time soon after `offset`, or KLOG_TIME_UNKNOWN. */
static int probe(struct klog_reading *reading, int fd, off_t offset, off_t end, int64_t *ret_usec)
{
	struct klog_range range = { .fd = fd, .offset = offset };
	struct klog_record record;
	struct klog_lines lines;
	const char *line;
	size_t length;
	int r;

	range.end = end - offset < PROBE_BYTES ? end : offset + PROBE_BYTES;
	klog_lines_init(&lines, klog_range_read, &range, reading->block);
	klog_line_restart(&reading->looked_at);
	*ret_usec = KLOG_TIME_UNKNOWN;
	/* The first line is probably incomplete. */
	r = offset > 0 ? klog_lines_next(&lines, &line, &length) : 1;
	while (r > 0 && *ret_usec == KLOG_TIME_UNKNOWN && (r = klog_lines_next(&lines, &line, &length)) > 0) {
		if (klog_line_parse(&reading->looked_at, line, length, &record))
			*ret_usec = record.realtime_usec;
	}
	return r < 0 ? r : 0;
}

/*
 * Finds the reference times of a file whose dates have no year (RFC 3164). In a log of less than a
 * year, each date gets the latest year that puts it before the file's last change. In a longer log, the
 * date at a place must not be after the date at the next place either, and so on from the end. A place
 * more than half a year before the next is not used: a host that booted without a clock, in January,
 * wrote it, as no log is silent for that long.
 */
static int find_years(struct klog_reading *reading, int fd, off_t size, struct klog_plan *plan)
{
	int64_t reference_usec = reading->line.clock.reference_usec, usec;

	for (size_t i = KLOG_PLAN_PLACES; i-- > 0;) {
		const off_t from = (off_t)i * (size / KLOG_PLAN_PLACES);
		int r;

		klog_clock_refer(&reading->looked_at.clock, reference_usec);
		r = probe(reading, fd, from, size, &usec);
		if (r < 0)
			return r;
		plan->places[i].from = from;
		plan->places[i].reference_usec = reference_usec;
		if (usec != KLOG_TIME_UNKNOWN && reference_usec - usec <= HALF_A_YEAR)
			reference_usec = usec;
	}
	plan->place_count = KLOG_PLAN_PLACES;
	plan->first_usec = usec;
	return 0;
}

int klog_plan_file(struct klog_reading *reading, int fd, off_t size, struct klog_plan *ret)
{
	const struct klog_clock *clock = &reading->line.clock;
	struct start start = { .first_usec = KLOG_TIME_UNKNOWN };
	int r;

	klog_line_init(&reading->looked_at, clock->reference_usec, clock->latest_usec);
	r = look_at_start(reading, fd, size, &start);
	if (r < 0)
		return r;
	ret->place_count = 0;
	ret->first_usec = start.first_usec;
	if (start.is_backward)
		ret->way = KLOG_WAY_BACKWARD;
	else if (size > SMALL_FILE && reading->scan.string_count > 0 && start.is_scannable)
		ret->way = KLOG_WAY_SCAN;
	else
		ret->way = KLOG_WAY_FORWARD;
	if (start.is_yearless && !start.is_backward)
		r = find_years(reading, fd, size, ret);
	ret->enveloped = reading->looked_at.enveloped;
	return r;
}
