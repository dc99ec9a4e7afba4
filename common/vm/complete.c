/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vm/complete.h"

#include "vm/libvirt_files.h"
#include "vm/machined.h"
#include "vm/proxmox.h"

static bool is_nameless(const struct vm_identity *vm)
{
	return !vm->name[0] && !vm->id[0];
}

void vm_complete(struct vm_identity *vm, const struct vm_death *death, const struct file_roots *roots)
{
	/* Without a cgroup in the report, a QEMU may be one of libvirt's. */
	if (vm->stack == VM_STACK_QEMU && is_nameless(vm))
		vm_libvirt_name_by_pid(vm, death, roots);
	if (vm->stack == VM_STACK_LIBVIRT)
		vm_libvirt_complete(vm, death, roots);
	else if (vm->stack == VM_STACK_PROXMOX)
		vm_proxmox_complete(vm, death, roots);
}

bool vm_identify_living(struct vm_identity *ret, const struct vm_process *process,
			const struct file_roots *roots)
{
	if (!vm_identify(ret, process->places, process->cgroup, process->comm))
		return false;
	if (process->command_line && ret->role == VM_ROLE_HYPERVISOR)
		vm_command_line_identify(ret, process->command_line);
	if (ret->stack == VM_STACK_LIBVIRT) {
		vm_machined_complete(ret, process->pid, roots);
		vm_libvirt_complete(ret, NULL, roots);
	} else if (ret->stack == VM_STACK_PROXMOX) {
		vm_proxmox_complete(ret, NULL, roots);
	}
	return true;
}
