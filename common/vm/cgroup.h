/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_VM_CGROUP_H
#define OOM_VM_CGROUP_H
/* Inside this room only: what a cgroup path says about a VM. */
#include "vm/identity.h"
#include "vm/span.h"

/* What a stack looks at to tell whether a component of a path is its VM's. */
struct vm_place {
	struct span component;
	struct span parent; /* the component before it, "" at the root */
	bool session;       /* the path is a user's own, below /user.slice */
};

/*
 * Finds the Kubernetes pod in the path and sets id to its UID, with dashes.
 * A pod need not be a VM; a pod of Kata Containers, which are VMs but not
 * KubeVirt's, does not count.
 */
bool vm_cgroup_pod(struct vm_identity *ret, const struct vm_places *places, const char *path);

/* Whether libvirt starts its VMs in this cgroup where it makes none for them: its
 * own service, or the root of a host without systemd. */
bool vm_cgroup_is_libvirts(const struct vm_places *places, const char *path);

#endif
