/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plugin/inside.h"

void plugin_clean(char *data, size_t length, bool keep_newlines)
{
	for (size_t i = 0; i < length; i++) {
		unsigned char byte = (unsigned char)data[i];

		if (byte == '|')
			data[i] = '/';
		else if ((byte < ' ' || byte == 0x7F) && !(keep_newlines && (byte == '\n' || byte == '\t')))
			data[i] = ' ';
	}
}

void plugin_first_line_begin(struct text *line, const struct plugin *plugin, enum plugin_state state,
			     const char *summary)
{
	text_append(line, plugin->service ? plugin->service : plugin->program);
	if (plugin->service)
		text_printf(line, " %s", plugin_state_name(state));
	if (summary[0])
		text_append(line, plugin->service ? " - " : ": ");
	text_append(line, summary);
}

void plugin_first_line_end(struct text *line, const char *perfdata)
{
	text_printf(line, "%s%s\n", perfdata[0] ? " | " : "", perfdata);
}

void plugin_first_line_append(struct text *line, struct plugin *plugin)
{
	struct text *summary = &plugin->summary;

	plugin_clean(summary->data, summary->length, false);
	plugin_first_line_begin(line, plugin, plugin->state, summary->data);
	text_append(line, summary->truncated ? PLUGIN_CUT : "");
	plugin_first_line_end(line, plugin->perfdata.data);
}
