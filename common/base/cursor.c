/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "base/cursor.h"

#include "base/text.h"

const char *cursor_find(const struct cursor *cursor, const char *string)
{
	return memmem(cursor->at, cursor_left(cursor), string, strlen(string));
}

const char *cursor_find_last(const struct cursor *cursor, const char *string)
{
	struct cursor before = *cursor;

	for (; before.at < before.end; before.end--) {
		if (cursor_ends(&before, string))
			return before.end - strlen(string);
	}
	return NULL;
}

bool cursor_take_past(struct cursor *cursor, const char *string)
{
	const char *found = cursor_find(cursor, string);

	if (found == NULL)
		return false;
	cursor->at = found + strlen(string);
	return true;
}

bool cursor_take_until(struct cursor *cursor, char byte, struct cursor *ret)
{
	const char *found = memchr(cursor->at, byte, cursor_left(cursor));

	if (found == NULL)
		return false;
	*ret = (struct cursor){ cursor->at, found };
	cursor->at = found + 1;
	return true;
}

bool cursor_take_part(struct cursor *cursor, char byte, struct cursor *ret)
{
	if (cursor->at == cursor->end)
		return false;
	if (!cursor_take_until(cursor, byte, ret)) {
		*ret = *cursor;
		cursor->at = cursor->end;
	}
	return true;
}

bool cursor_take_i64(struct cursor *cursor, int64_t min, int64_t max, int64_t *ret)
{
	int64_t value;
	int taken = number_parse_i64(cursor->at, cursor_left(cursor), &value);

	if (taken < 0 || value < min || value > max)
		return false;
	cursor->at += taken;
	*ret = value;
	return true;
}

struct cursor cursor_trimmed(const char *text, size_t length)
{
	struct cursor cursor = { text, text + length };

	cursor_take_blanks(&cursor);
	while (cursor.end > cursor.at &&
	       (cursor_is_blank(cursor.end[-1]) || cursor.end[-1] == '\n' || cursor.end[-1] == '\r'))
		cursor.end--;
	return cursor;
}

bool cursor_copy(const struct cursor *cursor, char *buffer, size_t size)
{
	struct text text;

	text_init(&text, buffer, size);
	text_append_bytes(&text, cursor->at, cursor_left(cursor));
	return !text.truncated;
}
