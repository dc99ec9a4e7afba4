/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * check_skeleton: how much of the swap is in use?
 *
 * The smallest complete check, to copy as the start of a new one; CONTRIBUTING.md lists the other
 * files.  It is compiled and tested with the checks but not installed.
 */
#include "base/array.h"
#include "base/number.h"
#include "host/swaps.h"
#include "plugin/options.h"
#include "plugin/plugin.h"

struct config {
	struct plugin_range warning, critical;
	enum plugin_state no_swap;
};

struct measured {
	double used_percent, total_bytes;
};

#define TARGET(member) offsetof(struct config, member)

static const struct plugin_option options[] = {
	{ 'w', "warning", "RANGE",
	  "WARNING if the share of the swap in use, in %, is outside RANGE (default: 50)",
	  plugin_option_percent_range, TARGET(warning) },
	{ 'c', "critical", "RANGE", "the same for CRITICAL (default: 80)", plugin_option_percent_range,
	  TARGET(critical) },
	{ 0, "no-swap", "ok|warning|critical", "the state of a host without swap (default: ok)", NULL,
	  TARGET(no_swap) },
};

static const struct plugin_usage usage = {
	.summary = "Checks how much of the swap is in use.",
	.options = options,
	.option_count = ARRAY_SIZE(options),
	.examples = "check_skeleton\n"
		    "    WARNING if more than half of the swap is in use\n"
		    "check_skeleton -w 20% -c 40% --no-swap=warning\n"
		    "    lower limits, for hosts that must have swap\n",
	.notes = "Reads /proc/swaps; needs no privilege.\n",
};

static struct measured measure(const struct host_swaps *swaps)
{
	const double total_kb = (double)(swaps->disk_total_kb + swaps->zram_total_kb);
	const double used_kb = (double)(swaps->disk_used_kb + swaps->zram_used_kb);

	return (struct measured){
		.used_percent = total_kb > 0 ? used_kb / total_kb * 100 : 0,
		.total_bytes = total_kb * 1024,
	};
}

static _Noreturn void say_no_swap(struct plugin *plugin, const struct config *config)
{
	plugin->state = config->no_swap;
	text_append(&plugin->summary, "no swap");
	plugin_exit(plugin);
}

static void add_perfdata(struct plugin *plugin, const struct config *config, const struct measured *measured)
{
	const double zero = 0, hundred = 100;

	plugin_perfdata(plugin, "skeleton_used", measured->used_percent, "%", &config->warning,
			&config->critical, &zero, &hundred);
	plugin_perfdata_amount(plugin, "skeleton_total", measured->total_bytes, "B");
}

static void say(struct plugin *plugin, const struct config *config, const struct measured *measured)
{
	struct text *text = &plugin->summary;

	plugin->state = plugin_range_judge(&config->warning, &config->critical, measured->used_percent);
	text_printf(text, "%.1f %% of ", measured->used_percent);
	number_append_bytes(text, (uint64_t)measured->total_bytes);
	text_append(text, " swap in use");
	plugin_range_append_crossed(text, &config->warning, &config->critical, measured->used_percent, "%");
	add_perfdata(plugin, config, measured);
}

int main(int argc, char **argv)
{
	static struct plugin plugin;
	static struct config config = {
		.warning = { .set = true, .end = 50, .dimension = NUMBER_PERCENT },
		.critical = { .set = true, .end = 80, .dimension = NUMBER_PERCENT },
		.no_swap = PLUGIN_OK,
	};
	struct file_roots roots = { 0 };
	struct host_swaps swaps;
	TEXT_ON_STACK(error, 512);

	plugin_init(&plugin, "check_skeleton", "SKELETON");
	plugin_options(&plugin, &usage, &roots, &config, argc, argv);

	plugin_set_labels(&plugin, "skeleton_used skeleton_total");
	plugin_progress(&plugin, "reading the swap");
	if (host_swaps_read(&swaps, &roots, &error) < 0)
		plugin_unknown(&plugin, "cannot read the swap: %s", error.data);
	const struct measured measured = measure(&swaps);
	if (measured.total_bytes <= 0)
		say_no_swap(&plugin, &config);
	say(&plugin, &config, &measured);
	plugin_exit(&plugin);
}
