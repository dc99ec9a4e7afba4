/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vm/uuid.h"

#include <string.h>

static bool is_dash_place(size_t place)
{
	return place == 8 || place == 13 || place == 18 || place == 23;
}

bool vm_uuid_read(char ret[37], const char *text, size_t length)
{
	static const char upper[] = "ABCDEF", digits[] = "0123456789abcdef";
	const bool dashed = length == 36;
	char uuid[37] = "";

	if (!dashed && length != 32)
		return false;
	for (size_t i = 0; i < 36; i++) {
		if (is_dash_place(i)) {
			uuid[i] = '-';
			if (dashed && *text++ != '-')
				return false;
			continue;
		}
		const char digit = *text++;
		const char *found = digit ? strchr(upper, digit) : NULL;
		uuid[i] = found ? (char)('a' + (found - upper)) : digit;
		if (!digit || !strchr(digits, uuid[i]))
			return false;
	}
	memcpy(ret, uuid, sizeof(uuid));
	return true;
}
