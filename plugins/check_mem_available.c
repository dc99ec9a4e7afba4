/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * check_mem_available: how much memory can new allocations have, on the host,
 * on its worst NUMA node or in the pools of huge pages?
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/number.h"
#include "host/available.h"
#include "host/hugepages.h"
#include "host/meminfo.h"
#include "host/swaps.h"
#include "mem_details.h"
#include "plugin/limits.h"
#include "plugin/options.h"
#include "plugin/plugin.h"

#define GIB 1073741824.0

struct hugepages_wish {
	bool wanted;
	uint64_t page_bytes; /* 0: all sizes */
};

struct config {
	struct plugin_limits warning, critical;
	struct host_available_rules rules;
	uint64_t reserved_bytes;
	struct hugepages_wish hugepages;
	bool per_node;
};

/* One amount that is judged: the host's or a node's. */
struct subject {
	int node; /* -1: the host */
	bool estimated;
	double available, total; /* in bytes */
};

struct measured {
	struct host_meminfo meminfo;
	bool has_swap;
	struct host_swaps swaps;
	struct subject host;
	size_t node_count;
	struct subject nodes[HOST_NODES_MAX];
};

static int option_zfs_arc(const char *value, void *target, struct text *error)
{
	if (strcmp(value, "ignore") != 0 && strcmp(value, "evictable") != 0) {
		text_append(error, "must be ignore or evictable");
		return -EINVAL;
	}
	*(bool *)target = value[0] == 'e';
	return 0;
}

static int option_hugepages(const char *value, void *target, struct text *error)
{
	struct hugepages_wish *wish = target;

	wish->wanted = true;
	wish->page_bytes = 0;
	return value ? plugin_option_bytes(value, &wish->page_bytes, error) : 0;
}

#define TARGET(member) offsetof(struct config, member)

static const struct plugin_option options[] = {
	{ 'w', "warning", "LIMIT",
	  "WARNING if what is available is outside: 10%:, 8GiB:, or 10%:,8GiB: which alerts only if both "
	  "are; repeated, any of them alerts (default: 10%:,8GiB:)",
	  plugin_option_limits, TARGET(warning) },
	{ 'c', "critical", "LIMIT", "CRITICAL likewise (default: 5%:,4GiB:)", plugin_option_limits,
	  TARGET(critical) },
	{ 0, "per-node", NULL, "judge each NUMA node; the worst decides", plugin_option_flag,
	  TARGET(per_node) },
	{ 0, "include-hugepages", NULL,
	  "count the pools of huge pages, which only VMs that ask for them can use, as RAM that can be had",
	  plugin_option_flag, TARGET(rules.include_hugepages) },
	{ 0, "zfs-arc", "ignore|evictable",
	  "whether what the ZFS cache can give back (size - c_min) is available (default: ignore)",
	  option_zfs_arc, TARGET(rules.arc_evictable) },
	{ 0, "reserved", "SIZE", "set aside for the host itself (default: 0)", plugin_option_bytes,
	  TARGET(reserved_bytes) },
	{ 0, "hugepages", "[SIZE]",
	  "judge what is free and not reserved in the pools of huge pages instead, of one page size or of "
	  "all; there is no default LIMIT",
	  option_hugepages, TARGET(hugepages) },
};

static const struct plugin_usage usage = {
	.summary = "Checks how much memory is available to new allocations.",
	.options = options,
	.option_count = sizeof(options) / sizeof(options[0]),
	.examples = "check_mem_available\n"
		    "    WARNING below 10 % and 8 GiB, CRITICAL below 5 % and 4 GiB\n"
		    "check_mem_available --per-node -w 8%:,6GiB: -c 3GiB:\n"
		    "    the worst NUMA node decides\n"
		    "check_mem_available -w 10%: -w 16GiB: --zfs-arc=evictable --reserved=4GiB\n"
		    "    WARNING below either; the ZFS cache gives way, the host keeps 4 GiB\n"
		    "check_mem_available --hugepages=1GiB --per-node -w 32GiB: -c 16GiB:\n"
		    "    whether the next VM of 16 GiB finds its huge pages on every node\n",
	.notes = "Reads /proc/meminfo, for nodes /sys/devices/system/node; needs no privilege.\n"
		 "-v, or a state that is not OK, lists who holds the memory.\n",
};

static double in_bytes(uint64_t kb)
{
	return (double)kb * 1024;
}

static struct subject subject_of(int node, const struct host_available *memory)
{
	return (struct subject){ node, memory->estimated, in_bytes(memory->available_kb),
				 in_bytes(memory->total_kb) };
}

static int gather_nodes(struct measured *measured, const struct config *config,
			const struct file_roots *roots, struct text *error)
{
	static struct host_node_available nodes[HOST_NODES_MAX];
	int r = host_available_read_nodes(nodes, &measured->node_count, &config->rules, roots, error);

	for (size_t i = 0; r == 0 && i < measured->node_count; i++)
		measured->nodes[i] = subject_of((int)nodes[i].node, &nodes[i].memory);
	return r;
}

static int gather_memory(struct measured *measured, const struct config *config,
			 const struct file_roots *roots, struct text *error)
{
	struct host_available memory;
	int r = host_available_read(&memory, &measured->meminfo, &config->rules, roots, error);

	if (r < 0)
		return r;
	measured->host = subject_of(-1, &memory);
	return config->per_node ? gather_nodes(measured, config, roots, error) : 0;
}

static int read_pool(struct subject *ret, const struct config *config, int node,
		     const struct file_roots *roots, struct text *error)
{
	const uint64_t page_kb = config->hugepages.page_bytes / 1024;
	struct host_hugepools pools;
	int r = host_hugepools_read(&pools, roots, node, error);

	if (r < 0)
		return r;
	ret->node = node;
	ret->estimated = false;
	ret->available = in_bytes(host_hugepools_usable_kb(&pools, page_kb));
	ret->total = in_bytes(host_hugepools_total_kb(&pools, page_kb));
	return 0;
}

/* A node's free pages may be promised: no more than the host's unpromised ones
 * can be had of it. */
static int gather_node_pools(struct measured *measured, const struct config *config,
			     const struct file_roots *roots, struct text *error)
{
	static struct host_nodes nodes;
	int r = host_nodes_read(&nodes, roots, error);

	for (size_t i = 0; r == 0 && i < nodes.count; i++) {
		struct subject *subject = &measured->nodes[measured->node_count];

		if (nodes.nodes[i].mem_total_kb == 0)
			continue;
		r = read_pool(subject, config, (int)nodes.nodes[i].id, roots, error);
		if (subject->available > measured->host.available)
			subject->available = measured->host.available;
		measured->node_count++;
	}
	return r;
}

static int gather_pools(struct measured *measured, const struct config *config,
			const struct file_roots *roots, struct text *error)
{
	int r = read_pool(&measured->host, config, -1, roots, error);

	if (r < 0)
		return r;
	if (measured->host.total == 0) {
		text_append(error, "no huge pages are set aside");
		return -ENOENT;
	}
	return config->per_node ? gather_node_pools(measured, config, roots, error) : 0;
}

static int gather(struct measured *measured, const struct config *config, const struct file_roots *roots,
		  struct text *error)
{
	int r = host_meminfo_read(&measured->meminfo, roots, error);

	if (r < 0)
		return r;
	measured->has_swap = measured->meminfo.swap_total_kb > 0;
	if (measured->has_swap)
		r = host_swaps_read(&measured->swaps, roots, error);
	if (r < 0)
		return r;
	return config->hugepages.wanted ? gather_pools(measured, config, roots, error)
					: gather_memory(measured, config, roots, error);
}

static enum plugin_state judge(const struct config *config, const struct subject *subject)
{
	/* Nothing of nothing is no share. */
	if (subject->total <= 0)
		return PLUGIN_UNKNOWN;
	if (plugin_limits_alert(&config->critical, subject->available, subject->total))
		return PLUGIN_CRITICAL;
	if (plugin_limits_alert(&config->warning, subject->available, subject->total))
		return PLUGIN_WARNING;
	return PLUGIN_OK;
}

static double share(const struct subject *subject)
{
	return subject->total > 0 ? 100 * subject->available / subject->total : NAN;
}

/* Of the nodes in the worst state the one with the smallest share; the host
 * where no nodes were asked for. */
static const struct subject *find_worst(const struct config *config, const struct measured *measured)
{
	const struct subject *worst = measured->node_count > 0 ? &measured->nodes[0] : &measured->host;

	for (size_t i = 1; i < measured->node_count; i++) {
		const struct subject *node = &measured->nodes[i];
		const enum plugin_state state = judge(config, node), worst_state = judge(config, worst);

		if (state == worst_state ? share(node) < share(worst)
					 : plugin_state_worst(state, worst_state) == state)
			worst = node;
	}
	return worst;
}

static void say_subject(struct text *text, const struct config *config, const struct subject *subject)
{
	if (subject->total <= 0) {
		text_append(text, "no memory is left to judge");
		if (subject->node >= 0)
			text_printf(text, " on node %d", subject->node);
		return;
	}
	number_append_bytes(text, (uint64_t)subject->available);
	text_printf(text, " (%.1f %%) available of ", share(subject));
	number_append_bytes(text, (uint64_t)subject->total);
	if (config->hugepages.page_bytes > 0) {
		text_append(text, " in huge pages of ");
		number_append_bytes(text, config->hugepages.page_bytes);
	} else if (config->hugepages.wanted) {
		text_append(text, " in huge pages");
	}
	if (subject->node >= 0)
		text_printf(text, " on node %d", subject->node);
	if (subject->estimated)
		text_append(text, " (estimated)");
}

static void say_swap(struct text *text, const struct measured *measured)
{
	const struct host_swaps *swaps = &measured->swaps;

	if (swaps->disk_total_kb > 0) {
		text_append(text, ", swap ");
		number_append_bytes(text, swaps->disk_used_kb * 1024);
		text_append(text, " of ");
		number_append_bytes(text, swaps->disk_total_kb * 1024);
		text_append(text, " used");
	}
	if (swaps->zram_total_kb > 0) {
		text_append(text, ", zram holds ");
		number_append_bytes(text, swaps->zram_used_kb * 1024);
		text_append(text, " in ");
		number_append_bytes(text, swaps->zram_memory_kb * 1024);
	}
}

static void add_subject_perfdata(struct plugin *plugin, const struct config *config,
				 const struct subject *subject, bool judged)
{
	const char *name = config->hugepages.wanted ? "hugepages_available" : "mem_available";
	const struct plugin_range warning = plugin_limits_in_bytes(&config->warning, subject->total);
	const struct plugin_range critical = plugin_limits_in_bytes(&config->critical, subject->total);
	const double zero = 0, hundred = 100;
	char label[64];

	if (subject->node < 0)
		snprintf(label, sizeof(label), "%s", name);
	else
		snprintf(label, sizeof(label), "%s_node%d", name, subject->node);
	plugin_perfdata(plugin, label, subject->available, "B", judged ? &warning : NULL,
			judged ? &critical : NULL, &zero, &subject->total);
	if (subject->node < 0) {
		snprintf(label, sizeof(label), "%s_percent", name);
		plugin_perfdata(plugin, label, share(subject), "%", NULL, NULL, &zero, &hundred);
	}
}

static void add_swap_perfdata(struct plugin *plugin, const struct host_swaps *swaps)
{
	const double zero = 0, disk = in_bytes(swaps->disk_total_kb), zram = in_bytes(swaps->zram_total_kb);

	if (disk > 0)
		plugin_perfdata(plugin, "swap_used", in_bytes(swaps->disk_used_kb), "B", NULL, NULL, &zero,
				&disk);
	if (zram > 0) {
		plugin_perfdata(plugin, "zram_used", in_bytes(swaps->zram_used_kb), "B", NULL, NULL, &zero,
				&zram);
		plugin_perfdata(plugin, "zram_memory", in_bytes(swaps->zram_memory_kb), "B", NULL, NULL,
				&zero, NULL);
	}
}

static void add_perfdata(struct plugin *plugin, const struct config *config, const struct measured *measured)
{
	add_subject_perfdata(plugin, config, &measured->host, measured->node_count == 0);
	for (size_t i = 0; i < measured->node_count; i++)
		add_subject_perfdata(plugin, config, &measured->nodes[i], true);
	add_swap_perfdata(plugin, &measured->swaps);
}

static void list_nodes(struct plugin *plugin, const struct config *config, const struct measured *measured)
{
	for (size_t i = 0; i < measured->node_count; i++) {
		TEXT_ON_STACK(line, 256);

		say_subject(&line, config, &measured->nodes[i]);
		plugin_detail(plugin, "%s", line.data);
	}
}

static void say(struct plugin *plugin, const struct config *config, const struct measured *measured,
		const struct file_roots *roots)
{
	const struct subject *worst = find_worst(config, measured);

	plugin->state = judge(config, worst);
	say_subject(&plugin->summary, config, worst);
	say_swap(&plugin->summary, measured);
	add_perfdata(plugin, config, measured);
	list_nodes(plugin, config, measured);
	/* Every process is read for it: not in each minute of a healthy host. */
	if (plugin->verbose > 0 || plugin->state != PLUGIN_OK) {
		plugin_progress(plugin, "%s; listing who holds the memory", plugin->summary.data);
		mem_details_add(plugin, &measured->meminfo, roots);
	}
}

static void check_options(struct plugin *plugin, struct config *config)
{
	if (config->per_node && config->rules.arc_evictable)
		plugin_unknown(plugin,
			       "--zfs-arc=evictable does not go with --per-node: ZFS does not tell on "
			       "which node its cache lies");
	/* A pool is made to be used up: only its owner knows how much is too little. */
	if (config->hugepages.wanted && !config->warning.given)
		config->warning.count = 0;
	if (config->hugepages.wanted && !config->critical.given)
		config->critical.count = 0;
	config->rules.reserved_kb = config->reserved_bytes / 1024;
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
	static struct measured measured;
	struct file_roots roots = { 0 };
	TEXT_ON_STACK(error, 512);

	plugin_init(&plugin, "check_mem_available", "MEM_AVAILABLE");
	plugin_options(&plugin, &usage, &roots, &config, argc, argv);
	check_options(&plugin, &config);
	plugin_arm(&plugin);

	if (gather(&measured, &config, &roots, &error) < 0)
		plugin_unknown(&plugin, "cannot tell what is available: %s", error.data);
	say(&plugin, &config, &measured, &roots);
	plugin_exit(&plugin);
}
