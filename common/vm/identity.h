/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_VM_IDENTITY_H
#define OOM_VM_IDENTITY_H
/*
 * Which VM stands behind a process: from its cgroup path and its comm.  This
 * room knows nothing of logs.  What is here reads nothing and allocates
 * nothing; vm/complete.h asks the files of the VM's manager.
 */
#include <stdbool.h>
#include <stddef.h>

#include "vm/places.h"

/* The numbers of stacks and roles are saved: a new one is added at the end, before the
 * count. */
enum vm_stack {
	VM_STACK_NONE,
	VM_STACK_LIBVIRT, /* whatever hypervisor libvirt drives: qemu, cloud-hypervisor */
	VM_STACK_PROXMOX,
	VM_STACK_KUBEVIRT,
	VM_STACK_QEMU, /* a VM by its process name, managed by nobody we know */
	VM_STACK_CLOUD_HYPERVISOR,
	VM_STACK_FIRECRACKER,
	VM_STACK_CROSVM,
	VM_STACK_COUNT
};

enum vm_role {
	VM_ROLE_NONE,    /* not a VM's process */
	VM_ROLE_MACHINE, /* the VM itself */
	VM_ROLE_HELPER,  /* swtpm, virtiofsd, …: the VM goes on, or limps */
	VM_ROLE_COUNT
};

/* Where what is known of a VM came from: bits. */
enum vm_origin {
	VM_ORIGIN_CGROUP = 1 << 0,
	VM_ORIGIN_COMM = 1 << 1,
	VM_ORIGIN_COMMAND_LINE = 1 << 2,
	VM_ORIGIN_LIBVIRT_LIVE = 1 << 3,    /* /run/libvirt/qemu/NAME.xml or .pid */
	VM_ORIGIN_LIBVIRT_DEFINED = 1 << 4, /* /etc/libvirt/qemu/NAME.xml */
	VM_ORIGIN_LIBVIRT_LOG = 1 << 5,     /* /var/log/libvirt/qemu/NAME.log */
	VM_ORIGIN_PROXMOX = 1 << 6,         /* /etc/pve/qemu-server/VMID.conf */
	VM_ORIGIN_MACHINED = 1 << 7,        /* /run/systemd/machines/NAME */
	VM_ORIGIN_JOURNAL = 1 << 8,         /* what systemd-machined logged of it */
	VM_ORIGIN_MEMORY = 1 << 9,          /* noted by an earlier run, while it lived */
	VM_ORIGIN_END
};
#define VM_ORIGIN_COUNT 10

/* Why what the files of a VM's manager say was left out. */
enum vm_doubt {
	VM_DOUBT_NONE,
	VM_DOUBT_NEWER,  /* the definition is newer than the kill, and nothing says that it is of
	                  * the same VM */
	VM_DOUBT_REUSED, /* it is of another VM: the name was used again */
};

/* Strings are "" where unknown, and cut at a character where they do not fit;
 * names are foreign text. */
struct vm_identity {
	enum vm_stack stack;
	enum vm_role role;
	char name[256];     /* libvirt domain, as far as the scope keeps it */
	bool name_is_lossy; /* not always the domain's own name: a machine name drops
	                     * characters and ends after 64, a comm after 15.  To be
	                     * compared with domain names the same way shortened */
	char id[65];        /* libvirt id, Proxmox VMID, pod UID, Firecracker id (64 at most) */
	char uuid[37];
	char display_name[256]; /* nova display name, libvirt title, Proxmox name */
	char project[256];      /* of nova, by name and by UUID */
	char project_id[65];
	char user[128];
	char flavor[128];
	char manager[16];       /* above libvirt: "openstack", "ovirt" */
	char tags[256];         /* of Proxmox, as its configuration has them: "prod;web" */
	char machine[72];       /* machine name that `name` was read from: "qemu-3-vm1" */
	bool name_is_ambiguous; /* lossy, and more than one known domain is shortened to it */
	enum vm_doubt doubt;
	char libvirt_reason[24]; /* why libvirt says that it ended, at the time of its death:
	                          * "crashed" is any end that libvirt did not ask for */
	unsigned origins;        /* enum vm_origin */
};

/*
 * Whether the domain's name may go on where this one ends: it is what a comm keeps (ten
 * bytes behind "qemu:") or a machine name of full length.  It serves to find the domain,
 * and is no name to be shown as the VM's.
 */
bool vm_name_is_cut(const struct vm_identity *vm);

/* Whether there is a name, and it is whole. */
static inline bool vm_name_is_whole(const struct vm_identity *vm)
{
	return vm->name[0] && !vm_name_is_cut(vm);
}

const char *vm_stack_name(enum vm_stack stack);    /* "libvirt", …; NULL for VM_STACK_NONE */
const char *vm_origin_name(enum vm_origin origin); /* "cgroup", …, "libvirt-live" */

/*
 * Identifies from a cgroup path as the kernel's report has it (v1 or v2,
 * unescaped to the name in cgroupfs; NULL unknown) and the victim's comm (NULL
 * unknown).  `places` NULL: none besides the managers' own.  Returns whether it is
 * a VM's process; *ret is set either way.
 *
 * A path that its log cut ends in '>' (oom/path.h): it may tell that it is a VM's, but
 * not which one's.
 *
 * In a VM's own cgroup every process is the VM, except the helpers known by
 * name: a kill that is announced wrongly costs less than one that is missed.
 */
bool vm_identify(struct vm_identity *ret, const struct vm_places *places, const char *cgroup_path,
		 const char *comm);

/* What a cgroup is, for one who walks the tree. */
enum vm_cgroup_kind {
	VM_CGROUP_OTHER, /* no VM's, and no VM's below it */
	VM_CGROUP_ABOVE, /* VMs' cgroups may stand below it */
	VM_CGROUP_VM,    /* made for one VM, or in such a cgroup: stack, name and id are set */
};

enum vm_cgroup_kind vm_cgroup_look(struct vm_identity *ret, const struct vm_places *places, const char *path);

/* Identifies from the name under which systemd-machined registered a process,
 * "qemu-3-vm1".  False: a container's, or nothing known; *ret is set either way. */
bool vm_identify_machine(struct vm_identity *ret, const char *machine_name);

#endif
