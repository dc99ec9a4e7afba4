/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_PLUGIN_RANGE_H
#define OOM_PLUGIN_RANGE_H
/*
 * Ranges of the Monitoring Plugins guidelines, [@][start:]end, with units as an extension.  10
 * alerts outside 0..10; 10: below 10; ~:10 above 10; 10:20 outside 10..20; @10:20 inside, including
 * the ends.  A unit may follow each number, or the last one for both: 5%: 4GiB: 1:2GiB
 */
#include <stdbool.h>

#include "base/number.h"
#include "base/text.h"
#include "plugin/state.h"

struct plugin_range {
	bool set;                        /* false: never alerts */
	bool inside;                     /* '@' */
	double start;                    /* in base units; -INFINITY for ~ */
	double end;                      /* in base units; INFINITY if omitted */
	enum number_dimension dimension; /* PLAIN, or that of its unit */
};

/* 0; -EINVAL with a clause about the error appended to *error ("start 20 is above end 10"), which
 * may quote the string. */
int plugin_range_parse(const char *string, struct plugin_range *ret, struct text *error);

/* `value` must not be NaN. */
bool plugin_range_alerts(const struct plugin_range *range, double value);

/* Appends the range in perfdata format: base units, no unit; nothing if not set. */
void plugin_range_append(struct text *text, const struct plugin_range *range);

/*
 * Appends how a value that alerts relates to the range: "below 10 %", "above 4 GiB", "within 10 to
 * 20".  `unit` is for a range without one: "%", "B" or "".
 */
void plugin_range_say_crossed(struct text *text, const struct plugin_range *range, double value,
			      const char *unit);

/* The range that causes value's state; NULL if neither alerts.  Either range may be NULL. */
const struct plugin_range *plugin_range_crossed(const struct plugin_range *warning,
						const struct plugin_range *critical, double value);

/* Appends ", above 10 %" for that range; nothing if there is none. */
void plugin_range_append_crossed(struct text *text, const struct plugin_range *warning,
				 const struct plugin_range *critical, double value, const char *unit);

/* CRITICAL, WARNING or OK; UNKNOWN for NaN, as an unknown value must not be OK.  Either range may
 * be NULL. */
enum plugin_state plugin_range_judge(const struct plugin_range *warning, const struct plugin_range *critical,
				     double value);

#endif
