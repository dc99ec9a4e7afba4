/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_KLOG_LINE_CURSOR_H
#define OOM_KLOG_LINE_CURSOR_H
/*
 * A cursor over the rest of a line; private to this directory. Each function takes what it is asked
 * for and moves the cursor, or takes nothing and returns false.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct klog_cursor {
	const char *at;
	const char *end;
};

static inline size_t klog_cursor_left(const struct klog_cursor *cursor)
{
	return (size_t)(cursor->end - cursor->at);
}

/* The byte at `ahead` bytes from the cursor; 0 beyond the end. */
static inline char klog_cursor_peek(const struct klog_cursor *cursor, size_t ahead)
{
	return ahead < klog_cursor_left(cursor) ? cursor->at[ahead] : '\0';
}

static inline bool klog_is_digit(char byte)
{
	return byte >= '0' && byte <= '9';
}

static inline bool klog_is_blank(char byte)
{
	return byte == ' ' || byte == '\t';
}

static inline bool klog_cursor_byte(struct klog_cursor *cursor, char byte)
{
	if (cursor->at == cursor->end || *cursor->at != byte)
		return false;
	cursor->at++;
	return true;
}

static inline bool klog_cursor_string(struct klog_cursor *cursor, const char *string)
{
	size_t length = strlen(string);

	if (klog_cursor_left(cursor) < length || memcmp(cursor->at, string, length) != 0)
		return false;
	cursor->at += length;
	return true;
}

/* Skips spaces and tabs. Returns whether there were any. */
static inline bool klog_cursor_blanks(struct klog_cursor *cursor)
{
	const char *start = cursor->at;

	while (cursor->at < cursor->end && klog_is_blank(*cursor->at))
		cursor->at++;
	return cursor->at > start;
}

/* Takes a number of `least` to `most` (<= 18) digits that is not followed by another digit. */
static inline bool klog_cursor_digits(struct klog_cursor *cursor, size_t least, size_t most, int64_t *ret)
{
	int64_t value = 0;
	size_t count = 0;

	while (klog_is_digit(klog_cursor_peek(cursor, count))) {
		if (count == most)
			return false;
		value = value * 10 + (cursor->at[count] - '0');
		count++;
	}
	if (count < least)
		return false;
	cursor->at += count;
	*ret = value;
	return true;
}

/* Length of the word at the cursor: up to a blank or the end. */
static inline size_t klog_cursor_word(const struct klog_cursor *cursor)
{
	size_t length = 0;

	while (length < klog_cursor_left(cursor) && !klog_is_blank(cursor->at[length]))
		length++;
	return length;
}

/* Takes the digits of a fraction of a second and converts them to microseconds. Digits beyond the
 * sixth are dropped. */
static inline bool klog_cursor_fraction(struct klog_cursor *cursor, int64_t *ret_usec)
{
	int64_t usec = 0, weight = 100000;
	const char *start = cursor->at;

	for (; cursor->at < cursor->end && klog_is_digit(*cursor->at); cursor->at++, weight /= 10)
		usec += (*cursor->at - '0') * weight;
	if (cursor->at == start)
		return false;
	*ret_usec = usec;
	return true;
}

#endif
