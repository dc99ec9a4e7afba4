/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plugin/limits.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#define RANGE_MAX 64 /* bytes of one range as it is written */

static int add_range(struct plugin_limit *limit, const char *string, struct text *error)
{
	struct plugin_range range;
	int r = plugin_range_parse(string, &range, error);

	if (r < 0)
		return r;
	if (range.dimension != NUMBER_PERCENT && range.dimension != NUMBER_BYTES) {
		text_append(error, "a range needs % or a unit of size: 10%:,8GiB:");
		return -EINVAL;
	}
	struct plugin_range *place = range.dimension == NUMBER_PERCENT ? &limit->percent : &limit->size;
	if (place->set) {
		text_append(error, "two ranges of one kind; repeat the option for another limit");
		return -EINVAL;
	}
	*place = range;
	return 0;
}

static int parse_limit(struct plugin_limit *limit, const char *value, struct text *error)
{
	for (;;) {
		const size_t length = strcspn(value, ",");
		TEXT_ON_STACK(range, RANGE_MAX);

		text_append_bytes(&range, value, length);
		if (range.truncated) {
			text_append(error, "the range is too long");
			return -EINVAL;
		}
		int r = add_range(limit, range.data, error);
		if (r < 0 || value[length] == '\0')
			return r;
		value += length + 1;
	}
}

int plugin_option_limits(const char *value, void *target, struct text *error)
{
	struct plugin_limits *limits = target;
	struct plugin_limit limit = { 0 };
	int r = parse_limit(&limit, value, error);

	if (r < 0)
		return r;
	if (!limits->given)
		*limits = (struct plugin_limits){ .given = true };
	if (limits->count == PLUGIN_LIMITS_MAX) {
		text_printf(error, "at most %d times", PLUGIN_LIMITS_MAX);
		return -EINVAL;
	}
	limits->limits[limits->count++] = limit;
	return 0;
}

static bool alerts_or_unset(const struct plugin_range *range, double value)
{
	return !range->set || plugin_range_alerts(range, value);
}

bool plugin_limits_alert(const struct plugin_limits *limits, double bytes, double whole_bytes)
{
	for (size_t i = 0; i < limits->count; i++) {
		const struct plugin_limit *limit = &limits->limits[i];

		if (alerts_or_unset(&limit->percent, 100 * bytes / whole_bytes) &&
		    alerts_or_unset(&limit->size, bytes))
			return true;
	}
	return false;
}

/* "X:" alerts below X; all that people write for an amount that is to last. */
static bool is_floor(const struct plugin_range *range)
{
	return !range->inside && isinf(range->end) && !isinf(range->start);
}

/* Below both is below the lower one. */
static bool find_floor(const struct plugin_limit *limit, double whole_bytes, double *ret)
{
	double lowest = INFINITY;

	if ((limit->percent.set && !is_floor(&limit->percent)) ||
	    (limit->size.set && !is_floor(&limit->size)))
		return false;
	if (limit->percent.set)
		lowest = limit->percent.start / 100 * whole_bytes;
	if (limit->size.set && limit->size.start < lowest)
		lowest = limit->size.start;
	*ret = lowest;
	return true;
}

struct plugin_range plugin_limits_in_bytes(const struct plugin_limits *limits, double whole_bytes)
{
	struct plugin_range range = { .end = INFINITY, .dimension = NUMBER_BYTES };

	if (limits->count == 1 && !limits->limits[0].percent.set)
		return limits->limits[0].size;
	for (size_t i = 0; i < limits->count; i++) {
		double bytes;

		if (!find_floor(&limits->limits[i], whole_bytes, &bytes))
			return (struct plugin_range){ 0 };
		/* Below any is below the highest. */
		if (bytes > range.start)
			range.start = bytes;
		range.set = true;
	}
	/* Whole bytes, as all from 2^53 on are, and no integer holds all of those. */
	if (range.start < 9007199254740992.0)
		range.start = (double)(uint64_t)range.start;
	return range;
}
