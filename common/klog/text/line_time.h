/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_KLOG_LINE_TIME_H
#define OOM_KLOG_LINE_TIME_H
/*
 * Parses the dates in log files and converts them to microseconds since the epoch; private to this
 * directory. The languages of month names are those of pasted_months.c.
 */
#include <stdbool.h>
#include <stdint.h>

#include "base/cursor.h"

struct klog_date {
	int year;  /* 0: the format has none (RFC 3164) */
	int month; /* 1..12 */
	int day;
	int hour;
	int minute;
	int second; /* 60 in a leap second */
	int64_t usec;
	bool has_offset;   /* else local time */
	int offset_sec;    /* east of UTC */
	bool zone_unknown; /* the zone's name is unknown or has several meanings, so the time is
	                    * unknown */
};

/* State for the conversion of dates, one for each file. */
struct klog_clock {
	int64_t reference_usec;         /* a date without a year gets the latest year that puts it
	                                 * at most half a year after this */
	int64_t latest_usec;            /* and at most a week after this */
	int64_t previous_usec;          /* time of the line before, or KLOG_TIME_UNKNOWN;
	                                 * distinguishes the two 02:30 of the night in which summer
	                                 * time ends */
	struct klog_date cached_minute; /* cached, since mktime(3) takes longer than the rest of a
	                                 * line */
	int64_t cached_usec;
	int inferred_year; /* of the latest date without a year */
	bool yearless;     /* there was a date without a year */
};

/* reference_usec <= latest_usec, or both KLOG_TIME_UNKNOWN. */
void klog_clock_init(struct klog_clock *clock, int64_t reference_usec, int64_t latest_usec);

/* Changes the reference from here on, within the same file. */
void klog_clock_refer(struct klog_clock *clock, int64_t reference_usec);

/* The number of the month with this name, abbreviated or in full: 1..12, or 0. */
int klog_date_month(const char *word, size_t length);

/* Takes the digits of a fraction of a second and converts them to microseconds. Digits beyond the
 * sixth are dropped. */
bool klog_date_fraction(struct cursor *cursor, int64_t *ret_usec);

/* Takes "hh:mm:ss" or "hh:mm:ss.123456", also with a comma, as dmesg writes it. */
bool klog_date_clock(struct cursor *cursor, struct klog_date *date);

/* Takes RFC 3339: "2024-05-09T14:52:38.123456+02:00". Also accepts a blank for the T, slashes in
 * the date, "+0200", "Z" and no zone. */
bool klog_date_iso(struct cursor *cursor, struct klog_date *date);

/* Takes "Z", "+02:00", "+0200" or "+02". Also returns true if there is no zone. */
bool klog_date_zone(struct cursor *cursor, struct klog_date *date);

/* Takes the name of a zone, such as "CEST" or "UTC", if there is one. Sets the offset of an
 * unambiguous name, leaves the date in local time if it is the reader's own zone, and otherwise
 * sets zone_unknown. */
void klog_date_zone_name(struct cursor *cursor, struct klog_date *date);

/* Takes month, day and clock: "May  9 14:52:38", "9 mai 14:52:38 2024", "5月 9 2024 14:52:38". The
 * year is optional; after the clock it is taken only if year_last. */
bool klog_date_words(struct cursor *cursor, bool year_last, struct klog_date *date);

/* Microseconds since the epoch, or KLOG_TIME_UNKNOWN if the date does not exist or its zone or year
 * is unknown. */
int64_t klog_date_realtime(struct klog_clock *clock, const struct klog_date *date);

#endif
