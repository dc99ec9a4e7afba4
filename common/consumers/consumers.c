/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "consumers/consumers.h"

#include <errno.h>
#include <string.h>

#include "base/array.h"
#include "base/clock.h"
#include "host/cgroup.h"
#include "host/hugetlb.h"
#include "host/process.h"
#include "host/sight.h"
#include "vm/identity.h"

#define VM_PIDS_MAX 256 /* QEMU and its helpers, with an exporter or a virtiofsd for each disk */

struct search {
	struct consumers *consumers;
	const struct vm_places *places;
	struct host_cgroups cgroups;
	struct host_hugetlb hugetlb;
	const struct host_processes *processes;
	bool by_cgroup; /* the VMs have been counted by their cgroups */
	int64_t until_usec;
	struct text *hidden;
};

static bool time_is_up(struct search *search)
{
	if (clock_usec(CLOCK_MONOTONIC) >= search->until_usec)
		search->consumers->cut_short = true;
	return search->consumers->cut_short;
}

static uint64_t weight(const struct consumer_list *list, const struct consumer *consumer)
{
	return list->order == CONSUMERS_BY_HUGETLB ? host_or_zero(consumer->hugetlb_bytes) : consumer->bytes;
}

static void add(struct consumer_list *list, const struct consumer *consumer)
{
	size_t place = list->count;

	list->all_count++;
	list->all_bytes += consumer->bytes;
	while (place > 0 && weight(list, &list->largest[place - 1]) < weight(list, consumer))
		place--;
	if (place == CONSUMERS_LISTED)
		return;
	if (list->count < CONSUMERS_LISTED)
		list->count++;
	memmove(&list->largest[place + 1], &list->largest[place],
		(list->count - 1 - place) * sizeof(list->largest[0]));
	list->largest[place] = *consumer;
}

static const char *name_of(const struct vm_identity *vm, const char *otherwise)
{
	const char *const names[] = { vm_name_is_whole(vm) ? vm->name : "", vm->display_name, vm->id };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (names[i][0])
			return names[i];
	}
	return otherwise;
}

static void tell(struct search *search, const char *what, const struct text *why)
{
	text_printf(search->hidden, "%s%s: %s", search->hidden->length > 0 ? "; " : "", what, why->data);
}

/* A cgroup that has gone holds nothing. The first that exists and cannot be read is reported. */
static void note_unread(struct search *search, int r, const struct text *why)
{
	if (r >= 0 || r == -ENOENT || r == -ENODEV)
		return;
	if (!search->consumers->any_unread)
		tell(search, "VM memory is only partly counted", why);
	search->consumers->any_unread = true;
}

/*
 * The huge pages that the VM's processes have mapped. The hypervisor maps all of the guest's
 * memory, and a helper (virtiofsd, a vhost-user back end) maps it once more, so the largest mapping
 * counts. HOST_ABSENT if no process could be read.
 */
static int read_mapped(uint64_t *ret_bytes, const struct search *search, const char *path, struct text *why)
{
	pid_t pids[VM_PIDS_MAX];
	size_t count;
	int r = host_cgroup_pids(&search->cgroups, path, pids, VM_PIDS_MAX, &count, why);

	*ret_bytes = HOST_ABSENT;
	for (size_t i = 0; r == 0 && i < count; i++) {
		struct host_process_status status;

		if (pids[i] > 0 && host_process_status(search->processes, pids[i], &status) == 0 &&
		    host_known(status.hugetlb_kb) && host_or_zero(*ret_bytes) <= status.hugetlb_kb * 1024)
			*ret_bytes = status.hugetlb_kb * 1024;
	}
	return r;
}

/* Sets consumer->hugetlb_bytes, and *ret_inside to the part that the cgroup's accounting includes. */
static int set_hugetlb(struct consumer *consumer, uint64_t *ret_inside, const struct search *search,
		       const char *path, struct text *why)
{
	struct host_cgroup_stat stat = { .hugetlb_bytes = HOST_ABSENT };
	uint64_t used = HOST_ABSENT;
	int r = host_cgroup_stat(&stat, &search->cgroups, path, why);

	if (r == -ENOENT) { /* no such file on this kernel, or the cgroup has gone */
		text_init(why, why->data, why->size);
		r = 0;
	}
	if (r == 0)
		r = host_hugetlb_used(&used, &search->hugetlb, path, why);
	if (r == 0 && !host_known(used))
		r = read_mapped(&used, search, path, why);
	if (r != 0)
		return r;
	*ret_inside = host_hugetlb_inside(&search->hugetlb, stat.hugetlb_bytes, used);
	consumer->hugetlb_bytes = *ret_inside > host_or_zero(used) ? *ret_inside : used;
	return 0;
}

static enum host_walk add_vm_cgroup(const char *path, const char *name, void *data)
{
	struct search *search = data;
	struct host_cgroup_memory memory;
	struct vm_identity vm = { .stack = VM_STACK_NONE };
	struct consumer consumer = { .hugetlb_bytes = HOST_ABSENT };
	uint64_t inside = 0;
	TEXT_ON_STACK(why, 256);

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
	int r = host_cgroup_memory(&memory, &search->cgroups, path, &why);
	if (r == 0) {
		note_unread(search, set_hugetlb(&consumer, &inside, search, path, &why), &why);
		consumer.swap_bytes = host_or_zero(memory.swap_current_bytes);
		consumer.bytes = host_subtract(memory.current_bytes, inside) + consumer.swap_bytes;
		text_copy(consumer.name, sizeof(consumer.name), name_of(&vm, name));
		add(&search->consumers->vms, &consumer);
	}
	note_unread(search, r, &why);
	return HOST_WALK_PASS;
}

static bool has_memory(const struct host_process_status *status)
{
	return host_known(status->vm_rss_kb);
}

static void add_process(struct search *search, pid_t pid)
{
	const struct host_processes *processes = search->processes;
	struct host_process_status status;
	struct vm_identity vm;
	char comm[HOST_COMM_MAX], path[HOST_CGROUP_PATH_MAX];
	bool is_v2;

	/* Skips processes that have exited, are hidden, or have no memory (kernel threads). */
	if (host_process_status(processes, pid, &status) < 0 || !has_memory(&status) ||
	    host_process_comm(processes, pid, comm) < 0)
		return;
	bool has_path = host_process_cgroup(processes, pid, path, &is_v2) == 0;
	if (search->by_cgroup && has_path && vm_identify(&vm, search->places, path, NULL))
		return;
	struct consumer consumer = {
		.bytes = (status.vm_rss_kb + host_or_zero(status.vm_swap_kb)) * 1024,
		.swap_bytes = host_or_zero(status.vm_swap_kb) * 1024,
		.hugetlb_bytes = host_known(status.hugetlb_kb) ? status.hugetlb_kb * 1024 : HOST_ABSENT,
		.pid = pid,
	};
	bool is_vm = vm_identify(&vm, search->places, has_path ? path : NULL, comm) &&
		     vm.role == VM_ROLE_HYPERVISOR;
	text_copy(consumer.name, sizeof(consumer.name), is_vm ? name_of(&vm, comm) : comm);
	add(is_vm ? &search->consumers->vms : &search->consumers->processes, &consumer);
}

/* If the cgroups cannot all be walked, all VMs are counted by their processes, and none twice. */
static void add_vm_cgroups(struct search *search, const struct file_roots *roots)
{
	TEXT_ON_STACK(why, 256);
	int r = host_cgroups_find(&search->cgroups, roots, &why);

	if (r == 0)
		r = host_hugetlb_find(&search->hugetlb, &search->cgroups, roots, &why);
	if (r == 0)
		r = host_cgroup_walk(&search->cgroups, "", add_vm_cgroup, search, &why);
	search->by_cgroup = r == 0;
	if (r == 0)
		return;
	search->consumers->vms = (struct consumer_list){ .order = search->consumers->vms.order };
	search->consumers->any_unread = false;
	text_init(search->hidden, search->hidden->data, search->hidden->size);
	if (r != -ENOENT)
		tell(search, "VMs were found only by their processes", &why);
}

int consumers_read(struct consumers *ret, enum consumers_order order, const struct file_roots *roots,
		   const struct vm_places *places, int64_t until_usec, struct text *hidden)
{
	struct host_processes processes;
	struct search search = { .consumers = ret,
				 .places = places,
				 .processes = &processes,
				 .until_usec = until_usec,
				 .hidden = hidden };
	pid_t pid;

	*ret = (struct consumers){ .vms = { .order = order }, .processes = { .order = order } };
	int r = host_processes_open(&processes, roots, NULL);
	if (r < 0)
		return r;
	add_vm_cgroups(&search, roots);
	while (!time_is_up(&search) && host_processes_next(&processes, &pid, NULL) > 0)
		add_process(&search, pid);
	host_sight(&processes, hidden);
	host_processes_close(&processes);
	return 0;
}
