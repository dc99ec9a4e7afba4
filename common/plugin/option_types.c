/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "base/number.h"
#include "plugin/inside.h"

void plugin_quote_append(struct text *text, const char *string)
{
	text_append(text, "'");
	text_append_name(text, string);
	text_append(text, "'");
}

static int complain(struct text *error, const char *value, int r, const char *wanted)
{
	plugin_quote_append(error, value);
	if (r == -ERANGE)
		text_append(error, " is too large");
	else
		text_printf(error, " is not %s", wanted);
	return -EINVAL;
}

static int parse_range(const char *value, bool in_percent, struct plugin_range *ret, struct text *error)
{
	struct plugin_range range;
	int r = plugin_range_parse(value, &range, error);

	if (r < 0)
		return r;
	if (range.dimension != NUMBER_PLAIN && (range.dimension != NUMBER_PERCENT || !in_percent)) {
		text_append(error, in_percent ? "expected a percentage" : "expected a number without a unit");
		return -EINVAL;
	}
	*ret = range;
	return 0;
}

int plugin_option_range(const char *value, void *target, struct text *error)
{
	return parse_range(value, false, target, error);
}

int plugin_option_percent_range(const char *value, void *target, struct text *error)
{
	return parse_range(value, true, target, error);
}

int plugin_option_flag(const char *value, void *target, struct text *error)
{
	(void)value;
	(void)error;
	*(bool *)target = true;
	return 0;
}

/* Whether the value is a number without a unit.  0 needs none. */
static bool lacks_unit(const char *value)
{
	const size_t length = strlen(value);
	double number;

	return number_parse_decimal(value, length, &number) == (int)length && number > 0;
}

int plugin_option_bytes(const char *value, void *target, struct text *error)
{
	/* Do not assume bytes: somebody who means 4096 MiB may write 4096. */
	if (lacks_unit(value)) {
		text_printf(error, "'%s': a size needs a unit: %sMiB or %sKiB?", value, value, value);
		return -EINVAL;
	}
	int r = number_parse_bytes(value, target);

	return r < 0 ? complain(error, value, r, "a size such as 512MiB") : 0;
}

int plugin_option_duration(const char *value, void *target, struct text *error)
{
	int r = number_parse_duration(value, target);

	return r < 0 ? complain(error, value, r, "a duration such as 90s, 15min or 24h") : 0;
}

int plugin_option_string(const char *value, void *target, struct text *error)
{
	(void)error;
	*(const char **)target = value;
	return 0;
}

int plugin_option_positive(const char *value, void *target, struct text *error)
{
	size_t length = strlen(value);
	uint64_t number;
	int taken = number_parse_u64(value, length, &number);

	if (taken == -ERANGE || (taken > 0 && number > INT_MAX))
		return complain(error, value, -ERANGE, "");
	if (taken < 0 || (size_t)taken != length || number == 0)
		return complain(error, value, -EINVAL, "a whole number above 0");
	*(unsigned *)target = (unsigned)number;
	return 0;
}

#define SEPARATORS "|, "

static int find_word(const char *words, const char *word, size_t length)
{
	for (int i = 0; *words; i++) {
		const size_t taken = strcspn(words, SEPARATORS);

		if (taken == length && memcmp(words, word, length) == 0)
			return i;
		words += taken;
		words += strspn(words, SEPARATORS);
	}
	return -EINVAL;
}

int plugin_option_word(const char *value, const char *words, unsigned *ret, struct text *error)
{
	const int found = find_word(words, value, strlen(value));

	if (found >= 0) {
		*ret = (unsigned)found;
		return 0;
	}
	for (const char *separator = "must be "; separator; words++) {
		const size_t length = strcspn(words, "|");

		text_append(error, separator);
		text_append_bytes(error, words, length);
		words += length;
		separator = !*words ? NULL : strchr(words + 1, '|') ? ", " : " or ";
	}
	return -EINVAL;
}

int plugin_option_metric(const char *value, const char *limit, const char *metrics, const char **ret_limit,
			 struct text *error)
{
	const size_t length = strcspn(value, "=");
	const int found = value[length] == '=' ? find_word(metrics, value, length) : -EINVAL;

	if (found < 0)
		text_printf(error, "must be METRIC=%s, METRIC one of %s", limit, metrics);
	else
		*ret_limit = value + length + 1;
	return found;
}
