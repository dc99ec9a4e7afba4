/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vm_configured.h"

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
#define CONFIGURED_MAX (UINT64_C(1) << 50)

static uint64_t at_most(uint64_t value, uint64_t limit)
{
	return value < limit ? value : limit;
}

uint64_t configured_capacity(const struct configured_vms *configured)
{
	return host_subtract(configured->ram_bytes + configured->swap_bytes,
			     configured->pool_bytes + configured->reserved_bytes);
}

/* Swap on zram does not count: it is in the RAM that it relieves. */
static int read_swap(struct configured_vms *configured, const struct file_roots *roots, struct text *error)
{
	struct host_swaps swaps;
	int r = host_swaps_read(&swaps, roots, error);

	if (r == 0)
		configured->swap_bytes = swaps.disk_total_kb * 1024;
	return r;
}

static int read_host(struct configured_vms *configured, const struct configured_rules *rules,
		     const struct file_roots *roots, struct text *error)
{
	struct host_meminfo meminfo;
	struct host_hugepools pools;
	int r = host_meminfo_read(&meminfo, roots, error);

	if (r == 0)
		r = host_hugepools_read(&pools, roots, -1, error);
	if (r == 0 && rules->with_swap)
		r = read_swap(configured, roots, error);
	if (r < 0)
		return r;
	configured->ram_bytes = meminfo.mem_total_kb * 1024;
	configured->pool_bytes = host_hugepools_total_kb(&pools, 0) * 1024;
	configured->reserved_bytes = rules->reserved_bytes;
	return 0;
}

/* Huge pages that memory.current includes are part of the limit; others are added to it. */
static uint64_t bytes_by_limit(const struct configured_vm *entry, const struct running_vm_limit *limit,
			       const struct host_hugetlb *hugetlb)
{
	const uint64_t held = entry->hugetlb_held_bytes;
	const uint64_t inside = host_hugetlb_inside(hugetlb, limit->hugetlb_bytes, held);
	const uint64_t bytes = at_most(limit->max_bytes, CONFIGURED_MAX) + host_subtract(held, inside);

	/* The limit may have been lowered below the pages in use. */
	return bytes > held ? bytes : held;
}

/* The host's cgroups; both NULL if there are none. */
struct layout {
	const struct host_cgroups *cgroups;
	const struct host_hugetlb *hugetlb;
};

/* 0, or a negative errno if the limit of its cgroup could not be read. */
static int set_configured(struct configured_vm *entry, const struct layout *layout)
{
	const struct running_vm *vm = entry->vm;
	struct running_vm_limit limit;
	int r = -ENOENT;

	/* Huge pages in use are counted even if the command line does not show them. */
	entry->hugetlb_bytes = entry->hugetlb_held_bytes;
	if (vm->memory_known) {
		entry->memory_bytes = at_most(vm->memory_bytes, CONFIGURED_MAX);
		entry->max_bytes = at_most(vm->max_bytes, CONFIGURED_MAX);
		if (entry->hugetlb_bytes < vm->hugetlb_bytes)
			entry->hugetlb_bytes = vm->hugetlb_bytes;
		entry->hugetlb_bytes = at_most(entry->hugetlb_bytes, entry->memory_bytes);
		return 0;
	}
	if (layout->cgroups)
		r = running_vms_limit(&limit, vm, layout->cgroups);
	if (r < 0 && r != -ENOENT)
		return r;
	if (r == 0 && host_known(limit.max_bytes)) {
		entry->source = CONFIGURED_CGROUP_LIMIT;
		entry->memory_bytes = bytes_by_limit(entry, &limit, layout->hugetlb);
	} else {
		entry->source = CONFIGURED_HELD;
		entry->memory_bytes = entry->held_bytes + entry->hugetlb_bytes;
	}
	entry->max_bytes = entry->memory_bytes;
	return 0;
}

static void add_overhead(struct configured_vm *entry, const struct configured_rules *rules)
{
	const uint64_t ordinary = entry->memory_bytes - entry->hugetlb_bytes;

	/* A cgroup limit and the memory in use already include the overhead. */
	if (entry->source == CONFIGURED_COMMAND_LINE)
		entry->overhead_bytes = rules->overhead_bytes + PAGE_TABLES_OF(ordinary);
	/* Memory plugged after the start is visible only once it is touched. */
	if (entry->held_bytes > ordinary + entry->overhead_bytes)
		entry->memory_bytes = entry->held_bytes - entry->overhead_bytes + entry->hugetlb_bytes;
	if (entry->max_bytes < entry->memory_bytes)
		entry->max_bytes = entry->memory_bytes;
}

static int add_vm(struct configured_vms *configured, struct configured_vm *entry, const struct running_vm *vm,
		  const struct configured_rules *rules, const struct layout *layout)
{
	*entry = (struct configured_vm){ .vm = vm };
	entry->held_bytes =
		at_most((host_or_zero(vm->status.vm_rss_kb) + host_or_zero(vm->status.vm_swap_kb)) * 1024,
			CONFIGURED_MAX);
	entry->hugetlb_held_bytes = at_most(host_or_zero(vm->status.hugetlb_kb) * 1024, CONFIGURED_MAX);
	int r = set_configured(entry, layout);
	if (r < 0)
		return r;
	/* The command line had a path with "huge" in it, but the host has no huge pages. */
	if (configured->pool_bytes == 0)
		entry->hugetlb_bytes = 0;
	add_overhead(entry, rules);

	const uint64_t ordinary = entry->memory_bytes - entry->hugetlb_bytes;
	configured->ordinary_bytes += ordinary;
	configured->hugetlb_bytes += entry->hugetlb_bytes;
	configured->overhead_bytes += entry->overhead_bytes;
	configured->max_bytes += entry->max_bytes;
	configured->untouched_bytes += host_subtract(ordinary, entry->held_bytes);
	configured->unconfigured_count += entry->source == CONFIGURED_HELD;
	return 0;
}

static int compare(const void *left, const void *right)
{
	const struct configured_vm *a = left, *b = right;

	if (a->memory_bytes != b->memory_bytes)
		return a->memory_bytes > b->memory_bytes ? -1 : 1;
	return (a->vm->pid > b->vm->pid) - (a->vm->pid < b->vm->pid);
}

static int add_vms(struct configured_vms *configured, const struct configured_rules *rules,
		   const struct layout *layout, struct text *error)
{
	const size_t count = configured->vms.count;

	if (count == 0)
		return 0;
	configured->list = calloc(count, sizeof(configured->list[0]));
	if (!configured->list) {
		text_append(error, "out of memory while listing the VMs");
		return -ENOMEM;
	}
	for (size_t i = 0; i < count; i++) {
		const struct running_vm *vm = &configured->vms.list[i];
		int r = add_vm(configured, &configured->list[i], vm, rules, layout);

		if (r < 0) {
			text_printf(error, "memory of cgroup %s: %s", vm->cgroup, strerror(-r));
			return r;
		}
	}
	qsort(configured->list, count, sizeof(configured->list[0]), compare);
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

int configured_read(struct configured_vms *ret, const struct configured_rules *rules,
		    const struct file_roots *roots, struct text *error)
{
	struct host_processes processes;
	struct layout layout = { 0 };

	*ret = (struct configured_vms){ .ksm_saved_bytes = HOST_ABSENT, .ksm_unknown = true };
	int r = read_host(ret, rules, roots, error);
	if (r == 0)
		r = host_processes_open(&processes, roots, error);
	if (r < 0)
		return r;
	r = find_layout(&layout, ret->pool_bytes > 0, roots, error);
	if (r == 0)
		r = running_vms_read(&ret->vms, &processes, layout.cgroups, &rules->vms, error);
	host_processes_close(&processes);
	return r < 0 ? r : add_vms(ret, rules, &layout, error);
}

void configured_read_ksm(struct configured_vms *configured, const struct file_roots *roots)
{
	struct host_ksm ksm;
	int r = host_ksm_read(&ksm, roots, NULL);

	configured->ksm_saved_bytes = r == 0 ? ksm.saved_kb * 1024 : HOST_ABSENT;
	configured->ksm_unknown = r < 0 && r != -ENOENT;
}
