/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_VM_SPAN_H
#define OOM_VM_SPAN_H
/* Internal to vm/: part of a string, not terminated. */
#include <stdbool.h>
#include <stddef.h>

#include "base/array.h"

struct span {
	const char *text;
	size_t length;
};

/* Takes the next component off the path; false at its end. */
bool span_next_component(const char **path, struct span *ret);

bool span_equals(struct span span, const char *string);
/* Whether the whole span matches the pattern, in which '*' matches any bytes. */
bool span_matches(struct span span, const char *pattern);
bool span_matches_span(struct span span, struct span pattern);
bool span_ends_with(struct span span, const char *suffix);

/* Whether the log truncated the path within this component, which then ends in '>' (oom/path.h). */
bool span_is_cut(struct span span);

/* First occurrence of needle in the span, or NULL. */
const char *span_find(struct span span, const char *needle);

/* Removes the prefix or suffix and returns true, or returns false and leaves the span unchanged. */
bool span_strip_prefix(struct span *span, const char *prefix);
bool span_strip_suffix(struct span *span, const char *suffix);

/* Number of ASCII digits at the start of the span. */
size_t span_count_digits(struct span span);

/* Copies the span into a buffer and terminates it. Returns whether all of it fitted. */
bool span_copy(struct span span, char *buffer, size_t size);

#endif
