/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_PLUGIN_RANGE_H
#define OOM_PLUGIN_RANGE_H
/*
 * Ranges of the Monitoring Plugins guidelines: [@][start:]end, extended by
 * units.  10 alerts outside 0..10; 10: below 10; ~:10 above 10; 10:20 outside
 * 10..20; @10:20 inside, ends included.  A unit may stand after each number,
 * or after the last for both: 5%:  4GiB:  1:2GiB
 */
#include <stdbool.h>

#include "base/number.h"
#include "base/text.h"
#include "plugin/state.h"

struct plugin_range {
	bool set;                        /* false: never alerts */
	bool inside;                     /* '@' */
	double start;                    /* in base units; -INFINITY for ~ */
	double end;                      /* in base units; INFINITY where omitted */
	enum number_dimension dimension; /* PLAIN, or what its unit says */
};

/* 0; -EINVAL with one clause appended to *error that says what is wrong
 * ("start 20 is above end 10"), which may quote the string: hence a text. */
int plugin_range_parse(const char *string, struct plugin_range *ret, struct text *error);

/* value is a number: neither a range nor its absence says anything about NaN. */
bool plugin_range_alerts(const struct plugin_range *range, double value);

/* As perfdata wants it: base units, no unit; "" if not set. */
void plugin_range_append(struct text *text, const struct plugin_range *range);

/*
 * Says how value, which alerts, stands to the range: "below 10 %", "above 4 GiB",
 * "within 10 to 20".  `unit` is of a range without one of its own: "%", "B" or "".
 */
void plugin_range_say_crossed(struct text *text, const struct plugin_range *range, double value,
			      const char *unit);

/* The range that makes value's state, NULL where neither alerts.  Either may be NULL. */
const struct plugin_range *plugin_range_crossed(const struct plugin_range *warning,
						const struct plugin_range *critical, double value);

/* Appends ", above 10 %" for that range, nothing where there is none. */
void plugin_range_append_crossed(struct text *text, const struct plugin_range *warning,
				 const struct plugin_range *critical, double value, const char *unit);

/* CRITICAL, WARNING or OK; UNKNOWN for NaN: what is not known is not fine.
 * Either range may be NULL. */
enum plugin_state plugin_range_judge(const struct plugin_range *warning, const struct plugin_range *critical,
				     double value);

#endif
