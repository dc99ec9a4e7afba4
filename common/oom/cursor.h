/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_OOM_CURSOR_H
#define OOM_OOM_CURSOR_H
/*
 * A position in a line that is being parsed; private to this directory. A line may hold any byte
 * and end anywhere, so no function reads beyond `end`.
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

/* A part of a line; `at` is NULL if there is none. */
struct piece {
	const char *at;
	size_t length;
};

static inline size_t cursor_left(const struct cursor *cursor)
{
	return (size_t)(cursor->end - cursor->at);
}

static inline bool cursor_starts(const struct cursor *cursor, const char *literal)
{
	size_t length = strlen(literal);

	return cursor_left(cursor) >= length && memcmp(cursor->at, literal, length) == 0;
}

/* Steps over the literal if it comes next. */
static inline bool cursor_take(struct cursor *cursor, const char *literal)
{
	if (!cursor_starts(cursor, literal))
		return false;
	cursor->at += strlen(literal);
	return true;
}

static inline void cursor_skip_blanks(struct cursor *cursor)
{
	while (cursor->at < cursor->end && (*cursor->at == ' ' || *cursor->at == '\t'))
		cursor->at++;
}

/* Takes a number. One that does not fit is skipped, but false is returned. */
static inline bool cursor_take_number(struct cursor *cursor, int64_t *ret)
{
	uint64_t value;
	int taken = number_parse_u64(cursor->at, cursor_left(cursor), &value);

	if (taken < 0 || value > INT64_MAX) {
		while (cursor->at < cursor->end && *cursor->at >= '0' && *cursor->at <= '9')
			cursor->at++;
		return false;
	}
	cursor->at += taken;
	*ret = (int64_t)value;
	return true;
}

/* The first or last occurrence of the literal, or NULL. */
const char *cursor_find(const struct cursor *cursor, const char *literal);
const char *cursor_find_last(const struct cursor *cursor, const char *literal);

/* Trims blanks at both ends, and line ends. */
struct cursor cursor_trimmed(const char *text, size_t length);

/* Copies as many bytes as fit and terminates the buffer. */
void cursor_copy(struct piece piece, char *buffer, size_t size);

#endif
