/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plugin/state.h"

static const struct {
	const char *name;
	int weight;
} states[] = {
	[PLUGIN_OK] = { "OK", 0 },
	[PLUGIN_WARNING] = { "WARNING", 2 },
	[PLUGIN_CRITICAL] = { "CRITICAL", 3 },
	[PLUGIN_UNKNOWN] = { "UNKNOWN", 1 },
};

const char *plugin_state_name(enum plugin_state state)
{
	return states[state].name;
}

enum plugin_state plugin_state_worst(enum plugin_state a, enum plugin_state b)
{
	return states[a].weight >= states[b].weight ? a : b;
}
