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

/* A tree that cannot be walked has none.  What lies in a VM's cgroup is not looked
 * at, nor is what can hold none. */
void walk_vms(const struct host_cgroups *cgroups, const struct vm_places *places, walk_fn fn, void *data);

/* The processes of such a cgroup: a VM and its helpers. */
#define WALK_PIDS_MAX 64
size_t walk_pids(const struct host_cgroups *cgroups, const char *path, pid_t pids[WALK_PIDS_MAX]);

#endif
