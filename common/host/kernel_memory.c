/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "host/kernel_memory.h"

#include <errno.h>
#include <unistd.h>

#include "base/array.h"
#include "host/arcstats.h"
#include "host/fields.h"
#include "host/hugepages.h"
#include "host/meminfo.h"

/* /proc/vmstat, in pages. */
struct vmstat {
	uint64_t zspages, memmap, isolated_anon, isolated_file;
};

/* Where the memory is, in kB. */
struct accounts {
	struct host_meminfo meminfo;
	uint64_t lru, other_reclaimable, stacks, compressed, memory_map, zfs;
};

#define PART(name, member)                              \
	{                                               \
		name, offsetof(struct accounts, member) \
	}

/* No page is in two of these. */
static const struct {
	const char *name;
	size_t offset;
} parts[] = {
	PART("free", meminfo.mem_free_kb),
	PART("processes and page cache", lru),
	PART("huge pages", meminfo.hugetlb_kb),
	PART("unreclaimable slab", meminfo.slab_unreclaimable_kb),
	PART("reclaimable slab", meminfo.slab_reclaimable_kb),
	PART("other reclaimable memory", other_reclaimable),
	PART("page tables", meminfo.page_tables_kb),
	PART("KVM's and IOMMU page tables", meminfo.sec_page_tables_kb),
	PART("vmalloc", meminfo.vmalloc_kb),
	PART("kernel stacks", stacks),
	PART("per-CPU", meminfo.percpu_kb),
	PART("compressed swap", compressed),
	PART("memory map", memory_map),
	PART("ZFS cache", zfs),
	PART("GPU memory", meminfo.gpu_active_kb),
	PART("reclaimable GPU memory", meminfo.gpu_reclaim_kb),
	PART("bounce buffers", meminfo.bounce_kb),
	PART("hardware corrupted", meminfo.hardware_corrupted_kb),
};

_Static_assert(ARRAY_SIZE(parts) <= HOST_KERNEL_PARTS_MAX, "room for every part");

static int read_vmstat(struct vmstat *vmstat, const struct file_roots *roots, struct text *error)
{
	static const struct host_field fields[] = {
		{ "nr_isolated_anon", offsetof(struct vmstat, isolated_anon), false },
		{ "nr_isolated_file", offsetof(struct vmstat, isolated_file), false },
		{ "nr_zspages", offsetof(struct vmstat, zspages), false },
		/* 6.12: the memory map of memory that was added after the boot */
		{ "nr_memmap_pages", offsetof(struct vmstat, memmap), false },
	};
	static const struct host_table table = HOST_TABLE(HOST_SPACE, fields);

	return host_fields_read_large("/vmstat", &table, vmstat, roots, error);
}

/* Before 4.16 meminfo has the pool of the default size only. */
static int read_hugetlb(struct host_meminfo *meminfo, const struct file_roots *roots, struct text *error)
{
	struct host_hugepools pools;
	int r;

	if (host_known(meminfo->hugetlb_kb))
		return 0;
	r = host_hugepools_read(&pools, roots, -1, error);
	if (r == 0)
		meminfo->hugetlb_kb = host_hugepools_total_kb(&pools, 0);
	return r;
}

/* Without abdstats the whole cache is used, part of which may be counted as slab too. */
static int read_zfs(uint64_t *ret_kb, const struct file_roots *roots, struct text *error)
{
	struct host_arcstats arcstats = { 0 };
	uint64_t page_bytes = 0;
	int r = host_abdstats_read(&page_bytes, roots, NULL);

	if (r == -ENOENT) {
		r = host_arcstats_read(&arcstats, roots, NULL);
		page_bytes = arcstats.size_bytes;
	}
	*ret_kb = page_bytes / 1024;
	return r == -ENOENT ? 0 : r < 0 ? host_complain(error, "/spl/kstat/zfs", r, NULL) : 0;
}

static uint64_t pages_to_kb(uint64_t pages)
{
	return host_or_zero(pages) * ((uint64_t)sysconf(_SC_PAGESIZE) / 1024);
}

/* Computes the accounts that are not single lines, so that no page is counted twice. */
static void compute(struct accounts *a, const struct vmstat *vmstat)
{
	const struct host_meminfo *meminfo = &a->meminfo;

	a->lru = host_or_zero(meminfo->active_kb) + host_or_zero(meminfo->inactive_kb) +
		 host_or_zero(meminfo->unevictable_kb) + pages_to_kb(vmstat->isolated_anon) +
		 pages_to_kb(vmstat->isolated_file);
	a->other_reclaimable =
		host_subtract(host_or_zero(meminfo->reclaimable_kb), meminfo->slab_reclaimable_kb);
	/* Stacks come from vmalloc (VMAP_STACK, 4.9), whose size kernels before 5.3 report as 0. */
	a->stacks = host_or_zero(meminfo->vmalloc_kb) > 0 ? 0 : meminfo->kernel_stack_kb;
	/* vmstat counts the pages of zsmalloc; zswap's other pools (up to 6.14) are in meminfo only. */
	a->compressed = pages_to_kb(vmstat->zspages);
	if (host_or_zero(meminfo->zswap_kb) > a->compressed)
		a->compressed = meminfo->zswap_kb;
	a->memory_map = pages_to_kb(vmstat->memmap);
}

int host_kernel_memory_read(struct host_kernel_memory *ret, const struct file_roots *roots,
			    struct text *error)
{
	struct host_kernel_memory memory = { 0 };
	struct accounts accounts = { 0 };
	struct vmstat vmstat = { 0 };
	int r = host_meminfo_read(&accounts.meminfo, roots, error);

	/* Every kernel has these lines: without them, what they count would be unaccounted. */
	if (r == 0 && !(host_known(accounts.meminfo.active_kb) && host_known(accounts.meminfo.inactive_kb) &&
			host_known(accounts.meminfo.slab_unreclaimable_kb)))
		r = host_complain(error, "/meminfo", -EBADMSG, "Active, Inactive or SUnreclaim is missing");
	if (r == 0)
		r = read_vmstat(&vmstat, roots, error);
	if (r == 0)
		r = read_hugetlb(&accounts.meminfo, roots, error);
	if (r == 0)
		r = read_zfs(&accounts.zfs, roots, error);
	if (r < 0)
		return r;
	compute(&accounts, &vmstat);
	memory.total_kb = memory.unaccounted_kb = accounts.meminfo.mem_total_kb;
	memory.slab_unreclaimable_kb = accounts.meminfo.slab_unreclaimable_kb;
	memory.balloon_kb = host_or_zero(accounts.meminfo.balloon_kb);
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		const uint64_t kb =
			host_or_zero(*(const uint64_t *)((const char *)&accounts + parts[i].offset));

		memory.unaccounted_kb = host_subtract(memory.unaccounted_kb, kb);
		if (kb > 0)
			memory.parts[memory.part_count++] = (struct host_kernel_part){ parts[i].name, kb };
	}
	*ret = memory;
	return 0;
}
