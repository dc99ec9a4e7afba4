/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_RUNNING_WALK_H
#define OOM_RUNNING_WALK_H
/*
 * Internal to running/: walks the cgroups that VMs' managers created, one per VM. The cost grows
 * with the number of VMs and not with that of the processes.
 */
#include <stdbool.h>

#include "host/cgroup.h"
#include "vm/places.h"

/* `path` is in the memory hierarchy. Return false to end the walk. */
typedef bool (*walk_fn)(const char *path, void *data);

/*
 * Calls fn for each VM's cgroup. Does not descend into it, or into one that cannot contain VMs.
 * Returns 0, also if there is no tree, or a negative errno if part of it could not be read.
 */
int walk_vms(const struct host_cgroups *cgroups, const struct vm_places *places, walk_fn fn, void *data,
	     struct text *error);

/*
 * The processes in such a cgroup: a VM and its helpers, or none if the cgroup has gone. Returns 0,
 * or a negative errno if not all could be read: -E2BIG if there are more than WALK_PIDS_MAX.
 */
#define WALK_PIDS_MAX 256
int walk_pids(const struct host_cgroups *cgroups, const char *path, pid_t pids[WALK_PIDS_MAX],
	      size_t *ret_count, struct text *error);

#endif
