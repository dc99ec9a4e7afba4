/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plugin/limits.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#define RANGE_MAX 64 /* bytes of the text of one range */

/* By the guidelines "10%" alerts outside 0 to 10 %, which is hardly ever meant here. */
static int refuse_bare(const char *string, struct text *error)
{
	text_printf(error, "'%s' alerts above, not below; use %s: for below or ~:%s for above", string,
		    string, string);
	return -EINVAL;
}

static int refuse_without_unit(const char *string, bool is_ceiling, struct text *error)
{
	const char *colon = is_ceiling ? "" : ":";

	/* "10" could be either. */
	if (string[strspn(string, "0123456789.")] == '\0')
		text_printf(error, "'%s' needs a unit: %s%%%s or %sGiB%s?", string, string, colon, string,
			    colon);
	else
		text_printf(error, "a range needs %% or a unit of size: 10%%%s,8GiB%s", colon, colon);
	return -EINVAL;
}

static int add_range(struct plugin_limit *limit, const char *string, bool is_ceiling, struct text *error)
{
	struct plugin_range range;
	int r = plugin_range_parse(string, &range, error);

	if (r < 0)
		return r;
	if (range.dimension != NUMBER_PERCENT && range.dimension != NUMBER_BYTES)
		return refuse_without_unit(string, is_ceiling, error);
	if (!is_ceiling && !strpbrk(string, "@:"))
		return refuse_bare(string, error);
	struct plugin_range *place = range.dimension == NUMBER_PERCENT ? &limit->percent : &limit->size;
	if (place->set) {
		text_append(error, "two ranges of the same kind; repeat the option to add a limit");
		return -EINVAL;
	}
	*place = range;
	return 0;
}

static int parse_limit(struct plugin_limit *limit, const char *value, bool is_ceiling, struct text *error)
{
	for (;;) {
		const size_t length = strcspn(value, ",");
		TEXT_ON_STACK(range, RANGE_MAX);

		text_append_bytes(&range, value, length);
		if (range.truncated) {
			text_append(error, "the range is too long");
			return -EINVAL;
		}
		int r = add_range(limit, range.data, is_ceiling, error);
		if (r < 0 || value[length] == '\0')
			return r;
		value += length + 1;
	}
}

static int add_limit(struct plugin_limits *limits, const char *value, bool is_ceiling, struct text *error)
{
	struct plugin_limit limit = { 0 };
	int r = parse_limit(&limit, value, is_ceiling, error);

	if (r < 0)
		return r;
	if (!limits->given)
		*limits = (struct plugin_limits){ .given = true };
	if (limits->count == PLUGIN_LIMITS_MAX) {
		text_printf(error, "given more than %d times", PLUGIN_LIMITS_MAX);
		return -EINVAL;
	}
	limits->limits[limits->count++] = limit;
	return 0;
}

int plugin_option_limits(const char *value, void *target, struct text *error)
{
	return add_limit(target, value, false, error);
}

int plugin_option_ceilings(const char *value, void *target, struct text *error)
{
	return add_limit(target, value, true, error);
}

static bool alerts_or_unset(const struct plugin_range *range, double value)
{
	return !range->set || plugin_range_alerts(range, value);
}

static bool limit_alerts(const struct plugin_limit *limit, double bytes, double whole_bytes)
{
	return alerts_or_unset(&limit->percent, 100 * bytes / whole_bytes) &&
	       alerts_or_unset(&limit->size, bytes);
}

bool plugin_limits_alert(const struct plugin_limits *limits, double bytes, double whole_bytes)
{
	for (size_t i = 0; i < limits->count; i++) {
		if (limit_alerts(&limits->limits[i], bytes, whole_bytes))
			return true;
	}
	return false;
}

/* "below 10 % and 8 GiB": the second "below" is left out if it is the same word. */
static void say_limit(struct text *text, const struct plugin_limit *limit, double bytes, double whole_bytes)
{
	TEXT_ON_STACK(percent, 64);
	TEXT_ON_STACK(size, 64);

	if (limit->percent.set)
		plugin_range_say_crossed(&percent, &limit->percent, 100 * bytes / whole_bytes, "%");
	if (limit->size.set)
		plugin_range_say_crossed(&size, &limit->size, bytes, "B");
	const size_t word = strcspn(percent.data, " ") + 1;
	const bool same = limit->percent.set && limit->size.set && !limit->percent.inside &&
			  !limit->size.inside && strncmp(percent.data, size.data, word) == 0;

	text_append(text, percent.data);
	if (limit->percent.set && limit->size.set)
		text_append(text, " and ");
	text_append(text, size.data + (same ? word : 0));
}

void plugin_limits_say_crossed(struct text *text, const struct plugin_limits *limits, double bytes,
			       double whole_bytes)
{
	const char *separator = "";

	for (size_t i = 0; i < limits->count; i++) {
		if (!limit_alerts(&limits->limits[i], bytes, whole_bytes))
			continue;
		text_append(text, separator);
		say_limit(text, &limits->limits[i], bytes, whole_bytes);
		separator = ", ";
	}
}

void plugin_limits_append_crossed(struct text *text, const struct plugin_limits *warning,
				  const struct plugin_limits *critical, double bytes, double whole_bytes)
{
	/* Avoid dividing by a zero total. */
	if (whole_bytes <= 0)
		return;
	const bool is_critical = plugin_limits_alert(critical, bytes, whole_bytes);
	if (!is_critical && !plugin_limits_alert(warning, bytes, whole_bytes))
		return;
	text_append(text, ", ");
	plugin_limits_say_crossed(text, is_critical ? critical : warning, bytes, whole_bytes);
}

static double larger(double a, double b)
{
	return a > b ? a : b;
}

static double smaller(double a, double b)
{
	return a < b ? a : b;
}

static struct plugin_range in_bytes(const struct plugin_range *range, double bytes_per_unit)
{
	struct plugin_range scaled = *range;

	scaled.start *= bytes_per_unit;
	scaled.end *= bytes_per_unit;
	scaled.dimension = NUMBER_BYTES;
	return scaled;
}

/* Combines two ranges into one that alerts if both do: outside of what either allows, or inside of
 * both. */
static bool find_both(const struct plugin_range *a, const struct plugin_range *b, struct plugin_range *ret)
{
	const double last_start = larger(a->start, b->start), first_end = smaller(a->end, b->end);

	/* Two parts that do not overlap are not one range. */
	if (a->inside != b->inside || last_start > first_end)
		return false;
	*ret = *a;
	ret->start = a->inside ? last_start : smaller(a->start, b->start);
	ret->end = a->inside ? first_end : larger(a->end, b->end);
	return true;
}

/* Narrows *range to the values at which neither alerts. */
static bool add_either(struct plugin_range *range, const struct plugin_range *other)
{
	if (range->inside || other->inside)
		return false;
	range->start = larger(range->start, other->start);
	range->end = smaller(range->end, other->end);
	return range->start <= range->end;
}

static bool limit_in_bytes(const struct plugin_limit *limit, double whole_bytes, struct plugin_range *ret)
{
	const struct plugin_range percent = in_bytes(&limit->percent, whole_bytes / 100);

	if (limit->percent.set && limit->size.set)
		return find_both(&percent, &limit->size, ret);
	*ret = limit->percent.set ? percent : limit->size;
	return true;
}

/* Doubles from 2^53 on are whole numbers and may not fit into an integer. */
static double whole_number(double bytes)
{
	return fabs(bytes) < 9007199254740992.0 ? (double)(int64_t)bytes : bytes;
}

struct plugin_range plugin_limits_in_bytes(const struct plugin_limits *limits, double whole_bytes)
{
	struct plugin_range all = { 0 };

	for (size_t i = 0; i < limits->count; i++) {
		struct plugin_range range = { 0 };

		if (!limit_in_bytes(&limits->limits[i], whole_bytes, &range))
			return (struct plugin_range){ 0 };
		if (i == 0)
			all = range;
		else if (!add_either(&all, &range))
			return (struct plugin_range){ 0 };
	}
	all.start = whole_number(all.start);
	all.end = whole_number(all.end);
	return all;
}
