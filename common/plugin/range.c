/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plugin/range.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/array.h"

/* About 8 EiB.  Anything larger is a typing error. */
#define RANGE_LARGEST 9.2e18

/* One side of the ':'. */
struct bound {
	double number;
	bool has_unit;
	double factor;
	enum number_dimension dimension;
};

static int complain(struct text *error, const char *what, const char *string, size_t length)
{
	text_append(error, "'");
	text_append_untrusted(error, string, length, TEXT_UTF8);
	text_printf(error, "' %s", what);
	return -EINVAL;
}

/* Finds the dimension that has this unit; no two dimensions share a name. */
static int parse_unit(const char *string, size_t length, struct bound *bound)
{
	static const enum number_dimension dimensions[] = { NUMBER_BYTES, NUMBER_SECONDS, NUMBER_PERCENT };

	for (size_t i = 0; i < ARRAY_SIZE(dimensions); i++) {
		int taken = number_parse_unit(string, length, dimensions[i], &bound->factor);

		if (taken > 0 && (size_t)taken == length) {
			bound->has_unit = true;
			bound->dimension = dimensions[i];
			return 0;
		}
	}
	return -EINVAL;
}

static int parse_bound(const char *string, size_t length, struct bound *bound, struct text *error)
{
	*bound = (struct bound){ .factor = 1, .dimension = NUMBER_PLAIN };
	int taken = number_parse_decimal(string, length, &bound->number);

	if (taken == -ERANGE)
		return complain(error, "is too large", string, length);
	if (taken < 0)
		return complain(error, "is not a number", string, length);
	if ((size_t)taken == length)
		return 0;
	if (parse_unit(string + taken, length - (size_t)taken, bound) < 0)
		return complain(error, "is not a unit", string + taken, length - (size_t)taken);
	if (fabs(bound->number) * bound->factor > RANGE_LARGEST)
		return complain(error, "is too large", string, length);
	return 0;
}

/* "1:2GiB" means 1 GiB to 2 GiB; "1GiB:2" is ambiguous. */
static int share_unit(struct bound *start, struct bound *end, struct text *error)
{
	if (start->has_unit && end->has_unit && start->dimension != end->dimension) {
		text_append(error, "start and end have different units");
		return -EINVAL;
	}
	if (start->has_unit && !end->has_unit) {
		text_append(error, "start has a unit, but end has none");
		return -EINVAL;
	}
	if (!start->has_unit)
		start->factor = end->factor;
	return 0;
}

static int parse_bounded(const char *string, size_t start_length, const char *end_string, size_t end_length,
			 struct plugin_range *range, struct text *error)
{
	struct bound start = { .factor = 1 }, end = { .factor = 1 };
	bool open_start = start_length == 1 && string[0] == '~';
	bool open_end = end_length == 0;
	int r;

	/* ":10" is "0:10". */
	if (!open_start && start_length > 0) {
		r = parse_bound(string, start_length, &start, error);
		if (r < 0)
			return r;
	}
	if (!open_end) {
		r = parse_bound(end_string, end_length, &end, error);
		if (r < 0)
			return r;
		r = share_unit(&start, &end, error);
		if (r < 0)
			return r;
	}
	range->start = open_start ? -INFINITY : start.number * start.factor;
	range->end = open_end ? INFINITY : end.number * end.factor;
	range->dimension = open_end ? start.dimension : end.dimension;
	return 0;
}

int plugin_range_parse(const char *string, struct plugin_range *ret, struct text *error)
{
	struct plugin_range range = { .set = true, .inside = string[0] == '@' };
	const char *body = range.inside ? string + 1 : string;
	const char *colon = strchr(body, ':');
	const char *end = colon ? colon + 1 : body;
	size_t start_length = colon ? (size_t)(colon - body) : 0;
	int r;

	if (body[0] == '\0') {
		text_append(error, range.inside ? "nothing follows the @" : "the range is empty");
		return -EINVAL;
	}
	r = parse_bounded(body, start_length, end, strlen(end), &range, error);
	if (r < 0)
		return r;
	if (range.start > range.end) {
		text_append(error, "start ");
		text_append_bytes(error, start_length > 0 ? body : "0", start_length > 0 ? start_length : 1);
		text_printf(error, " is above end %s", end);
		return -EINVAL;
	}
	*ret = range;
	return 0;
}

bool plugin_range_alerts(const struct plugin_range *range, double value)
{
	if (!range->set)
		return false;
	bool within = value >= range->start && value <= range->end;
	return range->inside ? within : !within;
}

void plugin_range_append(struct text *text, const struct plugin_range *range)
{
	if (!range->set)
		return;
	if (range->inside)
		text_append(text, "@");
	if (isinf(range->start)) {
		text_append(text, "~:");
	} else if (range->start != 0 || isinf(range->end)) {
		number_append_decimal(text, range->start);
		text_append(text, ":");
	}
	if (!isinf(range->end))
		number_append_decimal(text, range->end);
}

static void append_bytes(struct text *text, double bytes)
{
	const size_t start = text->length;
	double factor = 1;

	if (bytes < 0)
		text_append(text, "-");
	bytes = fabs(bytes);
	number_append_bytes(text, (uint64_t)bytes);
	/* Print "8 GiB" instead of "8.0 GiB" if it is exact. */
	while (factor * 1024 <= bytes)
		factor *= 1024;
	char *zero = strstr(text->data + start, ".0 ");
	if (zero && bytes / factor == (double)(uint64_t)(bytes / factor)) {
		memmove(zero, zero + 2, strlen(zero + 2) + 1);
		text->length -= 2;
	}
}

static void append_amount(struct text *text, const struct plugin_range *range, double value, const char *unit)
{
	if (range->dimension == NUMBER_BYTES || unit[0] == 'B') {
		append_bytes(text, value);
		return;
	}
	number_append_decimal(text, value);
	if (range->dimension == NUMBER_PERCENT || unit[0] == '%')
		text_append(text, " %");
	else if (range->dimension == NUMBER_SECONDS)
		text_append(text, " s");
}

/* The ends count as inside. */
static void say_inside(struct text *text, const struct plugin_range *range, const char *unit)
{
	if (isinf(range->start) && isinf(range->end)) {
		text_append(text, "at any value");
	} else if (isinf(range->end)) {
		text_append(text, "not below ");
		append_amount(text, range, range->start, unit);
	} else if (isinf(range->start)) {
		text_append(text, "not above ");
		append_amount(text, range, range->end, unit);
	} else {
		text_append(text, "within ");
		append_amount(text, range, range->start, unit);
		text_append(text, " to ");
		append_amount(text, range, range->end, unit);
	}
}

void plugin_range_say_crossed(struct text *text, const struct plugin_range *range, double value,
			      const char *unit)
{
	if (range->inside) {
		say_inside(text, range, unit);
		return;
	}
	const bool below = value < range->start;

	text_append(text, below ? "below " : "above ");
	append_amount(text, range, below ? range->start : range->end, unit);
}

const struct plugin_range *plugin_range_crossed(const struct plugin_range *warning,
						const struct plugin_range *critical, double value)
{
	switch (plugin_range_judge(warning, critical, value)) {
	case PLUGIN_CRITICAL:
		return critical;
	case PLUGIN_WARNING:
		return warning;
	default:
		return NULL;
	}
}

void plugin_range_append_crossed(struct text *text, const struct plugin_range *warning,
				 const struct plugin_range *critical, double value, const char *unit)
{
	const struct plugin_range *crossed = plugin_range_crossed(warning, critical, value);

	if (!crossed)
		return;
	text_append(text, ", ");
	plugin_range_say_crossed(text, crossed, value, unit);
}

enum plugin_state plugin_range_judge(const struct plugin_range *warning, const struct plugin_range *critical,
				     double value)
{
	if (isnan(value))
		return PLUGIN_UNKNOWN;
	if (critical && plugin_range_alerts(critical, value))
		return PLUGIN_CRITICAL;
	if (warning && plugin_range_alerts(warning, value))
		return PLUGIN_WARNING;
	return PLUGIN_OK;
}
