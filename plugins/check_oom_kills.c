/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * check_oom_kills: did the OOM killer kill anything in the last day, and was
 * it a VM?
 */
#include <errno.h>
#include <math.h>
#include <string.h>
#include <time.h>

#include "base/number.h"
#include "gather/describe.h"
#include "gather/gather.h"
#include "gather_options.h"
#include "plugin/options.h"
#include "plugin/pattern.h"
#include "plugin/plugin.h"

/* A phone shows about this much of a first line. */
#define HEADLINE_MAX 250
/* A Killed line without its report lies at most this long after one with it. */
#define RATE_LIMIT_USEC 5000000
/* Kills listed one a line; with -v as many as fit the output. */
#define LISTED_MAX 25

enum scope { SCOPE_ALL, SCOPE_HOST, SCOPE_MEMCG };

struct config {
	struct plugin_range warning, critical;
	struct plugin_range vm_warning, vm_critical;
	struct plugin_patterns ignore_process, ignore_cgroup;
	enum scope scope;
	enum plugin_state unrecorded; /* kills that the kernel counted but that no log tells */
	struct gather_arguments gather;
};

struct counts {
	uint64_t kills, vm_kills, host_kills, memcg_kills;
	uint64_t ignored;
};

static int option_scope(const char *value, void *target, struct text *error)
{
	static const char *const names[] = {
		[SCOPE_ALL] = "all", [SCOPE_HOST] = "host", [SCOPE_MEMCG] = "memcg"
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(value, names[i]) == 0) {
			*(enum scope *)target = (enum scope)i;
			return 0;
		}
	}
	text_append(error, "must be all, host or memcg");
	return -EINVAL;
}

static int option_state(const char *value, void *target, struct text *error)
{
	static const char *const names[] = {
		[PLUGIN_OK] = "ok", [PLUGIN_WARNING] = "warning", [PLUGIN_CRITICAL] = "critical"
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(value, names[i]) == 0) {
			*(enum plugin_state *)target = (enum plugin_state)i;
			return 0;
		}
	}
	text_append(error, "must be ok, warning or critical");
	return -EINVAL;
}

#define TARGET(member) offsetof(struct config, member)

static const struct plugin_option options[] = {
	{ 'w', "warning", "RANGE", "WARNING if the number of kills is outside (default: 0)",
	  plugin_option_range, TARGET(warning) },
	{ 'c', "critical", "RANGE", "CRITICAL if the number of kills is outside (default: none)",
	  plugin_option_range, TARGET(critical) },
	{ 0, "vm-warning", "RANGE", "WARNING if the number of killed VMs is outside\n(default: none)",
	  plugin_option_range, TARGET(vm_warning) },
	{ 0, "vm-critical", "RANGE", "CRITICAL if the number of killed VMs is outside\n(default: 0)",
	  plugin_option_range, TARGET(vm_critical) },
	{ 0, "ignore-process", "REGEX", "do not count kills of processes whose name matches;\nrepeatable",
	  plugin_option_pattern, TARGET(ignore_process) },
	{ 0, "ignore-cgroup", "REGEX", "do not count kills in cgroups whose path matches;\nrepeatable",
	  plugin_option_pattern, TARGET(ignore_cgroup) },
	{ 0, "scope", "all|host|memcg",
	  "count all kills, those for want of memory on the\nhost, or those at a cgroup's limit (default: "
	  "all)",
	  option_scope, TARGET(scope) },
	{ 0, "unrecorded", "ok|warning|critical",
	  "what kills are that the kernel counted but no log\ntells (default: warning)", option_state,
	  TARGET(unrecorded) },
	GATHER_OPTIONS(struct config, gather),
};

static const struct plugin_usage usage = {
	.summary = "Checks whether the OOM killer killed a VM or another process.",
	.options = options,
	.option_count = sizeof(options) / sizeof(options[0]),
	.examples = "check_oom_kills\n"
		    "    CRITICAL if a VM, WARNING if anything else was killed in the last 24 hours\n"
		    "check_oom_kills --since=1h --scope=host -c 0\n"
		    "    CRITICAL if the host itself ran out of memory in the last hour\n"
		    "check_oom_kills --ignore-cgroup='^/kubepods' --source=journal\n"
		    "    from the journal, without the pods' own limits\n"
		    "check_oom_kills --source=/var/log/kern.log --since=7d\n"
		    "    from a log file and its rotated siblings\n",
	.notes = "SOURCE auto reads /dev/kmsg (CAP_SYSLOG where kernel.dmesg_restrict=1), and the\n"
		 "journal (group systemd-journal) or a log file for what lies before it.\n"
		 "A check that cannot see is UNKNOWN, never OK.\n",
};

static void found_so_far(const char *source_name, const struct oom_list *so_far, void *data)
{
	struct plugin *plugin = data;
	TEXT_ON_STACK(victim, 128);

	if (so_far->count == 0) {
		plugin_progress(plugin, "reading %s; no kill found so far", source_name);
		return;
	}
	const struct oom_kill *newest = &so_far->kills[so_far->count - 1];
	struct gather_kill kill = { .kill = newest };
	vm_identify(&kill.vm, newest->cgroup, newest->comm);
	describe_victim(&victim, &kill);
	plugin_progress(plugin, "reading %s; found so far: %zu killed, last %s", source_name, so_far->count,
			victim.data);
}

static bool is_counted(const struct config *config, const struct oom_kill *kill)
{
	if (config->scope != SCOPE_ALL && oom_kill_is_host(kill) != (config->scope == SCOPE_HOST))
		return false;
	return !plugin_patterns_match(&config->ignore_process, kill->comm) &&
	       !plugin_patterns_match(&config->ignore_cgroup, kill->cgroup);
}

static bool is_vm(const struct gather_kill *kill)
{
	return kill->vm.role == VM_ROLE_MACHINE && !kill->counted_elsewhere;
}

/* Moves the kills that count to the front, newest first, and counts them. */
static struct counts count_kills(const struct config *config, struct gather_result *result)
{
	struct counts counts = { 0 };

	for (size_t i = 0; i < result->count; i++) {
		const struct gather_kill *kill = &result->kills[i];

		if (!is_counted(config, kill->kill)) {
			counts.ignored++;
			continue;
		}
		counts.vm_kills += is_vm(kill);
		if (oom_kill_is_host(kill->kill))
			counts.host_kills++;
		else
			counts.memcg_kills++;
		result->kills[counts.kills++] = *kill;
	}
	return counts;
}

static uint64_t unrecorded_kills(const struct gather_result *result)
{
	return result->account.known ? result->account.unrecorded : 0;
}

static enum plugin_state judge(const struct config *config, const struct counts *counts,
			       const struct gather_result *result)
{
	enum plugin_state state = plugin_state_worst(
		plugin_range_judge(&config->warning, &config->critical, (double)counts->kills),
		plugin_range_judge(&config->vm_warning, &config->vm_critical, (double)counts->vm_kills));

	if (unrecorded_kills(result) > 0)
		state = plugin_state_worst(state, config->unrecorded);
	/* Kills that were found weigh more than what could not be seen. */
	return state == PLUGIN_OK && result->gap == GATHER_GAP_BLIND ? PLUGIN_UNKNOWN : state;
}

static void say_nothing_killed(struct text *text, const struct gather_request *request,
			       const struct gather_result *result, const struct counts *counts)
{
	text_append(text, counts->ignored > 0 ? "no OOM kills that count" : "no OOM kills");
	describe_window(text, request);
	text_append(text, " (");
	if (counts->ignored > 0)
		text_printf(text, "%llu ignored; ", (unsigned long long)counts->ignored);
	describe_coverage(text, request, result);
	text_append(text, ")");
}

static void say_unrecorded(struct text *text, const struct gather_result *result)
{
	const uint64_t count = unrecorded_kills(result);

	text_printf(text, "%llu kill%s counted by the kernel but missing from the log",
		    (unsigned long long)count, count == 1 ? "" : "s");
}

static void say_blind(struct text *text, const struct gather_request *request,
		      const struct gather_result *result)
{
	text_append(text, "cannot see ");
	if (gather_first_opened(result)) {
		text_append(text, "all OOM kills");
		describe_window(text, request);
	} else {
		text_append(text, "OOM kills");
	}
	text_append(text, ": ");
	describe_blindness(text, result);
}

/* Whether one kill came within RATE_LIMIT_USEC of the other, by a clock that both know. */
static bool in_one_storm(const struct oom_kill *older, const struct oom_kill *newer)
{
	if (older->realtime_usec != KLOG_TIME_UNKNOWN && newer->realtime_usec != KLOG_TIME_UNKNOWN)
		return newer->realtime_usec - older->realtime_usec <= RATE_LIMIT_USEC;
	if (older->monotonic_usec != KLOG_TIME_UNKNOWN && newer->monotonic_usec != KLOG_TIME_UNKNOWN)
		return newer->monotonic_usec - older->monotonic_usec <= RATE_LIMIT_USEC;
	return false;
}

/*
 * The newest VM, else the newest process.  From the eleventh report in five
 * seconds on the kernel prints the Killed line alone (oom_kill_process()),
 * without the cgroup that names the VM: then the newest of the storm that still
 * has its name.
 */
static const struct gather_kill *headline_kill(const struct gather_result *result,
					       const struct counts *counts)
{
	const struct gather_kill *newest_vm = NULL;

	for (size_t i = 0; counts->vm_kills > 0 && i < counts->kills; i++) {
		const struct gather_kill *kill = &result->kills[i];

		if (!is_vm(kill))
			continue;
		if (!newest_vm)
			newest_vm = kill;
		if (newest_vm->vm.name[0] || newest_vm->kill->cgroup)
			break;
		if (kill->vm.name[0] && in_one_storm(kill->kill, newest_vm->kill))
			return kill;
	}
	return newest_vm ? newest_vm : &result->kills[0];
}

/* What the headline says, then how many more. */
static void say_killed(struct text *text, const struct gather_request *request,
		       const struct gather_result *result, const struct counts *counts)
{
	const struct gather_kill *first = headline_kill(result, counts);
	TEXT_ON_STACK(headline, HEADLINE_MAX);

	describe_headline(&headline, first, request->now_usec);
	text_append(text, headline.data);
	if (counts->kills == 1)
		return;
	const uint64_t more_vms = counts->vm_kills - is_vm(first);
	const uint64_t more_others = counts->kills - 1 - more_vms;
	text_append(text, "; and ");
	if (more_vms > 0)
		text_printf(text, "%llu more VM%s", (unsigned long long)more_vms, more_vms == 1 ? "" : "s");
	if (more_others > 0)
		text_printf(text, "%s%llu %sprocess%s", more_vms > 0 ? ", " : "",
			    (unsigned long long)more_others, counts->vm_kills > 0 ? "other " : "more ",
			    more_others == 1 ? "" : "es");
	describe_window(text, request);
}

static void list_kills(struct plugin *plugin, const struct gather_result *result, const struct counts *counts)
{
	const uint64_t listed_max = plugin->verbose > 0 ? counts->kills : LISTED_MAX;

	for (uint64_t i = 0; i < counts->kills && i < listed_max; i++) {
		TEXT_ON_STACK(line, 1024);

		describe_kill(&line, &result->kills[i]);
		if (plugin->verbose > 0)
			describe_origins(&line, &result->kills[i].vm);
		plugin_detail(plugin, "%s", line.data);
	}
	if (counts->kills > listed_max)
		plugin_detail(plugin, "and %llu older (-v lists them)",
			      (unsigned long long)(counts->kills - listed_max));
	if (result->dropped_kills > 0)
		plugin_detail(plugin, "and %llu older, more than this check keeps",
			      (unsigned long long)result->dropped_kills);
}

static void list_sources(struct plugin *plugin, const struct gather_result *result)
{
	for (size_t i = 0; i < result->tried_count; i++) {
		TEXT_ON_STACK(line, 1024);

		describe_source(&line, &result->tried[i]);
		plugin_detail(plugin, "%s", line.data);
	}
}

static void add_perfdata(struct plugin *plugin, const struct config *config, const struct counts *counts,
			 const struct gather_result *result)
{
	const struct {
		const char *label;
		double value;
		const struct plugin_range *warning, *critical;
	} metrics[] = {
		{ "oom_kills", (double)counts->kills, &config->warning, &config->critical },
		{ "oom_vm_kills", (double)counts->vm_kills, &config->vm_warning, &config->vm_critical },
		{ "oom_host_kills", (double)counts->host_kills, NULL, NULL },
		{ "oom_memcg_kills", (double)counts->memcg_kills, NULL, NULL },
		{ "oom_unrecorded_kills", result->account.known ? (double)unrecorded_kills(result) : NAN,
		  NULL, NULL },
		{ "oom_lost_records", (double)result->lost_records, NULL, NULL },
	};
	const double zero = 0;

	for (size_t i = 0; i < sizeof(metrics) / sizeof(metrics[0]); i++)
		plugin_perfdata(plugin, metrics[i].label, metrics[i].value, "", metrics[i].warning,
				metrics[i].critical, &zero, NULL);
}

static void say(struct plugin *plugin, const struct config *config, const struct gather_request *request,
		const struct gather_result *result, const struct counts *counts)
{
	plugin->state = judge(config, counts, result);
	if (counts->kills > 0)
		say_killed(&plugin->summary, request, result, counts);
	else if (unrecorded_kills(result) > 0)
		say_unrecorded(&plugin->summary, result);
	else if (result->gap == GATHER_GAP_BLIND)
		say_blind(&plugin->summary, request, result);
	else
		say_nothing_killed(&plugin->summary, request, result, counts);
	list_kills(plugin, result, counts);
	if (counts->kills > 0 && unrecorded_kills(result) > 0) {
		TEXT_ON_STACK(unrecorded, 128);

		say_unrecorded(&unrecorded, result);
		plugin_detail(plugin, "%s", unrecorded.data);
	}
	if ((counts->kills > 0 || unrecorded_kills(result) > 0) && result->gap == GATHER_GAP_BLIND) {
		TEXT_ON_STACK(blind, 1024);

		say_blind(&blind, request, result);
		plugin_detail(plugin, "%s", blind.data);
	}
	if (plugin->verbose > 0)
		list_sources(plugin, result);
	/* A zero that nobody has seen is no measurement. */
	if (plugin->state != PLUGIN_UNKNOWN)
		add_perfdata(plugin, config, counts, result);
}

int main(int argc, char **argv)
{
	static struct plugin plugin;
	static struct config config = {
		.unrecorded = PLUGIN_WARNING,
		.warning = { .set = true },
		.vm_critical = { .set = true },
		.gather = GATHER_ARGUMENTS_DEFAULT,
	};
	static struct gather_result result;
	struct file_roots roots = { 0 };

	plugin_init(&plugin, "check_oom_kills", "OOM_KILLS");
	plugin_options(&plugin, &usage, &roots, &config, argc, argv);
	plugin_arm(&plugin);

	const struct gather_request request = gather_request_from(&config.gather, &roots);
	if (gather(&request, found_so_far, &plugin, &result) < 0)
		plugin_unknown(&plugin, "out of memory while reading the kernel's log");

	struct counts counts = count_kills(&config, &result);
	say(&plugin, &config, &request, &result, &counts);
	plugin_exit(&plugin);
}
