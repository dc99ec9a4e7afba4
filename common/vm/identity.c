/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vm/identity.h"

#include <string.h>

#include "base/cursor.h"
#include "vm/cgroup.h"
#include "vm/libvirt.h"

_Static_assert(VM_ORIGIN_END - 1 == 1 << (VM_ORIGIN_COUNT - 1), "VM_ORIGIN_COUNT must match enum vm_origin");

const char *vm_origin_name(enum vm_origin origin)
{
	static const char *const names[VM_ORIGIN_COUNT] = {
		"cgroup",      "comm",    "command-line", "libvirt-live", "libvirt-defined",
		"libvirt-log", "proxmox", "machined",     "journal",      "memory",
	};

	return names[__builtin_ctz(origin)];
}

/* Every process in a VM's own cgroup belongs to the VM. */
static bool by_cgroup(struct vm_identity *ret, const struct vm_places *places, const char *path,
		      const char *comm)
{
	if (!path || vm_cgroup_look(ret, places, path) != VM_CGROUP_VM)
		return false;
	ret->role = comm && vm_stack_is_helper(comm) ? VM_ROLE_HELPER : VM_ROLE_HYPERVISOR;
	ret->origins = VM_ORIGIN_CGROUP;
	return true;
}

/*
 * Elsewhere a VM is known only by its process's name. Any process can name itself "qemu:web", so
 * the domain's name is accepted only if libvirt can have started the process, or if its cgroup is
 * unknown.
 */
static bool by_comm(struct vm_identity *ret, const struct vm_places *places, const char *path,
		    const char *comm)
{
	ret->stack = comm ? vm_stack_of_comm(ret, comm) : VM_STACK_NONE;
	if (ret->stack == VM_STACK_NONE)
		return false;
	ret->role = VM_ROLE_HYPERVISOR;
	ret->origins = VM_ORIGIN_COMM;
	if (ret->stack == VM_STACK_LIBVIRT && path && !vm_cgroup_is_libvirts(places, path)) {
		ret->stack = VM_STACK_QEMU;
		ret->name[0] = '\0';
		ret->name_is_truncated = false;
	}
	/* KubeVirt's cgroups have no name of their own: a QEMU in a pod is taken for KubeVirt's. */
	if ((ret->stack == VM_STACK_QEMU || ret->stack == VM_STACK_KUBEVIRT) && path &&
	    vm_cgroup_pod(ret, places, path)) {
		ret->stack = VM_STACK_KUBEVIRT;
		ret->origins |= VM_ORIGIN_CGROUP;
	}
	return true;
}

bool vm_identify(struct vm_identity *ret, const struct vm_places *places, const char *cgroup_path,
		 const char *comm)
{
	*ret = (struct vm_identity){ .stack = VM_STACK_NONE, .role = VM_ROLE_NONE };
	return by_cgroup(ret, places, cgroup_path, comm) || by_comm(ret, places, cgroup_path, comm);
}

bool vm_identify_machine(struct vm_identity *ret, const char *machine_name)
{
	const struct cursor machine = cursor_of(machine_name);

	*ret = (struct vm_identity){ .stack = VM_STACK_NONE, .role = VM_ROLE_NONE };
	if (!vm_libvirt_machine(ret, machine, false))
		return false;
	ret->stack = VM_STACK_LIBVIRT;
	ret->role = VM_ROLE_HYPERVISOR;
	ret->origins = VM_ORIGIN_JOURNAL;
	return true;
}
