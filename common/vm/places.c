/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vm/places.h"

#include <errno.h>
#include <string.h>

#include "vm/span.h"

/* A cgroup path has no "." or "..". One without any name is the root, which is always searched. */
static bool is_below_root(const char *path)
{
	struct cursor component;
	size_t count = 0;

	for (; span_next_component(&path, &component); count++)
		if (cursor_equals(&component, ".") || cursor_equals(&component, ".."))
			return false;
	return count > 0;
}

int vm_places_argument(const char *value, void *target, struct text *error)
{
	struct vm_places *places = target;

	if (value[0] != '/' || !is_below_root(value)) {
		text_append(error, "must be a cgroup path below the root as in /proc/PID/cgroup, for example "
				   "/production.slice");
		return -EINVAL;
	}
	if (places->count == VM_PLACES_MAX) {
		text_printf(error, "given more than %d times", VM_PLACES_MAX);
		return -EINVAL;
	}
	places->prefixes[places->count++] = value;
	return 0;
}
