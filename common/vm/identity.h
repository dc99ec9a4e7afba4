/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_VM_IDENTITY_H
#define OOM_VM_IDENTITY_H
/*
 * Identifies the VM that a process belongs to, from its cgroup path and its comm. vm/ does not
 * depend on the readers of logs. The functions here read no files and allocate no memory;
 * vm/complete.h reads the files of the VM's manager.
 */
#include <stdbool.h>
#include <stddef.h>

#include "vm/places.h"
#include "vm/stack.h"

/* The values are saved: add new ones at the end, before the count. */
enum vm_role {
	VM_ROLE_NONE,       /* not a VM's process */
	VM_ROLE_HYPERVISOR, /* the VM itself */
	VM_ROLE_HELPER,     /* swtpm, virtiofsd, …: the VM survives, but may be impaired */
	VM_ROLE_COUNT
};

/* Sources of a VM's identity, as bits. */
enum vm_origin {
	VM_ORIGIN_CGROUP = 1 << 0,
	VM_ORIGIN_COMM = 1 << 1,
	VM_ORIGIN_COMMAND_LINE = 1 << 2,
	VM_ORIGIN_LIBVIRT_LIVE = 1 << 3,    /* /run/libvirt/qemu/NAME.xml or .pid */
	VM_ORIGIN_LIBVIRT_DEFINED = 1 << 4, /* /etc/libvirt/qemu/NAME.xml */
	VM_ORIGIN_LIBVIRT_LOG = 1 << 5,     /* /var/log/libvirt/qemu/NAME.log */
	VM_ORIGIN_PROXMOX = 1 << 6,         /* /etc/pve/qemu-server/VMID.conf */
	VM_ORIGIN_MACHINED = 1 << 7,        /* /run/systemd/machines/NAME */
	VM_ORIGIN_JOURNAL = 1 << 8,         /* systemd-machined's journal entries */
	VM_ORIGIN_MEMORY = 1 << 9,          /* noted by an earlier run while the VM ran */
	VM_ORIGIN_END
};
#define VM_ORIGIN_COUNT 10

/* Why the files of a VM's manager were not used. */
enum vm_doubt {
	VM_DOUBT_NONE,
	VM_DOUBT_NEWER,  /* the definition is newer than the kill, and nothing proves that it is the same
	                  * VM's */
	VM_DOUBT_REUSED, /* it is another VM's: the name was reused */
};

/*
 * Strings are "" if unknown, and cut at a character boundary if they do not fit. Names are
 * untrusted text.
 */
struct vm_identity {
	enum vm_stack stack;
	enum vm_role role;
	char name[256];         /* libvirt domain, as far as the scope's name preserves it */
	bool name_is_truncated; /* may differ from the domain's own name: a machine name drops characters and
	                     * has at most 64, a comm at most 15. Must be compared with domain names that
	                     * are shortened in the same way */
	char id[65];            /* libvirt id, Proxmox VMID, pod UID, Firecracker id (64 at most) */
	char uuid[37];
	char display_name[256]; /* nova display name, libvirt title, Proxmox name */
	char project[256];      /* nova's: name, and UUID in project_id */
	char project_id[65];
	char user[128];
	char flavor[128];
	char manager[16];       /* above libvirt: "openstack", "ovirt" */
	char tags[256];         /* Proxmox's, as in its configuration: "prod;web" */
	char machine[72];       /* machine name that `name` was read from: "qemu-3-vm1" */
	bool name_is_ambiguous; /* truncated, and the names of several known domains are shortened to it */
	enum vm_doubt doubt;
	char libvirt_reason[24]; /* reason that libvirt logged for an end at the time of death; "crashed"
	                          * is any end that libvirt did not request */
	unsigned origins;        /* enum vm_origin */
};

/*
 * Whether the domain's name may be longer than vm->name, which has all that a comm can hold (ten
 * bytes after "qemu:") or comes from a machine name of full length. Such a name serves to find the
 * domain, but must not be shown as the VM's name.
 */
bool vm_name_is_cut(const struct vm_identity *vm);

/* Whether there is a name and it is not cut. */
static inline bool vm_name_is_whole(const struct vm_identity *vm)
{
	return vm->name[0] && !vm_name_is_cut(vm);
}

const char *vm_origin_name(enum vm_origin origin); /* "cgroup", …, "libvirt-live" */

/*
 * Identifies the VM from a cgroup path as in the kernel's report (v1 or v2, unescaped to the name
 * in cgroupfs; NULL if unknown) and a process's comm (NULL if unknown). If `places` is NULL, only
 * the managers' own places count. Returns whether it is a VM's process; *ret is set in either case.
 *
 * A path that the log truncated ends in '>' (oom/path.h). It may show that the process is a VM's,
 * but not which VM's.
 *
 * In a VM's own cgroup every process counts as the VM, except helpers known by name: a false report
 * of a VM's death costs less than a missed one.
 */
bool vm_identify(struct vm_identity *ret, const struct vm_places *places, const char *cgroup_path,
		 const char *comm);

/* What a cgroup means to a walk of the tree. */
enum vm_cgroup_kind {
	VM_CGROUP_OTHER, /* not a VM's, and no VM's cgroup is below it */
	VM_CGROUP_ABOVE, /* VMs' cgroups may be below it */
	VM_CGROUP_VM,    /* a VM's own cgroup, or inside one: stack, name and id are set */
};

/*
 * Classifies the cgroup at `path`, which is below the hierarchy's root. `places` as for
 * vm_identify().
 */
enum vm_cgroup_kind vm_cgroup_look(struct vm_identity *ret, const struct vm_places *places, const char *path);

/*
 * Identifies the VM from the name under which systemd-machined registered it, "qemu-3-vm1". Returns
 * false for a container or an unknown name; *ret is set in either case.
 */
bool vm_identify_machine(struct vm_identity *ret, const char *machine_name);

#endif
