/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "running/walk.h"

#include <errno.h>

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

int walk_vms(const struct host_cgroups *cgroups, const struct vm_places *places, walk_fn fn, void *data,
	     struct text *error)
{
	struct walk walk = { places, fn, data };
	TEXT_ON_STACK(why, 512);
	int r = host_cgroup_walk(cgroups, "", visit, &walk, &why);

	if (r == -ENOENT)
		return 0;
	if (r < 0 && error)
		text_append(error, why.data);
	return r;
}

int walk_pids(const struct host_cgroups *cgroups, const char *path, pid_t pids[WALK_PIDS_MAX],
	      size_t *ret_count, struct text *error)
{
	TEXT_ON_STACK(why, 512);
	int r = host_cgroup_pids(cgroups, path, pids, WALK_PIDS_MAX, ret_count, &why);

	if (r == -ENOENT || r == -ENODEV)
		return 0;
	if (r < 0 && error)
		text_append(error, why.data);
	return r;
}
