/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_VM_IDENTITY_H
#define OOM_VM_IDENTITY_H
/*
 * Which VM stands behind a process: from its cgroup path and its comm.  This
 * room knows nothing of logs.  Formats: libvirt src/util/virsystemd.c and
 * src/hypervisor/domain_driver.c, docs/cgroups.rst; Proxmox qemu-server.
 */
#include <stdbool.h>
#include <stddef.h>

enum vm_stack {
	VM_STACK_NONE,
	VM_STACK_LIBVIRT,
	VM_STACK_PROXMOX,
	VM_STACK_KUBEVIRT,
	VM_STACK_QEMU, /* a VM by its process name, managed by nobody we know */
	VM_STACK_CLOUD_HYPERVISOR,
	VM_STACK_FIRECRACKER,
};

enum vm_role {
	VM_ROLE_NONE,    /* not a VM's process */
	VM_ROLE_MACHINE, /* the VM itself */
	VM_ROLE_HELPER,  /* swtpm, virtiofsd, …: the VM goes on, or limps */
};

/* Strings are "" where unknown; names are foreign text. */
struct vm_identity {
	enum vm_stack stack;
	enum vm_role role;
	char name[256];     /* libvirt domain, as far as the scope keeps it */
	bool name_is_lossy; /* libvirt's machine names drop characters: may be shortened */
	char id[64];        /* libvirt id, Proxmox VMID, pod UID, Firecracker id */
	char uuid[37];
	char display_name[256]; /* nova display name, Proxmox name */
	char project[256];
};

const char *vm_stack_name(enum vm_stack stack); /* "libvirt", …; NULL for VM_STACK_NONE */

/*
 * Identifies from a cgroup path as the kernel's report has it (v1 or v2, any
 * component may be the VM's, unescaped to the name in cgroupfs; NULL unknown)
 * and the victim's comm (NULL unknown).  Returns whether it is a VM's process.
 */
bool vm_identify(struct vm_identity *ret, const char *cgroup_path, const char *comm);

#endif
