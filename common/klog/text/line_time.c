/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "klog/text/line_time.h"

#include <time.h>

#include "base/array.h"
#include "klog/klog.h"

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

/*
 * %b and %B of glibc's locales, each cut to the prefix that distinguishes it from the other months
 * of all these languages: en de nl sv da nb fr es pt it ca ro pl cs hu tr fi el ru uk. zh, ja and
 * ko write a number: 5月, 5월.
 */
static const char *const month_names[12] = {
	"jan ene gen ian sty led oca tammi jän янв січ Ιαν",
	"feb fev fév fév lut úno şub helmi фев лют Φεβ",
	"mar mär mrz mrt bře maalis már мар бер Μαρ",
	"apr abr avr kwi dub nis huhti ápr апр кві Απρ",
	"may mai maj mei mag kvě touko máj май мая мая тра Μαΐ Μαι",
	"jun juin giu cze čen haz kesä jún iun июн чер Ιουν",
	"jul juil lug lip čec tem heinä júl iul июл лип Ιουλ",
	"aug ago aoû sie srp ağu elo авг сер Αυγ",
	"sep set wrz zář eyl syys szept сен вер Σεπ",
	"oct okt out ott paź říj eki loka окт жов Οκτ",
	"nov lis kas marras ноя лис Νοε",
	"dec déc dez dic dis des gru pro ara joulu дек гру Δεκ",
};

/* Folds ASCII only; same_letter() handles accented letters. */
static unsigned char fold(char byte)
{
	return (unsigned char)(byte >= 'A' && byte <= 'Z' ? byte - 'A' + 'a' : byte);
}

/* Whether the second bytes a and b, after the same lead byte, are the upper and lower case of one
 * letter: Á/á differ by 0x20, Ş/ş and Č/č (Latin Extended-A) by 1. Cyrillic and Greek letters match
 * in the same case only: strftime(3) writes Cyrillic months in lower case, and Greek ones with a
 * capital letter. */
static bool same_letter(unsigned char lead, unsigned char a, unsigned char b)
{
	if (a == b)
		return true;
	if (lead == 0xC3) /* Á/á */
		return (a | 0x20) == (b | 0x20);
	if (lead == 0xC5 || lead == 0xC4)
		return (a | 1) == (b | 1);
	return false;
}

static size_t matching_prefix(const char *name, size_t name_length, const char *word, size_t length)
{
	if (length < name_length)
		return 0;
	for (size_t i = 0; i < name_length; i++) {
		unsigned char a = fold(word[i]), b = fold(name[i]);

		if (a != b && (i == 0 || !same_letter((unsigned char)name[i - 1], a, b)))
			return 0;
	}
	return name_length;
}

/* "5月", "12월": the number of the month and one character. */
static int numbered_month(const char *word, size_t length)
{
	struct klog_cursor cursor = { word, word + length };
	int64_t month;

	if (!klog_cursor_digits(&cursor, 1, 2, &month) || month < 1 || month > 12)
		return 0;
	return (klog_cursor_string(&cursor, "月") || klog_cursor_string(&cursor, "월")) &&
			       cursor.at == cursor.end
		       ? (int)month
		       : 0;
}

int klog_date_month(const char *word, size_t length)
{
	static const char english[] = "janfebmaraprmayjunjulaugsepoctnovdec";
	size_t best = 0;
	int month = 0;

	if (length == 0)
		return 0;
	if (klog_is_digit(word[0]))
		return numbered_month(word, length);
	/* Fast path for the English abbreviations that nearly all lines have. */
	for (int m = 0; m < 12 && length == 3; m++) {
		if (matching_prefix(english + 3 * m, 3, word, 3) == 3)
			return m + 1;
	}
	for (int m = 0; m < 12; m++) {
		for (const char *name = month_names[m]; *name != '\0';) {
			size_t name_length = strcspn(name, " ");

			/* The longest match wins: "marras" is not March. */
			if (matching_prefix(name, name_length, word, length) > best) {
				best = name_length;
				month = m + 1;
			}
			name += name_length;
			name += *name == ' ';
		}
	}
	return month;
}

bool klog_date_clock(struct klog_cursor *cursor, struct klog_date *date)
{
	struct klog_cursor c = *cursor;
	int64_t hour, minute, second, usec = 0;

	if (!klog_cursor_digits(&c, 1, 2, &hour) || !klog_cursor_byte(&c, ':') ||
	    !klog_cursor_digits(&c, 2, 2, &minute) || !klog_cursor_byte(&c, ':') ||
	    !klog_cursor_digits(&c, 2, 2, &second) || hour > 23 || minute > 59 || second > 60)
		return false;
	if ((klog_cursor_peek(&c, 0) == '.' || klog_cursor_peek(&c, 0) == ',') &&
	    klog_is_digit(klog_cursor_peek(&c, 1))) {
		c.at++;
		klog_cursor_fraction(&c, &usec);
	}
	date->hour = (int)hour;
	date->minute = (int)minute;
	date->second = (int)second;
	date->usec = usec;
	*cursor = c;
	return true;
}

bool klog_date_zone(struct klog_cursor *cursor, struct klog_date *date)
{
	char sign = klog_cursor_peek(cursor, 0);
	int64_t hours, minutes = 0;

	if (klog_cursor_byte(cursor, 'Z')) {
		date->has_offset = true;
		return true;
	}
	if (sign != '+' && sign != '-')
		return true;
	cursor->at++;
	if (!klog_cursor_digits(cursor, 2, 4, &hours))
		return false;
	if (hours > 99) {
		minutes = hours % 100;
		hours /= 100;
	} else if (klog_cursor_byte(cursor, ':') && !klog_cursor_digits(cursor, 2, 2, &minutes)) {
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

void klog_date_zone_name(struct klog_cursor *cursor, struct klog_date *date)
{
	struct klog_cursor c = *cursor;

	klog_cursor_blanks(&c);
	const size_t length = klog_cursor_word(&c);
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

bool klog_date_iso(struct klog_cursor *cursor, struct klog_date *date)
{
	struct klog_cursor c = *cursor;
	struct klog_date d = { 0 };
	const char between = klog_cursor_peek(&c, 4) == '/' ? '/' : '-';
	int64_t year, month, day;

	if (!klog_cursor_digits(&c, 4, 4, &year) || !klog_cursor_byte(&c, between) ||
	    !klog_cursor_digits(&c, 2, 2, &month) || !klog_cursor_byte(&c, between) ||
	    !klog_cursor_digits(&c, 2, 2, &day) ||
	    (!klog_cursor_byte(&c, 'T') && !klog_cursor_byte(&c, ' ')) || !klog_date_clock(&c, &d) ||
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
static bool take_date_word(struct klog_cursor *cursor, struct klog_date *date)
{
	size_t length = klog_cursor_word(cursor);
	int month = date->month == 0 ? klog_date_month(cursor->at, length) : 0;
	int64_t number;

	if (month != 0) {
		date->month = month;
		cursor->at += length;
		return true;
	}
	struct klog_cursor word = { cursor->at, cursor->at + length };
	if (!klog_cursor_digits(&word, 1, 4, &number))
		return false;
	klog_cursor_byte(&word, '.'); /* German: "9. Mai" */
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

bool klog_date_words(struct klog_cursor *cursor, bool year_last, struct klog_date *date)
{
	struct klog_cursor c = *cursor;
	struct klog_date d = { 0 };

	while (!klog_date_clock(&c, &d)) {
		if (!take_date_word(&c, &d) || !klog_cursor_blanks(&c))
			return false;
	}
	if (d.month == 0 || d.day == 0)
		return false;
	if (year_last && d.year == 0) {
		struct klog_cursor year = c;
		int64_t number;

		if (klog_cursor_blanks(&year) && klog_cursor_digits(&year, 4, 4, &number) && number >= 1970) {
			d.year = (int)number;
			c = year;
		}
	}
	*date = d;
	*cursor = c;
	return true;
}

/* Days since 1970-01-01 in the Gregorian calendar, counted from 1 March so
 * that the leap day comes last. */
static int64_t days_since_epoch(int year, int month, int day)
{
	int64_t y = month <= 2 ? year - 1 : year;
	int64_t m = (month + 9) % 12;

	return 365 * y + y / 4 - y / 100 + y / 400 + (m * 306 + 5) / 10 + day - 1 - 719468;
}

static bool date_exists(const struct klog_date *date)
{
	static const int days[] = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	if (date->month < 1 || date->month > 12 || date->day < 1 || date->day > days[date->month - 1])
		return false;
	return date->month != 2 || date->day != 29 ||
	       days_since_epoch(date->year, 3, 1) - days_since_epoch(date->year, 2, 1) == 29;
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
	struct tm tm = { .tm_year = date->year - 1900,
			 .tm_mon = date->month - 1,
			 .tm_mday = date->day,
			 .tm_hour = date->hour,
			 .tm_min = date->minute,
			 .tm_isdst = -1 };
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
	       a->year == b->year;
}

static int64_t resolve_minute(struct klog_clock *clock, const struct klog_date *date)
{
	if (!date_exists(date))
		return KLOG_TIME_UNKNOWN;
	if (date->has_offset)
		return ((days_since_epoch(date->year, date->month, date->day) * 24 + date->hour) * 60 +
			date->minute) *
			       60 * USEC_PER_SEC -
		       date->offset_sec * USEC_PER_SEC;
	if (clock->cached_minute.year != 0 && same_minute(&clock->cached_minute, date))
		return clock->cached_usec;
	return resolve_local(clock, date);
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
