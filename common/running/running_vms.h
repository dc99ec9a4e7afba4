/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_RUNNING_RUNNING_VMS_H
#define OOM_RUNNING_RUNNING_VMS_H
/*
 * The VMs that run on this host, each with its process, its name, its cgroup and the memory
 * configured for its guest.
 *
 * VMs are searched in the cgroup tree, where libvirt, Proxmox and Firecracker's jailer give each VM
 * its own cgroup. The cost grows with the number of VMs and not with that of the processes. If the
 * tree shows no VM, the name of every process is read.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/file.h"
#include "base/text.h"
#include "host/cgroup.h"
#include "host/process.h"
#include "vm/identity.h"

struct running_vm {
	pid_t pid;
	char comm[HOST_COMM_MAX]; /* untrusted text */
	enum vm_stack stack;
	char name[256]; /* for display: "instance-0000002a", "101 (web)", "qemu-kvm[380]"; untrusted text */
	char uuid[37];
	char *cgroup;                     /* its process's, in the memory hierarchy; "" if unknown */
	size_t own_cgroup_length;         /* of the part that is the VM's own cgroup */
	bool is_outside_cgroup_namespace; /* outside ours: /sys/fs/cgroup may lack it */
	bool memory_known;                /* the command line gives these, in bytes: */
	uint64_t memory_bytes, max_bytes, hugetlb_bytes;
	struct host_process_status status;
};

struct running_vms {
	size_t count;
	struct running_vm *list;
	bool by_scan; /* every process was examined */
};

struct running_vms_options {
	struct vm_places places; /* of VMs' cgroups besides the managers' own */
	bool scan;               /* examine every process even if the tree shows VMs: a VM that was started
	                          * from a job of Proxmox's scheduler is in the job's cgroup */
};

/*
 * Finds the running VMs. `cgroups` is NULL if there are none. Processes that exit meanwhile are
 * left out. Returns 0; -EACCES if processes are hidden (by hidepid, a security module or our pid
 * namespace); -ENOMEM or another negative errno. On failure *error has a clause with the remedy,
 * and *ret is empty. Free *ret with running_vms_free().
 */
int running_vms_read(struct running_vms *ret, const struct host_processes *processes,
		     const struct host_cgroups *cgroups, const struct running_vms_options *options,
		     struct text *error);
void running_vms_free(struct running_vms *vms);

/* The VM whose process has this pid, or NULL. */
const struct running_vm *running_vms_find(const struct running_vms *vms, pid_t pid);

/* How close a VM's process is to the limit of its cgroup. */
struct running_vm_limit {
	size_t cgroup_length;   /* of the part of the process's cgroup that these are about */
	uint64_t max_bytes;     /* HOST_UNLIMITED if there is no limit; the next two are then HOST_ABSENT */
	uint64_t held_bytes;    /* without what the kernel can reclaim */
	uint64_t hugetlb_bytes; /* part of held_bytes; see struct host_cgroup_stat */
};

/* What else is shown of that cgroup. */
struct running_vm_usage {
	uint64_t held_bytes, hugetlb_bytes; /* as above, whether there is a limit or not */
	uint64_t high_bytes;                /* see struct host_cgroup_memory */
	uint64_t oom_kills;                 /* from memory.events; HOST_ABSENT before 4.13 */
};

/*
 * Reads the limit of the process's cgroup or of a parent of it, up to the VM's own cgroup,
 * whichever is closest to being reached: libvirt sets it on the scope, or on "libvirt" inside it.
 * Returns 0; -ENOENT if there is no memory cgroup (any more); or another negative errno.
 */
int running_vms_limit(struct running_vm_limit *ret, const struct running_vm *running,
		      const struct host_cgroups *cgroups);

/*
 * Reads what else is shown of the cgroup that running_vms_limit() found: five files that no state depends
 * on. Returns the same.
 */
int running_vms_usage(struct running_vm_usage *ret, const struct running_vm *running,
		      const struct running_vm_limit *limit, const struct host_cgroups *cgroups);

#endif
