/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "klog/text/line_time.h"

#include <time.h>

#include "base/array.h"
#include "klog/klog.h"
#include "klog/text/pasted_line.h"

#define USEC_PER_SEC  INT64_C(1000000)
#define USEC_PER_HOUR (3600 * USEC_PER_SEC)
#define USEC_PER_DAY  (86400 * USEC_PER_SEC)
#define HALF_A_YEAR   (182 * USEC_PER_DAY)

void klog_clock_init(struct klog_clock *clock, int64_t reference_usec, int64_t latest_usec)
{
	*clock = (struct klog_clock){ .reference_usec = reference_usec,
				      .latest_usec = latest_usec,
				      .previous_usec = KLOG_TIME_UNKNOWN };
}

void klog_clock_refer(struct klog_clock *clock, int64_t reference_usec)
{
	if (clock->reference_usec == reference_usec)
		return;
	clock->reference_usec = reference_usec;
	clock->inferred_year = 0;
}

int klog_date_month(const char *word, size_t length)
{
	static const char english[] = "janfebmaraprmayjunjulaugsepoctnovdec";

	/* Nearly all lines have English abbreviations. */
	for (int m = 0; m < 12 && length == 3; m++) {
		const char *name = english + 3 * m;

		if ((word[0] | 0x20) == name[0] && (word[1] | 0x20) == name[1] && (word[2] | 0x20) == name[2])
			return m + 1;
	}
	return klog_pasted_month(word, length);
}

bool klog_date_fraction(struct cursor *cursor, int64_t *ret_usec)
{
	int64_t usec = 0, weight = 100000;
	const char *start = cursor->at;

	for (; cursor->at < cursor->end && cursor_is_digit(*cursor->at); cursor->at++, weight /= 10)
		usec += (*cursor->at - '0') * weight;
	if (cursor->at == start)
		return false;
	*ret_usec = usec;
	return true;
}

bool klog_date_clock(struct cursor *cursor, struct klog_date *date)
{
	struct cursor c = *cursor;
	int64_t hour, minute, second, usec = 0;

	if (!cursor_take_digits(&c, 1, 2, &hour) || !cursor_take_byte(&c, ':') ||
	    !cursor_take_digits(&c, 2, 2, &minute) || !cursor_take_byte(&c, ':') ||
	    !cursor_take_digits(&c, 2, 2, &second) || hour > 23 || minute > 59 || second > 60)
		return false;
	if ((cursor_peek(&c, 0) == '.' || cursor_peek(&c, 0) == ',') && cursor_is_digit(cursor_peek(&c, 1))) {
		c.at++;
		klog_date_fraction(&c, &usec);
	}
	date->hour = (int)hour;
	date->minute = (int)minute;
	date->second = (int)second;
	date->usec = usec;
	*cursor = c;
	return true;
}

bool klog_date_zone(struct cursor *cursor, struct klog_date *date)
{
	char sign = cursor_peek(cursor, 0);
	int64_t hours, minutes = 0;

	if (cursor_take_byte(cursor, 'Z')) {
		date->has_offset = true;
		return true;
	}
	if (sign != '+' && sign != '-')
		return true;
	cursor->at++;
	if (!cursor_take_digits(cursor, 2, 4, &hours))
		return false;
	if (hours > 99) {
		minutes = hours % 100;
		hours /= 100;
	} else if (cursor_take_byte(cursor, ':') && !cursor_take_digits(cursor, 2, 2, &minutes)) {
		return false;
	}
	if (hours > 15 || minutes > 59)
		return false;
	date->has_offset = true;
	date->offset_sec = (int)(hours * 3600 + minutes * 60) * (sign == '-' ? -1 : 1);
	return true;
}

/* Names that have the same meaning everywhere. CST, IST, BST and the like are used by several
 * countries. */
static const struct {
	char name[6];
	int minutes; /* east of UTC */
} zones[] = {
	{ "UTC", 0 },    { "GMT", 0 },    { "WET", 0 },    { "WEST", 60 },  { "CET", 60 },   { "CEST", 120 },
	{ "EET", 120 },  { "EEST", 180 }, { "MSK", 180 },  { "SAST", 120 }, { "JST", 540 },  { "KST", 540 },
	{ "HKT", 480 },  { "AEST", 600 }, { "AEDT", 660 }, { "NZST", 720 }, { "NZDT", 780 }, { "EST", -300 },
	{ "EDT", -240 }, { "CDT", -300 }, { "MDT", -360 }, { "PST", -480 }, { "PDT", -420 },
};

static bool is_name(const char *name, const char *word, size_t length)
{
	return strlen(name) == length && memcmp(name, word, length) == 0;
}

void klog_date_zone_name(struct cursor *cursor, struct klog_date *date)
{
	struct cursor c = *cursor;

	cursor_take_blanks(&c);
	const size_t length = cursor_word(&c);
	const char *word = c.at;

	if (length < 2 || length > 5)
		return;
	for (size_t i = 0; i < length; i++) {
		if (word[i] < 'A' || word[i] > 'Z')
			return;
	}
	c.at += length;
	*cursor = c;
	for (size_t i = 0; i < ARRAY_SIZE(zones); i++) {
		if (is_name(zones[i].name, word, length)) {
			date->has_offset = true;
			date->offset_sec = zones[i].minutes * 60;
			return;
		}
	}
	tzset();
	date->zone_unknown = !is_name(tzname[0], word, length) && !is_name(tzname[1], word, length);
}

bool klog_date_iso(struct cursor *cursor, struct klog_date *date)
{
	struct cursor c = *cursor;
	struct klog_date d = { 0 };
	const char between = cursor_peek(&c, 4) == '/' ? '/' : '-';
	int64_t year, month, day;

	if (!cursor_take_digits(&c, 4, 4, &year) || !cursor_take_byte(&c, between) ||
	    !cursor_take_digits(&c, 2, 2, &month) || !cursor_take_byte(&c, between) ||
	    !cursor_take_digits(&c, 2, 2, &day) ||
	    (!cursor_take_byte(&c, 'T') && !cursor_take_byte(&c, ' ')) || !klog_date_clock(&c, &d) ||
	    !klog_date_zone(&c, &d))
		return false;
	d.year = (int)year;
	d.month = (int)month;
	d.day = (int)day;
	*date = d;
	*cursor = c;
	return true;
}

/* Takes one word of a date: a month, a day or a year. */
static bool take_date_word(struct cursor *cursor, struct klog_date *date)
{
	size_t length = cursor_word(cursor);
	int month = date->month == 0 ? klog_date_month(cursor->at, length) : 0;
	int64_t number;

	if (month != 0) {
		date->month = month;
		cursor->at += length;
		return true;
	}
	struct cursor word = { cursor->at, cursor->at + length };
	if (!cursor_take_digits(&word, 1, 4, &number))
		return false;
	cursor_take_byte(&word, '.'); /* German: "9. Mai" */
	if (word.at != word.end)
		return false;
	if (date->day == 0 && number >= 1 && number <= 31)
		date->day = (int)number;
	else if (date->year == 0 && number >= 1970)
		date->year = (int)number;
	else
		return false;
	cursor->at = word.at;
	return true;
}

bool klog_date_words(struct cursor *cursor, bool year_last, struct klog_date *date)
{
	struct cursor c = *cursor;
	struct klog_date d = { 0 };

	while (!klog_date_clock(&c, &d)) {
		if (!take_date_word(&c, &d) || !cursor_take_blanks(&c))
			return false;
	}
	if (d.month == 0 || d.day == 0)
		return false;
	if (year_last && d.year == 0) {
		struct cursor year = c;
		int64_t number;

		if (cursor_take_blanks(&year) && cursor_take_digits(&year, 4, 4, &number) && number >= 1970) {
			d.year = (int)number;
			c = year;
		}
	}
	*date = d;
	*cursor = c;
	return true;
}

static struct tm tm_of(const struct klog_date *date)
{
	return (struct tm){ .tm_year = date->year - 1900,
			    .tm_mon = date->month - 1,
			    .tm_mday = date->day,
			    .tm_hour = date->hour,
			    .tm_min = date->minute,
			    .tm_isdst = -1 };
}

/* Converts a minute of UTC. Returns false if there is no such day. */
static bool resolve_utc(const struct klog_date *date, int64_t *ret_usec)
{
	struct tm tm = tm_of(date);

	*ret_usec = (int64_t)timegm(&tm) * USEC_PER_SEC;
	return tm.tm_mday == date->day && tm.tm_mon == date->month - 1;
}

/* Whether local time showed this minute at that time. */
static bool shows(int64_t usec, const struct klog_date *date)
{
	time_t seconds = (time_t)(usec / USEC_PER_SEC);
	struct tm tm;

	return localtime_r(&seconds, &tm) != NULL && tm.tm_min == date->minute && tm.tm_hour == date->hour &&
	       tm.tm_mday == date->day;
}

/*
 * Converts a minute of local time. In the hour that is repeated when summer time ends, the result
 * is the first of the two times that is not before the line above.
 */
static int64_t resolve_local(struct klog_clock *clock, const struct klog_date *date)
{
	struct tm tm = tm_of(date);
	time_t seconds = mktime(&tm);

	if (seconds == (time_t)-1)
		return KLOG_TIME_UNKNOWN;
	int64_t first = (int64_t)seconds * USEC_PER_SEC, second = first;
	if (shows(first + USEC_PER_HOUR, date))
		second += USEC_PER_HOUR;
	else if (shows(first - USEC_PER_HOUR, date))
		first -= USEC_PER_HOUR;
	if (first != second)
		return clock->previous_usec != KLOG_TIME_UNKNOWN &&
				       first + 60 * USEC_PER_SEC <= clock->previous_usec
			       ? second
			       : first;
	clock->cached_minute = *date;
	clock->cached_usec = first;
	return first;
}

static bool same_minute(const struct klog_date *a, const struct klog_date *b)
{
	return a->minute == b->minute && a->hour == b->hour && a->day == b->day && a->month == b->month &&
	       a->year == b->year && a->has_offset == b->has_offset && a->offset_sec == b->offset_sec;
}

static int64_t resolve_minute(struct klog_clock *clock, const struct klog_date *date)
{
	int64_t usec;

	if (clock->cached_minute.year != 0 && same_minute(&clock->cached_minute, date))
		return clock->cached_usec;
	if (!resolve_utc(date, &usec))
		return KLOG_TIME_UNKNOWN;
	if (!date->has_offset)
		return resolve_local(clock, date);
	usec -= date->offset_sec * USEC_PER_SEC;
	clock->cached_minute = *date;
	clock->cached_usec = usec;
	return usec;
}

/*
 * Infers the year of a date: the latest that puts it at most half a year after the reference, which
 * is the time of a later line, and at most a week after the latest time that the file can hold.
 * Half a year is allowed because a clock that was slow for a while gives later lines earlier dates,
 * and no log is silent for that long; a week, because the clock may have been fast for a while.
 * 29 February may be up to eight years back.
 */
static int64_t infer_year(struct klog_clock *clock, struct klog_date date)
{
	int64_t latest = clock->latest_usec + 7 * USEC_PER_DAY;
	if (latest > clock->reference_usec + HALF_A_YEAR)
		latest = clock->reference_usec + HALF_A_YEAR;
	time_t seconds = (time_t)(latest / USEC_PER_SEC);
	struct tm now;

	clock->yearless = true;
	date.year = clock->inferred_year;
	if (date.year != 0 && same_minute(&clock->cached_minute, &date))
		return clock->cached_usec;
	if (clock->reference_usec == KLOG_TIME_UNKNOWN || gmtime_r(&seconds, &now) == NULL)
		return KLOG_TIME_UNKNOWN;
	/* Start with the next year: New Year comes earlier in the east than in UTC. */
	for (date.year = now.tm_year + 1901; date.year >= now.tm_year + 1900 - 8; date.year--) {
		int64_t usec = resolve_minute(clock, &date);

		if (usec != KLOG_TIME_UNKNOWN && usec <= latest) {
			clock->inferred_year = date.year;
			return usec;
		}
	}
	return KLOG_TIME_UNKNOWN;
}

int64_t klog_date_realtime(struct klog_clock *clock, const struct klog_date *date)
{
	if (date->zone_unknown)
		return KLOG_TIME_UNKNOWN;
	int64_t minute = date->year != 0 ? resolve_minute(clock, date) : infer_year(clock, *date);

	return minute == KLOG_TIME_UNKNOWN ? minute : minute + date->second * USEC_PER_SEC + date->usec;
}
