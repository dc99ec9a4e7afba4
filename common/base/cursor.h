/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_BASE_CURSOR_H
#define OOM_BASE_CURSOR_H
/*
 * A cursor over text that is being parsed: the bytes from `at` up to `end`. It owns nothing,
 * allocates nothing and needs no NUL; a NUL is a byte like any other. No function reads a byte
 * outside of it. A part of a text (a word, a name, the value of a key) is a cursor too. If there is
 * no such part, `at` and `end` are NULL; only cursor_left(), cursor_equals() and cursor_copy()
 * accept that.
 *
 *     struct cursor line = { text, text + length };
 *     int64_t pid;
 *
 *     if (cursor_take(&line, "Killed process ") && cursor_take_number(&line, &pid))
 *             …the rest of the line is in `line`
 *
 * The functions cursor_take…() remove what they are asked for from the start (cursor_take_end():
 * from the end) and return true, or they return false, and the cursor and *ret are unchanged. All others leave the cursor unchanged.
 * Digits, letters and blanks are ASCII, independent of the locale. A blank is a space or a tab.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/number.h"

struct cursor {
	const char *at;
	const char *end;
};

static inline bool cursor_is_digit(char byte)
{
	return byte >= '0' && byte <= '9';
}

static inline bool cursor_is_blank(char byte)
{
	return byte == ' ' || byte == '\t';
}

/* All of a string. */
static inline struct cursor cursor_of(const char *string)
{
	return (struct cursor){ string, string + strlen(string) };
}

/* Number of bytes left. */
static inline size_t cursor_left(const struct cursor *cursor)
{
	return (size_t)(cursor->end - cursor->at);
}

/* The byte at `ahead` bytes from the start; NUL beyond the end. */
static inline char cursor_peek(const struct cursor *cursor, size_t ahead)
{
	return ahead < cursor_left(cursor) ? cursor->at[ahead] : '\0';
}

/* Whether the cursor starts with, ends with or is the string. */
static inline bool cursor_starts(const struct cursor *cursor, const char *string)
{
	size_t length = strlen(string);

	return cursor_left(cursor) >= length && memcmp(cursor->at, string, length) == 0;
}

static inline bool cursor_ends(const struct cursor *cursor, const char *string)
{
	size_t length = strlen(string);

	return cursor_left(cursor) >= length && memcmp(cursor->end - length, string, length) == 0;
}

static inline bool cursor_equals(const struct cursor *cursor, const char *string)
{
	size_t length = strlen(string);

	return cursor_left(cursor) == length && (length == 0 || memcmp(cursor->at, string, length) == 0);
}

/* Number of bytes up to the first blank or the end. */
static inline size_t cursor_word(const struct cursor *cursor)
{
	size_t length = 0;

	while (length < cursor_left(cursor) && !cursor_is_blank(cursor->at[length]))
		length++;
	return length;
}

/* Number of digits at the start. */
static inline size_t cursor_digits(const struct cursor *cursor)
{
	size_t count = 0;

	while (cursor_is_digit(cursor_peek(cursor, count)))
		count++;
	return count;
}

/* The first or last occurrence of the string, or NULL. */
const char *cursor_find(const struct cursor *cursor, const char *string);
const char *cursor_find_last(const struct cursor *cursor, const char *string);

static inline bool cursor_take(struct cursor *cursor, const char *string)
{
	if (!cursor_starts(cursor, string))
		return false;
	cursor->at += strlen(string);
	return true;
}

static inline bool cursor_take_byte(struct cursor *cursor, char byte)
{
	if (cursor->at == cursor->end || *cursor->at != byte)
		return false;
	cursor->at++;
	return true;
}

/* Takes all blanks at the start, at least one. */
static inline bool cursor_take_blanks(struct cursor *cursor)
{
	const char *start = cursor->at;

	while (cursor->at < cursor->end && cursor_is_blank(*cursor->at))
		cursor->at++;
	return cursor->at > start;
}

/* Takes all up to and including the first occurrence of the string. */
bool cursor_take_past(struct cursor *cursor, const char *string);

/* Takes the string off the end. */
static inline bool cursor_take_end(struct cursor *cursor, const char *string)
{
	if (!cursor_ends(cursor, string))
		return false;
	cursor->end -= strlen(string);
	return true;
}

/*
 * Takes what is before the byte into *ret, and the byte. False if the byte does not occur: of a file
 * of lines, an unfinished last line is left.
 */
bool cursor_take_until(struct cursor *cursor, char byte, struct cursor *ret);

/* The same, but the last part needs no byte after it. False at the end. */
bool cursor_take_part(struct cursor *cursor, char byte, struct cursor *ret);

/*
 * Numbers: all digits that are there, with any number of leading zeros. False if there is no digit
 * or the value is out of range: above `max`; for cursor_take_number(), above INT64_MAX.
 * cursor_take_i64() also takes a sign, '-' or '+'.
 */
bool cursor_take_i64(struct cursor *cursor, int64_t min, int64_t max, int64_t *ret);

static inline bool cursor_take_u64(struct cursor *cursor, uint64_t max, uint64_t *ret)
{
	uint64_t value;
	int taken = number_parse_u64(cursor->at, cursor_left(cursor), &value);

	if (taken < 0 || value > max)
		return false;
	cursor->at += taken;
	*ret = value;
	return true;
}

static inline bool cursor_take_number(struct cursor *cursor, int64_t *ret)
{
	uint64_t value;

	if (!cursor_take_u64(cursor, INT64_MAX, &value))
		return false;
	*ret = (int64_t)value;
	return true;
}

/* Takes a number of `least` to `most` (<= 18) digits, leading zeros included, that is not followed
 * by another digit. */
static inline bool cursor_take_digits(struct cursor *cursor, size_t least, size_t most, int64_t *ret)
{
	int64_t value = 0;
	size_t count = 0;

	while (cursor_is_digit(cursor_peek(cursor, count))) {
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

/* text[0..length) without the blanks at both ends and the line ends ('\n', '\r') at the end. */
struct cursor cursor_trimmed(const char *text, size_t length);

/* Copies into a buffer of `size` > 0 bytes and terminates it. What does not fit is cut at a
 * character boundary. Returns whether all of it fitted. */
bool cursor_copy(const struct cursor *cursor, char *buffer, size_t size);

#endif
