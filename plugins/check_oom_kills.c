/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * check_oom_kills: did the OOM killer kill anything in the last day, and was it a VM?
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "gather/gather.h"
#include "gather/searched.h"
#include "gather_options.h"
#include "oom_kills.h"
#include "oom_kills_state.h"
#include "plugin/options.h"
#include "plugin/plugin.h"
#include "running/notes.h"

struct config {
	struct plugin_range warning, critical;
	struct plugin_range vm_warning, vm_critical;
	struct oom_kills_rules rules;
	enum plugin_state unrecorded; /* for kills that the kernel counted but no log records */
	unsigned until_acknowledged;  /* 1: a kill raises an alarm until it is acknowledged, however old */
	bool acknowledge;
	const char *by, *comment, *user;
	struct gather_arguments gather;
};

/* One run and its results so far. */
struct run {
	struct plugin plugin;
	struct config config;
	struct gather_request request;
	struct gather_result result;
	struct oom_kills found;
	struct oom_kills_state saved;
	struct searched searched; /* earlier searches of large log files */
	bool named;               /* gather_name_vms() has named the VMs */
};

#define TARGET(member) offsetof(struct config, member)

static const struct plugin_option options[] = {
	{ 'w', "warning", "RANGE", "WARNING if the number of kills is outside (default: 0)",
	  plugin_option_range, TARGET(warning) },
	{ 'c', "critical", "RANGE", "CRITICAL if the number of kills is outside (default: none)",
	  plugin_option_range, TARGET(critical) },
	{ 0, "vm-warning", "RANGE", "WARNING if the number of killed VMs is outside (default: none)",
	  plugin_option_range, TARGET(vm_warning) },
	{ 0, "vm-critical", "RANGE", "CRITICAL if the number of killed VMs is outside (default: 0)",
	  plugin_option_range, TARGET(vm_critical) },
	{ 0, "ignore-process", "REGEX", "do not count kills of processes whose name matches; repeatable",
	  plugin_option_pattern, TARGET(rules.ignore_process) },
	{ 0, "ignore-cgroup", "REGEX", "do not count kills in cgroups whose path matches; repeatable",
	  plugin_option_pattern, TARGET(rules.ignore_cgroup) },
	{ 0, "scope", "all|host|memcg",
	  "count all kills, only those when the host was out of memory, or only those at a cgroup's limit "
	  "(default: all)",
	  NULL, TARGET(rules.scope) },
	{ 0, "unrecorded", "ok|warning|critical",
	  "state for kills the kernel counted but no log records (default: warning)", NULL,
	  TARGET(unrecorded) },
	{ 0, "window", "since|until-acknowledged",
	  "how long a kill raises an alarm: within --since, or until it is acknowledged, however old "
	  "(default: since)",
	  NULL, TARGET(until_acknowledged) },
	{ 0, "acknowledge", NULL,
	  "acknowledge all kills up to now so that they raise no more alarms, list them and exit; run as the "
	  "check's user",
	  plugin_option_flag, TARGET(acknowledge) },
	{ 0, "by", "WHO", "name to record with the acknowledgement", plugin_option_string, TARGET(by) },
	{ 0, "comment", "TEXT", "reason, shown with the kills", plugin_option_string, TARGET(comment) },
	{ 0, "user", "NAME", "with --acknowledge as root: the user that runs the check", plugin_option_string,
	  TARGET(user) },
	GATHER_OPTIONS(struct config, gather),
};

static const struct plugin_usage usage = {
	.summary = "Checks whether the OOM killer killed a VM or another process.",
	.options = options,
	.option_count = ARRAY_SIZE(options),
	.examples = "check_oom_kills\n"
		    "    CRITICAL if a VM, WARNING if anything else was killed in the last 24 hours\n"
		    "check_oom_kills --since=1h --scope=host -c 0\n"
		    "    CRITICAL if the host itself ran out of memory in the last hour\n"
		    "check_oom_kills --ignore-cgroup='^/kubepods' --source=journal\n"
		    "    from the journal, without kills in pods\n"
		    "sudo -u nagios check_oom_kills --acknowledge --by=alice --comment='ticket 7'\n"
		    "    acknowledge the kills up to now\n"
		    "check_oom_kills --source=/var/log/kern.log --since=7d\n"
		    "    from a log file and its rotated files\n",
	.notes = "SOURCE auto reads /dev/kmsg (CAP_SYSLOG where kernel.dmesg_restrict=1), and the\n"
		 "journal (group systemd-journal) or a log file for older records.\n"
		 "If kills may be missing, the state is UNKNOWN instead of OK.\n",
};

/* Whether kills may be missing.  A state that could not be read may hold kills that the log has
 * lost.  With --window=until-acknowledged, OK needs a state that is complete and can be saved. */
static bool may_have_forgotten(const struct run *run)
{
	return run->saved.state.found == STATE_NOT_READ ||
	       (run->config.until_acknowledged && oom_kills_forgets(&run->saved));
}

static enum plugin_state judge_vms(const struct run *run, uint64_t kills)
{
	return plugin_range_judge(&run->config.vm_warning, &run->config.vm_critical, (double)kills);
}

/* Whether naming the VMs may change the state. */
static bool is_unsure(const struct run *run)
{
	const struct oom_kills *found = &run->found;
	uint64_t may_be_vms = 0;

	for (uint64_t i = 0; !run->named && i < found->kills; i++)
		may_be_vms += gather_may_be_vm(found->list[i]);
	return judge_vms(run, found->vm_kills + may_be_vms) != judge_vms(run, found->vm_kills);
}

static enum plugin_state judge(const struct run *run)
{
	const struct config *config = &run->config;
	const struct oom_kills *found = &run->found;
	enum plugin_state state = plugin_state_worst(
		plugin_range_judge(&config->warning, &config->critical, (double)found->kills),
		judge_vms(run, found->vm_kills));

	if (found->unrecorded > 0)
		state = plugin_state_worst(state, config->unrecorded);
	/* Kills that were found outweigh what could not be read or kept. */
	if (state == PLUGIN_OK && (run->result.gap == GATHER_GAP_BLIND || found->has_forgotten ||
				   may_have_forgotten(run) || is_unsure(run)))
		return PLUGIN_UNKNOWN;
	return state;
}

/* Do not emit zeros for counts that could not be measured. */
static double known_if(bool known, uint64_t count)
{
	return known ? (double)count : NAN;
}

/* Appends a crossed limit unless it is 0: "; 7 kills, above 5". */
static void say_limit(struct text *text, const char *what, const struct plugin_range *warning,
		      const struct plugin_range *critical, uint64_t count)
{
	const struct plugin_range *crossed = plugin_range_crossed(warning, critical, (double)count);

	if (!crossed || (crossed->start == 0 && crossed->end == 0 && !crossed->inside))
		return;
	text_printf(text, "; %llu %s%s", (unsigned long long)count, what, count == 1 ? "" : "s");
	plugin_range_append_crossed(text, warning, critical, (double)count, "");
}

static void add_perfdata(struct plugin *plugin, const struct config *config, const struct oom_kills *found,
			 const struct gather_result *result)
{
	const double zero = 0;
	const bool unseen = plugin->state == PLUGIN_UNKNOWN;
	const bool unaccounted = unseen || !found->has_unrecorded;

	plugin_perfdata(plugin, "oom_kills", known_if(!unseen, found->kills), "", &config->warning,
			&config->critical, &zero, NULL);
	plugin_perfdata(plugin, "oom_vm_kills", known_if(!unseen, found->vm_kills), "", &config->vm_warning,
			&config->vm_critical, &zero, NULL);
	plugin_perfdata_amount(plugin, "oom_host_kills", known_if(!unseen, found->host_kills), "");
	plugin_perfdata_amount(plugin, "oom_memcg_kills", known_if(!unseen, found->memcg_kills), "");
	plugin_perfdata_amount(plugin, "oom_unrecorded_kills", known_if(!unaccounted, found->unrecorded), "");
	plugin_perfdata_amount(plugin, "oom_lost_records", known_if(!unseen, result->lost_records), "");
}

/* Counts again after the kills or their VMs have changed. */
static int count_kills(struct run *run)
{
	struct oom_kills found;
	int r = oom_kills_count(&found, &run->config.rules, &run->result);

	if (r < 0)
		return r;
	found.has_forgotten = run->found.has_forgotten;
	found.has_unrecorded = run->found.has_unrecorded;
	found.unrecorded = run->found.unrecorded;
	free(run->found.list);
	run->found = found;
	return 0;
}

static void look(struct run *run)
{
	struct saved_kills *saved = &run->saved.saved;

	if (gather(&run->request, oom_kills_say_progress, &run->plugin, &run->result) < 0 ||
	    oom_kills_count(&run->found, &run->config.rules, &run->result) < 0 ||
	    saved_update(saved, &run->request, &run->result) < 0)
		plugin_unknown(&run->plugin, "out of memory while reading the kernel log");
	run->found.has_forgotten =
		run->result.dropped.counted > 0 || gather_has_forgotten(&run->request, &saved->forgotten);
	run->found.has_unrecorded = run->result.account.known;
	run->found.unrecorded = saved_missing_since(
		saved, run->config.until_acknowledged ? KLOG_TIME_UNKNOWN : run->request.since_usec);
}

/* Shows which user's state was changed: each user's check has a state of its own. */
static void say_whose(struct run *run)
{
	TEXT_ON_STACK(path, 640);

	state_append_path(&path, &run->saved.state);
	plugin_detail(&run->plugin, "saved in %s%s", path.data,
		      geteuid() == 0 && !run->config.user
			      ? "; to acknowledge for another user's check, use --user=NAME"
			      : "");
}

/* Names the VMs from files whose reading may block.  The answer has been settled and the kills have
 * been saved before. */
static void name_vms(struct run *run)
{
	gather_name_vms(&run->request, &run->result);
	if (count_kills(run) < 0)
		return;
	run->named = true;
	saved_name_vms(&run->saved.saved, &run->result);
}

static void say_acknowledged(struct run *run)
{
	struct oom_kills *found = &run->found;
	const unsigned long long count = found->kills + found->unrecorded;
	struct text *text = &run->plugin.summary;

	if (!plugin_details_anew(&run->plugin))
		return;
	plugin_answer_anew(&run->plugin);
	run->plugin.state = PLUGIN_OK;
	text_printf(text, "%llu OOM kill%s acknowledged", count, count == 1 ? "" : "s");
	if (found->unconfirmed > 0)
		text_printf(text, ", and %llu unconfirmed", (unsigned long long)found->unconfirmed);
	if (found->ignored > 0)
		text_printf(text, ", and %llu ignored by these options", (unsigned long long)found->ignored);
	oom_kills_list(&run->plugin, &run->request, &run->result, found);
	if (found->unrecorded > 0)
		plugin_detail(&run->plugin, "kills counted by the kernel but missing from the log: %llu",
			      (unsigned long long)found->unrecorded);
	say_whose(run);
}

/* Reports a state that was lost or cannot be kept. */
static void say_what_is_forgotten(struct run *run)
{
	struct plugin *plugin = &run->plugin;
	TEXT_ON_STACK(why, 1200);

	const struct saved_loss *loss = &run->saved.saved.loss;

	if (!oom_kills_forgets(&run->saved))
		return;
	/* Named files still contain their kills, and an old loss is outside the window.  But
	 * acknowledgements may be missing if the state was not read or if they decide about the
	 * window. */
	if (!run->config.until_acknowledged && run->saved.state.found != STATE_NOT_READ &&
	    (gather_sources_are_files(&run->request.sources) ||
	     (loss->realtime_usec != 0 && loss->realtime_usec < run->request.since_usec)))
		return;
	text_append(&plugin->summary, "; ");
	if (loss->realtime_usec != 0)
		state_append_loss(&plugin->summary, &run->saved.state, loss->removed);
	else
		text_printf(&plugin->summary, "cannot save state: %s", run->saved.state.failure.reason);
	oom_kills_say_why_it_forgets(&why, &run->saved);
	plugin_detail(plugin, "state: %s", why.data);
}

/* If out of memory, the previous answer stays. */
static void answer(struct run *run)
{
	struct plugin *plugin = &run->plugin;

	if (!plugin_details_anew(plugin))
		return;
	plugin_answer_anew(plugin);
	plugin->state = judge(run);
	if (plugin->state == PLUGIN_UNKNOWN && run->result.gap != GATHER_GAP_BLIND &&
	    !run->found.has_forgotten && !is_unsure(run)) {
		text_printf(&plugin->summary, "%skills may have been forgotten: ",
			    run->config.until_acknowledged ? "unacknowledged " : "");
		oom_kills_say_why_it_forgets(&plugin->summary, &run->saved);
		oom_kills_list(plugin, &run->request, &run->result, &run->found);
		add_perfdata(plugin, &run->config, &run->found, &run->result);
		return;
	}
	oom_kills_say(plugin, &run->request, &run->result, &run->found);
	say_what_is_forgotten(run);
	if (is_unsure(run))
		text_append(&plugin->summary, "; timed out before checking whether it was a VM");
	say_limit(&plugin->summary, "kill", &run->config.warning, &run->config.critical, run->found.kills);
	say_limit(&plugin->summary, "VM kill", &run->config.vm_warning, &run->config.vm_critical,
		  run->found.vm_kills);
	add_perfdata(plugin, &run->config, &run->found, &run->result);
}

/*
 * Settles the answer before anything is written or read that may block: a disk may hang, above all
 * on a host that is out of memory.  The kills are saved before the VMs are named, so that a run
 * ended meanwhile does not lose them.
 */
static void conclude(struct run *run, void (*say)(struct run *run))
{
	const bool failed = run->saved.state.failure.error != 0;

	say(run);
	plugin_settle(&run->plugin, PLUGIN_SAVING_SEC);
	if (oom_kills_save(&run->saved) < 0 && !failed)
		say(run);
	if (run->result.known_count == 0)
		return;
	plugin_settle(&run->plugin, PLUGIN_LISTING_SEC);
	name_vms(run);
	say(run);
	plugin_settle(&run->plugin, PLUGIN_SAVING_SEC);
	oom_kills_save(&run->saved);
}

/* Counts all known kills that are not acknowledged yet, including those before the window and those
 * that other checks with the same state would count. */
static int count_what_is_acknowledged(struct run *run)
{
	struct gather_result *result = &run->result;
	size_t left = 0;

	for (size_t i = 0; i < result->known_count; i++) {
		if (!result->kills[i].acknowledged)
			result->kills[left++] = result->kills[i];
	}
	result->count = result->known_count = left;
	result->dropped.ignored = result->dropped.acknowledged = result->dropped.unconfirmed = 0;
	run->found.unrecorded = saved_missing_since(&run->saved.saved, KLOG_TIME_UNKNOWN);
	return count_kills(run);
}

/* Ends the program. */
static void acknowledge(struct run *run)
{
	const struct state_failure *failure = &run->saved.state.failure;

	if (count_what_is_acknowledged(run) < 0)
		plugin_unknown(&run->plugin, "cannot acknowledge: %s", strerror(ENOMEM));
	saved_acknowledge(&run->saved.saved, &run->request, run->config.by, run->config.comment);
	/* A damaged state is replaced; for one that could not be read the save fails. */
	if (oom_kills_save(&run->saved) < 0)
		plugin_unknown(&run->plugin, "cannot acknowledge: %s%s%s", failure->reason,
			       failure->remedy[0] ? ". Remedy: " : "", failure->remedy);
	conclude(run, say_acknowledged);
	plugin_exit(&run->plugin);
}

/* Saves what later runs need and the answer does not. */
static void note_the_rest(struct run *run)
{
	TEXT_ON_STACK(failure, 512);

	text_append(&failure, run->saved.state.failure.reason);
	/* If the state could not be saved, these could not either. */
	if (!run->saved.state.failure.error)
		notes_take(&run->request.roots, run->request.places, NULL, &failure);
	if (failure.length == 0)
		searched_save(&run->searched, &failure);
	if (run->plugin.verbose > 0 && failure.length > 0)
		plugin_detail(&run->plugin, "state: %s", failure.data);
}

static void check_options(struct run *run)
{
	TEXT_ON_STACK(error, 128);

	if ((run->config.by || run->config.comment) && !run->config.acknowledge)
		plugin_unknown(&run->plugin, "--by and --comment require --acknowledge (see --help)");
	if (run->config.user && !run->config.acknowledge)
		plugin_unknown(&run->plugin, "--user requires --acknowledge (see --help)");
	if (run->config.user && state_owner_find(&run->saved.owner, run->config.user, &error) < 0)
		plugin_unknown(&run->plugin, "--user: %s", error.data);
	if (gather_request_check(&run->request, &error) < 0)
		plugin_unknown(&run->plugin, "%s", error.data);
}

int main(int argc, char **argv)
{
	static struct run run;
	struct file_roots roots = { 0 };
	struct klog_held held;

	run.config = (struct config){
		.unrecorded = PLUGIN_WARNING,
		.warning = { .set = true },
		.vm_critical = { .set = true },
		.gather = GATHER_ARGUMENTS_DEFAULT,
	};
	plugin_init(&run.plugin, "check_oom_kills", "OOM_KILLS");
	held = gather_hold(argv);
	plugin_options(&run.plugin, &usage, &roots, &run.config, argc, argv);

	run.request = gather_request_from(&run.config.gather, &roots);
	run.request.held = &held;
	run.config.rules.places = run.request.places;
	run.request.hold_unacknowledged = run.config.until_acknowledged;
	run.request.rules = (struct gather_rules){
		.ignores = oom_kills_ignores,
		.data = &run.config.rules,
		.hash = oom_kills_rules_hash(&run.config.rules),
	};
	check_options(&run);
	searched_init(&run.searched, &run.request.roots);
	/* --acknowledge may use the state of another user; leave the saved searches alone. */
	if (!run.config.acknowledge)
		run.request.searches = &run.searched.cache;
	klog_drop_privileges();
	plugin_set_labels(&run.plugin,
			  "oom_kills oom_vm_kills oom_host_kills oom_memcg_kills oom_unrecorded_kills "
			  "oom_lost_records");
	plugin_progress(&run.plugin, "reading the saved state");
	oom_kills_load(&run.saved, &run.request, OOM_KILLS_TO_SAVE);
	look(&run);
	/* Refuse to acknowledge if no source could be opened; fall through so that the answer
	 * explains why. */
	if (run.config.acknowledge && gather_first_opened(&run.result))
		acknowledge(&run);
	conclude(&run, answer);
	oom_kills_close(&run.saved);
	note_the_rest(&run);
	plugin_exit(&run.plugin);
}
