/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_PLUGIN_LIMITS_H
#define OOM_PLUGIN_LIMITS_H
/*
 * Limits on an amount that is part of a whole, in percent and in bytes.  "10%:,8GiB:" alerts only
 * if both ranges do, because 10 % of a large host is plenty and 8 GiB may be half of a small one.
 * Repeating the option adds another limit; any of them alerts.
 */
#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"
#include "plugin/range.h"

#define PLUGIN_LIMITS_MAX 4

struct plugin_limit {
	struct plugin_range percent; /* one of the two may be unset */
	struct plugin_range size;
};

struct plugin_limits {
	bool given; /* set by an option, not the program's default */
	size_t count;
	struct plugin_limit limits[PLUGIN_LIMITS_MAX];
};

/*
 * For an option table.  The first use replaces the default.  A bare "10%" or "8GiB" is refused: by
 * the guidelines it would alert above, but for an available amount it usually means below.  "~:10%"
 * alerts above.
 */
int plugin_option_limits(const char *value, void *target, struct text *error);

/* The same for an amount that must not grow too large: "10%,8GiB" alerts above both. */
int plugin_option_ceilings(const char *value, void *target, struct text *error);

/* Whether any limit alerts.  Neither number may be NaN. */
bool plugin_limits_alert(const struct plugin_limits *limits, double bytes, double whole_bytes);

/* Appends ", below 10 %" for the limits that cause the amount's state; nothing if none do. */
void plugin_limits_append_crossed(struct text *text, const struct plugin_limits *warning,
				  const struct plugin_limits *critical, double bytes, double whole_bytes);

/* Appends the limits that are crossed: "below 10 % and 8 GiB", "below 10 %, below 8 GiB". */
void plugin_limits_say_crossed(struct text *text, const struct plugin_limits *limits, double bytes,
			       double whole_bytes);

/*
 * Converts the limits to one range in bytes of this whole, for perfdata.  Not set if no single
 * range is equivalent.
 */
struct plugin_range plugin_limits_in_bytes(const struct plugin_limits *limits, double whole_bytes);

#endif
