/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "klog/text/pasted_line.h"

#include <string.h>

#include "base/array.h"
#include "klog/text/file_lines.h"

void klog_pasted_unquote(struct cursor *c)
{
	const char *start;

	do {
		start = c->at;
		cursor_take_blanks(c);
		cursor_take_byte(c, '>');
	} while (c->at > start);
	cursor_take_byte(c, '`');
}

bool klog_pasted_is_data(const struct cursor *rest)
{
	static const char *const starts[] = { "{", "}", "'",  "\"",  "|",         "+",
					      "-", "#", "('", "(\"", "Warning  ", "Normal  " };

	for (size_t i = 0; i < ARRAY_SIZE(starts); i++) {
		if (cursor_starts(rest, starts[i]))
			return true;
	}
	return false;
}

/* Skips ESC [ … m, the colour sequences of dmesg -L=always. */
static const char *skip_colour(const char *at, const char *end)
{
	if (end - at < 2 || at[0] != '\033' || at[1] != '[')
		return at;
	for (at += 2; at < end && (cursor_is_digit(*at) || *at == ';'); at++)
		;
	return at < end ? at + 1 : at;
}

/* The length in bytes of a tab or a no-break space (UTF-8 or Latin-1) at `at`; 0 for anything
 * else. */
static size_t other_blank(const struct cursor *line, const char *at)
{
	static const char *const blanks[] = { "\t", "\xC2\xA0", "\xE2\x80\xAF", "\xE2\x80\x87" };

	for (size_t i = 0; i < ARRAY_SIZE(blanks); i++) {
		if (cursor_take(&(struct cursor){ at, line->end }, blanks[i]))
			return strlen(blanks[i]);
	}
	return *at == '\xA0' && (at == line->at || (at[-1] & '\x80') == 0) ? 1 : 0;
}

/* Skips a byte order mark of UTF-8 or UTF-16, or the record separator of RFC 7464
 * (journalctl -o json-seq). */
static void skip_marks(struct cursor *c)
{
	static const char *const marks[] = { "\xEF\xBB\xBF", "\xFF\xFE", "\xFE\xFF", "\x1E" };

	for (size_t i = 0; i < ARRAY_SIZE(marks); i++) {
		if (cursor_take(c, marks[i]))
			return;
	}
}

size_t klog_pasted_clean(struct cursor *c, char *buffer)
{
	const size_t length = cursor_left(c);
	const bool has_spaces = memchr(c->at, ' ', length) != NULL;
	size_t kept = 0;

	if (!has_spaces || memchr(c->at, '\033', length) != NULL || memchr(c->at, '\0', length) != NULL) {
		for (const char *at = c->at; at < c->end;) {
			const char *next = skip_colour(at, c->end);
			const size_t blank = has_spaces ? 0 : other_blank(c, at);

			if (blank > 0) {
				buffer[kept++] = ' ';
				next = at + blank;
			} else if (next == at && *next++ != '\0') {
				buffer[kept++] = *at;
			}
			at = next;
		}
		*c = (struct cursor){ buffer, buffer + kept };
	}
	skip_marks(c);
	c->end = c->at + klog_line_length(c->at, cursor_left(c));
	return kept;
}

bool klog_pasted_skip_grep(const struct cursor *line, size_t *offset)
{
	const size_t word = cursor_word(line);

	while (*offset < word) {
		const char byte = line->at[(*offset)++];

		if (byte == ':' || (byte == '-' && *offset > 1))
			return !cursor_is_blank(cursor_peek(line, *offset));
	}
	return false;
}
