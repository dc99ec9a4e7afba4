/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "base/array.h"
#include "base/cursor.h"
#include "klog/text/rotated.h"

/*
 * NAME     = BASE AGE [PACKED]          kern.log.2.gz, messages-20241122
 *          | STEM AGE EXTENSION [PACKED]  kern-20241122.log.xz   (logrotate's "extension")
 * AGE      = ( "." | "-" | "_" ) DIGITS { ( "-" | "_" | "T" ) DIGITS }
 * BASE     = STEM EXTENSION
 *
 * Up to three digits count rotations, the youngest is lowest; eight and more
 * are a date (logrotate's dateformat) or seconds since the epoch.
 */
static bool take_age(struct cursor *c, uint64_t *ret_number, bool *ret_dated)
{
	uint64_t number = 0;
	size_t digits = 0;

	if (!cursor_take_byte(c, '.') && !cursor_take_byte(c, '-') && !cursor_take_byte(c, '_'))
		return false;
	for (; c->at < c->end; c->at++) {
		char next = cursor_peek(c, 1);

		if (cursor_is_digit(*c->at) && digits < 14) {
			number = number * 10 + (uint64_t)(*c->at - '0');
			digits++;
		} else if (digits < 4 || strchr("-_T", *c->at) == NULL || !cursor_is_digit(next)) {
			break;
		}
	}
	if (digits == 0 || (digits > 3 && digits < 8))
		return false;
	*ret_dated = digits >= 8;
	/* Pad dates to 14 digits, so that -%Y%m%d and -%Y%m%d%H sort correctly side by side. */
	for (; *ret_dated && digits < 14 && number >= 19000000 && !(digits == 10 && number < 1900000000);
	     digits++)
		number *= 10;
	*ret_number = number;
	return true;
}

static bool take_packing(struct cursor *c)
{
	static const char *const packings[] = { ".gz", ".xz", ".zst", ".bz2", ".lz4" };

	for (size_t i = 0; i < ARRAY_SIZE(packings); i++) {
		if (cursor_take(c, packings[i]))
			break;
	}
	return c->at == c->end;
}

bool klog_rotated_match(const char *base, const char *name, uint64_t *ret_number, bool *ret_dated)
{
	const char *extension = strrchr(base, '.');
	struct cursor c = { name, name + strlen(name) };

	if (cursor_take(&c, base) && take_age(&c, ret_number, ret_dated) && take_packing(&c))
		return true;
	if (extension == NULL || extension == base)
		return false;
	size_t stem = (size_t)(extension - base);
	if (strncmp(name, base, stem) != 0)
		return false;
	c.at = name + stem;
	return take_age(&c, ret_number, ret_dated) && cursor_take(&c, extension) && take_packing(&c);
}
