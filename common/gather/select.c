/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gather/select.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "gather/identify.h"
#include "gather/memory.h"
#include "gather/recall.h"

static bool in_window(const struct gather_request *request, const struct oom_kill *kill)
{
	if (kill->realtime_usec == KLOG_TIME_UNKNOWN)
		return true;
	return (request->since_usec == KLOG_TIME_UNKNOWN || kill->realtime_usec >= request->since_usec) &&
	       (request->until_usec == KLOG_TIME_UNKNOWN || kill->realtime_usec <= request->until_usec);
}

/* Kills further apart are not of one memory.oom.group. */
#define GROUP_USEC 2000000

static bool same_moment(const struct oom_kill *a, const struct oom_kill *b)
{
	const int64_t a_usec = a->monotonic_usec != KLOG_TIME_UNKNOWN ? a->monotonic_usec : a->realtime_usec;
	const int64_t b_usec = b->monotonic_usec != KLOG_TIME_UNKNOWN ? b->monotonic_usec : b->realtime_usec;

	return a_usec != KLOG_TIME_UNKNOWN && b_usec != KLOG_TIME_UNKNOWN &&
	       llabs(a_usec - b_usec) < GROUP_USEC;
}

/* All victims of a group are told after one report, and so have one invoker. */
static bool same_report(const struct oom_kill *a, const struct oom_kill *b)
{
	return same_moment(a, b) && a->has_invoker == b->has_invoker && a->invoker_pid == b->invoker_pid &&
	       a->constraint == b->constraint;
}

static bool same_vm(const struct vm_identity *a, const struct vm_identity *b)
{
	return a->role == VM_ROLE_MACHINE && b->role == VM_ROLE_MACHINE && a->stack == b->stack &&
	       (a->name[0] || a->id[0]) && strcmp(a->name, b->name) == 0 && strcmp(a->id, b->id) == 0;
}

/* memory.oom.group kills all of a VM's processes: one VM, as many kills.  Those
 * that somebody has seen do not hide a later one. */
static void count_each_vm_once(struct gather_result *result)
{
	for (size_t i = 0; i < result->count; i++) {
		struct gather_kill *newer = &result->kills[i];

		for (size_t j = i + 1; j < result->count && !newer->counted_elsewhere; j++) {
			struct gather_kill *older = &result->kills[j];

			if (!same_moment(newer->kill, older->kill))
				break;
			if (!same_vm(&newer->vm, &older->vm) || !same_report(newer->kill, older->kill) ||
			    newer->acknowledged != older->acknowledged)
				continue;
			if (newer->kill->total_vm_kb > older->kill->total_vm_kb)
				older->counted_elsewhere = true;
			else
				newer->counted_elsewhere = true;
		}
	}
}

/* What may be a user's text in the ring is confirmed by no counter, only by a source
 * that proves it.  Others: of this boot by its counter; of an earlier one as its own
 * counter stood. */
static bool is_unconfirmed(const struct gather_request *request, const struct gather_result *result,
			   const struct oom_kill *kill)
{
	if (kill->dubious)
		return true;
	if (kill->proven || kill->killer != OOM_KILLER_KERNEL || kill->realtime_usec == KLOG_TIME_UNKNOWN)
		return false;
	if (kill->realtime_usec > result->boot_usec)
		return result->has_counter && result->counter == 0;

	const struct memory_kill *remembered = request->memory ? memory_find(request->memory, kill) : NULL;
	return remembered && remembered->unconfirmed;
}

static void describe_whose(const struct gather_request *request, const struct gather_result *result,
			   const struct oom_kill *kill, struct gather_kill *ret)
{
	*ret = (struct gather_kill){ .kill = kill, .unconfirmed = is_unconfirmed(request, result, kill) };
	vm_identify(&ret->vm, kill->cgroup, kill->comm);
	ret->acknowledged = request->memory && memory_is_acknowledged(request->memory, kill);
}

int select_kills(const struct gather_request *request, struct gather_result *result)
{
	struct oom_list *list = &result->list;
	size_t count = 0;

	if (request->memory && memory_add_kills(request->memory, request, list) < 0)
		return -ENOMEM;
	oom_list_sort(list);
	result->dropped_kills = list->dropped;
	if (list->count == 0)
		return 0;
	result->kills = calloc(list->count, sizeof(*result->kills));
	if (!result->kills)
		return -ENOMEM;
	/* Those in the window first, which is one pass for each. */
	for (int wanted = 1; wanted >= 0; wanted--) {
		for (size_t i = list->count; i-- > 0;) {
			const struct oom_kill *kill = &list->kills[i];
			const bool held = request->hold_unacknowledged && request->memory &&
					  !memory_is_acknowledged(request->memory, kill);

			if ((in_window(request, kill) || held) == (wanted == 1))
				describe_whose(request, result, kill, &result->kills[count++]);
		}
		if (wanted == 1)
			result->count = count;
	}
	result->known_count = count;
	/* What is remembered need not be looked up. */
	if (request->memory)
		recall_vms(request, result);
	identify_kills(request, result);
	count_each_vm_once(result);
	return 0;
}
