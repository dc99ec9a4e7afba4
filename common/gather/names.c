/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gather/names.h"

#include <string.h>

#include "base/array.h"
#include "base/boot_id.h"
#include "base/text.h"
#include "gather/saved.h"
#include "klog/journal/lookup.h"
#include "running/notes.h"
#include "vm/complete.h"

void names_from_report(const struct gather_request *request, struct gather_kill *kill)
{
	vm_identify(&kill->vm, request->places, kill->kill->cgroup, kill->kill->comm);
	/* "qemu:web-0" may be cut anywhere. */
	if (kill->kill->comm_is_cut && !(kill->vm.origins & VM_ORIGIN_CGROUP))
		kill->vm.name[0] = '\0';
}

static bool is_nameless(const struct vm_identity *vm)
{
	return !vm->name[0] && !vm->id[0];
}

static bool differ(const char *a, const char *b)
{
	return a[0] && b[0] && strcmp(a, b) != 0;
}

/* libvirt runs QEMU and cloud-hypervisor, the other managers QEMU only. */
static bool may_run(enum vm_stack manager, enum vm_stack hypervisor)
{
	return !vm_stacks[manager].read_options &&
	       (hypervisor == VM_STACK_QEMU ||
		(hypervisor == VM_STACK_CLOUD_HYPERVISOR && manager == VM_STACK_LIBVIRT));
}

/* A process that is known as a hypervisor's may belong to a manager that runs this hypervisor. */
static bool stacks_differ(enum vm_stack a, enum vm_stack b)
{
	return a != b && !may_run(a, b) && !may_run(b, a);
}

/* A VM keeps its libvirt or Proxmox id while it runs and its UUID forever, so different values mean
 * different VMs.  Names are compared only if neither is truncated. */
static bool is_another(const struct vm_identity *vm, const struct vm_identity *known)
{
	return stacks_differ(vm->stack, known->stack) || differ(vm->id, known->id) ||
	       differ(vm->uuid, known->uuid) ||
	       (!vm->name_is_truncated && !known->name_is_truncated && differ(vm->name, known->name));
}

/* Copies a string that is not known yet.  Returns whether it did. */
static bool fill(char *string, size_t size, const char *known)
{
	if (string[0] != '\0' || known[0] == '\0')
		return false;
	text_copy(string, size, known);
	return true;
}

void names_complete(struct vm_identity *vm, const struct vm_identity *known, unsigned origins)
{
	if (known->role == VM_ROLE_NONE || (vm->role != VM_ROLE_NONE && is_another(vm, known)))
		return;
	if (vm->role == VM_ROLE_NONE || is_nameless(vm)) {
		const struct vm_identity before = *vm;

		*vm = *known;
		vm->origins |= origins;
		fill(vm->uuid, sizeof(vm->uuid), before.uuid);
		fill(vm->display_name, sizeof(vm->display_name), before.display_name);
		fill(vm->project, sizeof(vm->project), before.project);
		return;
	}
	/* The log has a truncated name and the other source the whole one. */
	if (vm->name_is_truncated && known->name[0] && !known->name_is_truncated) {
		vm->name[0] = '\0';
		vm->name_is_truncated = vm->name_is_ambiguous = false;
	}
	const bool added[] = {
		fill(vm->name, sizeof(vm->name), known->name),
		fill(vm->id, sizeof(vm->id), known->id),
		fill(vm->uuid, sizeof(vm->uuid), known->uuid),
		fill(vm->display_name, sizeof(vm->display_name), known->display_name),
		fill(vm->project, sizeof(vm->project), known->project),
	};
	for (size_t i = 0; i < ARRAY_SIZE(added); i++)
		vm->origins |= added[i] ? origins : 0U;
}

void names_from_state(const struct gather_request *request, struct gather_result *result)
{
	for (size_t i = 0; i < result->known_count; i++) {
		struct gather_kill *kill = &result->kills[i];
		const struct saved_kill *remembered = saved_find(request->saved, kill->kill);

		if (remembered)
			names_complete(&kill->vm, &remembered->vm, VM_ORIGIN_MEMORY);
	}
}

/* The sources are opened when the first kill needs them; usually none does. */
struct naming {
	const struct gather_request *request;
	struct notes notes; /* unless the caller gave some */
	bool notes_read;
	struct klog_lookup *journal; /* NULL: not opened, or opening it has failed */
	bool journal_opened;
};

static void complete_from_notes(struct naming *naming, struct gather_kill *kill)
{
	const struct notes *notes = naming->request->notes ? naming->request->notes : &naming->notes;
	const struct notes_death death = {
		.pid = kill->kill->pid,
		.comm = kill->kill->comm,
		.boot_id = kill->kill->boot_id,
		.kernel_usec = kill->kill->monotonic_usec,
	};

	/* A PID is only meaningful within one boot and up to the time of death. */
	if (kill->kill->host[0] || kill->kill->pid == OOM_UNKNOWN || !kill->kill->has_boot_id ||
	    kill->kill->monotonic_usec == KLOG_TIME_UNKNOWN)
		return;
	if (notes == &naming->notes && !naming->notes_read)
		notes_read(&naming->notes, &naming->request->roots);
	naming->notes_read = true;
	const struct vm_identity *known = notes_find(notes, &death);
	if (known)
		names_complete(&kill->vm, known, VM_ORIGIN_MEMORY);
}

/* SD_MESSAGE_MACHINE_START and _STOP, both with NAME= and LEADER=. */
#define MACHINE_START "24d8d4452573402496068381a6312df2"
#define MACHINE_STOP  "58432bd3bace477cb514b56381b8a758"

/* The wall time of a kill is computed from the kernel's clock, which NTP does not adjust.  So the
 * machine's stop entry, logged just after the kill, may seem to be before it. */
#define CLOCKS_APART_USEC 5000000

enum { FIELD_MESSAGE_ID, FIELD_NAME };
static const char *const fields[] = { [FIELD_MESSAGE_ID] = "MESSAGE_ID", [FIELD_NAME] = "NAME", NULL };

struct machine_search {
	const struct oom_kill *kill;
	char name[KLOG_LOOKUP_VALUE]; /* of the machine that ran under the PID; "": none */
};

/* Called oldest first: finds the machine that started last and had not stopped before the kill. */
static int on_machine(const struct klog_entry *entry, void *data)
{
	struct machine_search *search = data;
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

/* Opens the journal that the caller named, or the system's. */
static struct klog_lookup *open_journal(struct naming *naming)
{
	const struct gather_sources *sources = &naming->request->sources;
	const char *path = NULL;

	for (size_t i = sources->count; i-- > 0;)
		if (sources->list[i].kind == KLOG_JOURNAL)
			path = sources->list[i].path;
	if (!naming->journal_opened && klog_lookup_open(&naming->journal, path, &naming->request->roots) < 0)
		naming->journal = NULL;
	naming->journal_opened = true;
	return naming->journal;
}

/* machined's entries outlive the VM, its files and the boot. */
static void complete_from_journal(struct naming *naming, struct gather_kill *kill)
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
	struct machine_search search = { .kill = kill->kill };
	struct vm_identity machine;

	/* Without the boot id a PID is meaningless: every boot uses the same ones. */
	if (!is_nameless(&kill->vm) || kill->kill->pid <= 0 || !kill->kill->has_boot_id ||
	    !open_journal(naming))
		return;
	text_printf(&leader, "LEADER=%lld", (long long)kill->kill->pid);
	if (klog_lookup_find(naming->journal, matches, fields, on_machine, &search) < 0 ||
	    !vm_identify_machine(&machine, search.name))
		return;
	machine.role = kill->vm.role;
	names_complete(&kill->vm, &machine, kill->vm.origins | VM_ORIGIN_JOURNAL);
}

static void complete_from_files(struct naming *naming, struct gather_kill *kill)
{
	const struct vm_death death = {
		.pid = kill->kill->pid,
		.realtime_usec = kill->kill->realtime_usec,
	};

	vm_complete(&kill->vm, &death, &naming->request->roots);
}

/* After many kills only the newest are looked up, because each costs reading several files. */
#define LOOKED_UP_MAX 256

/* Skip kills of other hosts, to which this host's journal and domains do not apply, and those whose
 * time is unknown: they come from a recorded ring, possibly of another host. */
static bool can_be_looked_up(const struct gather_kill *kill)
{
	return kill->vm.role != VM_ROLE_NONE && kill->kill->realtime_usec != KLOG_TIME_UNKNOWN &&
	       !kill->kill->host[0];
}

/* After "qemu:" a comm has ten bytes of the domain's name, and a line may end within them.  If no
 * domain was found that begins with these, drop the name. */
static void drop_cut_name(struct vm_identity *vm)
{
	if ((vm->origins & VM_ORIGIN_CGROUP) || !(vm->origins & VM_ORIGIN_COMM) || vm->machine[0] ||
	    !vm->name_is_truncated)
		return;
	vm->name[0] = '\0';
	vm->name_is_truncated = vm->name_is_ambiguous = false;
}

/* Whether no earlier run has looked the kill's VM up. */
static bool is_new(const struct gather_request *request, const struct gather_kill *kill)
{
	const struct saved_kill *remembered = saved_find(request->saved, kill->kill);

	return !remembered || !remembered->named;
}

void names_from_files(const struct gather_request *request, struct gather_result *result)
{
	struct naming naming = { .request = request };
	size_t looked_up = 0;

	for (size_t i = 0; i < result->known_count; i++) {
		struct gather_kill *kill = &result->kills[i];

		if (request->saved && is_new(request, kill))
			complete_from_notes(&naming, kill);
		if (i < result->count && looked_up < LOOKED_UP_MAX && can_be_looked_up(kill)) {
			complete_from_journal(&naming, kill);
			complete_from_files(&naming, kill);
			looked_up++;
		}
		drop_cut_name(&kill->vm);
	}
	klog_lookup_close(naming.journal);
	notes_free(&naming.notes);
}

bool gather_may_be_vm(const struct gather_kill *kill)
{
	return kill->vm.role == VM_ROLE_NONE && !kill->kill->cgroup && !kill->kill->host[0];
}
