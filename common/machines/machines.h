/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_MACHINES_MACHINES_H
#define OOM_MACHINES_MACHINES_H
/*
 * The VMs that run on this host: each with its process, its name, its cgroup
 * and what its guest was promised.
 *
 * They are looked for in the cgroup tree, where libvirt, Proxmox and the jailer
 * of Firecracker give each its own; what that costs grows with the VMs and not
 * with the processes.  Where the tree shows none, every process's name is read.
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

struct machine {
	pid_t pid;
	char comm[HOST_COMM_MAX]; /* foreign text */
	enum vm_stack stack;
	char name[256]; /* for people: "instance-0000002a", "101 (web)", "qemu-kvm[380]"; foreign text */
	char uuid[37];
	char *cgroup;                     /* of its process, in the memory hierarchy; "" not known */
	size_t own_cgroup_length;         /* of it: the VM's own cgroup, which the manager made */
	bool is_outside_cgroup_namespace; /* of ours: /sys/fs/cgroup here may not have it */
	bool memory_known;                /* the promise, by the command line, in bytes: */
	uint64_t memory_bytes, max_bytes, hugetlb_bytes;
	struct host_process_status status;
};

struct machines {
	size_t count;
	struct machine *list;
	bool by_scan; /* every process was looked at */
};

struct machines_wish {
	struct vm_places places; /* of VMs' cgroups besides the managers' own */
	bool scan;               /* look at every process even if the tree shows VMs: one that was
	                          * started from a job of Proxmox's scheduler stands in the job's
	                          * cgroup */
};

/*
 * `cgroups` NULL: there are none.  0, -EACCES where processes are hidden from us (by hidepid,
 * by a security module, by our pid namespace), -ENOMEM or another negative errno;
 * *error has a clause and the remedy.
 * What vanishes meanwhile is left out.
 */
int machines_read(struct machines *ret, const struct host_processes *processes,
		  const struct host_cgroups *cgroups, const struct machines_wish *wish, struct text *error);
void machines_free(struct machines *machines);

/* The VM whose process it is, NULL for none. */
const struct machine *machines_find(const struct machines *machines, pid_t pid);

/* How near a VM's process is to the limit of its cgroup. */
struct machine_limit {
	uint64_t held_bytes;    /* without what the kernel can take back */
	uint64_t hugetlb_bytes; /* of these, as host_cgroup_stat has it */
	uint64_t max_bytes;     /* HOST_UNLIMITED: there is none */
	uint64_t high_bytes;    /* of the same cgroup, as host_cgroup_memory() has it */
	uint64_t oom_kills;     /* memory.events: HOST_ABSENT before 4.13 */
};

/*
 * Of its process's cgroup and those above it, up to the VM's own, the one that
 * is nearest to its limit: libvirt sets it on the scope, or on "libvirt" in it.
 * -ENOENT if it has no memory cgroup (any more).
 */
int machines_limit(struct machine_limit *ret, const struct machine *machine,
		   const struct host_cgroups *cgroups);

#endif
