/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "machines/walk.h"

#include "vm/identity.h"

struct walk {
	const struct vm_places *places;
	walk_fn fn;
	void *data;
};

static enum host_walk visit(const char *path, const char *name, void *data)
{
	const struct walk *walk = data;
	struct vm_identity vm = { .stack = VM_STACK_NONE };

	(void)name;
	switch (vm_cgroup_look(&vm, walk->places, path)) {
	case VM_CGROUP_OTHER:
		return HOST_WALK_PASS;
	case VM_CGROUP_ABOVE:
		return HOST_WALK_DESCEND;
	case VM_CGROUP_VM:
		break;
	}
	return walk->fn(path, walk->data) ? HOST_WALK_PASS : HOST_WALK_STOP;
}

void walk_vms(const struct host_cgroups *cgroups, const struct vm_places *places, walk_fn fn, void *data)
{
	struct walk walk = { places, fn, data };

	host_cgroup_walk(cgroups, "", visit, &walk, NULL);
}

size_t walk_pids(const struct host_cgroups *cgroups, const char *path, pid_t pids[WALK_PIDS_MAX])
{
	size_t count = 0;

	/* Gone meanwhile: nobody is in it. */
	if (host_cgroup_pids(cgroups, path, pids, WALK_PIDS_MAX, &count, NULL) < 0)
		return 0;
	return count;
}
