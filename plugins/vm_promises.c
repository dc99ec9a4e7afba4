/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vm_promises.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "host/hugepages.h"
#include "host/hugetlb.h"
#include "host/ksm.h"
#include "host/meminfo.h"
#include "host/swaps.h"

/* Eight bytes of page table per 4 KiB, once in QEMU's own page tables and once in those that KVM
 * keeps for the guest (EPT, NPT).  The worst case, without transparent huge pages. */
#define PAGE_TABLES_OF(bytes) ((bytes) / 512 * 2)

/* 1 PiB, more than any guest has.  The sum of ten thousand such guests does not overflow. */
#define PROMISE_MAX (UINT64_C(1) << 50)

static uint64_t at_most(uint64_t value, uint64_t limit)
{
	return value < limit ? value : limit;
}

uint64_t promises_capacity(const struct promises *promises)
{
	return host_subtract(promises->ram_bytes + promises->swap_bytes,
			     promises->pool_bytes + promises->reserved_bytes);
}

/* Swap on zram does not count: it is in the RAM that it relieves. */
static int read_swap(struct promises *promises, const struct file_roots *roots, struct text *error)
{
	struct host_swaps swaps;
	int r = host_swaps_read(&swaps, roots, error);

	if (r == 0)
		promises->swap_bytes = swaps.disk_total_kb * 1024;
	return r;
}

static int read_host(struct promises *promises, const struct promise_rules *rules,
		     const struct file_roots *roots, struct text *error)
{
	struct host_meminfo meminfo;
	struct host_hugepools pools;
	int r = host_meminfo_read(&meminfo, roots, error);

	if (r == 0)
		r = host_hugepools_read(&pools, roots, -1, error);
	if (r == 0 && rules->with_swap)
		r = read_swap(promises, roots, error);
	if (r < 0)
		return r;
	promises->ram_bytes = meminfo.mem_total_kb * 1024;
	promises->pool_bytes = host_hugepools_total_kb(&pools, 0) * 1024;
	promises->reserved_bytes = rules->reserved_bytes;
	return 0;
}

/* Huge pages that memory.current includes are part of the limit; others are added to it. */
static uint64_t bytes_by_limit(const struct promise *promise, const struct machine_limit *limit,
			       const struct host_hugetlb *hugetlb)
{
	const uint64_t held = promise->hugetlb_held_bytes;
	const uint64_t inside = host_hugetlb_inside(hugetlb, limit->hugetlb_bytes, held);
	const uint64_t bytes = at_most(limit->max_bytes, PROMISE_MAX) + host_subtract(held, inside);

	/* The limit may have been lowered below the pages in use. */
	return bytes > held ? bytes : held;
}

/* The host's cgroups; both NULL if there are none. */
struct layout {
	const struct host_cgroups *cgroups;
	const struct host_hugetlb *hugetlb;
};

/* 0, or a negative errno if the limit of its cgroup could not be read. */
static int set_promise(struct promise *promise, const struct layout *layout)
{
	const struct machine *vm = promise->vm;
	struct machine_limit limit;
	int r = -ENOENT;

	/* Huge pages in use are counted even if the command line does not show them. */
	promise->hugetlb_bytes = promise->hugetlb_held_bytes;
	if (vm->memory_known) {
		promise->memory_bytes = at_most(vm->memory_bytes, PROMISE_MAX);
		promise->max_bytes = at_most(vm->max_bytes, PROMISE_MAX);
		if (promise->hugetlb_bytes < vm->hugetlb_bytes)
			promise->hugetlb_bytes = vm->hugetlb_bytes;
		promise->hugetlb_bytes = at_most(promise->hugetlb_bytes, promise->memory_bytes);
		return 0;
	}
	if (layout->cgroups)
		r = machines_limit(&limit, vm, layout->cgroups);
	if (r < 0 && r != -ENOENT)
		return r;
	if (r == 0 && host_known(limit.max_bytes)) {
		promise->source = PROMISE_CGROUP_LIMIT;
		promise->memory_bytes = bytes_by_limit(promise, &limit, layout->hugetlb);
	} else {
		promise->source = PROMISE_HELD;
		promise->memory_bytes = promise->held_bytes + promise->hugetlb_bytes;
	}
	promise->max_bytes = promise->memory_bytes;
	return 0;
}

static void add_overhead(struct promise *promise, const struct promise_rules *rules)
{
	const uint64_t ordinary = promise->memory_bytes - promise->hugetlb_bytes;

	/* A cgroup limit and the memory in use already include the overhead. */
	if (promise->source == PROMISE_COMMAND_LINE)
		promise->overhead_bytes = rules->overhead_bytes + PAGE_TABLES_OF(ordinary);
	/* Memory plugged after the start is visible only once it is touched. */
	if (promise->held_bytes > ordinary + promise->overhead_bytes)
		promise->memory_bytes =
			promise->held_bytes - promise->overhead_bytes + promise->hugetlb_bytes;
	if (promise->max_bytes < promise->memory_bytes)
		promise->max_bytes = promise->memory_bytes;
}

static int add_promise(struct promises *promises, struct promise *promise, const struct machine *vm,
		       const struct promise_rules *rules, const struct layout *layout)
{
	*promise = (struct promise){ .vm = vm };
	promise->held_bytes =
		at_most((host_or_zero(vm->status.vm_rss_kb) + host_or_zero(vm->status.vm_swap_kb)) * 1024,
			PROMISE_MAX);
	promise->hugetlb_held_bytes = at_most(host_or_zero(vm->status.hugetlb_kb) * 1024, PROMISE_MAX);
	int r = set_promise(promise, layout);
	if (r < 0)
		return r;
	/* The command line had a path with "huge" in it, but the host has no huge pages. */
	if (promises->pool_bytes == 0)
		promise->hugetlb_bytes = 0;
	add_overhead(promise, rules);

	const uint64_t ordinary = promise->memory_bytes - promise->hugetlb_bytes;
	promises->ordinary_bytes += ordinary;
	promises->hugetlb_bytes += promise->hugetlb_bytes;
	promises->overhead_bytes += promise->overhead_bytes;
	promises->max_bytes += promise->max_bytes;
	promises->untouched_bytes += host_subtract(ordinary, promise->held_bytes);
	promises->without_promise += promise->source == PROMISE_HELD;
	return 0;
}

static int compare(const void *left, const void *right)
{
	const struct promise *a = left, *b = right;

	if (a->memory_bytes != b->memory_bytes)
		return a->memory_bytes > b->memory_bytes ? -1 : 1;
	return (a->vm->pid > b->vm->pid) - (a->vm->pid < b->vm->pid);
}

static int add_promises(struct promises *promises, const struct promise_rules *rules,
			const struct layout *layout, struct text *error)
{
	const size_t count = promises->machines.count;

	if (count == 0)
		return 0;
	promises->list = calloc(count, sizeof(promises->list[0]));
	if (!promises->list) {
		text_append(error, "no memory to list the VMs in");
		return -ENOMEM;
	}
	for (size_t i = 0; i < count; i++) {
		const struct machine *vm = &promises->machines.list[i];
		int r = add_promise(promises, &promises->list[i], vm, rules, layout);

		if (r < 0) {
			text_printf(error, "memory of cgroup %s: %s", vm->cgroup, strerror(-r));
			return r;
		}
	}
	qsort(promises->list, count, sizeof(promises->list[0]), compare);
	return 0;
}

/* The hugetlb mounts are needed only if there are huge pages. */
static int find_layout(struct layout *layout, bool with_hugetlb, const struct file_roots *roots,
		       struct text *error)
{
	static struct host_cgroups cgroups;
	static struct host_hugetlb hugetlb;
	int r = host_cgroups_find(&cgroups, roots, NULL);

	if (r == -ENOENT)
		return 0;
	if (r < 0) {
		text_printf(error, "/sys/fs/cgroup: %s", strerror(-r));
		return r;
	}
	*layout = (struct layout){ &cgroups, &hugetlb };
	return with_hugetlb ? host_hugetlb_find(&hugetlb, &cgroups, roots, error) : 0;
}

int promises_read(struct promises *ret, const struct promise_rules *rules, const struct file_roots *roots,
		  struct text *error)
{
	struct host_processes processes;
	struct layout layout = { 0 };

	*ret = (struct promises){ .ksm_saved_bytes = HOST_ABSENT, .ksm_unknown = true };
	int r = read_host(ret, rules, roots, error);
	if (r == 0)
		r = host_processes_open(&processes, roots, error);
	if (r < 0)
		return r;
	r = find_layout(&layout, ret->pool_bytes > 0, roots, error);
	if (r == 0)
		r = machines_read(&ret->machines, &processes, layout.cgroups, &rules->machines, error);
	host_processes_close(&processes);
	return r < 0 ? r : add_promises(ret, rules, &layout, error);
}

void promises_read_ksm(struct promises *promises, const struct file_roots *roots)
{
	struct host_ksm ksm;
	int r = host_ksm_read(&ksm, roots, NULL);

	promises->ksm_saved_bytes = r == 0 ? ksm.saved_kb * 1024 : HOST_ABSENT;
	promises->ksm_unknown = r < 0 && r != -ENOENT;
}
