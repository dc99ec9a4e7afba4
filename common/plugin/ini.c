/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plugin/ini.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

struct span {
	const char *start;
	const char *end;
};

static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static struct span trim(const char *start, const char *end)
{
	while (start < end && is_blank(*start))
		start++;
	while (end > start && is_blank(end[-1]))
		end--;
	return (struct span){ start, end };
}

static bool is_comment(struct span line)
{
	return line.start < line.end && (*line.start == '#' || *line.start == ';');
}

/* The next line that is not blank or a comment; false at the end of the file. */
static bool next_line(struct plugin_ini *ini, struct span *ret)
{
	while (ini->cursor < ini->end) {
		const char *newline = memchr(ini->cursor, '\n', (size_t)(ini->end - ini->cursor));
		const char *line_end = newline ? newline : ini->end;
		struct span line = trim(ini->cursor, line_end);

		ini->cursor = newline ? newline + 1 : ini->end;
		ini->line++;
		if (line.start < line.end && !is_comment(line)) {
			*ret = line;
			return true;
		}
	}
	return false;
}

static int parse_section(struct span line, struct plugin_ini_entry *ret, const char **ret_error)
{
	const char *bracket = memchr(line.start, ']', (size_t)(line.end - line.start));

	if (!bracket) {
		*ret_error = "']' is missing";
		return -EINVAL;
	}
	struct span name = trim(line.start + 1, bracket);
	struct span rest = trim(bracket + 1, line.end);

	if (rest.start < rest.end && !is_comment(rest)) {
		*ret_error = "unexpected text after the section's name";
		return -EINVAL;
	}
	*ret = (struct plugin_ini_entry){
		.kind = PLUGIN_INI_SECTION,
		.name = name.start,
		.name_length = (size_t)(name.end - name.start),
	};
	return 1;
}

static int parse_key(struct span line, struct plugin_ini_entry *ret)
{
	const char *equals = memchr(line.start, '=', (size_t)(line.end - line.start));
	struct span key = trim(line.start, equals ? equals : line.end);
	struct span value = trim(equals ? equals + 1 : line.end, line.end);

	*ret = (struct plugin_ini_entry){
		.kind = PLUGIN_INI_KEY,
		.name = key.start,
		.name_length = (size_t)(key.end - key.start),
		.value = value.start,
		.value_length = (size_t)(value.end - value.start),
	};
	return 1;
}

int plugin_ini_next(struct plugin_ini *ini, struct plugin_ini_entry *ret, const char **ret_error)
{
	struct span line;

	if (!next_line(ini, &line))
		return 0;
	return *line.start == '[' ? parse_section(line, ret, ret_error) : parse_key(line, ret);
}
