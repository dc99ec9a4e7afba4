/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * check_vm_overcommit: how much memory is configured for the guests, and how much has the host?  If
 * every guest touched all of its memory, how much would the host be short?
 */
#include <math.h>

#include "base/array.h"
#include "base/number.h"
#include "plugin/options.h"
#include "plugin/plugin.h"
#include "vm_configured.h"
#include "vm_options.h"

#define LISTED 5 /* without -v */
#define MIB    (UINT64_C(1) << 20)

struct config {
	struct plugin_range warning, critical; /* of the ratio */
	struct configured_rules rules;
};

struct figures {
	double capacity, wanted; /* in bytes of ordinary memory */
	double ratio;
	double pool_ratio; /* 0: no guest uses huge pages */
	double nova_ratio;
	double short_bytes; /* negative: the amount left */
};

#define TARGET(member) offsetof(struct config, member)

static const struct plugin_option options[] = {
	{ 'w', "warning", "RANGE",
	  "WARNING if the ratio of configured guest memory plus overhead to the host's memory for guests is "
	  "outside (default: 1)",
	  plugin_option_range, TARGET(warning) },
	{ 'c', "critical", "RANGE", "the same for CRITICAL (default: 1.5)", plugin_option_range,
	  TARGET(critical) },
	{ 0, "overhead", "SIZE",
	  "memory per VM in addition to its guest's memory and page tables (default: 128MiB)",
	  plugin_option_bytes, TARGET(rules.overhead_bytes) },
	{ 0, "reserved", "SIZE",
	  "memory reserved for the host, like nova's reserved_host_memory_mb but with a unit: 4096MiB "
	  "(default: 512MiB)",
	  plugin_option_bytes, TARGET(rules.reserved_bytes) },
	{ 0, "swap", NULL, "count swap on disk as memory available to guests", plugin_option_flag,
	  TARGET(rules.with_swap) },
	{ 0, "scan", NULL,
	  "scan all processes for VMs even if the cgroups have some (plain QEMU beside libvirt)",
	  plugin_option_flag, TARGET(rules.vms.scan) },
	VM_CGROUP_OPTION(TARGET(rules.vms.places)),
};

static const struct plugin_usage usage = {
	.summary = "Compares the configured memory of running guests with the host's memory.",
	.options = options,
	.option_count = ARRAY_SIZE(options),
	.examples = "check_vm_overcommit\n"
		    "    WARNING if the guests could together use more than the host has\n"
		    "check_vm_overcommit --reserved=4GiB --swap -w 1.2 -c 1.5\n"
		    "    for a host that overcommits intentionally and has swap for it\n",
	.notes = "Reads /proc, /sys/fs/cgroup and /sys/kernel/mm. Needs no privilege, unless\n"
		 "/proc is mounted with hidepid. Guests in huge pages count against the pools.\n",
};

static struct figures reckon(const struct configured_vms *configured)
{
	const double nova_capacity = (double)host_subtract(configured->ram_bytes, configured->reserved_bytes);
	const double guests = (double)(configured->ordinary_bytes + configured->hugetlb_bytes);
	struct figures figures = {
		.capacity = (double)configured_capacity(configured),
		.wanted = (double)(configured->ordinary_bytes + configured->overhead_bytes),
	};

	figures.short_bytes = figures.wanted - figures.capacity;
	if (figures.capacity > 0)
		figures.ratio = figures.wanted / figures.capacity;
	if (configured->pool_bytes > 0)
		figures.pool_ratio = (double)configured->hugetlb_bytes / (double)configured->pool_bytes;
	if (nova_capacity > 0)
		figures.nova_ratio = guests / nova_capacity;
	return figures;
}

/* Pools are meant to be used up, but more than a whole pool is an error.  It is refused when a
 * guest starts, but the pool can be made smaller later, and guests without reservation (memfd,
 * reserve=off) can ask for more than there is. */
static enum plugin_state judge_pool(const struct config *config, const struct figures *figures)
{
	if (figures->pool_ratio <= 1)
		return PLUGIN_OK;
	return plugin_state_worst(
		PLUGIN_WARNING, plugin_range_judge(&config->warning, &config->critical, figures->pool_ratio));
}

static enum plugin_state judge(const struct config *config, const struct figures *figures)
{
	return plugin_state_worst(plugin_range_judge(&config->warning, &config->critical, figures->ratio),
				  judge_pool(config, figures));
}

static void say_bytes(struct text *text, const char *before, double bytes)
{
	text_append(text, before);
	number_append_bytes(text, (uint64_t)bytes);
}

static void say_summary(struct text *text, const struct config *config,
			const struct configured_vms *configured, const struct figures *figures)
{
	const size_t count = configured->vms.count;

	if (count == 0) {
		text_append(text, "no VMs");
		plugin_range_append_crossed(text, &config->warning, &config->critical, figures->ratio, "");
		say_bytes(text, "; the host has ", figures->capacity);
		text_append(text, " for guests");
		return;
	}
	text_printf(text, "%zu VM%s configured with ", count, count == 1 ? "" : "s");
	say_bytes(text, "", figures->wanted);
	say_bytes(text, " of ", figures->capacity);
	text_printf(text, " (ratio %.2f", figures->ratio);
	plugin_range_append_crossed(text, &config->warning, &config->critical, figures->ratio, "");
	text_append(text, "); if every guest touches all of it, ");
	if (figures->short_bytes > 0) {
		say_bytes(text, "the host is short of ", figures->short_bytes);
	} else {
		say_bytes(text, "", -figures->short_bytes);
		text_append(text, " are left");
	}
	if (configured->hugetlb_bytes > 0) {
		say_bytes(text, "; in huge pages ", (double)configured->hugetlb_bytes);
		say_bytes(text, " of ", (double)configured->pool_bytes);
		if (figures->pool_ratio > 1)
			text_append(text, ", exceeding the pool");
	}
	if (configured->unconfigured_count > 0)
		text_printf(text, "; %zu VM%s counted by current use", configured->unconfigured_count,
			    configured->unconfigured_count == 1 ? "" : "s");
}

static void add_perfdata(struct plugin *plugin, const struct config *config,
			 const struct configured_vms *configured, const struct figures *figures)
{
	const double zero = 0, pool = (double)configured->pool_bytes;

	plugin_perfdata(plugin, "vm_overcommit_ratio", figures->ratio, "", &config->warning,
			&config->critical, &zero, NULL);
	plugin_perfdata_amount(plugin, "vm_nova_ratio", figures->nova_ratio, "");
	plugin_perfdata(plugin, "vm_promised", (double)configured->ordinary_bytes, "B", NULL, NULL, &zero,
			&figures->capacity);
	plugin_perfdata_amount(plugin, "vm_overhead", (double)configured->overhead_bytes, "B");
	plugin_perfdata_amount(plugin, "vm_capacity", figures->capacity, "B");
	plugin_perfdata_amount(plugin, "vm_short", figures->short_bytes > 0 ? figures->short_bytes : 0, "B");
	plugin_perfdata_amount(plugin, "vm_untouched", (double)configured->untouched_bytes, "B");
	if (pool > 0)
		plugin_perfdata(plugin, "vm_hugepages_promised", (double)configured->hugetlb_bytes, "B", NULL,
				NULL, &zero, &pool);
	if (configured->ksm_unknown || host_known(configured->ksm_saved_bytes))
		plugin_perfdata_amount(plugin, "ksm_saved",
				       configured->ksm_unknown ? NAN : (double)configured->ksm_saved_bytes,
				       "B");
	plugin_perfdata_amount(plugin, "vms", (double)configured->vms.count, "");
}

static void add_host_line(struct plugin *plugin, const struct configured_vms *configured)
{
	TEXT_ON_STACK(line, 256);

	say_bytes(&line, "host: RAM ", (double)configured->ram_bytes);
	if (configured->pool_bytes > 0)
		say_bytes(&line, ", without huge pages ", (double)configured->pool_bytes);
	say_bytes(&line, ", without reserved ", (double)configured->reserved_bytes);
	if (configured->swap_bytes > 0)
		say_bytes(&line, ", with swap ", (double)configured->swap_bytes);
	plugin_detail(plugin, "%s", line.data);
}

static void add_guests_lines(struct plugin *plugin, const struct configured_vms *configured,
			     const struct figures *figures)
{
	const uint64_t guests = configured->ordinary_bytes + configured->hugetlb_bytes;
	TEXT_ON_STACK(line, 256);

	say_bytes(&line, "guests: memory ", (double)guests);
	say_bytes(&line, ", overhead ", (double)configured->overhead_bytes);
	say_bytes(&line, "; never touched or ballooned away ", (double)configured->untouched_bytes);
	if (configured->max_bytes > guests)
		say_bytes(&line, "; with hotplug up to ", (double)configured->max_bytes);
	plugin_detail(plugin, "%s", line.data);
	plugin_detail(plugin, "nova: needs ram_allocation_ratio of at least %.2f, without overhead",
		      figures->nova_ratio);
}

static void add_vm_line(struct plugin *plugin, const struct configured_vm *entry)
{
	static const char *const sources[] = {
		[CONFIGURED_COMMAND_LINE] = "",
		[CONFIGURED_CGROUP_LIMIT] = " by its cgroup's limit",
		[CONFIGURED_HELD] = " in use, configured size unknown",
	};
	TEXT_ON_STACK(line, 512);

	text_append(&line, "VM ");
	text_append_name(&line, entry->vm->name);
	say_bytes(&line, ": ", (double)entry->memory_bytes);
	text_append(&line, sources[entry->source]);
	if (entry->max_bytes > entry->memory_bytes)
		say_bytes(&line, ", with hotplug up to ", (double)entry->max_bytes);
	if (entry->hugetlb_bytes > 0)
		say_bytes(&line, ", in huge pages ", (double)entry->hugetlb_bytes);
	say_bytes(&line, ", overhead ", (double)entry->overhead_bytes);
	say_bytes(&line, "; holds ", (double)(entry->held_bytes + entry->hugetlb_held_bytes));
	plugin_detail(plugin, "%s", line.data);
}

static void add_details(struct plugin *plugin, const struct configured_vms *configured,
			const struct figures *figures)
{
	add_host_line(plugin, configured);
	if (configured->vms.count > 0)
		add_guests_lines(plugin, configured, figures);
	if (host_or_zero(configured->ksm_saved_bytes) > 0) {
		TEXT_ON_STACK(line, 128);

		say_bytes(&line, "KSM saves ", (double)configured->ksm_saved_bytes);
		plugin_detail(plugin, "%s, until guests write to the shared pages", line.data);
	}
	for (size_t i = 0; i < configured->vms.count && (plugin->verbose > 0 || i < LISTED); i++)
		add_vm_line(plugin, &configured->list[i]);
}

static void answer(struct plugin *plugin, const struct config *config,
		   const struct configured_vms *configured, const struct figures *figures)
{
	plugin_answer_anew(plugin);
	plugin->state = judge(config, figures);
	say_summary(&plugin->summary, config, configured, figures);
	add_perfdata(plugin, config, configured, figures);
}

static void say(struct plugin *plugin, const struct config *config, struct configured_vms *configured,
		const struct file_roots *roots)
{
	const struct figures figures = reckon(configured);

	if (figures.capacity <= 0)
		plugin_unknown(plugin,
			       "no memory left for guests: huge pages and --reserved use all of the RAM");
	answer(plugin, config, configured, &figures);
	plugin_settle(plugin, PLUGIN_LISTING_SEC);
	configured_read_ksm(configured, roots);
	answer(plugin, config, configured, &figures);
	add_details(plugin, configured, &figures);
}

int main(int argc, char **argv)
{
	static struct plugin plugin;
	static struct config config = {
		.warning = { .set = true, .end = 1 },
		.critical = { .set = true, .end = 1.5 },
		.rules = { .overhead_bytes = 128 * MIB, .reserved_bytes = 512 * MIB },
	};
	static struct configured_vms configured;
	struct file_roots roots = { 0 };
	TEXT_ON_STACK(error, 512);

	plugin_init(&plugin, "check_vm_overcommit", "VM_OVERCOMMIT");
	plugin_options(&plugin, &usage, &roots, &config, argc, argv);

	plugin_set_labels(&plugin,
			  "vm_overcommit_ratio vm_nova_ratio vm_promised vm_overhead vm_capacity vm_short "
			  "vm_untouched vms");
	plugin_progress(&plugin, "reading the processes of the VMs");
	if (configured_read(&configured, &config.rules, &roots, &error) < 0)
		plugin_unknown(&plugin, "cannot determine configured guest memory: %s", error.data);
	say(&plugin, &config, &configured, &roots);
	plugin_exit(&plugin);
}
