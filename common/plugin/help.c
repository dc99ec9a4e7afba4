/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "plugin/inside.h"

#define HELP_WIDTH  79
#define HELP_COLUMN 28 /* where an option's explanation starts */

static void append_spaces(struct text *text, size_t count)
{
	text_printf(text, "%*s", (int)count, "");
}

/* Appends words at `column` and wraps at HELP_WIDTH.  Further lines, also after a \n, start at
 * `indent`. */
static void append_wrapped(struct text *text, const char *words, size_t indent, size_t column)
{
	bool line_start = true;

	while (*words) {
		size_t length = strcspn(words, " \n");

		if (!line_start && column + 1 + length > HELP_WIDTH) {
			text_append(text, "\n");
			line_start = true;
			column = 0;
		}
		if (line_start && column < indent && length > 0) {
			append_spaces(text, indent - column);
			column = indent;
		} else if (!line_start) {
			text_append(text, " ");
			column++;
		}
		text_append_bytes(text, words, length);
		column += length;
		line_start = false;
		words += length;
		if (*words == '\n') {
			text_append(text, "\n");
			line_start = true;
			column = 0;
		}
		if (*words)
			words++;
	}
	if (!line_start)
		text_append(text, "\n");
}

static void append_option(struct text *text, const struct plugin_option *option)
{
	size_t start = text->length;

	if (option->letter)
		text_printf(text, "  -%c, --%s", option->letter, option->name);
	else
		text_printf(text, "      --%s", option->name);
	if (option->argument && option->argument[0] == '[')
		text_printf(text, "[=%s", option->argument + 1);
	else if (option->argument)
		text_printf(text, "=%s", option->argument);
	if (text->length - start + 2 > HELP_COLUMN) {
		text_append(text, "\n");
		start = text->length;
	}
	append_spaces(text, HELP_COLUMN - (text->length - start));
	append_wrapped(text, option->help, HELP_COLUMN, HELP_COLUMN);
}

/* Appends lines unchanged, indented by two columns. */
static void append_lines(struct text *text, const char *lines)
{
	while (*lines) {
		size_t length = strcspn(lines, "\n");

		text_append(text, "  ");
		text_append_bytes(text, lines, length);
		text_append(text, "\n");
		lines += length;
		if (*lines)
			lines++;
	}
}

void plugin_help_append(struct text *text, const struct plugin *plugin, const struct plugin_usage *usage,
			const struct plugin_bound_option *options, size_t option_count)
{
	append_wrapped(text, usage->summary, 0, 0);
	text_printf(text, "\nUsage: %s [OPTION]...\n\nOptions:\n", plugin->program);
	for (size_t i = 0; i < option_count; i++) {
		if (options[i].option->help)
			append_option(text, options[i].option);
	}
	if (usage->examples) {
		text_append(text, "\nExamples:\n");
		append_lines(text, usage->examples);
	}
	if (usage->notes) {
		text_append(text, "\n");
		append_wrapped(text, usage->notes, 0, 0);
	}
}
