/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "oom/cursor.h"

const char *cursor_find(const struct cursor *cursor, const char *literal)
{
	return memmem(cursor->at, cursor_left(cursor), literal, strlen(literal));
}

const char *cursor_find_last(const struct cursor *cursor, const char *literal)
{
	size_t length = strlen(literal);

	if (cursor_left(cursor) < length)
		return NULL;
	for (size_t i = cursor_left(cursor) - length + 1; i > 0; i--) {
		const char *at = cursor->at + i - 1;

		if (*at == *literal && memcmp(at, literal, length) == 0)
			return at;
	}
	return NULL;
}

struct cursor cursor_trimmed(const char *text, size_t length)
{
	struct cursor cursor = { text, text + length };

	cursor_skip_blanks(&cursor);
	while (cursor.end > cursor.at && (cursor.end[-1] == ' ' || cursor.end[-1] == '\t' ||
					  cursor.end[-1] == '\n' || cursor.end[-1] == '\r'))
		cursor.end--;
	return cursor;
}

void cursor_copy(struct piece piece, char *buffer, size_t size)
{
	size_t length = piece.length < size - 1 ? piece.length : size - 1;

	if (length > 0)
		memcpy(buffer, piece.at, length);
	buffer[length] = '\0';
}
