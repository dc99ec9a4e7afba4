/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_PLUGIN_LIMITS_H
#define OOM_PLUGIN_LIMITS_H
/*
 * Limits on an amount that is part of a whole, in percent and in bytes
 * together: "10%:,8GiB:" alerts only if both ranges do, for 10 % of a large
 * host is plenty and 8 GiB may be half of a small one.  Given again, the option
 * adds another such limit, and any of them alerts.
 */
#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"
#include "plugin/range.h"

#define PLUGIN_LIMITS_MAX 4

struct plugin_limit {
	struct plugin_range percent; /* either may be not set, not both */
	struct plugin_range size;
};

struct plugin_limits {
	bool given; /* by an option, and not the program's default */
	size_t count;
	struct plugin_limit limits[PLUGIN_LIMITS_MAX];
};

/*
 * For an option table; the first that is given replaces the default.  A bare "10%"
 * or "8GiB" is refused: it would alert above, where somebody who writes it for an
 * amount that is to last means below.  "~:10%" says above.
 */
int plugin_option_limits(const char *value, void *target, struct text *error);

/* The amount is a number, and so is the whole. */
bool plugin_limits_alert(const struct plugin_limits *limits, double bytes, double whole_bytes);

/* Appends ", below 10 %" for those that make the amount's state, nothing where none do. */
void plugin_limits_append_crossed(struct text *text, const struct plugin_limits *warning,
				  const struct plugin_limits *critical, double bytes, double whole_bytes);

/* Says which of them were crossed: "below 10 % and 8 GiB", "below 10 %, below 8 GiB". */
void plugin_limits_say_crossed(struct text *text, const struct plugin_limits *limits, double bytes,
			       double whole_bytes);

/*
 * The same as one range in bytes of this whole, for perfdata: floors, ceilings and
 * both; not set where no single range says as much.
 */
struct plugin_range plugin_limits_in_bytes(const struct plugin_limits *limits, double whole_bytes);

#endif
