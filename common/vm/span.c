/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vm/span.h"

#include <stdint.h>
#include <string.h>

bool span_next_component(const char **path, struct cursor *ret)
{
	*path += strspn(*path, "/");
	*ret = (struct cursor){ *path, *path + strcspn(*path, "/") };
	*path = ret->end;
	return ret->at < ret->end;
}

/* On a mismatch only the last '*' has to match more; earlier ones need no second try. */
bool span_matches_span(struct cursor component, struct cursor pattern)
{
	const size_t length = cursor_left(&pattern);
	size_t at = 0, in_pattern = 0, star = SIZE_MAX, star_at = 0;

	while (at < cursor_left(&component)) {
		if (in_pattern < length && pattern.at[in_pattern] == '*') {
			star = in_pattern++;
			star_at = at;
		} else if (in_pattern < length && pattern.at[in_pattern] == component.at[at]) {
			in_pattern++;
			at++;
		} else if (star != SIZE_MAX) {
			in_pattern = star + 1;
			at = ++star_at;
		} else {
			return false;
		}
	}
	while (in_pattern < length && pattern.at[in_pattern] == '*')
		in_pattern++;
	return in_pattern == length;
}

bool span_matches(struct cursor component, const char *pattern)
{
	return span_matches_span(component, cursor_of(pattern));
}

bool span_is_cut(struct cursor component)
{
	return cursor_ends(&component, ">");
}
