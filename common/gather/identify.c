/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gather/gather.h"
#include "gather/recall.h"
#include "gather/registered.h"
#include "gather/select.h"
#include "vm/complete.h"

/* After many kills only the newest are completed, because each costs reading several files of
 * libvirt. */
#define COMPLETED_MAX 256

/* Skip kills of other hosts, to which this host's domains do not apply, and those whose time is
 * unknown: they come from a recorded ring, possibly of another host. */
static bool can_be_completed(const struct gather_kill *kill)
{
	return kill->vm.role != VM_ROLE_NONE && kill->kill->realtime_usec != KLOG_TIME_UNKNOWN &&
	       !kill->kill->host[0];
}

/* After "qemu:" a comm has ten bytes of the domain's name, and a line may end within them.  If no
 * domain was found that begins with these, drop the name. */
static void drop_cut_name(struct gather_kill *kill)
{
	struct vm_identity *vm = &kill->vm;

	if ((vm->origins & VM_ORIGIN_CGROUP) || !(vm->origins & VM_ORIGIN_COMM) || vm->machine[0] ||
	    !vm->name_is_truncated)
		return;
	vm->name[0] = '\0';
	vm->name_is_truncated = vm->name_is_ambiguous = false;
}

static void identify_kills(const struct gather_request *request, struct gather_result *result)
{
	struct registered registered = { .request = request };
	size_t completed = 0;

	for (size_t i = 0; i < result->count && completed < COMPLETED_MAX; i++) {
		struct gather_kill *kill = &result->kills[i];
		const struct vm_death death = {
			.pid = kill->kill->pid,
			.realtime_usec = kill->kill->realtime_usec,
		};

		if (!can_be_completed(kill))
			continue;
		registered_name(&registered, kill);
		vm_complete(&kill->vm, &death, &request->roots);
		completed++;
	}
	registered_close(&registered);
	for (size_t i = 0; i < result->known_count; i++)
		drop_cut_name(&result->kills[i]);
}

void gather_name_vms(const struct gather_request *request, struct gather_result *result)
{
	if (request->saved)
		recall_noted(request, result);
	identify_kills(request, result);
	select_count_each_vm_once(result);
}
