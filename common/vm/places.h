/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_VM_PLACES_H
#define OOM_VM_PLACES_H
/*
 * Where in the cgroup tree a VM's cgroup may stand.  Any user whose session has
 * a delegated subtree (user@UID.service), any container with a writable cgroup
 * and any service with Delegate=yes can make a cgroup of any name below its own.
 * So a name alone proves nothing: it counts only at the places where libvirt,
 * Proxmox, the jailer of Firecracker and the kubelet put theirs, which only root
 * can write to.  An administrator's own places are added by --vm-cgroup.
 */
#include <stddef.h>

#include "base/text.h"

#define VM_PLACES_MAX 16

struct vm_places {
	/* Paths of cgroups, '*' in them is any part of one name. */
	const char *prefixes[VM_PLACES_MAX];
	size_t count;
};

/*
 * The parser of an option that adds a place to a struct vm_places: a cgroup in
 * which libvirt's VMs stand (<resource><partition>), or below which the whole
 * layout of a host is repeated (a container with libvirt, Proxmox or kubelet in
 * it).  `value` is kept.  0, or -EINVAL with a clause in *error.
 */
int vm_places_argument(const char *value, void *places, struct text *error);

#endif
