/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_VM_SPAN_H
#define OOM_VM_SPAN_H
/* Inside this room only: a part of a path, not terminated. */
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
/* Whether all of it is as the pattern says, in which '*' is any bytes. */
bool span_matches(struct span span, const char *pattern);
bool span_matches_span(struct span span, struct span pattern);
bool span_ends_with(struct span span, const char *suffix);

/* Whether a log cut the path within this component: its mark stands behind it (oom/path.h). */
bool span_is_cut(struct span span);

/* First place of needle in the span, or NULL. */
const char *span_find(struct span span, const char *needle);

/* Each takes it off and returns true, or leaves the span as it is. */
bool span_strip_prefix(struct span *span, const char *prefix);
bool span_strip_suffix(struct span *span, const char *suffix);

/* How many ASCII digits the span starts with. */
size_t span_count_digits(struct span span);

/* Copies into a buffer, terminated; returns whether all of it fitted. */
bool span_copy(struct span span, char *buffer, size_t size);

#endif
