/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * check_vm_overcommit: how much memory were the guests promised, and how much has the host?  If
 * every guest touched all of its memory, how much would the host be short?
 */
#include <math.h>

#include "base/array.h"
#include "base/number.h"
#include "plugin/options.h"
#include "plugin/plugin.h"
#include "vm_options.h"
#include "vm_promises.h"

#define LISTED 5 /* without -v */
#define MIB    (UINT64_C(1) << 20)

struct config {
	struct plugin_range warning, critical; /* of the ratio */
	struct promise_rules rules;
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
	  "WARNING if the ratio of what the guests were promised, overhead included, to what the host has "
	  "for them is outside (default: 1)",
	  plugin_option_range, TARGET(warning) },
	{ 'c', "critical", "RANGE", "CRITICAL likewise (default: 1.5)", plugin_option_range,
	  TARGET(critical) },
	{ 0, "overhead", "SIZE",
	  "what a VM takes besides its guest's memory and page tables (default: 128MiB)", plugin_option_bytes,
	  TARGET(rules.overhead_bytes) },
	{ 0, "reserved", "SIZE",
	  "what the host keeps for itself, as nova's reserved_host_memory_mb, with a unit: 4096MiB (default: "
	  "512MiB)",
	  plugin_option_bytes, TARGET(rules.reserved_bytes) },
	{ 0, "swap", NULL, "count swap on disk as memory that guests may have", plugin_option_flag,
	  TARGET(rules.with_swap) },
	{ 0, "scan", NULL,
	  "look for VMs at every process, even if the cgroups show some: plain qemu beside libvirt",
	  plugin_option_flag, TARGET(rules.machines.scan) },
	VM_CGROUP_OPTION(TARGET(rules.machines.places)),
};

static const struct plugin_usage usage = {
	.summary = "Checks what running guests were promised against what the host has.",
	.options = options,
	.option_count = ARRAY_SIZE(options),
	.examples = "check_vm_overcommit\n"
		    "    WARNING once the guests could together want more than the host has\n"
		    "check_vm_overcommit --reserved=4GiB --swap -w 1.2 -c 1.5\n"
		    "    a host that overcommits by intent and has swap for it\n",
	.notes = "Reads /proc, /sys/fs/cgroup and /sys/kernel/mm. Needs no privilege, unless\n"
		 "/proc is mounted with hidepid. Guests in huge pages count against the pools.\n",
};

static struct figures reckon(const struct promises *promises)
{
	const double nova_capacity = (double)host_subtract(promises->ram_bytes, promises->reserved_bytes);
	const double guests = (double)(promises->ordinary_bytes + promises->hugetlb_bytes);
	struct figures figures = {
		.capacity = (double)promises_capacity(promises),
		.wanted = (double)(promises->ordinary_bytes + promises->overhead_bytes),
	};

	figures.short_bytes = figures.wanted - figures.capacity;
	if (figures.capacity > 0)
		figures.ratio = figures.wanted / figures.capacity;
	if (promises->pool_bytes > 0)
		figures.pool_ratio = (double)promises->hugetlb_bytes / (double)promises->pool_bytes;
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

static void say_summary(struct text *text, const struct config *config, const struct promises *promises,
			const struct figures *figures)
{
	const size_t count = promises->machines.count;

	if (count == 0) {
		text_append(text, "no VMs");
		plugin_range_append_crossed(text, &config->warning, &config->critical, figures->ratio, "");
		say_bytes(text, "; the host has ", figures->capacity);
		text_append(text, " for guests");
		return;
	}
	text_printf(text, "%zu VM%s promised ", count, count == 1 ? " was" : "s were");
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
	if (promises->hugetlb_bytes > 0) {
		say_bytes(text, "; in huge pages ", (double)promises->hugetlb_bytes);
		say_bytes(text, " of ", (double)promises->pool_bytes);
		if (figures->pool_ratio > 1)
			text_append(text, ", more than there are");
	}
	if (promises->without_promise > 0)
		text_printf(text, "; %zu VM%s counted by current use", promises->without_promise,
			    promises->without_promise == 1 ? "" : "s");
}

static void add_perfdata(struct plugin *plugin, const struct config *config, const struct promises *promises,
			 const struct figures *figures)
{
	const double zero = 0, pool = (double)promises->pool_bytes;

	plugin_perfdata(plugin, "vm_overcommit_ratio", figures->ratio, "", &config->warning,
			&config->critical, &zero, NULL);
	plugin_perfdata_amount(plugin, "vm_nova_ratio", figures->nova_ratio, "");
	plugin_perfdata(plugin, "vm_promised", (double)promises->ordinary_bytes, "B", NULL, NULL, &zero,
			&figures->capacity);
	plugin_perfdata_amount(plugin, "vm_overhead", (double)promises->overhead_bytes, "B");
	plugin_perfdata_amount(plugin, "vm_capacity", figures->capacity, "B");
	plugin_perfdata_amount(plugin, "vm_short", figures->short_bytes > 0 ? figures->short_bytes : 0, "B");
	plugin_perfdata_amount(plugin, "vm_untouched", (double)promises->untouched_bytes, "B");
	if (pool > 0)
		plugin_perfdata(plugin, "vm_hugepages_promised", (double)promises->hugetlb_bytes, "B", NULL,
				NULL, &zero, &pool);
	if (promises->ksm_unknown || host_known(promises->ksm_saved_bytes))
		plugin_perfdata_amount(plugin, "ksm_saved",
				       promises->ksm_unknown ? NAN : (double)promises->ksm_saved_bytes, "B");
	plugin_perfdata_amount(plugin, "vms", (double)promises->machines.count, "");
}

static void add_host_line(struct plugin *plugin, const struct promises *promises)
{
	TEXT_ON_STACK(line, 256);

	say_bytes(&line, "host: RAM ", (double)promises->ram_bytes);
	if (promises->pool_bytes > 0)
		say_bytes(&line, ", without huge pages ", (double)promises->pool_bytes);
	say_bytes(&line, ", without reserved ", (double)promises->reserved_bytes);
	if (promises->swap_bytes > 0)
		say_bytes(&line, ", with swap ", (double)promises->swap_bytes);
	plugin_detail(plugin, "%s", line.data);
}

static void add_guests_lines(struct plugin *plugin, const struct promises *promises,
			     const struct figures *figures)
{
	const uint64_t guests = promises->ordinary_bytes + promises->hugetlb_bytes;
	TEXT_ON_STACK(line, 256);

	say_bytes(&line, "guests: memory ", (double)guests);
	say_bytes(&line, ", overhead ", (double)promises->overhead_bytes);
	say_bytes(&line, "; never touched or ballooned away ", (double)promises->untouched_bytes);
	if (promises->max_bytes > guests)
		say_bytes(&line, "; plugging may bring it to ", (double)promises->max_bytes);
	plugin_detail(plugin, "%s", line.data);
	plugin_detail(plugin, "nova: ram_allocation_ratio of at least %.2f allows this, overhead not counted",
		      figures->nova_ratio);
}

static void add_vm_line(struct plugin *plugin, const struct promise *promise)
{
	static const char *const sources[] = {
		[PROMISE_COMMAND_LINE] = "",
		[PROMISE_CGROUP_LIMIT] = " by its cgroup's limit",
		[PROMISE_HELD] = " in use, configured size unknown",
	};
	TEXT_ON_STACK(line, 512);

	text_append(&line, "VM ");
	text_append_name(&line, promise->vm->name);
	say_bytes(&line, ": ", (double)promise->memory_bytes);
	text_append(&line, sources[promise->source]);
	if (promise->max_bytes > promise->memory_bytes)
		say_bytes(&line, ", by plugging up to ", (double)promise->max_bytes);
	if (promise->hugetlb_bytes > 0)
		say_bytes(&line, ", in huge pages ", (double)promise->hugetlb_bytes);
	say_bytes(&line, ", overhead ", (double)promise->overhead_bytes);
	say_bytes(&line, "; holds ", (double)(promise->held_bytes + promise->hugetlb_held_bytes));
	plugin_detail(plugin, "%s", line.data);
}

static void add_details(struct plugin *plugin, const struct promises *promises, const struct figures *figures)
{
	add_host_line(plugin, promises);
	if (promises->machines.count > 0)
		add_guests_lines(plugin, promises, figures);
	if (host_or_zero(promises->ksm_saved_bytes) > 0) {
		TEXT_ON_STACK(line, 128);

		say_bytes(&line, "KSM saves ", (double)promises->ksm_saved_bytes);
		plugin_detail(plugin, "%s, which guests that write take back", line.data);
	}
	for (size_t i = 0; i < promises->machines.count && (plugin->verbose > 0 || i < LISTED); i++)
		add_vm_line(plugin, &promises->list[i]);
}

static void answer(struct plugin *plugin, const struct config *config, const struct promises *promises,
		   const struct figures *figures)
{
	plugin_answer_anew(plugin);
	plugin->state = judge(config, figures);
	say_summary(&plugin->summary, config, promises, figures);
	add_perfdata(plugin, config, promises, figures);
}

static void say(struct plugin *plugin, const struct config *config, struct promises *promises,
		const struct file_roots *roots)
{
	const struct figures figures = reckon(promises);

	if (figures.capacity <= 0)
		plugin_unknown(plugin, "nothing is left for guests: huge pages and what is reserved take all "
				       "of the RAM");
	answer(plugin, config, promises, &figures);
	plugin_settle(plugin, PLUGIN_LISTING_SEC);
	promises_read_ksm(promises, roots);
	answer(plugin, config, promises, &figures);
	add_details(plugin, promises, &figures);
}

int main(int argc, char **argv)
{
	static struct plugin plugin;
	static struct config config = {
		.warning = { .set = true, .end = 1 },
		.critical = { .set = true, .end = 1.5 },
		.rules = { .overhead_bytes = 128 * MIB, .reserved_bytes = 512 * MIB },
	};
	static struct promises promises;
	struct file_roots roots = { 0 };
	TEXT_ON_STACK(error, 512);

	plugin_init(&plugin, "check_vm_overcommit", "VM_OVERCOMMIT");
	plugin_options(&plugin, &usage, &roots, &config, argc, argv);

	plugin_set_labels(&plugin,
			  "vm_overcommit_ratio vm_nova_ratio vm_promised vm_overhead vm_capacity vm_short "
			  "vm_untouched vms");
	plugin_progress(&plugin, "reading the processes of the VMs");
	if (promises_read(&promises, &config.rules, &roots, &error) < 0)
		plugin_unknown(&plugin, "cannot tell what was promised: %s", error.data);
	say(&plugin, &config, &promises, &roots);
	plugin_exit(&plugin);
}
