/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * check_mem_available: how much memory is available to new allocations, on the host, on its worst
 * NUMA node or in the huge page pools?
 */
#include <math.h>
#include <stdio.h>

#include "base/array.h"
#include "mem_details.h"
#include "mem_forecast.h"
#include "mem_measure.h"
#include "mem_options.h"
#include "mem_words.h"
#include "plugin/limits.h"
#include "plugin/options.h"
#include "plugin/plugin.h"
#include "vm_options.h"

#define GIB 1073741824.0

struct config {
	struct plugin_limits warning, critical;
	struct mem_options options;
	int64_t forecast_usec; /* 0: none */
	struct vm_places vm_places;
};

#define TARGET(member) offsetof(struct config, member)

static const struct plugin_option options[] = {
	{ 'w', "warning", "LIMIT",
	  "WARNING if the available memory is outside LIMIT: 10%:, 8GiB:, or 10%:,8GiB: which alerts only if "
	  "both are violated; if repeated, any of them alerts (default: 10%:,8GiB:)",
	  plugin_option_limits, TARGET(warning) },
	{ 'c', "critical", "LIMIT", "the same for CRITICAL (default: 5%:,4GiB:)", plugin_option_limits,
	  TARGET(critical) },
	{ 0, "per-node", "[all]",
	  "check each NUMA node with CPUs, or all (CXL memory has none); the worst decides",
	  mem_option_per_node, TARGET(options) },
	{ 0, "include-hugepages", NULL,
	  "count the huge page pools as RAM, although only VMs that request them can use them",
	  plugin_option_flag, TARGET(options.rules.include_hugepages) },
	{ 0, "zfs-arc", "ignore|evictable",
	  "whether the reclaimable part of the ZFS cache (size - c_min) counts as available (default: "
	  "ignore)",
	  NULL, TARGET(options.zfs_arc) },
	{ 0, "reserved", "SIZE", "memory reserved for the host itself (default: 0)", plugin_option_bytes,
	  TARGET(options.reserved_bytes) },
	{ 0, "forecast", "DURATION",
	  "WARNING if, at the rate of the last minutes, no memory will be available within DURATION; saves "
	  "state between runs",
	  plugin_option_duration, TARGET(forecast_usec) },
	{ 0, "hugepages", "[SIZE]",
	  "check free, unreserved huge pages instead, of one page size or of all; there is no default LIMIT",
	  mem_option_hugepages, TARGET(options.hugepages) },
	VM_CGROUP_OPTION(TARGET(vm_places)),
};

static const struct plugin_usage usage = {
	.summary = "Checks how much memory is available to new allocations.",
	.options = options,
	.option_count = ARRAY_SIZE(options),
	.examples = "check_mem_available\n"
		    "    WARNING below 10 % and 8 GiB, CRITICAL below 5 % and 4 GiB\n"
		    "check_mem_available --per-node -w 8%:,6GiB: -c 3GiB:\n"
		    "    the worst NUMA node decides\n"
		    "check_mem_available -w 10%: -w 16GiB: --zfs-arc=evictable --reserved=4GiB\n"
		    "    WARNING below either; the ZFS cache can shrink, 4 GiB are for the host\n"
		    "check_mem_available --forecast=30min\n"
		    "    WARNING also if the memory is used up within half an hour\n"
		    "check_mem_available --hugepages=1GiB --per-node -w 32GiB: -c 16GiB:\n"
		    "    whether the next VM of 16 GiB finds its huge pages on every node\n",
	.notes = "Reads /proc/meminfo, for nodes /sys/devices/system/node; needs no privilege.\n"
		 "Lists the largest users of memory with -v or if the state is not OK.\n",
};

static enum plugin_state judge(const struct config *config, const struct mem_subject *subject)
{
	/* Avoid dividing by a zero total. */
	if (subject->total <= 0)
		return PLUGIN_UNKNOWN;
	if (plugin_limits_alert(&config->critical, subject->available, subject->total))
		return PLUGIN_CRITICAL;
	if (subject->runs_out || plugin_limits_alert(&config->warning, subject->available, subject->total))
		return PLUGIN_WARNING;
	return PLUGIN_OK;
}

/* The judged node with the smallest share among those in the worst state; the host if no nodes were
 * requested. */
static const struct mem_subject *find_worst(const struct config *config, const struct mem_measured *measured)
{
	const struct mem_subject *worst = NULL;

	for (size_t i = 0; i < measured->node_count; i++) {
		const struct mem_subject *node = &measured->nodes[i];

		if (node->shown_only)
			continue;
		const enum plugin_state state = judge(config, node);
		const enum plugin_state worst_state = worst ? judge(config, worst) : PLUGIN_OK;

		if (!worst || (state == worst_state ? mem_share(node) < mem_share(worst)
						    : plugin_state_worst(state, worst_state) == state))
			worst = node;
	}
	return worst ? worst : &measured->host;
}

static void add_subject_perfdata(struct plugin *plugin, const struct config *config,
				 const struct mem_subject *subject, bool judged)
{
	const char *name = config->options.hugepages.wanted ? "hugepages_available" : "mem_available";
	const struct plugin_range warning = plugin_limits_in_bytes(&config->warning, subject->total);
	const struct plugin_range critical = plugin_limits_in_bytes(&config->critical, subject->total);
	const double zero = 0, hundred = 100;
	char label[64];

	if (subject->node < 0)
		text_copy(label, sizeof(label), name);
	else
		snprintf(label, sizeof(label), "%s_node%d", name, subject->node);
	plugin_perfdata(plugin, label, subject->available, "B", judged ? &warning : NULL,
			judged ? &critical : NULL, &zero, &subject->total);
	if (subject->node < 0) {
		snprintf(label, sizeof(label), "%s_percent", name);
		plugin_perfdata(plugin, label, mem_share(subject), "%", NULL, NULL, &zero, &hundred);
	}
}

/* A host without swap or zram has no label for it; swap that exists but could not be read is U. */
static void add_swap_perfdata(struct plugin *plugin, const struct mem_measured *measured)
{
	const struct host_swaps *swaps = &measured->swaps;
	const double zero = 0, disk = mem_bytes(swaps->disk_total_kb), zram = mem_bytes(swaps->zram_total_kb);

	if (measured->swaps_unknown)
		plugin_perfdata_amount(plugin, "swap_used", NAN, "B");
	if (disk > 0)
		plugin_perfdata(plugin, "swap_used", mem_bytes(swaps->disk_used_kb), "B", NULL, NULL, &zero,
				&disk);
	if (zram > 0) {
		plugin_perfdata(plugin, "zram_used", mem_bytes(swaps->zram_used_kb), "B", NULL, NULL, &zero,
				&zram);
		plugin_perfdata_amount(
			plugin, "zram_memory",
			host_known(swaps->zram_memory_kb) ? mem_bytes(swaps->zram_memory_kb) : NAN, "B");
	}
}

static void add_perfdata(struct plugin *plugin, const struct config *config,
			 const struct mem_measured *measured)
{
	add_subject_perfdata(plugin, config, &measured->host, measured->node_count == 0);
	for (size_t i = 0; i < measured->node_count; i++)
		add_subject_perfdata(plugin, config, &measured->nodes[i], !measured->nodes[i].shown_only);
	add_swap_perfdata(plugin, measured);
}

static void answer(struct plugin *plugin, const struct config *config, const struct mem_measured *measured)
{
	const struct mem_subject *worst = find_worst(config, measured);

	plugin_answer_anew(plugin);
	plugin->state = judge(config, worst);
	mem_say_subject(&plugin->summary, &config->options, worst);
	plugin_limits_append_crossed(&plugin->summary, &config->warning, &config->critical, worst->available,
				     worst->total);
	mem_say_forecast(&plugin->summary, worst, config->forecast_usec);
	mem_say_swap(&plugin->summary, &measured->swaps);
	add_perfdata(plugin, config, measured);
}

/* Settles the current answer in case the next step hangs.  With --forecast, OK is settled as
 * UNKNOWN because the forecast is not known yet. */
static void settle_before_forecast(struct plugin *plugin, const struct config *config)
{
	const enum plugin_state state = plugin->state;

	if (state == PLUGIN_OK && config->forecast_usec > 0) {
		plugin->state = PLUGIN_UNKNOWN;
		text_append(&plugin->summary, ", no forecast: the saved state was not read in time");
	}
	plugin_settle(plugin, PLUGIN_LISTING_SEC);
	plugin->state = state;
}

/* Reads the forecast after settling the answer without it: the state directory may be on a disk
 * that hangs. */
static void forecast_exhaustion(struct plugin *plugin, const struct config *config,
				struct mem_measured *measured, struct mem_history *history,
				const struct file_roots *roots)
{
	settle_before_forecast(plugin, config);
	mem_forecast(history, measured, &config->options, config->forecast_usec, roots);
	if (!history->enough && plugin->verbose > 0 && history->state.failure.error == 0)
		plugin_detail(plugin, "no forecast yet: not enough earlier runs");
	answer(plugin, config, measured);
	if (plugin->state == PLUGIN_OK && history->is_blind) {
		plugin->state = PLUGIN_UNKNOWN;
		text_printf(&plugin->summary, ", no forecast: %s", history->state.failure.reason);
	}
	/* Reported only once: this run saves a new state. */
	if (!history->enough && state_is_lost(&history->state)) {
		text_append(&plugin->summary, ", no forecast yet: ");
		state_append_loss(&plugin->summary, &history->state, history->state.found == STATE_LOST);
	}
}

/* Swap use is reported but not judged.  If it cannot be read, OK becomes UNKNOWN; other states
 * stay. */
static void read_swaps(struct plugin *plugin, const struct config *config, struct mem_measured *measured,
		       const struct file_roots *roots)
{
	TEXT_ON_STACK(error, 512);

	if (!measured->swaps_unknown)
		return;
	settle_before_forecast(plugin, config);
	if (mem_measure_swaps(measured, roots, &error) < 0) {
		if (plugin->state == PLUGIN_OK)
			plugin_unknown(plugin, "cannot determine available memory: %s", error.data);
		plugin_detail(plugin, "cannot read swap usage: %s", error.data);
	}
	answer(plugin, config, measured);
}

static void add_details(struct plugin *plugin, const struct config *config,
			const struct mem_measured *measured, const struct file_roots *roots)
{
	mem_list_nodes(plugin, &config->options, measured);
	mem_list_pools(plugin, &config->options, measured);
	/* This reads every process, so a healthy host skips it. */
	if (plugin->verbose > 0 || plugin->state != PLUGIN_OK)
		mem_details_add(plugin, &measured->meminfo,
				config->options.hugepages.wanted ? CONSUMERS_BY_HUGETLB : CONSUMERS_BY_MEMORY,
				&config->vm_places, roots);
}

static void save_history(struct plugin *plugin, struct mem_history *history)
{
	TEXT_ON_STACK(reason, 1024);

	plugin_settle(plugin, PLUGIN_SAVING_SEC);
	/* Report it on the first line, or a missing forecast would look like "no trend". */
	if (mem_forecast_save(history, &reason) < 0 && !history->enough)
		text_append(&plugin->summary, ", no forecast: cannot save state");
	if (reason.length > 0)
		plugin_detail(plugin, "no forecast: %s", reason.data);
}

static void check_options(struct plugin *plugin, struct config *config)
{
	TEXT_ON_STACK(error, 256);

	if (mem_options_check(&config->options, &error) < 0)
		plugin_unknown(plugin, "%s", error.data);
	/* Pools are meant to be used up; only their owner knows how much must be left. */
	if (config->options.hugepages.wanted && !config->warning.given)
		config->warning.count = 0;
	if (config->options.hugepages.wanted && !config->critical.given)
		config->critical.count = 0;
}

#define FLOOR(what, unit_dimension)                                                        \
	{                                                                                  \
		.set = true, .start = (what), .end = INFINITY, .dimension = unit_dimension \
	}

int main(int argc, char **argv)
{
	static struct plugin plugin;
	static struct config config = {
		.warning = { .count = 1,
			     .limits = { { FLOOR(10, NUMBER_PERCENT), FLOOR(8 * GIB, NUMBER_BYTES) } } },
		.critical = { .count = 1,
			      .limits = { { FLOOR(5, NUMBER_PERCENT), FLOOR(4 * GIB, NUMBER_BYTES) } } },
	};
	static struct mem_measured measured;
	static struct mem_history history;
	struct file_roots roots = { 0 };
	TEXT_ON_STACK(error, 512);

	plugin_init(&plugin, "check_mem_available", "MEM_AVAILABLE");
	plugin_options(&plugin, &usage, &roots, &config, argc, argv);
	check_options(&plugin, &config);
	plugin_set_labels(&plugin, config.options.hugepages.wanted
					   ? "hugepages_available hugepages_available_percent"
					   : "mem_available mem_available_percent");

	plugin_progress(&plugin, "reading %s",
			config.options.hugepages.wanted ? "the huge page pools" : "the available memory");
	if (mem_measure(&measured, &config.options, &roots, &error) < 0)
		plugin_unknown(&plugin, "cannot determine available memory: %s", error.data);
	answer(&plugin, &config, &measured);
	read_swaps(&plugin, &config, &measured, &roots);
	if (config.forecast_usec > 0)
		forecast_exhaustion(&plugin, &config, &measured, &history, &roots);
	plugin_settle(&plugin, PLUGIN_LISTING_SEC);
	add_details(&plugin, &config, &measured, &roots);
	if (config.forecast_usec > 0)
		save_history(&plugin, &history);
	plugin_exit(&plugin);
}
