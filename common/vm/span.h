/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_VM_SPAN_H
#define OOM_VM_SPAN_H
/* Internal to vm/: the components of a cgroup's path. */
#include "base/array.h"
#include "base/cursor.h"

/* Takes the next component off the path; false at its end. */
bool span_next_component(const char **path, struct cursor *ret);

/* Whether the whole component matches the pattern, in which '*' matches any bytes. */
bool span_matches(struct cursor component, const char *pattern);
bool span_matches_span(struct cursor component, struct cursor pattern);

/* Whether the log truncated the path within this component, which then ends in '>' (oom/path.h). */
bool span_is_cut(struct cursor component);

#endif
