/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * check_mem_kernel: how much memory does the kernel itself hold, in slab that cannot be
 * reclaimed and in memory that it does not account for?
 */
#include <errno.h>
#include <math.h>

#include "base/array.h"
#include "base/number.h"
#include "host/kernel_memory.h"
#include "host/slabinfo.h"
#include "kernel_growth.h"
#include "plugin/limits.h"
#include "plugin/options.h"
#include "plugin/plugin.h"

#define GIB               1073741824.0
#define DEFAULT_OVER_USEC (INT64_C(3600) * 1000000)

static const struct metric {
	const char *label; /* in perfdata */
	const char *words;
	enum kernel_amount amount;
	bool is_growth;
} metrics[] = {
	{ "mem_kernel_slab", "unreclaimable slab", KERNEL_SLAB, false },
	{ "mem_kernel_unaccounted", "unaccounted", KERNEL_UNACCOUNTED, false },
	{ "mem_kernel_slab_growth", "unreclaimable slab", KERNEL_SLAB, true },
	{ "mem_kernel_unaccounted_growth", "unaccounted memory", KERNEL_UNACCOUNTED, true },
};

#define METRICS ARRAY_SIZE(metrics)
/* In the order of `metrics`. */
#define METRIC_HELP "slab, unaccounted, slab-growth, unaccounted-growth"

struct limits {
	struct plugin_limits of[METRICS];
};

struct config {
	struct limits warning, critical;
	int64_t over_usec; /* 0: growth is not asked for */
};

/* What one run has measured: bytes[i] belongs to metrics[i], NaN if it is not known. */
struct measured {
	double total;
	double bytes[METRICS];
};

static int option_limit(const char *value, void *target, struct text *error)
{
	struct limits *limits = target;
	const char *limit;
	const int metric = plugin_option_metric(value, "LIMIT", METRIC_HELP, &limit, error);

	return metric < 0 ? metric : plugin_option_ceilings(limit, &limits->of[metric], error);
}

#define TARGET(member) offsetof(struct config, member)

static const struct plugin_option options[] = {
	{ 'w', "warning", "METRIC=LIMIT",
	  "WARNING if the metric is outside LIMIT: 10%, 8GiB, or 10%,8GiB which alerts only if both are "
	  "exceeded; repeatable. METRIC is one of " METRIC_HELP
	  " (default: slab=10%,1GiB and unaccounted=10%,1GiB)",
	  option_limit, TARGET(warning) },
	{ 'c', "critical", "METRIC=LIMIT",
	  "the same for CRITICAL (default: slab=20%,2GiB and unaccounted=20%,2GiB)", option_limit,
	  TARGET(critical) },
	{ 0, "over", "DURATION",
	  "time over which growth is measured; saves a sample each run (default: 1h if a limit on growth is "
	  "given)",
	  plugin_option_duration, TARGET(over_usec) },
};

static const struct plugin_usage usage = {
	.summary = "Checks how much memory the kernel itself holds.",
	.options = options,
	.option_count = ARRAY_SIZE(options),
	.examples = "check_mem_kernel\n"
		    "    WARNING above 10 % of RAM in unreclaimable slab, or unaccounted\n"
		    "check_mem_kernel -w slab=8GiB -c slab=16GiB\n"
		    "    limits for a host whose slab is known; unaccounted memory as by default\n"
		    "check_mem_kernel --over=6h -w slab-growth=1GiB -w unaccounted-growth=1GiB\n"
		    "    WARNING also for a leak, long before it matters\n",
	.notes = "Reads /proc/meminfo and /proc/vmstat; needs no privilege. The names of the\n"
		 "largest slab caches are in /proc/slabinfo, which only root may read.\n",
};

static enum plugin_state judge_metric(const struct config *config, const struct measured *measured, size_t i)
{
	if (isnan(measured->bytes[i]))
		return PLUGIN_OK;
	if (plugin_limits_alert(&config->critical.of[i], measured->bytes[i], measured->total))
		return PLUGIN_CRITICAL;
	return plugin_limits_alert(&config->warning.of[i], measured->bytes[i], measured->total)
		       ? PLUGIN_WARNING
		       : PLUGIN_OK;
}

static bool has_growth_limit(const struct config *config)
{
	bool has = false;

	for (size_t i = 0; i < METRICS; i++)
		has |= metrics[i].is_growth &&
		       (config->warning.of[i].count > 0 || config->critical.of[i].count > 0);
	return has;
}

static void append_amount(struct text *text, const struct measured *measured, size_t i)
{
	number_append_bytes(text, (uint64_t)measured->bytes[i]);
	text_printf(text, " (%.1f %% of RAM)", 100 * measured->bytes[i] / measured->total);
}

/* "unreclaimable slab 9.1 GiB (14.2 % of RAM), above 10 % and 1 GiB" */
static void say_metric(struct text *text, const struct config *config, const struct measured *measured,
		       size_t i)
{
	text_append(text, text->length > 0 ? "; " : "");
	text_append(text, metrics[i].words);
	text_append(text, metrics[i].is_growth ? " grew by " : " ");
	append_amount(text, measured, i);
	if (metrics[i].is_growth) {
		text_append(text, " in ");
		number_append_duration(text, config->over_usec);
	}
	plugin_limits_append_crossed(text, &config->warning.of[i], &config->critical.of[i],
				     measured->bytes[i], measured->total);
}

static void add_perfdata(struct plugin *plugin, const struct config *config, const struct measured *measured)
{
	const double zero = 0;

	for (size_t i = 0; i < METRICS; i++) {
		const struct plugin_range warning =
			plugin_limits_in_bytes(&config->warning.of[i], measured->total);
		const struct plugin_range critical =
			plugin_limits_in_bytes(&config->critical.of[i], measured->total);

		if (!metrics[i].is_growth || config->over_usec > 0)
			plugin_perfdata(plugin, metrics[i].label, measured->bytes[i], "B", &warning,
					&critical, &zero, &measured->total);
	}
}

/* First the metrics that cause the state, then the amounts that do not. */
static void answer(struct plugin *plugin, const struct config *config, const struct measured *measured)
{
	plugin_answer_anew(plugin);
	plugin->state = PLUGIN_OK;
	for (size_t i = 0; i < METRICS; i++)
		plugin->state = plugin_state_worst(plugin->state, judge_metric(config, measured, i));
	for (size_t i = 0; i < METRICS; i++) {
		if (plugin->state != PLUGIN_OK && judge_metric(config, measured, i) == plugin->state)
			say_metric(&plugin->summary, config, measured, i);
	}
	for (size_t i = 0; i < METRICS; i++) {
		if (!isnan(measured->bytes[i]) && !metrics[i].is_growth &&
		    (plugin->state == PLUGIN_OK || judge_metric(config, measured, i) != plugin->state))
			say_metric(&plugin->summary, config, measured, i);
	}
	add_perfdata(plugin, config, measured);
}

/* A shrinking amount is no growth. */
static double growth_bytes(const struct kernel_growth *growth, enum kernel_amount amount)
{
	const int64_t kb = growth->growth_kb[amount];

	return !growth->is_known ? NAN : kb > 0 ? (double)kb * 1024 : 0;
}

/* Settles the answer without growth first: the state may be on a disk that hangs. */
static void judge_growth(struct plugin *plugin, const struct config *config, struct measured *measured,
			 struct kernel_growth *growth, const struct host_kernel_memory *memory,
			 const struct file_roots *roots)
{
	const bool is_judged = has_growth_limit(config);
	const enum plugin_state state = plugin->state;

	if (state == PLUGIN_OK && is_judged) {
		plugin->state = PLUGIN_UNKNOWN;
		text_append(&plugin->summary,
			    "; growth is not known: the saved samples were not read in time");
	}
	plugin_settle(plugin, PLUGIN_LISTING_SEC);
	kernel_growth_read(growth, memory, config->over_usec, roots);
	for (size_t i = 0; i < METRICS; i++) {
		if (metrics[i].is_growth)
			measured->bytes[i] = growth_bytes(growth, metrics[i].amount);
	}
	answer(plugin, config, measured);
	if (growth->is_known)
		return;
	text_append(&plugin->summary, "; growth is not known");
	if (growth->is_blind) {
		text_printf(&plugin->summary, ": %s", growth->state.failure.reason);
		if (is_judged && plugin->state == PLUGIN_OK)
			plugin->state = PLUGIN_UNKNOWN;
	} else if (state_is_lost(&growth->state)) {
		text_append(&plugin->summary, ": ");
		state_append_loss(&plugin->summary, &growth->state, growth->state.found == STATE_LOST);
	} else {
		text_append(&plugin->summary, " yet: watched for ");
		number_append_duration(&plugin->summary, growth->watched_usec);
	}
}

static void append_part(struct text *text, const char *name, uint64_t kb)
{
	text_printf(text, "%s%s ", text->length > 0 ? ", " : "", name);
	number_append_bytes(text, kb * 1024);
}

static void list_parts(struct plugin *plugin, const struct host_kernel_memory *memory)
{
	TEXT_ON_STACK(line, 1024);
	TEXT_ON_STACK(total, 64);

	for (size_t i = 0; i < memory->part_count; i++)
		append_part(&line, memory->parts[i].name, memory->parts[i].kb);
	append_part(&line, "unaccounted", memory->unaccounted_kb);
	number_append_bytes(&total, memory->total_kb * 1024);
	plugin_detail(plugin, "RAM %s: %s", total.data, line.data);
	if (memory->balloon_kb > 0)
		plugin_detail(plugin,
			      "this host is a guest whose balloon holds %llu MiB; unless its RAM was "
			      "reduced by that, it is unaccounted",
			      (unsigned long long)memory->balloon_kb / 1024);
}

/* If slab exceeds a limit, the first line names the largest cache. */
static void list_caches(struct plugin *plugin, bool is_slab, const struct file_roots *roots)
{
	struct host_slab_caches caches;
	TEXT_ON_STACK(error, 512);
	TEXT_ON_STACK(line, 1024);

	plugin_settle(plugin, PLUGIN_LISTING_SEC);
	int r = host_slabinfo_read(&caches, roots, &error);
	if (r < 0) {
		plugin_detail(plugin, "the largest slab caches: %s%s", error.data,
			      r == -EACCES || r == -EPERM ? ": 'slabtop -o -s c' as root shows them" : "");
		return;
	}
	if (caches.count == 0)
		return;
	for (size_t i = 0; i < caches.count; i++) {
		text_append(&line, i > 0 ? ", " : "");
		text_append_name(&line, caches.largest[i].name);
		text_append(&line, " ");
		number_append_bytes(&line, caches.largest[i].bytes);
		if (i == 0 && is_slab)
			text_printf(&plugin->summary, "; largest cache %s", line.data);
	}
	plugin_detail(plugin, "unreclaimable slab caches: %s", line.data);
}

/* Not in every run of a healthy host. */
static void add_details(struct plugin *plugin, const struct config *config, const struct measured *measured,
			const struct host_kernel_memory *memory, const struct file_roots *roots)
{
	bool is_slab = false;

	if (plugin->state == PLUGIN_OK && plugin->verbose == 0)
		return;
	for (size_t i = 0; i < METRICS; i++)
		is_slab |= metrics[i].amount == KERNEL_SLAB && judge_metric(config, measured, i) != PLUGIN_OK;
	list_parts(plugin, memory);
	list_caches(plugin, is_slab, roots);
}

static void save_growth(struct plugin *plugin, struct kernel_growth *growth)
{
	TEXT_ON_STACK(reason, 1024);

	plugin_settle(plugin, PLUGIN_SAVING_SEC);
	if (kernel_growth_save(growth, &reason) < 0 && !growth->is_known)
		text_append(&plugin->summary, ", cannot save state");
	if (reason.length > 0)
		plugin_detail(plugin, "growth: %s", reason.data);
}

#define CEILING(percent_end, size_end)                                                        \
	{                                                                                     \
		.count = 1, .limits = {                                                       \
			{ { .set = true, .end = (percent_end), .dimension = NUMBER_PERCENT }, \
			  { .set = true, .end = (size_end), .dimension = NUMBER_BYTES } }     \
		}                                                                             \
	}

int main(int argc, char **argv)
{
	static struct plugin plugin;
	static struct config config = {
		.warning.of = { CEILING(10, 1 * GIB), CEILING(10, 1 * GIB) },
		.critical.of = { CEILING(20, 2 * GIB), CEILING(20, 2 * GIB) },
	};
	static struct kernel_growth growth;
	struct measured measured = { .bytes = { 0, 0, NAN, NAN } };
	struct host_kernel_memory memory;
	struct file_roots roots = { 0 };
	TEXT_ON_STACK(error, 512);

	plugin_init(&plugin, "check_mem_kernel", "MEM_KERNEL");
	plugin_options(&plugin, &usage, &roots, &config, argc, argv);
	if (config.over_usec == 0 && has_growth_limit(&config))
		config.over_usec = DEFAULT_OVER_USEC;

	plugin_set_labels(&plugin, config.over_usec > 0
					   ? "mem_kernel_slab mem_kernel_unaccounted mem_kernel_slab_growth "
					     "mem_kernel_unaccounted_growth"
					   : "mem_kernel_slab mem_kernel_unaccounted");
	plugin_progress(&plugin, "reading the kernel's memory");
	if (host_kernel_memory_read(&memory, &roots, &error) < 0)
		plugin_unknown(&plugin, "cannot determine kernel memory: %s", error.data);
	if (memory.total_kb == 0)
		plugin_unknown(&plugin, "cannot determine kernel memory: MemTotal is 0");
	measured.total = (double)memory.total_kb * 1024;
	measured.bytes[KERNEL_SLAB] = (double)memory.slab_unreclaimable_kb * 1024;
	measured.bytes[KERNEL_UNACCOUNTED] = (double)memory.unaccounted_kb * 1024;
	answer(&plugin, &config, &measured);
	if (config.over_usec > 0)
		judge_growth(&plugin, &config, &measured, &growth, &memory, &roots);
	plugin_settle(&plugin, PLUGIN_LISTING_SEC);
	add_details(&plugin, &config, &measured, &memory, &roots);
	if (config.over_usec > 0)
		save_growth(&plugin, &growth);
	plugin_exit(&plugin);
}
