/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * check_vm_oom_score: which VM would the kernel kill next if the host ran out of memory, how near
 * are VMs to the limits of their cgroups, and is the order of victims as intended?
 */
#include <math.h>

#include "base/array.h"
#include "base/number.h"
#include "plugin/options.h"
#include "plugin/pattern.h"
#include "plugin/plugin.h"
#include "running/notes.h"
#include "vm_oom_words.h"
#include "vm_options.h"
#include "vm_ranking.h"

#define LISTED 5 /* without -v */
#define LABELS "vm_oom_share vm_oom_limit_share vms vms_unkillable vms_adj_out_of_bounds"

struct config {
	struct plugin_range warning, critical;             /* of the share */
	struct plugin_range limit_warning, limit_critical; /* of the use of the cgroup's limit */
	struct plugin_range adj;
	struct plugin_patterns protected_names;
	struct running_vms_options vms;
	bool all;
};

/* The problems found, and the text of the worst. */
struct verdict {
	enum plugin_state state;
	unsigned problems;
	unsigned adj_violations, protected_before_vm;
	double share, limit_share; /* the largest of any VM; NaN: none */
	struct text worst;
	char worst_buffer[PLUGIN_SUMMARY_MAX / 2];
};

#define TARGET(member) offsetof(struct config, member)

static const struct plugin_option options[] = {
	{ 'w', "warning", "RANGE",
	  "WARNING if a VM's share of all RAM and swap, in percent, is outside (default: 90)",
	  plugin_option_percent_range, TARGET(warning) },
	{ 'c', "critical", "RANGE", "the same for CRITICAL (default: 95)", plugin_option_percent_range,
	  TARGET(critical) },
	{ 0, "limit-warning", "RANGE",
	  "WARNING if the memory of a VM's cgroup, without page cache, in percent of its limit, is outside "
	  "(default: 98)",
	  plugin_option_percent_range, TARGET(limit_warning) },
	{ 0, "limit-critical", "RANGE", "the same for CRITICAL (default: none)", plugin_option_percent_range,
	  TARGET(limit_critical) },
	{ 0, "adj", "RANGE",
	  "WARNING if a VM's oom_score_adj is outside (default: -999:999, any value except never and always "
	  "first)",
	  plugin_option_range, TARGET(adj) },
	{ 0, "protect", "REGEX",
	  "WARNING if a process whose name matches would be killed before a VM; repeatable. Reads the name "
	  "of every process",
	  plugin_option_pattern, TARGET(protected_names) },
	{ 0, "all", NULL, "rank all processes, not only VMs", plugin_option_flag, TARGET(all) },
	{ 0, "scan", NULL,
	  "scan all processes for VMs even if the cgroups have some (plain QEMU beside libvirt)",
	  plugin_option_flag, TARGET(vms.scan) },
	VM_CGROUP_OPTION(TARGET(vms.places)),
};

static const struct plugin_usage usage = {
	.summary = "Checks which VM the OOM killer would kill next, and how close it is.",
	.options = options,
	.option_count = ARRAY_SIZE(options),
	.examples = "check_vm_oom_score\n"
		    "    WARNING if one VM holds 90 % of RAM and swap, or 98 % of its own limit\n"
		    "check_vm_oom_score --all\n"
		    "    also rank processes that are not VMs\n"
		    "check_vm_oom_score --protect='^(libvirtd|virtqemud|nova-compute)$' \\\n"
		    "        --protect='^(sshd|icinga2|nrpe)$' --adj=0\n"
		    "    WARNING if one of them would be killed before a VM\n",
	.notes = "Reads /proc and /sys/fs/cgroup. Needs no privilege, unless /proc is mounted\n"
		 "with hidepid. Huge pages are shown, but the OOM killer does not count them.\n"
		 "Also records the PIDs of running VMs so that check_oom_kills can name them after a kill.\n",
};

/* Counts a problem.  Returns the text to describe it in; only the first of the worst state is
 * kept. */
static struct text *add_problem(struct verdict *verdict, enum plugin_state state)
{
	static char ignored_buffer[64];
	static struct text ignored;
	const bool worse = plugin_state_worst(state, verdict->state) != verdict->state;

	verdict->problems++;
	text_init(&ignored, ignored_buffer, sizeof(ignored_buffer));
	if (!worse)
		return &ignored;
	verdict->state = state;
	text_init(&verdict->worst, verdict->worst_buffer, sizeof(verdict->worst_buffer));
	return &verdict->worst;
}

static void judge_share(struct verdict *verdict, const struct config *config, const struct ranking *ranking,
			const struct ranked *vm)
{
	const double share = ranking_share(ranking, vm);
	const enum plugin_state state = plugin_range_judge(&config->warning, &config->critical, share);

	if (!(verdict->share >= share))
		verdict->share = share;
	if (state == PLUGIN_OK)
		return;
	struct text *text = add_problem(verdict, state);
	vm_oom_say_name(text, vm);
	text_printf(text, " holds %.1f %% of RAM and swap", share);
	plugin_range_append_crossed(text, &config->warning, &config->critical, share, "%");
}

static void judge_limit(struct verdict *verdict, const struct config *config, const struct ranked *vm)
{
	const double share = ranking_limit_share(vm);

	if (isnan(share))
		return;
	if (!(verdict->limit_share >= share))
		verdict->limit_share = share;
	const enum plugin_state state =
		plugin_range_judge(&config->limit_warning, &config->limit_critical, share);
	if (state == PLUGIN_OK)
		return;
	struct text *text = add_problem(verdict, state);
	vm_oom_say_name(text, vm);
	text_printf(text, " holds %.1f %% of its cgroup's limit of ", share);
	number_append_bytes(text, vm->limit.max_bytes);
	plugin_range_append_crossed(text, &config->limit_warning, &config->limit_critical, share, "%");
}

static void judge_adj(struct verdict *verdict, const struct config *config, const struct ranked *vm)
{
	if (!plugin_range_alerts(&config->adj, vm->adj))
		return;
	verdict->adj_violations++;
	struct text *text = add_problem(verdict, PLUGIN_WARNING);
	vm_oom_say_name(text, vm);
	text_printf(text, " has oom_score_adj %d (limit ", vm->adj);
	plugin_range_append(text, &config->adj);
	text_append(text, ")");
}

/* The list has the kernel's order of victims: every process before the last VM that can be killed
 * would be killed before a VM. */
static void judge_protected(struct verdict *verdict, const struct ranking *ranking)
{
	const struct ranked *vm = NULL;

	for (size_t i = ranking->count; i-- > 0;) {
		const struct ranked *ranked = &ranking->list[i];

		if (ranked->vm && !ranked->badness.unkillable && !vm)
			vm = ranked;
		if (!ranked->is_protected || !vm)
			continue;
		verdict->protected_before_vm++;
		struct text *text = add_problem(verdict, PLUGIN_WARNING);
		vm_oom_say_name(text, ranked);
		text_append(text, " would be killed before VM ");
		vm_oom_say_name(text, vm);
	}
}

static void judge(struct verdict *verdict, const struct config *config, const struct ranking *ranking)
{
	*verdict = (struct verdict){ .state = PLUGIN_OK, .share = NAN, .limit_share = NAN };
	text_init(&verdict->worst, verdict->worst_buffer, sizeof(verdict->worst_buffer));
	for (size_t i = 0; i < ranking->count; i++) {
		const struct ranked *ranked = &ranking->list[i];

		if (!ranked->vm)
			continue;
		judge_share(verdict, config, ranking, ranked);
		judge_limit(verdict, config, ranked);
		judge_adj(verdict, config, ranked);
	}
	judge_protected(verdict, ranking);
}

static void add_details(struct plugin *plugin, const struct ranking *ranking)
{
	for (size_t i = 0; i < ranking->count && (plugin->verbose > 0 || i < LISTED); i++) {
		TEXT_ON_STACK(line, 1024);

		text_printf(&line, "%zu. ", i + 1);
		vm_oom_say_ranked(&line, ranking, &ranking->list[i]);
		plugin_detail(plugin, "%s", line.data);
	}
}

/* Whether every VM's cgroup was read and none has a limit.  The largest share is then 0, because U
 * means that a share is unknown. */
static bool knows_no_limit(const struct ranking *ranking)
{
	for (size_t i = 0; i < ranking->count; i++) {
		const struct ranked *ranked = &ranking->list[i];

		if (ranked->vm && (!ranked->has_limit_state || !isnan(ranking_limit_share(ranked))))
			return false;
	}
	return true;
}

static void add_perfdata(struct plugin *plugin, const struct config *config, const struct ranking *ranking,
			 const struct verdict *verdict)
{
	const double zero = 0, hundred = 100;
	const double share = ranking->vm_count == 0 ? 0 : verdict->share;
	const double limit_share = knows_no_limit(ranking) ? 0 : verdict->limit_share;

	plugin_perfdata(plugin, "vm_oom_share", share, "%", &config->warning, &config->critical, &zero,
			&hundred);
	plugin_perfdata(plugin, "vm_oom_limit_share", limit_share, "%", &config->limit_warning,
			&config->limit_critical, &zero, &hundred);
	plugin_perfdata_amount(plugin, "vms", (double)ranking->vm_count, "");
	plugin_perfdata_amount(plugin, "vms_unkillable", (double)ranking->unkillable_vm_count, "");
	plugin_perfdata_amount(plugin, "vms_adj_out_of_bounds", verdict->adj_violations, "");
	if (config->protected_names.count > 0)
		plugin_perfdata_amount(plugin, "protected_before_vm", verdict->protected_before_vm, "");
}

/* Sets the state, the first line and the perfdata.  With `roots` NULL no file is read for them. */
static void answer(struct plugin *plugin, const struct config *config, const struct ranking *ranking,
		   const struct verdict *verdict, const struct file_roots *roots)
{
	plugin_answer_anew(plugin);
	plugin->state = verdict->state;
	if (verdict->problems > 0) {
		text_append(&plugin->summary, verdict->worst.data);
		if (verdict->problems > 1)
			text_printf(&plugin->summary, " and %u more", verdict->problems - 1);
		text_append(&plugin->summary, "; ");
	}
	vm_oom_say_order(&plugin->summary, ranking, config->all, &config->vms.places, roots);
	add_perfdata(plugin, config, ranking, verdict);
}

static void say(struct plugin *plugin, const struct config *config, struct ranking *ranking,
		const struct file_roots *roots)
{
	static struct verdict verdict;

	judge(&verdict, config, ranking);
	answer(plugin, config, ranking, &verdict, NULL);
	plugin_settle(plugin, PLUGIN_LISTING_SEC);
	answer(plugin, config, ranking, &verdict, roots);
	ranking_read_details(ranking, plugin->verbose > 0 ? SIZE_MAX : LISTED, roots);
	add_details(plugin, ranking);
}

/* The answer is known, and this does not change it. */
static void note_vms(struct plugin *plugin, const struct config *config, const struct ranking *ranking,
		     const struct file_roots *roots)
{
	TEXT_ON_STACK(failure, 512);

	plugin_settle(plugin, PLUGIN_SAVING_SEC);
	notes_take(roots, &config->vms.places, &ranking->vms, &failure);
	if (plugin->verbose > 0 && failure.length > 0)
		plugin_detail(plugin, "notes: %s", failure.data);
}

int main(int argc, char **argv)
{
	static struct plugin plugin;
	static struct config config = {
		.warning = { .set = true, .end = 90, .dimension = NUMBER_PERCENT },
		.critical = { .set = true, .end = 95, .dimension = NUMBER_PERCENT },
		.limit_warning = { .set = true, .end = 98, .dimension = NUMBER_PERCENT },
		.adj = { .set = true, .start = -999, .end = 999 },
	};
	static struct ranking ranking;
	struct file_roots roots = { 0 };
	TEXT_ON_STACK(error, 512);

	plugin_init(&plugin, "check_vm_oom_score", "VM_OOM_SCORE");
	plugin_options(&plugin, &usage, &roots, &config, argc, argv);

	struct ranking_options ranking_options = {
		.vms = config.vms,
		.all = config.all,
		.protected_names = &config.protected_names,
	};
	ranking_options.vms.scan |= config.all;
	plugin_set_labels(&plugin, config.protected_names.count > 0 ? LABELS " protected_before_vm" : LABELS);
	plugin_progress(&plugin, "reading the processes of the VMs");
	if (ranking_read(&ranking, &ranking_options, &roots, &error) < 0)
		plugin_unknown(&plugin, "cannot determine the order of victims: %s", error.data);
	say(&plugin, &config, &ranking, &roots);
	note_vms(&plugin, &config, &ranking, &roots);
	plugin_exit(&plugin);
}
