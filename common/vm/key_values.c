/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vm/key_values.h"

#include <errno.h>
#include <string.h>

#include "base/array.h"
#include "base/number.h"
#include "base/text.h"

#define SIZE_MAX_BYTES 1152921504606846976.0 /* an exbibyte */

void key_values_init(struct key_values *list, const char *text, const char *implied_key)
{
	*list = (struct key_values){ .rest = text, .implied_key = implied_key, .first = true };
	list->json = text[0] == '{';
	if (list->json)
		list->rest++;
}

/* Copies up to a single comma; a doubled comma stands for one. */
static const char *read_value(const char *at, struct text *value)
{
	for (; *at; at++) {
		if (*at == ',' && *++at != ',')
			return at;
		text_append_bytes(value, at, 1);
	}
	return at;
}

static bool next_plain(struct key_values *list, struct text *key, struct text *value)
{
	const char *at = list->rest;
	size_t length = strcspn(at, "=,");

	if (!*at)
		return false;
	if (at[length] == '=') {
		text_append_bytes(key, at, length);
		at = read_value(at + length + 1, value);
	} else if (list->first && list->implied_key) {
		text_append(key, list->implied_key);
		at = read_value(at, value);
	} else {
		/* A key without a value is a switch that is on. */
		text_append_bytes(key, at, length);
		text_append(value, "on");
		at += length + (at[length] == ',');
	}
	list->rest = at;
	return true;
}

static const char *skip_space(const char *at)
{
	return at + strspn(at, " \t\r\n");
}

/*
 * Reads a string from behind its opening quote. NULL if it has no end. \uNNNN becomes '?': names
 * and paths are only compared, and managers write UTF-8 unescaped.
 */
static const char *read_string(const char *at, struct text *text)
{
	for (; *at && *at != '"'; at++) {
		if (*at != '\\') {
			text_append_bytes(text, at, 1);
			continue;
		}
		at++;
		if (*at == 'u' && strspn(at + 1, "0123456789abcdefABCDEF") >= 4)
			at += 4, text_append(text, "?");
		else if (*at && strchr("\"\\/", *at))
			text_append_bytes(text, at, 1);
		else if (*at && strchr("bfnrt", *at))
			text_append(text, " ");
		else
			return NULL;
	}
	return *at ? at + 1 : NULL;
}

/* Skips a list or an object, from behind its opening bracket. */
static const char *skip_nested(const char *at)
{
	TEXT_ON_STACK(ignored, 8);
	unsigned depth = 1;

	while (at && *at && depth > 0) {
		const char c = *at++;

		if (c == '"')
			at = read_string(at, &ignored);
		else if (c == '[' || c == '{')
			depth++;
		else if (c == ']' || c == '}')
			depth--;
	}
	return depth == 0 ? at : NULL;
}

static const char *read_json_value(const char *at, struct text *value)
{
	if (*at == '"')
		return read_string(at + 1, value);
	if (*at == '[' || *at == '{')
		return skip_nested(at + 1);
	size_t length = strspn(at, "+-.0123456789abcdefghijklmnopqrstuvwxyzE");
	text_append_bytes(value, at, length);
	return length > 0 ? at + length : NULL;
}

static bool next_json(struct key_values *list, struct text *key, struct text *value)
{
	const char *at = skip_space(list->rest);

	if (!list->first && *at == ',')
		at = skip_space(at + 1);
	else if (!list->first)
		return false;
	if (*at != '"' || !(at = read_string(at + 1, key)))
		return false;
	at = skip_space(at);
	if (*at != ':' || !(at = read_json_value(skip_space(at + 1), value)))
		return false;
	list->rest = skip_space(at);
	return true;
}

bool key_values_next(struct key_values *list, struct key_value *ret)
{
	struct text key, value;

	text_init(&key, ret->key, sizeof(ret->key));
	text_init(&value, ret->value, sizeof(ret->value));
	bool found = list->json ? next_json(list, &key, &value) : next_plain(list, &key, &value);
	list->first = false;
	return found;
}

bool key_values_is_true(const char *value)
{
	static const char *const words[] = { "on", "yes", "true", "y" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strcmp(value, words[i]) == 0)
			return true;
	return false;
}

/* The factor of a letter is 2 to the power of ten times its index. */
static bool read_suffix(const char *suffix, uint64_t unit_bytes, double *ret)
{
	static const char letters[] = "BKMGTPE";
	const char *found;

	*ret = (double)unit_bytes;
	if (!suffix[0])
		return true;
	const char letter = suffix[0] >= 'a' ? (char)(suffix[0] - 'a' + 'A') : suffix[0];
	found = strchr(letters, letter);
	if (!found || suffix[1])
		return false;
	*ret = (double)(UINT64_C(1) << (10 * (found - letters)));
	return true;
}

static int read_number(const char *value, double *ret)
{
	uint64_t hexadecimal;

	if (value[0] != '0' || (value[1] != 'x' && value[1] != 'X'))
		return number_parse_decimal(value, strlen(value), ret);
	int taken = number_parse_hex(value, strlen(value), &hexadecimal);
	if (taken < 0 || value[taken])
		return -EINVAL;
	*ret = (double)hexadecimal;
	return taken;
}

bool key_values_size(const char *value, uint64_t unit_bytes, uint64_t *ret_bytes)
{
	double number, factor;
	int taken = read_number(value, &number);

	if (taken < 0 || number < 0 || !read_suffix(value + taken, unit_bytes, &factor) ||
	    number * factor > SIZE_MAX_BYTES)
		return false;
	*ret_bytes = (uint64_t)(number * factor);
	return true;
}
