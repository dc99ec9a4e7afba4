/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gather/registered.h"

#include <string.h>

#include "base/boot_id.h"
#include "base/text.h"
#include "klog/journal/lookup.h"
#include "vm/identity.h"

/* SD_MESSAGE_MACHINE_START and _STOP, both with NAME= and LEADER=. */
#define MACHINE_START "24d8d4452573402496068381a6312df2"
#define MACHINE_STOP  "58432bd3bace477cb514b56381b8a758"

/* The wall time of a kill is computed from the kernel's clock, which NTP does not adjust.  So the
 * machine's stop entry, logged just after the kill, may seem to be before it. */
#define CLOCKS_APART_USEC 5000000

enum { FIELD_MESSAGE_ID, FIELD_NAME };
static const char *const fields[] = { [FIELD_MESSAGE_ID] = "MESSAGE_ID", [FIELD_NAME] = "NAME", NULL };

struct search {
	const struct oom_kill *kill;
	char name[KLOG_LOOKUP_VALUE]; /* of the machine that ran under the PID; "": none */
};

/* Called oldest first: finds the machine that started last and had not stopped before the kill. */
static int on_machine(const struct klog_entry *entry, void *data)
{
	struct search *search = data;
	const int64_t kill_usec = search->kill->realtime_usec;
	const char *name = entry->values[FIELD_NAME];

	if (!boot_id_same(entry->boot_id, search->kill->boot_id))
		return 0;
	if (strcmp(entry->values[FIELD_MESSAGE_ID], MACHINE_START) == 0) {
		if (entry->realtime_usec <= kill_usec + CLOCKS_APART_USEC)
			memcpy(search->name, name, sizeof(search->name));
	} else if (entry->realtime_usec < kill_usec - CLOCKS_APART_USEC && strcmp(search->name, name) == 0) {
		search->name[0] = '\0';
	}
	return 0;
}

/* The journal that the caller named; NULL: the system's. */
static const char *journal_path(const struct gather_request *request)
{
	for (size_t i = 0; i < request->sources.count; i++)
		if (request->sources.list[i].kind == KLOG_JOURNAL)
			return request->sources.list[i].path;
	return NULL;
}

static struct klog_lookup *open_once(struct registered *registered)
{
	if (!registered->opened && klog_lookup_open(&registered->lookup, journal_path(registered->request),
						    &registered->request->roots) < 0)
		registered->lookup = NULL;
	registered->opened = true;
	return registered->lookup;
}

void registered_close(struct registered *registered)
{
	klog_lookup_close(registered->lookup);
	registered->lookup = NULL;
}

/* Without the boot id a PID is meaningless: every boot uses the same ones. */
static bool is_wanted(const struct gather_kill *kill)
{
	return kill->vm.role != VM_ROLE_NONE && !kill->vm.name[0] && !kill->vm.id[0] && kill->kill->pid > 0 &&
	       kill->kill->has_boot_id && kill->kill->realtime_usec != KLOG_TIME_UNKNOWN;
}

void registered_name(struct registered *registered, struct gather_kill *kill)
{
	TEXT_ON_STACK(leader, 32);
	const char *const matches[] = {
		/* Any user can log a MESSAGE_ID, but journald itself sets the unit. */
		"_SYSTEMD_UNIT=systemd-machined.service",
		"MESSAGE_ID=" MACHINE_START,
		"MESSAGE_ID=" MACHINE_STOP,
		leader.data,
		NULL,
	};
	struct search search = { .kill = kill->kill };
	struct vm_identity vm;

	if (!is_wanted(kill) || !open_once(registered))
		return;
	text_printf(&leader, "LEADER=%lld", (long long)kill->kill->pid);
	if (klog_lookup_find(registered->lookup, matches, fields, on_machine, &search) < 0 ||
	    !vm_identify_machine(&vm, search.name))
		return;
	vm.role = kill->vm.role;
	vm.origins |= kill->vm.origins;
	kill->vm = vm;
}
