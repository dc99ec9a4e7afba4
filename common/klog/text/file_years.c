/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "klog/text/file_reading.h"

#define USEC_PER_DAY INT64_C(86400000000)

#define HALF_A_YEAR (180 * USEC_PER_DAY)

/* Bytes in which a line with a time is looked for, at one place of a file. */
#define PROBE_BYTES (16 * 1024)

int klog_reading_probe(struct klog_reading *reading, int fd, off_t offset, off_t end, int64_t *ret_usec)
{
	struct klog_range range = { .fd = fd, .offset = offset };
	struct klog_record record;
	struct klog_lines lines;
	const char *line;
	size_t length;
	int r;

	range.end = end - offset < PROBE_BYTES ? end : offset + PROBE_BYTES;
	klog_lines_init(&lines, klog_range_read, &range, reading->second_block);
	klog_reading_restart(reading);
	*ret_usec = KLOG_TIME_UNKNOWN;
	/* The first line is probably incomplete. */
	r = offset > 0 ? klog_lines_next(&lines, &line, &length) : 1;
	while (r > 0 && (r = klog_lines_next(&lines, &line, &length)) > 0) {
		if (klog_line_parse(&reading->line, line, length, &record) &&
		    record.realtime_usec != KLOG_TIME_UNKNOWN) {
			*ret_usec = record.realtime_usec;
			break;
		}
	}
	return r < 0 ? r : 0;
}

/*
 * RFC 3164 has no year. In a log of less than a year, each date gets the latest year that puts it
 * before the file's last change. In a longer log, the date at a place must not be after the date at
 * the next place either, and so on from the end. A place more than half a year before the next is
 * not used: a host that booted without a clock, in January, wrote it, as no log is silent for that
 * long.
 */
int klog_years_find(struct klog_reading *reading, int fd, off_t size)
{
	struct klog_years *years = &reading->years;
	int64_t reference_usec = reading->line.clock.reference_usec, usec;
	int r = klog_reading_probe(reading, fd, 0, size, &usec);

	years->count = 0;
	if (r < 0 || !reading->line.clock.yearless)
		return r;
	for (size_t i = KLOG_YEARS_PLACES; i-- > 0;) {
		off_t place = (off_t)i * (size / KLOG_YEARS_PLACES);

		klog_clock_refer(&reading->line.clock, reference_usec);
		r = klog_reading_probe(reading, fd, place, size, &usec);
		if (r < 0)
			return r;
		/* The reference for the lines from this place to the next. */
		years->from[i] = place;
		years->reference_usec[i] = reference_usec;
		if (usec != KLOG_TIME_UNKNOWN && reference_usec - usec <= HALF_A_YEAR)
			reference_usec = usec;
	}
	years->count = KLOG_YEARS_PLACES;
	return 0;
}

void klog_reading_at(struct klog_reading *reading, off_t offset)
{
	reading->line_end = offset;
	const struct klog_years *years = &reading->years;
	size_t place = 0;

	if (years->count == 0)
		return;
	while (place + 1 < years->count && years->from[place + 1] < offset)
		place++;
	klog_clock_refer(&reading->line.clock, years->reference_usec[place]);
}
