/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vm/complete.h"

#include "vm/libvirt_files.h"
#include "vm/machined.h"
#include "vm/proxmox.h"

/*
 * What reads the files of a stack's manager; `death` is NULL for a running VM. Not in vm_stacks,
 * because checks that only look at cgroups must not link it.
 */
static void (*const completers[VM_STACK_COUNT])(struct vm_identity *vm, const struct vm_death *death,
						const struct file_roots *roots) = {
	[VM_STACK_LIBVIRT] = vm_libvirt_complete,
	[VM_STACK_PROXMOX] = vm_proxmox_complete,
};

static void complete(struct vm_identity *vm, const struct vm_death *death, const struct file_roots *roots)
{
	if (completers[vm->stack])
		completers[vm->stack](vm, death, roots);
}

static bool is_nameless(const struct vm_identity *vm)
{
	return !vm->name[0] && !vm->id[0];
}

void vm_complete(struct vm_identity *vm, const struct vm_death *death, const struct file_roots *roots)
{
	/* Without a cgroup in the report, a QEMU may be one of libvirt's. */
	if (vm->stack == VM_STACK_QEMU && is_nameless(vm))
		vm_libvirt_name_by_pid(vm, death, roots);
	complete(vm, death, roots);
}

bool vm_identify_living(struct vm_identity *ret, const struct vm_process *process,
			const struct file_roots *roots)
{
	if (!vm_identify(ret, process->places, process->cgroup, process->comm))
		return false;
	if (process->command_line && ret->role == VM_ROLE_HYPERVISOR)
		vm_command_line_identify(ret, process->command_line);
	vm_machined_complete(ret, process->pid, roots);
	complete(ret, NULL, roots);
	return true;
}
