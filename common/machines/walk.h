/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_MACHINES_WALK_H
#define OOM_MACHINES_WALK_H
/*
 * Inside this room only: the cgroups that a VM's manager made for it, one a VM.
 * What a walk costs grows with the VMs and not with the processes.
 */
#include <stdbool.h>

#include "host/cgroup.h"
#include "vm/places.h"

/* `path` is in the memory hierarchy.  False: enough. */
typedef bool (*walk_fn)(const char *path, void *data);

/* What lies in a VM's cgroup is not looked at, nor is what can hold none.  0, also where
 * there is no tree; or a negative errno where a part of it could not be looked into. */
int walk_vms(const struct host_cgroups *cgroups, const struct vm_places *places, walk_fn fn, void *data,
	     struct text *error);

/* The processes of such a cgroup: a VM and its helpers; none where it has gone meanwhile.
 * 0, or a negative errno where not all of them could be read: -E2BIG of more than the bound. */
#define WALK_PIDS_MAX 256
int walk_pids(const struct host_cgroups *cgroups, const char *path, pid_t pids[WALK_PIDS_MAX],
	      size_t *ret_count, struct text *error);

#endif
