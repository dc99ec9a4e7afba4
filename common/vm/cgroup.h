/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_VM_CGROUP_H
#define OOM_VM_CGROUP_H
/* Internal to vm/: identifies a VM by a cgroup path. */
#include "base/cursor.h"
#include "vm/identity.h"

/* What a stack examines to decide whether a component of a path is its VM's cgroup. */
struct vm_place {
	struct cursor component;
	struct cursor parent; /* the component before it, "" at the root */
	bool session;         /* the path is in a user's session, below /user.slice */
};

/*
 * Finds a Kubernetes pod in the path and sets id to its UID, with dashes. The pod need not be a VM.
 * Pods of Kata Containers are VMs, but not KubeVirt's, and do not count.
 */
bool vm_cgroup_pod(struct vm_identity *ret, const struct vm_places *places, const char *path);

/*
 * Whether libvirt starts VMs in this cgroup if it creates none for them: in its own service, in the
 * root of a host without systemd, or in one of `places`.
 */
bool vm_cgroup_is_libvirts(const struct vm_places *places, const char *path);

#endif
