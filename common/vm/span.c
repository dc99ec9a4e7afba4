/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vm/span.h"

#include <stdint.h>
#include <string.h>

#include "base/text.h"

bool span_next_component(const char **path, struct span *ret)
{
	*path += strspn(*path, "/");
	*ret = (struct span){ .text = *path, .length = strcspn(*path, "/") };
	*path += ret->length;
	return ret->length > 0;
}

bool span_equals(struct span span, const char *string)
{
	return span.length == strlen(string) && memcmp(span.text, string, span.length) == 0;
}

/* On a mismatch only the last '*' has to match more; earlier ones need no second try. */
bool span_matches_span(struct span span, struct span pattern)
{
	size_t at = 0, in_pattern = 0, star = SIZE_MAX, star_at = 0;

	while (at < span.length) {
		if (in_pattern < pattern.length && pattern.text[in_pattern] == '*') {
			star = in_pattern++;
			star_at = at;
		} else if (in_pattern < pattern.length && pattern.text[in_pattern] == span.text[at]) {
			in_pattern++;
			at++;
		} else if (star != SIZE_MAX) {
			in_pattern = star + 1;
			at = ++star_at;
		} else {
			return false;
		}
	}
	while (in_pattern < pattern.length && pattern.text[in_pattern] == '*')
		in_pattern++;
	return in_pattern == pattern.length;
}

bool span_matches(struct span span, const char *pattern)
{
	return span_matches_span(span, (struct span){ pattern, strlen(pattern) });
}

bool span_ends_with(struct span span, const char *suffix)
{
	return span_strip_suffix(&span, suffix);
}

bool span_is_cut(struct span span)
{
	return span_ends_with(span, ">");
}

const char *span_find(struct span span, const char *needle)
{
	return memmem(span.text, span.length, needle, strlen(needle));
}

bool span_strip_prefix(struct span *span, const char *prefix)
{
	size_t length = strlen(prefix);

	if (span->length < length || memcmp(span->text, prefix, length) != 0)
		return false;
	span->text += length;
	span->length -= length;
	return true;
}

bool span_strip_suffix(struct span *span, const char *suffix)
{
	size_t length = strlen(suffix);

	if (span->length < length || memcmp(span->text + span->length - length, suffix, length) != 0)
		return false;
	span->length -= length;
	return true;
}

size_t span_count_digits(struct span span)
{
	size_t count = 0;

	while (count < span.length && span.text[count] >= '0' && span.text[count] <= '9')
		count++;
	return count;
}

bool span_copy(struct span span, char *buffer, size_t size)
{
	struct text text;

	text_init(&text, buffer, size);
	text_append_bytes(&text, span.text, span.length);
	return !text.truncated;
}
