/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plugin/ini.h"

#include <errno.h>
#include <stdbool.h>

static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static struct cursor trim(struct cursor text)
{
	while (text.at < text.end && is_blank(*text.at))
		text.at++;
	while (text.end > text.at && is_blank(text.end[-1]))
		text.end--;
	return text;
}

static bool is_comment(const struct cursor *line)
{
	return cursor_starts(line, "#") || cursor_starts(line, ";");
}

/* The next line that is not blank or a comment; false at the end of the file. */
static bool next_line(struct plugin_ini *ini, struct cursor *ret)
{
	struct cursor line;

	while (cursor_take_part(&ini->rest, '\n', &line)) {
		ini->line++;
		line = trim(line);
		if (line.at < line.end && !is_comment(&line)) {
			*ret = line;
			return true;
		}
	}
	return false;
}

static int parse_section(struct cursor line, struct plugin_ini_entry *ret, const char **ret_error)
{
	struct cursor name;

	if (!cursor_take_byte(&line, '[') || !cursor_take_until(&line, ']', &name)) {
		*ret_error = "']' is missing";
		return -EINVAL;
	}
	line = trim(line);
	if (line.at < line.end && !is_comment(&line)) {
		*ret_error = "unexpected text after the section's name";
		return -EINVAL;
	}
	*ret = (struct plugin_ini_entry){ .kind = PLUGIN_INI_SECTION, .name = trim(name) };
	return 1;
}

static int parse_key(struct cursor line, struct plugin_ini_entry *ret)
{
	struct cursor key;

	cursor_take_part(&line, '=', &key); /* all of the line if there is no '=' */
	*ret = (struct plugin_ini_entry){ .kind = PLUGIN_INI_KEY, .name = trim(key), .value = trim(line) };
	return 1;
}

int plugin_ini_next(struct plugin_ini *ini, struct plugin_ini_entry *ret, const char **ret_error)
{
	struct cursor line;

	if (!next_line(ini, &line))
		return 0;
	return cursor_starts(&line, "[") ? parse_section(line, ret, ret_error) : parse_key(line, ret);
}
