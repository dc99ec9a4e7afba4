/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "state/rows.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/number.h"

static void append_escaped(struct text *text, const char *string)
{
	for (; *string != '\0'; string++) {
		unsigned char c = (unsigned char)*string;

		if (c > ' ' && c < 0x7f && c != '\\')
			text_append_bytes(text, string, 1);
		else
			text_printf(text, "\\x%02x", c);
	}
}

void rows_begin(struct text *text, const char *key)
{
	append_escaped(text, key);
}

void rows_string(struct text *text, const char *string)
{
	text_append(text, " ");
	append_escaped(text, string);
}

void rows_number(struct text *text, int64_t value)
{
	text_printf(text, " %" PRId64, value);
}

void rows_end(struct text *text)
{
	text_append(text, "\n");
}

bool rows_keep_whole(struct text *text, size_t *end)
{
	if (!text->truncated) {
		*end = text->length;
		return true;
	}
	text->length = *end;
	text->data[*end] = '\0';
	text->truncated = false;
	return false;
}

/* Unescapes in place: the result is never longer. Returns 0 or -EBADMSG. */
static int unescape(char *field)
{
	char *to = field;

	for (const char *from = field; *from != '\0';) {
		if (*from != '\\') {
			*to++ = *from++;
			continue;
		}
		int high = from[1] == 'x' ? number_hex_digit(from[2]) : -1;
		int low = high >= 0 ? number_hex_digit(from[3]) : -1;

		if (low < 0 || (high == 0 && low == 0)) /* a NUL would end the string early */
			return -EBADMSG;
		*to++ = (char)(high * 16 + low);
		from += 4;
	}
	*to = '\0';
	return 0;
}

int rows_next(char **cursor, struct rows_row *ret)
{
	char *line = *cursor;
	struct rows_row row = { .count = 0 };

	if (*line == '\0')
		return 0;
	char *end = strchr(line, '\n');
	if (!end) {
		*cursor = line + strlen(line);
		return -EBADMSG;
	}
	*end = '\0';
	*cursor = end + 1;
	for (char *field = line; field;) {
		char *blank = strchr(field, ' ');

		if (blank)
			*blank++ = '\0';
		if (row.count == ROWS_FIELDS_MAX || unescape(field) < 0)
			return -EBADMSG;
		row.fields[row.count++] = field;
		field = blank;
	}
	*ret = row;
	return 1;
}

int rows_get_number(const struct rows_row *row, size_t field, int64_t *ret)
{
	const char *string = rows_get_string(row, field);
	size_t length = strlen(string);
	int64_t value;
	int taken = number_parse_i64(string, length, &value);

	if (taken < 0)
		return taken;
	if ((size_t)taken != length)
		return -EINVAL;
	*ret = value;
	return 0;
}

int64_t rows_get_small(const struct rows_row *row, size_t field, int64_t max)
{
	int64_t number;

	return rows_get_number(row, field, &number) == 0 && number >= 0 && number <= max ? number : 0;
}

const char *rows_get_string(const struct rows_row *row, size_t field)
{
	return field < row->count ? row->fields[field] : "";
}
