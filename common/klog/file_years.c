/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "klog/file_reading.h"

#define USEC_PER_DAY INT64_C(86400000000)

#define HALF_A_YEAR (180 * USEC_PER_DAY)
#define LEAP        (30 * USEC_PER_DAY)

/* Lines looked at for a time, at one place of a file. */
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
	klog_line_init(&reading->line, reading->line.clock.reference_usec);
	*ret_usec = KLOG_TIME_UNKNOWN;
	/* The first is most likely a part of one. */
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

static int probe_referring(struct klog_reading *reading, int fd, off_t place, off_t size,
			   int64_t reference_usec, int64_t *ret_usec)
{
	klog_clock_refer(&reading->line.clock, reference_usec);
	return klog_reading_probe(reading, fd, place, size, ret_usec);
}

/*
 * RFC 3164 has no year.  In a log that holds less than one, each date has the
 * latest that is not after the file's last change; in a longer one the date at
 * a place is not after the next place's either, and so on from the end.
 *
 * Not to be counted on is a host that starts without a clock, in January, and
 * then gets the time from the network: counted as a New Year it would make the
 * lines before it a year too old.  Seen from either side there is half a year
 * that nothing was logged in; without it, there is not.
 */
int klog_years_find(struct klog_reading *reading, int fd, off_t size)
{
	struct klog_years *years = &reading->years;
	int64_t reference_usec = reading->line.clock.reference_usec, usec;
	int64_t before_leap_usec = KLOG_TIME_UNKNOWN; /* the reference before the latest leap back */
	int r = klog_reading_probe(reading, fd, 0, size, &usec);

	years->count = 0;
	if (r < 0 || !reading->line.clock.yearless)
		return r;
	for (size_t i = KLOG_YEARS_PLACES; i-- > 0;) {
		off_t place = (off_t)i * (size / KLOG_YEARS_PLACES);

		r = probe_referring(reading, fd, place, size, reference_usec, &usec);
		if (r == 0 && usec != KLOG_TIME_UNKNOWN && reference_usec - usec > HALF_A_YEAR &&
		    before_leap_usec != KLOG_TIME_UNKNOWN) {
			reference_usec = before_leap_usec;
			r = probe_referring(reading, fd, place, size, reference_usec, &usec);
		}
		if (r < 0)
			return r;
		/* What lies from this place on up to the next. */
		years->from[i] = place;
		years->reference_usec[i] = reference_usec;
		if (usec == KLOG_TIME_UNKNOWN || reference_usec - usec > HALF_A_YEAR)
			continue;
		if (reference_usec - usec > LEAP)
			before_leap_usec = reference_usec;
		reference_usec = usec;
	}
	years->count = KLOG_YEARS_PLACES;
	return 0;
}

void klog_reading_at(struct klog_reading *reading, off_t offset)
{
	const struct klog_years *years = &reading->years;
	size_t place = 0;

	if (years->count == 0)
		return;
	while (place + 1 < years->count && years->from[place + 1] < offset)
		place++;
	klog_clock_refer(&reading->line.clock, years->reference_usec[place]);
}
