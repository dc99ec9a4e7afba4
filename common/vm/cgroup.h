/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_VM_CGROUP_H
#define OOM_VM_CGROUP_H
/* Inside this room only: what a cgroup path says about a VM. */
#include "vm/identity.h"
#include "vm/span.h"

/* What a stack looks at to tell whether a component of a path is its VM's. */
struct vm_place {
	struct span component;
	const char *rest; /* of the path, after it */
	bool session;     /* the path is a user's own, below /user.slice */
};

/*
 * Finds the outermost component of the path that a hypervisor's manager makes
 * for one VM, and sets stack, name and id.  False: no such component, *ret is
 * as it was.
 */
bool vm_cgroup_identify(struct vm_identity *ret, const char *path);

/*
 * Finds the Kubernetes pod in the path and sets id to its UID, with dashes.
 * A pod need not be a VM; a pod of Kata Containers, which are VMs but not
 * KubeVirt's, does not count.
 */
bool vm_cgroup_pod(struct vm_identity *ret, const char *path);

#endif
