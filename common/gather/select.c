/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gather/select.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "gather/names.h"
#include "gather/saved.h"
#include "oom/path.h"

/* Kills further apart are not caused by one memory.oom.group. */
#define GROUP_USEC 2000000

static bool same_moment(const struct oom_kill *a, const struct oom_kill *b)
{
	const int64_t a_usec = a->monotonic_usec != KLOG_TIME_UNKNOWN ? a->monotonic_usec : a->realtime_usec;
	const int64_t b_usec = b->monotonic_usec != KLOG_TIME_UNKNOWN ? b->monotonic_usec : b->realtime_usec;

	return a_usec != KLOG_TIME_UNKNOWN && b_usec != KLOG_TIME_UNKNOWN &&
	       llabs(a_usec - b_usec) < GROUP_USEC;
}

/* All victims of a group follow one report and so have the same invoker. */
static bool same_report(const struct oom_kill *a, const struct oom_kill *b)
{
	return same_moment(a, b) && strcmp(a->host, b->host) == 0 && a->has_invoker == b->has_invoker &&
	       a->invoker_pid == b->invoker_pid && a->constraint == b->constraint;
}

static bool same_vm(const struct vm_identity *a, const struct vm_identity *b)
{
	return a->role == VM_ROLE_HYPERVISOR && b->role == VM_ROLE_HYPERVISOR && a->stack == b->stack &&
	       (a->name[0] || a->id[0]) && strcmp(a->name, b->name) == 0 && strcmp(a->id, b->id) == 0;
}

/* memory.oom.group kills all processes of a VM: several kills, but one VM.  An acknowledged kill
 * must not mask a newer one of the same VM. */
void select_count_each_vm_once(struct gather_result *result)
{
	for (size_t i = 0; i < result->count; i++)
		result->kills[i].is_duplicate = false;
	for (size_t i = 0; i < result->count; i++) {
		struct gather_kill *newer = &result->kills[i];

		for (size_t j = i + 1; j < result->count && !newer->is_duplicate; j++) {
			struct gather_kill *older = &result->kills[j];

			if (!same_moment(newer->kill, older->kill))
				break;
			if (!same_vm(&newer->vm, &older->vm) || !same_report(newer->kill, older->kill) ||
			    newer->acknowledged != older->acknowledged)
				continue;
			if (newer->kill->total_vm_kb > older->kill->total_vm_kb)
				older->is_duplicate = true;
			else
				newer->is_duplicate = true;
		}
	}
}

/* A line that may be a user's text in the ring is confirmed only by a source that proves it, not by
 * the counter.  Others are confirmed by the counter of their boot: this boot's as it is now, an
 * earlier boot's as it was then. */
static bool is_unconfirmed(const struct gather_request *request, const struct gather_result *result,
			   const struct oom_kill *kill)
{
	if (kill->dubious)
		return true;
	if (kill->proven || kill->killer != OOM_KILLER_KERNEL || kill->realtime_usec == KLOG_TIME_UNKNOWN)
		return false;
	const bool this_boot = kill->realtime_usec > result->boot_usec;
	const bool counted_none = result->has_counter && result->counter == 0;
	/* This host's counter does not apply to another host's kill. */
	if (this_boot && !kill->remembered)
		return counted_none && kill->of_this_host;

	const struct saved_kill *remembered = request->saved ? saved_find(request->saved, kill) : NULL;
	return remembered && remembered->unconfirmed && (!this_boot || counted_none);
}

static void identify(const struct gather_request *request, const struct gather_result *result,
		     const struct oom_kill *kill, struct gather_kill *ret)
{
	*ret = (struct gather_kill){ .kill = kill, .unconfirmed = is_unconfirmed(request, result, kill) };
	names_from_report(request, ret);
	ret->acknowledged = request->saved && saved_is_acknowledged(request->saved, kill);
}

bool select_is_ignored(const struct gather_request *request, const struct oom_kill *kill)
{
	return request->rules.ignores && request->rules.ignores(kill, request->rules.data);
}

/* Held kills are in the window until they are acknowledged. */
static bool is_wanted(const struct gather_request *request, const struct gather_kill *kill)
{
	return gather_in_window(request, kill->kill->realtime_usec) ||
	       (request->hold_unacknowledged && request->saved && !kill->acknowledged);
}

/*
 * Kills of the least worth are dropped first.  Another check with the same memory may count what
 * these rules ignore, or hold kills that have left this window.  So unacknowledged kills of ignored
 * VMs and kills outside the window rank above acknowledged ones.
 */
enum worth {
	WORTH_IGNORED,
	WORTH_ACKNOWLEDGED,
	WORTH_IGNORED_VM,
	WORTH_UNCONFIRMED,
	WORTH_OUTSIDE,
	WORTH_OUTSIDE_VM,
	WORTH_PROCESS,
	WORTH_UNPLACED, /* no cgroup: may be a VM that a note names */
	WORTH_VM,
};

static enum worth worth_of(const struct gather_request *request, const struct gather_kill *kill)
{
	const bool is_vm = kill->vm.role == VM_ROLE_HYPERVISOR;

	if (select_is_ignored(request, kill->kill))
		return is_vm && !kill->acknowledged ? WORTH_IGNORED_VM : WORTH_IGNORED;
	if (kill->acknowledged)
		return WORTH_ACKNOWLEDGED;
	if (kill->unconfirmed)
		return WORTH_UNCONFIRMED;
	if (!is_wanted(request, kill))
		return is_vm ? WORTH_OUTSIDE_VM : WORTH_OUTSIDE;
	if (is_vm)
		return WORTH_VM;
	return kill->kill->cgroup ? WORTH_PROCESS : WORTH_UNPLACED;
}

/* Within one rank, proven kills are dropped last because they cannot be forged. */
int select_worth(const struct gather_request *request, const struct gather_kill *kill)
{
	return 2 * (int)worth_of(request, kill) + kill->kill->proven;
}

static void forget_ignored(const struct gather_request *request, int64_t kill_usec,
			   struct gather_forgotten *forgotten)
{
	if (forgotten->ignored_usec == 0 || forgotten->ignored_usec < request->since_usec)
		forgotten->rules = request->rules.hash;
	else if (forgotten->rules != request->rules.hash)
		forgotten->rules = GATHER_RULES_SEVERAL;
	forgotten->ignored_usec = clock_later(forgotten->ignored_usec, kill_usec);
}

bool select_is_lasting(const struct gather_request *request, const struct gather_kill *kill)
{
	return !kill->kill->cgroup || strlen(kill->kill->cgroup) <= OOM_PATH_KEPT ||
	       !select_is_ignored(request, kill->kill);
}

/* Whether an earlier run has already recorded this kill as dropped: it is not remembered, and not
 * newer than one that was dropped. */
static bool was_forgotten(const struct gather_request *request, const struct oom_kill *kill)
{
	const struct gather_forgotten *before = request->saved ? &request->saved->forgotten : NULL;

	if (!before || saved_find(request->saved, kill))
		return false;
	return kill->realtime_usec <= before->counted_usec ||
	       (before->rules != request->rules.hash && kill->realtime_usec <= before->ignored_usec);
}

void select_forget(const struct gather_request *request, const struct gather_kill *kill,
		   struct gather_forgotten *forgotten)
{
	const enum worth worth = worth_of(request, kill);
	const bool has_time = kill->kill->realtime_usec != KLOG_TIME_UNKNOWN;
	const int64_t kill_usec = has_time ? kill->kill->realtime_usec : request->now_usec;

	if (kill->acknowledged || worth == WORTH_UNCONFIRMED)
		return;
	if (has_time && was_forgotten(request, kill->kill))
		return;
	if (worth < WORTH_UNCONFIRMED)
		forget_ignored(request, kill_usec, forgotten);
	else
		forgotten->counted_usec = clock_later(forgotten->counted_usec, kill_usec);
}

static int list_worth(const struct oom_kill *kill, void *data)
{
	const struct select_keep *keep = data;
	struct gather_kill described;

	identify(keep->request, keep->result, kill, &described);
	return select_worth(keep->request, &described);
}

static void on_list_drop(const struct oom_kill *kill, void *data)
{
	const struct select_keep *keep = data;
	struct gather_dropped *dropped = &keep->result->dropped;
	struct gather_kill described;

	identify(keep->request, keep->result, kill, &described);
	select_forget(keep->request, &described, &keep->result->forgotten);
	if (!is_wanted(keep->request, &described))
		return;
	if (select_is_ignored(keep->request, kill))
		dropped->ignored++;
	else if (described.acknowledged)
		dropped->acknowledged++;
	else if (described.unconfirmed)
		dropped->unconfirmed++;
	else
		dropped->counted++;
}

void select_begin(struct select_keep *keep)
{
	struct gather_result *result = keep->result;

	result->list.worth = list_worth;
	result->list.on_drop = on_list_drop;
	result->list.keep_data = keep;
	if (keep->request->saved)
		result->forgotten = keep->request->saved->forgotten;
}

static void reverse(struct gather_kill *kills, size_t count)
{
	for (size_t i = 0; i < count / 2; i++) {
		const struct gather_kill other = kills[i];

		kills[i] = kills[count - 1 - i];
		kills[count - 1 - i] = other;
	}
}

int select_kills(const struct gather_request *request, struct gather_result *result)
{
	struct oom_list *list = &result->list;

	oom_list_sort(list);
	if (list->count == 0)
		return 0;
	result->kills = calloc(list->count, sizeof(*result->kills));
	if (!result->kills)
		return -ENOMEM;
	result->known_count = list->count;
	/* The others are filled in from the end, and so oldest first. */
	size_t others = list->count;
	for (size_t i = list->count; i-- > 0;) {
		struct gather_kill kill;

		identify(request, result, &list->kills[i], &kill);
		result->kills[is_wanted(request, &kill) ? result->count++ : --others] = kill;
	}
	reverse(result->kills + others, list->count - others);
	return 0;
}
