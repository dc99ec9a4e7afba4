/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_VM_PLACES_H
#define OOM_VM_PLACES_H
/*
 * Places in the cgroup tree where a VM's cgroup may be.
 *
 * Any user whose session has a delegated subtree (user@UID.service), any container with a writable
 * cgroup and any service with Delegate=yes can create cgroups of any name below its own. A name
 * alone therefore proves nothing. It is accepted only in the places where libvirt, Proxmox,
 * Firecracker's jailer and the kubelet create their cgroups, which only root can write to. The
 * administrator can add places with --vm-cgroup.
 */
#include <stddef.h>

#include "base/text.h"

#define VM_PLACES_MAX 16

struct vm_places {
	/* Paths of cgroups; '*' matches any part of one name. */
	const char *prefixes[VM_PLACES_MAX];
	size_t count;
};

/*
 * Option parser that adds a place to a struct vm_places: a cgroup that contains libvirt's VMs
 * (<resource><partition>), or below which the layout of a whole host is repeated (a container that
 * runs libvirt, Proxmox or the kubelet). `value` is not copied and must outlive *places. Returns 0,
 * or -EINVAL with a clause in *error.
 */
int vm_places_argument(const char *value, void *places, struct text *error);

#endif
