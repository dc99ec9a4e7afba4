/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Compares --value with -w and -c and does nothing else: peers.bats runs it beside the plugins of
 * monitoring-plugins.
 */
#include "base/array.h"
#include "base/number.h"
#include "plugin/options.h"

#include <errno.h>
#include <string.h>

struct config {
	struct plugin_range warning, critical;
	double value;
};

static int option_value(const char *value, void *target, struct text *error)
{
	size_t length = strlen(value);

	if (number_parse_decimal(value, length, target) == (int)length)
		return 0;
	text_append(error, "not a number");
	return -EINVAL;
}

static const struct plugin_option options[] = {
	{ 'w', "warning", "RANGE", "WARNING if the value is outside", plugin_option_range,
	  offsetof(struct config, warning) },
	{ 'c', "critical", "RANGE", "CRITICAL if the value is outside", plugin_option_range,
	  offsetof(struct config, critical) },
	{ 0, "value", "NUMBER", "what is judged", option_value, offsetof(struct config, value) },
};

static const struct plugin_usage usage = {
	.summary = "Judges a number.",
	.options = options,
	.option_count = ARRAY_SIZE(options),
};

int main(int argc, char **argv)
{
	static struct plugin plugin;
	struct config config = { 0 };
	struct file_roots roots = { 0 };

	plugin_init(&plugin, "range_state", "RANGE");
	plugin_options(&plugin, &usage, &roots, &config, argc, argv);
	plugin.state = plugin_range_judge(&config.warning, &config.critical, config.value);
	text_append(&plugin.summary, "judged");
	plugin_perfdata(&plugin, "value", config.value, "", &config.warning, &config.critical, NULL, NULL);
	plugin_detail(&plugin, "a second line");
	plugin_exit(&plugin);
}
