/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_KLOG_LINE_TIME_H
#define OOM_KLOG_LINE_TIME_H
/*
 * Inside this room only: dates as log files write them, in any of the
 * languages that strftime(3) may have used, to microseconds since the epoch.
 */
#include <stdbool.h>
#include <stdint.h>

#include "klog/line_cursor.h"

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
	bool zone_unknown; /* a name that may be several zones': what time it was nobody knows */
};

/* What a date's meaning depends on besides itself.  One a file. */
struct klog_clock {
	int64_t reference_usec;         /* a date without a year is the latest that is at most half a
	                         * year after this, */
	int64_t latest_usec;            /* and at most a week after this */
	int64_t previous_usec;          /* of the line before, tells the two 02:30 of a night apart
	                         * in which summer time ends; or KLOG_TIME_UNKNOWN */
	struct klog_date cached_minute; /* mktime(3) costs more than the rest of a line */
	int64_t cached_usec;
	int inferred_year; /* of the latest date without one */
	bool yearless;     /* there was such a date */
};

/* reference_usec <= latest_usec, or both KLOG_TIME_UNKNOWN. */
void klog_clock_init(struct klog_clock *clock, int64_t reference_usec, int64_t latest_usec);

/* Another reference from here on, in the same file. */
void klog_clock_refer(struct klog_clock *clock, int64_t reference_usec);

/* Months' names, abbreviated or whole: 1..12, or 0. */
int klog_date_month(const char *word, size_t length);

/* "hh:mm:ss", "hh:mm:ss.123456", with a comma as dmesg has it. */
bool klog_date_clock(struct klog_cursor *cursor, struct klog_date *date);

/* RFC 3339: "2024-05-09T14:52:38.123456+02:00"; a blank for the T, slashes in the date,
 * "+0200", "Z" or no zone at all are taken as well. */
bool klog_date_iso(struct klog_cursor *cursor, struct klog_date *date);

/* "Z", "+02:00", "+0200", "+02"; true without one as well. */
bool klog_date_zone(struct klog_cursor *cursor, struct klog_date *date);

/* "CEST", "UTC", "JST" as a word, if there is one: an offset, the reader's own zone, or
 * unknown. */
void klog_date_zone_name(struct klog_cursor *cursor, struct klog_date *date);

/* "May  9 14:52:38", "9 mai 14:52:38 2024", "5月 9 2024 14:52:38": month, day
 * and clock; a year where there is one, after the clock only if year_last. */
bool klog_date_words(struct klog_cursor *cursor, bool year_last, struct klog_date *date);

/* Realtime, or KLOG_TIME_UNKNOWN for a date that does not exist. */
int64_t klog_date_realtime(struct klog_clock *clock, const struct klog_date *date);

#endif
