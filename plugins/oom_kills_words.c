/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The text of check_oom_kills. */
#include <string.h>

#include "gather/describe.h"
#include "gather/saved.h"
#include "oom_kills.h"

/* About as much of a first line as a phone displays. */
#define HEADLINE_MAX 250
/* A Killed line without a report follows one with a report within this time. */
#define RATE_LIMIT_USEC 5000000
#define GROUP_USEC      2000000 /* from the first kill of a group to the last */
/* A PID is assumed not to be reused within this time. */
#define SAME_PID_USEC 60000000
/* Kills listed without -v, one per line. */
#define LISTED_MAX 25

void oom_kills_say_progress(const struct gather_request *request, const char *source_name,
			    const struct oom_list *so_far, void *plugin)
{
	TEXT_ON_STACK(victim, 128);

	if (so_far->count == 0) {
		plugin_progress(plugin, "reading %s; no kill found so far", source_name);
		return;
	}
	const struct oom_kill *newest = &so_far->kills[so_far->count - 1];
	struct gather_kill kill = { .kill = newest };
	vm_identify(&kill.vm, request->places, newest->cgroup, newest->comm);
	describe_victim(&victim, &kill);
	plugin_progress(plugin, "reading %s; found so far: %zu killed, last %s", source_name, so_far->count,
			victim.data);
}

static void say_nothing_killed(struct text *text, const struct gather_request *request,
			       const struct gather_result *result, const struct oom_kills *found)
{
	const bool some_acknowledged = found->acknowledged > 0 || gather_gap_is_acknowledged(result);

	text_append(text, found->ignored > 0       ? "no OOM kills that count"
			  : some_acknowledged      ? "no further OOM kills"
			  : found->unconfirmed > 0 ? "no confirmed OOM kills"
						   : "no OOM kills");
	describe_window(text, request);
	text_append(text, " (");
	if (found->ignored > 0)
		text_printf(text, "%llu ignored; ", (unsigned long long)found->ignored);
	if (found->acknowledged > 0)
		text_printf(text, "%llu acknowledged; ", (unsigned long long)found->acknowledged);
	if (found->unconfirmed > 0)
		text_printf(text, "%llu unconfirmed; ", (unsigned long long)found->unconfirmed);
	describe_coverage(text, request, result);
	text_append(text, ")");
}

static void say_unrecorded(struct text *text, const struct gather_result *result, uint64_t count)
{
	text_printf(text, "%llu kill%s counted by the kernel but missing from the log",
		    (unsigned long long)count, count == 1 ? "" : "s");
	if (result->account.unproven > 0)
		text_printf(text, " (%llu only in unconfirmed lines)",
			    (unsigned long long)result->account.unproven);
}

/* Kills that may count were dropped because the list or the memory was full. */
static void say_forgotten(struct text *text, const struct gather_request *request)
{
	text_append(text, "cannot list all OOM kills");
	describe_window(text, request);
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
	describe_blindness(text, request, result);
}

/* Whether `newer` was at most `usec` after `older`, by a clock that both have. */
static bool is_within(const struct oom_kill *older, const struct oom_kill *newer, int64_t usec)
{
	if (older->realtime_usec != KLOG_TIME_UNKNOWN && newer->realtime_usec != KLOG_TIME_UNKNOWN)
		return newer->realtime_usec - older->realtime_usec <= usec;
	if (older->monotonic_usec != KLOG_TIME_UNKNOWN && newer->monotonic_usec != KLOG_TIME_UNKNOWN)
		return newer->monotonic_usec - older->monotonic_usec <= usec;
	return false;
}

static bool names_instead(const struct oom_kill *older, const struct oom_kill *unnamed)
{
	const bool same_pid = !unnamed->proven && older->pid == unnamed->pid;

	return strcmp(older->host, unnamed->host) == 0 &&
	       is_within(older, unnamed, same_pid ? SAME_PID_USEC : RATE_LIMIT_USEC) &&
	       (same_pid || !unnamed->cgroup);
}

/* The cgroup of a group, which all followers report, is that of the chosen process or an ancestor
 * of it. */
static bool is_in_group(const struct oom_kill *chosen, const struct oom_kill *follower)
{
	const size_t length = follower->cgroup ? strlen(follower->cgroup) : 0;

	return !chosen->follower && chosen->killer == follower->killer &&
	       chosen->constraint == follower->constraint && strcmp(chosen->host, follower->host) == 0 &&
	       is_within(chosen, follower, GROUP_USEC) &&
	       (length == 0 || !chosen->cgroup || strncmp(chosen->cgroup, follower->cgroup, length) == 0);
}

/* For a kill caused by memory.oom.group, the process that the kernel chose; else the kill
 * itself. */
static const struct gather_kill *chosen_of(const struct oom_kills *found, const struct gather_kill *kill)
{
	for (size_t i = 0; kill->kill->follower && i < found->kills; i++) {
		const struct gather_kill *other = found->list[i];

		if (oom_kills_is_vm(other) == oom_kills_is_vm(kill) && is_in_group(other->kill, kill->kill))
			return other;
	}
	return kill;
}

/*
 * Selects the kill for the first line: the newest VM, else the newest process; of a group, the
 * process that the kernel chose.  From the eleventh report in five seconds on, the kernel prints
 * only the Killed line (oom_kill_process()), without the cgroup that names the VM.  Then the newest
 * kill of the burst that still has a name is used.  A text log may have several accounts of one
 * PID, of which one may be forged; then the newest of them with a name is used.
 */
static const struct gather_kill *headline_kill(const struct oom_kills *found)
{
	const struct gather_kill *newest_vm = NULL;

	for (size_t i = 0; found->vm_kills > 0 && i < found->kills; i++) {
		const struct gather_kill *kill = found->list[i];

		if (!oom_kills_is_vm(kill))
			continue;
		if (!newest_vm)
			newest_vm = kill;
		if (vm_name_is_whole(&newest_vm->vm))
			break;
		if (vm_name_is_whole(&kill->vm) && names_instead(kill->kill, newest_vm->kill))
			return kill;
	}
	return chosen_of(found, newest_vm ? newest_vm : found->list[0]);
}

/* Appends the headline, then the number of further kills. */
static void say_killed(struct text *text, const struct gather_request *request, const struct oom_kills *found)
{
	const struct gather_kill *first = headline_kill(found);
	TEXT_ON_STACK(headline, HEADLINE_MAX);

	describe_headline(&headline, first, request->now_usec);
	text_append(text, headline.data);
	if (headline.truncated)
		text_append(text, "...");
	if (found->kills == 1)
		return;
	const uint64_t more_vms = found->vm_kills - oom_kills_is_vm(first);
	const uint64_t more_others = found->kills - 1 - more_vms;
	text_append(text, "; and ");
	if (more_vms > 0)
		text_printf(text, "%llu more VM kill%s", (unsigned long long)more_vms,
			    more_vms == 1 ? "" : "s");
	if (more_others > 0)
		text_printf(text, "%s%llu %sprocess%s", more_vms > 0 ? ", " : "",
			    (unsigned long long)more_others, found->vm_kills > 0 ? "other " : "more ",
			    more_others == 1 ? "" : "es");
	describe_window(text, request);
}

void oom_kills_list(struct plugin *plugin, const struct gather_request *request,
		    const struct gather_result *result, const struct oom_kills *found)
{
	const uint64_t count = found->kills + found->others;
	const uint64_t listed_max = plugin->verbose > 0 ? count : LISTED_MAX;

	for (uint64_t i = 0; i < count && i < listed_max; i++) {
		TEXT_ON_STACK(line, 1024);

		describe_kill(&line, found->list[i]);
		if (plugin->verbose > 1)
			describe_origins(&line, &found->list[i]->vm);
		describe_standing(&line, request, found->list[i]);
		plugin_detail(plugin, "%s", line.data);
	}
	if (count > listed_max)
		plugin_detail(plugin, "and %llu older (-v lists them)",
			      (unsigned long long)(count - listed_max));
	if (result->dropped.counted > 0)
		plugin_detail(plugin, "and %llu more that did not fit",
			      (unsigned long long)result->dropped.counted);
}

static void list_sources(struct plugin *plugin, const struct gather_result *result)
{
	for (size_t i = 0; i < result->status_count; i++) {
		TEXT_ON_STACK(line, 1024);

		describe_source(&line, &result->statuses[i]);
		plugin_detail(plugin, "%s", line.data);
	}
}

/* Adds the findings that are less severe than the first line. */
static void say_besides(struct plugin *plugin, const struct gather_request *request,
			const struct gather_result *result, const struct oom_kills *found)
{
	TEXT_ON_STACK(line, 1024);

	if (found->kills > 0 && found->unrecorded > 0) {
		say_unrecorded(&line, result, found->unrecorded);
		plugin_detail(plugin, "%s", line.data);
	}
	if (found->kills > 0 && (result->other_hosts_kills > 0 || result->assumed_host[0])) {
		text_init(&line, line.data, line.size);
		describe_hosts(&line, "", result);
		plugin_detail(plugin, "%s", line.data);
	}
	if ((found->kills > 0 || found->unrecorded > 0) && result->gap == GATHER_GAP_BLIND) {
		text_init(&line, line.data, line.size);
		say_blind(&line, request, result);
		plugin_detail(plugin, "%s", line.data);
	}
}

void oom_kills_say(struct plugin *plugin, const struct gather_request *request,
		   const struct gather_result *result, const struct oom_kills *found)
{
	struct text *summary = &plugin->summary;

	if (found->kills > 0)
		say_killed(summary, request, found);
	else if (found->unrecorded > 0)
		say_unrecorded(summary, result, found->unrecorded);
	else if (result->gap == GATHER_GAP_BLIND)
		say_blind(summary, request, result);
	else if (found->has_forgotten && plugin->state == PLUGIN_UNKNOWN)
		say_forgotten(summary, request);
	else
		say_nothing_killed(summary, request, result, found);
	oom_kills_list(plugin, request, result, found);
	if (found->has_forgotten)
		text_printf(summary,
			    "; more than %d kills, some were dropped: run check_oom_kills --acknowledge",
			    SAVED_KILLS_MAX);
	say_besides(plugin, request, result, found);
	if (plugin->verbose > 1)
		list_sources(plugin, result);
}
