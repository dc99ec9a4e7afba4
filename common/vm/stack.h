/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_VM_STACK_H
#define OOM_VM_STACK_H
/*
 * The hypervisor stacks: the processes and cgroups by which their VMs are recognised, and how the
 * command lines of these are read. A new stack is a value of the enum and a row in stack.c.
 */
#include <stdbool.h>

struct hypervisor_options;
struct vm_command_line;
struct vm_identity;
struct vm_place;

/* The values are saved: add new ones at the end, before the count. */
enum vm_stack {
	VM_STACK_NONE,
	VM_STACK_LIBVIRT, /* any hypervisor that libvirt drives: qemu, cloud-hypervisor */
	VM_STACK_PROXMOX,
	VM_STACK_KUBEVIRT,
	VM_STACK_QEMU, /* known by its process name only; its manager is unknown */
	VM_STACK_CLOUD_HYPERVISOR,
	VM_STACK_FIRECRACKER,
	VM_STACK_CROSVM,
	VM_STACK_COUNT
};

/* Where a stack creates the cgroups of its VMs. Only places that nobody but root can write to. */
struct vm_cgroup_rule {
	const char *parent; /* path from the root on; '*' matches any part of one name */
	/*
	 * Whether the cgroup at the place is a VM's. Sets name and id as far as the cgroup's name
	 * has them.
	 */
	bool (*identify)(struct vm_identity *ret, const struct vm_place *place);
	bool partitioned; /* libvirt's partitions may be between the parent and the VM */
};

struct vm_stack_row {
	const char *name; /* as in the output, and in STACKS in check_oom_kills(8) */
	/*
	 * The names of the VMs' processes and threads. '#' matches a number and a final '*' any
	 * rest: an architecture, a version, or whatever did not fit into the 15 bytes of a comm.
	 */
	const char *comms[8];             /* NULL ends the list */
	bool comm_has_name;               /* '*' stands for the VM's name */
	struct vm_cgroup_rule cgroups[8]; /* a parent of NULL ends the list */
	/* Parses the arguments after the program's name. NULL: the process is not a hypervisor. */
	void (*read_options)(struct vm_command_line *ret, struct hypervisor_options options);
	bool name_is_label; /* VMs are identified by number, and several may have the same name */
};

extern const struct vm_stack_row vm_stacks[VM_STACK_COUNT];

const char *vm_stack_name(enum vm_stack stack); /* "libvirt", …; NULL for VM_STACK_NONE */

/*
 * Returns the stack whose VMs run under this comm (a thread's name counts as well), or
 * VM_STACK_NONE if it is not a VM's. Sets the name if the comm contains it.
 */
enum vm_stack vm_stack_of_comm(struct vm_identity *ret, const char *comm);

/* Whether a process with this comm in a VM's cgroup is only a helper of the VM. */
bool vm_stack_is_helper(const char *comm);

#endif
