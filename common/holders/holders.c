/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "holders/holders.h"

#include <string.h>

#include "base/array.h"
#include "base/clock.h"
#include "host/cgroup.h"
#include "host/process.h"
#include "host/sight.h"
#include "vm/identity.h"

struct search {
	struct holders *holders;
	const struct vm_places *places;
	struct host_cgroups cgroups;
	bool by_cgroup; /* VMs in cgroups of their own have been counted */
	int64_t until_usec;
};

static bool time_is_up(struct search *search)
{
	if (clock_usec(CLOCK_MONOTONIC) >= search->until_usec)
		search->holders->cut_short = true;
	return search->holders->cut_short;
}

static void add(struct holder_list *list, const struct holder *holder)
{
	size_t place = list->count;

	list->all_count++;
	list->all_bytes += holder->bytes;
	while (place > 0 && list->largest[place - 1].bytes < holder->bytes)
		place--;
	if (place == HOLDERS_LISTED)
		return;
	if (list->count < HOLDERS_LISTED)
		list->count++;
	memmove(&list->largest[place + 1], &list->largest[place],
		(list->count - 1 - place) * sizeof(list->largest[0]));
	list->largest[place] = *holder;
}

static const char *name_of(const struct vm_identity *vm, const char *otherwise)
{
	const char *const names[] = { vm->name, vm->display_name, vm->id };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (names[i][0])
			return names[i];
	}
	return otherwise;
}

static enum host_walk add_vm_cgroup(const char *path, const char *name, void *data)
{
	struct search *search = data;
	struct host_cgroup_memory memory;
	struct vm_identity vm = { .stack = VM_STACK_NONE };

	if (time_is_up(search))
		return HOST_WALK_STOP;
	switch (vm_cgroup_look(&vm, search->places, path)) {
	case VM_CGROUP_OTHER:
		return HOST_WALK_PASS;
	case VM_CGROUP_ABOVE:
		return HOST_WALK_DESCEND;
	case VM_CGROUP_VM:
		break;
	}
	if (host_cgroup_memory(&memory, &search->cgroups, path, NULL) == 0) {
		struct holder holder = {
			.bytes = memory.current_bytes + host_or_zero(memory.swap_current_bytes),
			.swap_bytes = host_or_zero(memory.swap_current_bytes),
			.hugetlb_bytes = memory.hugetlb_bytes,
		};

		text_copy(holder.name, sizeof(holder.name), name_of(&vm, name));
		add(&search->holders->vms, &holder);
	}
	return HOST_WALK_PASS;
}

static bool has_memory(const struct host_process_status *status)
{
	return host_known(status->vm_rss_kb);
}

static void add_process(struct search *search, const struct host_processes *processes, pid_t pid)
{
	struct host_process_status status;
	struct vm_identity vm;
	char comm[HOST_COMM_MAX], path[HOST_CGROUP_PATH_MAX];
	bool is_v2;

	/* What has gone, is hidden or is a kernel thread holds nothing to show. */
	if (host_process_status(processes, pid, &status) < 0 || !has_memory(&status) ||
	    host_process_comm(processes, pid, comm) < 0)
		return;
	bool has_path = host_process_cgroup(processes, pid, path, &is_v2) == 0;
	if (search->by_cgroup && has_path && vm_identify(&vm, search->places, path, NULL))
		return;
	struct holder holder = {
		.bytes = (status.vm_rss_kb + host_or_zero(status.vm_swap_kb)) * 1024,
		.swap_bytes = host_or_zero(status.vm_swap_kb) * 1024,
		.hugetlb_bytes = host_known(status.hugetlb_kb) ? status.hugetlb_kb * 1024 : HOST_ABSENT,
		.pid = pid,
	};
	bool is_vm =
		vm_identify(&vm, search->places, has_path ? path : NULL, comm) && vm.role == VM_ROLE_MACHINE;
	text_copy(holder.name, sizeof(holder.name), is_vm ? name_of(&vm, comm) : comm);
	add(is_vm ? &search->holders->vms : &search->holders->processes, &holder);
}

int holders_read(struct holders *ret, const struct file_roots *roots, const struct vm_places *places,
		 int64_t until_usec, struct text *hidden)
{
	struct search search = { .holders = ret, .places = places, .until_usec = until_usec };
	struct host_processes processes;
	pid_t pid;

	*ret = (struct holders){ 0 };
	search.by_cgroup = host_cgroups_find(&search.cgroups, roots, NULL) == 0 &&
			   host_cgroup_walk(&search.cgroups, "", add_vm_cgroup, &search, NULL) == 0;
	int r = host_processes_open(&processes, roots, NULL);
	if (r < 0)
		return r;
	while (!time_is_up(&search) && host_processes_next(&processes, &pid, NULL) > 0)
		add_process(&search, &processes, pid);
	host_sight(&processes, hidden);
	host_processes_close(&processes);
	return 0;
}
