/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gather/recall.h"

#include <string.h>

#include "base/array.h"
#include "gather/saved.h"
#include "running/notes.h"

/* Copies a name that only the earlier run knew.  Returns whether it did. */
static bool recall(char *name, size_t size, const char *known)
{
	if (name[0] != '\0' || known[0] == '\0')
		return false;
	text_copy(name, size, known);
	return true;
}

static bool differ(const char *a, const char *b)
{
	return a[0] && b[0] && strcmp(a, b) != 0;
}

/* A VM keeps its libvirt or Proxmox id while it runs and its UUID forever, so different values mean
 * different VMs.  Names are compared only if neither is truncated. */
static bool is_another(const struct vm_identity *vm, const struct vm_identity *known)
{
	const bool managed = vm->stack != VM_STACK_QEMU && known->stack != VM_STACK_QEMU;

	return (managed && vm->stack != known->stack) || differ(vm->id, known->id) ||
	       differ(vm->uuid, known->uuid) ||
	       (!vm->name_is_truncated && !known->name_is_truncated && differ(vm->name, known->name));
}

void recall_complete(struct vm_identity *vm, const struct vm_identity *known)
{
	/* The PID belonged to another VM when it was noted. */
	if (known->role == VM_ROLE_NONE || (vm->role != VM_ROLE_NONE && is_another(vm, known)))
		return;
	if (vm->role == VM_ROLE_NONE || (!vm->name[0] && !vm->id[0])) {
		*vm = *known;
		vm->origins |= VM_ORIGIN_MEMORY;
		return;
	}
	/* The log has a truncated name and the earlier run knew the whole one. */
	if (vm->name_is_truncated && known->name[0] && !known->name_is_truncated) {
		vm->name[0] = '\0';
		vm->name_is_truncated = vm->name_is_ambiguous = false;
	}
	const bool added[] = {
		recall(vm->name, sizeof(vm->name), known->name),
		recall(vm->id, sizeof(vm->id), known->id),
		recall(vm->uuid, sizeof(vm->uuid), known->uuid),
		recall(vm->display_name, sizeof(vm->display_name), known->display_name),
		recall(vm->project, sizeof(vm->project), known->project),
	};
	for (size_t i = 0; i < ARRAY_SIZE(added); i++)
		vm->origins |= added[i] ? VM_ORIGIN_MEMORY : 0U;
}

/* The notes are read only when the first kill needs them; usually there is none. */
struct recollection {
	const struct file_roots *roots;
	const struct notes *given; /* by the caller; NULL: none */
	struct notes notes;
	bool read;
};

static void recall_note(struct recollection *recollection, struct gather_kill *kill)
{
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
	if (!recollection->read && !recollection->given)
		notes_read(&recollection->notes, recollection->roots);
	recollection->read = true;
	const struct vm_identity *known =
		notes_find(recollection->given ? recollection->given : &recollection->notes, &death);
	if (known)
		recall_complete(&kill->vm, known);
}

void recall_remembered(const struct gather_request *request, struct gather_result *result)
{
	for (size_t i = 0; i < result->known_count; i++) {
		struct gather_kill *kill = &result->kills[i];
		const struct saved_kill *remembered = saved_find(request->saved, kill->kill);

		if (remembered)
			recall_complete(&kill->vm, &remembered->vm);
	}
}

bool gather_may_be_vm(const struct gather_kill *kill)
{
	return kill->vm.role == VM_ROLE_NONE && !kill->kill->cgroup && !kill->kill->host[0];
}

void recall_noted(const struct gather_request *request, struct gather_result *result)
{
	struct recollection recollection = { .roots = &request->roots, .given = request->notes };

	for (size_t i = 0; i < result->known_count; i++) {
		struct gather_kill *kill = &result->kills[i];
		const struct saved_kill *remembered = saved_find(request->saved, kill->kill);

		/* Skip kills that an earlier run has looked up. */
		if (!remembered || !remembered->named)
			recall_note(&recollection, kill);
	}
	notes_free(&recollection.notes);
}
