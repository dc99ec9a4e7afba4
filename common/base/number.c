/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/number.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <string.h>

#include "base/array.h"

int number_hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* That many decimal digits cannot overflow 64 bits. */
#define SAFE_DIGITS 19

int number_parse_u64(const char *text, size_t length, uint64_t *ret)
{
	const size_t safe = length < SAFE_DIGITS ? length : SAFE_DIGITS;
	uint64_t value = 0;
	size_t taken = 0;

	/* Hot path: every record of a log is parsed here. Check for overflow only where it is
	 * possible. */
	for (; taken < safe && is_digit(text[taken]); taken++)
		value = value * 10 + (uint64_t)(text[taken] - '0');
	for (; taken >= SAFE_DIGITS && taken < length && is_digit(text[taken]); taken++) {
		if (__builtin_mul_overflow(value, 10U, &value) ||
		    __builtin_add_overflow(value, (uint64_t)(text[taken] - '0'), &value))
			return -ERANGE;
	}
	if (taken == 0)
		return -EINVAL;
	*ret = value;
	return (int)taken;
}

int number_parse_hex(const char *text, size_t length, uint64_t *ret)
{
	const size_t prefix = length > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X') ? 2 : 0;
	uint64_t value = 0;
	size_t taken = prefix;

	for (; taken < length; taken++) {
		const bool is_upper = text[taken] >= 'A' && text[taken] <= 'F';
		const int digit = number_hex_digit(is_upper ? (char)(text[taken] | 0x20) : text[taken]);

		if (digit < 0)
			break;
		if (value >> 60 != 0)
			return -ERANGE;
		value = value << 4 | (uint64_t)digit;
	}
	if (taken == prefix)
		return -EINVAL;
	*ret = value;
	return (int)taken;
}

int number_parse_i64(const char *text, size_t length, int64_t *ret)
{
	bool negative = length > 0 && text[0] == '-';
	size_t sign = length > 0 && (text[0] == '-' || text[0] == '+') ? 1 : 0;
	uint64_t magnitude;
	int taken = number_parse_u64(text + sign, length - sign, &magnitude);

	if (taken < 0)
		return taken;
	if (magnitude > (uint64_t)INT64_MAX + (negative ? 1 : 0))
		return -ERANGE;
	*ret = negative ? (int64_t)(0 - magnitude) : (int64_t)magnitude;
	return taken + (int)sign;
}

int number_parse_decimal(const char *text, size_t length, double *ret)
{
	bool negative = length > 0 && text[0] == '-';
	size_t taken = length > 0 && (text[0] == '-' || text[0] == '+') ? 1 : 0;
	size_t digits = 0;
	double value = 0, weight = 1;

	for (; taken < length && is_digit(text[taken]); taken++, digits++)
		value = value * 10 + (text[taken] - '0');
	if (taken < length && text[taken] == '.') {
		taken++;
		for (; taken < length && is_digit(text[taken]); taken++, digits++) {
			weight *= 10;
			value = value * 10 + (text[taken] - '0');
		}
	}
	if (digits == 0)
		return -EINVAL;
	/* Beyond 2^53 a double cannot represent every integer. */
	if (digits > 300 || value / weight > 9007199254740992.0)
		return -ERANGE;
	*ret = (negative ? -value : value) / weight;
	return (int)taken;
}

static const struct unit {
	const char *name;
	double factor;
	enum number_dimension dimension;
} units[] = {
	{ "B", 1, NUMBER_BYTES },
	{ "K", 1024, NUMBER_BYTES },
	{ "k", 1024, NUMBER_BYTES },
	{ "KiB", 1024, NUMBER_BYTES },
	{ "kB", 1e3, NUMBER_BYTES },
	{ "KB", 1e3, NUMBER_BYTES },
	{ "M", 1048576, NUMBER_BYTES },
	{ "MiB", 1048576, NUMBER_BYTES },
	{ "MB", 1e6, NUMBER_BYTES },
	{ "G", 1073741824, NUMBER_BYTES },
	{ "GiB", 1073741824, NUMBER_BYTES },
	{ "GB", 1e9, NUMBER_BYTES },
	{ "T", 1099511627776, NUMBER_BYTES },
	{ "TiB", 1099511627776, NUMBER_BYTES },
	{ "TB", 1e12, NUMBER_BYTES },
	{ "P", 1125899906842624, NUMBER_BYTES },
	{ "PiB", 1125899906842624, NUMBER_BYTES },
	{ "PB", 1e15, NUMBER_BYTES },
	{ "us", 1e-6, NUMBER_SECONDS },
	{ "ms", 1e-3, NUMBER_SECONDS },
	{ "s", 1, NUMBER_SECONDS },
	{ "m", 60, NUMBER_SECONDS },
	{ "min", 60, NUMBER_SECONDS },
	{ "h", 3600, NUMBER_SECONDS },
	{ "d", 86400, NUMBER_SECONDS },
	{ "w", 604800, NUMBER_SECONDS },
	{ "%", 1, NUMBER_PERCENT },
};

static size_t letters(const char *text, size_t length)
{
	size_t count = 0;

	while (count < length && ((text[count] >= 'a' && text[count] <= 'z') ||
				  (text[count] >= 'A' && text[count] <= 'Z') || text[count] == '%'))
		count++;
	return count;
}

int number_parse_unit(const char *text, size_t length, enum number_dimension wanted, double *ret_factor)
{
	size_t taken = letters(text, length);

	if (taken == 0) {
		*ret_factor = 1;
		return 0;
	}
	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		if (units[i].dimension == wanted && strlen(units[i].name) == taken &&
		    memcmp(units[i].name, text, taken) == 0) {
			*ret_factor = units[i].factor;
			return (int)taken;
		}
	}
	return -EINVAL;
}

static int parse_quantity(const char *string, enum number_dimension dimension, double *ret)
{
	size_t length = strlen(string);
	double value, factor;
	int taken = number_parse_decimal(string, length, &value);

	if (taken < 0)
		return taken;
	int unit = number_parse_unit(string + taken, length - (size_t)taken, dimension, &factor);
	if (unit < 0 || (size_t)taken + (size_t)unit != length || value < 0)
		return -EINVAL;
	*ret = value * factor;
	return 0;
}

int number_parse_bytes(const char *string, uint64_t *ret_bytes)
{
	double value;
	int r = parse_quantity(string, NUMBER_BYTES, &value);

	if (r < 0)
		return r;
	if (value >= 9.2e18)
		return -ERANGE;
	*ret_bytes = (uint64_t)value;
	return 0;
}

int number_parse_duration(const char *string, int64_t *ret_usec)
{
	double value;
	int r = parse_quantity(string, NUMBER_SECONDS, &value);

	if (r < 0)
		return r;
	/* About three thousand years, so that adding a wall-clock time cannot overflow. */
	if (value > 1e11)
		return -ERANGE;
	*ret_usec = (int64_t)(value * 1e6 + 0.5);
	return 0;
}

void number_append_decimal(struct text *text, double value)
{
	double magnitude = fabs(value);

	/* From 2^53 on a double has no fraction, and "%.0f" prints no decimal point that depends on
	 * the locale. */
	if (magnitude >= 9007199254740992.0) {
		text_printf(text, "%.0f", value);
		return;
	}
	uint64_t whole = (uint64_t)magnitude;
	uint64_t millionths = (uint64_t)((magnitude - (double)whole) * 1e6 + 0.5);

	if (millionths == 1000000) {
		whole++;
		millionths = 0;
	}
	if (value < 0 && (whole > 0 || millionths > 0))
		text_append(text, "-");
	text_printf(text, "%" PRIu64, whole);
	if (millionths == 0)
		return;
	int digits = 6;
	for (; millionths % 10 == 0; millionths /= 10)
		digits--;
	text_printf(text, ".%0*" PRIu64, digits, millionths);
}

void number_append_bytes(struct text *text, uint64_t bytes)
{
	static const char *const names[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	double value = (double)bytes;
	size_t unit = 0;

	/* 1023.95 would round up to "1024.0". */
	while (value >= (unit < 2 ? 1023.5 : 1023.95) && unit < ARRAY_SIZE(names) - 1) {
		value /= 1024;
		unit++;
	}
	text_printf(text, "%.*f %s", unit >= 2 && value < 99.95 ? 1 : 0, value, names[unit]);
}

void number_append_duration(struct text *text, int64_t usec)
{
	static const struct {
		int64_t seconds;
		int64_t from; /* used from here on */
		const char *one, *many;
	} scales[] = {
		{ 86400, 2 * 86400, "day", "days" },
		{ 3600, 2 * 3600, "h", "h" },
		{ 60, 2 * 60, "min", "min" },
		{ 1, 0, "s", "s" },
	};
	int64_t seconds = usec / 1000000;

	for (size_t i = 0; i < ARRAY_SIZE(scales); i++) {
		if (seconds >= scales[i].from || scales[i].seconds == 1) {
			int64_t count = seconds / scales[i].seconds;

			text_printf(text, "%lld %s", (long long)count,
				    count == 1 ? scales[i].one : scales[i].many);
			return;
		}
	}
}
