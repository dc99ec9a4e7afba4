/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "host/kernel_memory.h"

#include <errno.h>
#include <unistd.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "host/arcstats.h"
#include "host/fields.h"
#include "host/hugepages.h"

#define VMSTAT_FILE_MAX 32768 /* 4 KiB in 6.18, 6 with every debug option */

/* All in kB but for those of /proc/vmstat, which are pages until count_pages(). */
struct accounts {
	uint64_t total, free, active, inactive, unevictable, slab, slab_reclaimable, slab_unreclaimable;
	uint64_t reclaimable; /* slab and others, 4.20 */
	uint64_t kernel_stack, page_tables, sec_page_tables, bounce, vmalloc, percpu, hardware_corrupted;
	uint64_t committed, hugetlb, zswap, balloon, gpu_active, gpu_reclaim;
	struct {
		uint64_t zspages, memmap, isolated_anon, isolated_file;
	} pages;
	uint64_t lru, other_reclaimable, zfs; /* reckoned */
};

#define FIELD(name, member, required)                             \
	{                                                         \
		name, offsetof(struct accounts, member), required \
	}

/* In the kernel's order (fs/proc/meminfo.c). */
static const struct host_field meminfo_fields[] = {
	FIELD("MemTotal", total, true),
	FIELD("MemFree", free, true),
	FIELD("Active", active, true),
	FIELD("Inactive", inactive, true),
	FIELD("Unevictable", unevictable, false),
	FIELD("Zswap", zswap, false),
	FIELD("KReclaimable", reclaimable, false),
	FIELD("Slab", slab, true),
	FIELD("SReclaimable", slab_reclaimable, true),
	FIELD("SUnreclaim", slab_unreclaimable, true),
	FIELD("KernelStack", kernel_stack, false),
	FIELD("PageTables", page_tables, true),
	FIELD("SecPageTables", sec_page_tables, false),
	FIELD("Bounce", bounce, false),
	FIELD("Committed_AS", committed, true),
	FIELD("VmallocUsed", vmalloc, false),
	FIELD("Percpu", percpu, false),
	FIELD("HardwareCorrupted", hardware_corrupted, false),
	FIELD("Balloon", balloon, false),
	FIELD("GPUActive", gpu_active, false),
	FIELD("GPUReclaim", gpu_reclaim, false),
	FIELD("Hugetlb", hugetlb, false),
};

static const struct host_field vmstat_fields[] = {
	FIELD("nr_isolated_anon", pages.isolated_anon, false),
	FIELD("nr_isolated_file", pages.isolated_file, false), FIELD("nr_zspages", pages.zspages, false),
	FIELD("nr_memmap_pages", pages.memmap, false), /* 6.12: of memory that was added later */
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
	PART("free", free),
	PART("processes and page cache", lru),
	PART("huge pages", hugetlb),
	PART("unreclaimable slab", slab_unreclaimable),
	PART("reclaimable slab", slab_reclaimable),
	PART("other reclaimable memory", other_reclaimable),
	PART("page tables", page_tables),
	PART("KVM's and IOMMU page tables", sec_page_tables),
	PART("vmalloc", vmalloc),
	PART("kernel stacks", kernel_stack),
	PART("per-CPU", percpu),
	PART("compressed swap", pages.zspages),
	PART("memory map", pages.memmap),
	PART("ZFS cache", zfs),
	PART("GPU", gpu_active),
	PART("GPU, reclaimable", gpu_reclaim),
	PART("bounce buffers", bounce),
	PART("hardware corrupted", hardware_corrupted),
};

_Static_assert(ARRAY_SIZE(parts) <= HOST_KERNEL_PARTS_MAX, "room for every part");

static int read_vmstat(struct accounts *accounts, const struct file_roots *roots, struct text *error)
{
	static const struct host_table table = HOST_TABLE(HOST_SPACE, vmstat_fields);
	AUTO_FREE char *buffer = malloc(VMSTAT_FILE_MAX);
	char path[HOST_PATH_MAX];
	TEXT_ON_STACK(why, 128);
	int r = buffer ? file_procfs_path(roots, "/vmstat", path, sizeof(path)) : -ENOMEM;

	if (r < 0)
		return host_complain(error, "/vmstat", r, NULL);
	ssize_t length = host_read(path, buffer, VMSTAT_FILE_MAX, error);
	if (length < 0)
		return (int)length;
	r = host_fields_parse(&table, "", buffer, (size_t)length, accounts, &why);
	return r < 0 ? host_complain(error, path, r, why.data) : 0;
}

/* Before 4.16 meminfo tells the pool of the default size only. */
static int read_hugetlb(struct accounts *accounts, const struct file_roots *roots, struct text *error)
{
	struct host_hugepools pools;
	int r;

	if (host_known(accounts->hugetlb))
		return 0;
	r = host_hugepools_read(&pools, roots, -1, error);
	if (r == 0)
		accounts->hugetlb = host_hugepools_total_kb(&pools, 0);
	return r;
}

/* Without abdstats the whole cache, of which a part may be counted as slab too. */
static int read_zfs(struct accounts *accounts, const struct file_roots *roots, struct text *error)
{
	struct host_arcstats arcstats = { 0 };
	uint64_t page_bytes = 0;
	int r = host_abdstats_read(&page_bytes, roots, NULL);

	if (r == -ENOENT) {
		r = host_arcstats_read(&arcstats, roots, NULL);
		page_bytes = arcstats.size_bytes;
	}
	accounts->zfs = page_bytes / 1024;
	return r == -ENOENT ? 0 : r < 0 ? host_complain(error, "/spl/kstat/zfs", r, NULL) : 0;
}

static uint64_t pages_to_kb(uint64_t pages)
{
	return host_or_zero(pages) * ((uint64_t)sysconf(_SC_PAGESIZE) / 1024);
}

/* So that no page is counted twice. */
static void reckon(struct accounts *a)
{
	a->pages.zspages = pages_to_kb(a->pages.zspages);
	a->pages.memmap = pages_to_kb(a->pages.memmap);
	a->lru = a->active + a->inactive + host_or_zero(a->unevictable) +
		 pages_to_kb(a->pages.isolated_anon) + pages_to_kb(a->pages.isolated_file);
	/* zsmalloc's pages are counted by vmstat; the other pools of zswap (to 6.14) only here. */
	if (host_or_zero(a->zswap) > a->pages.zspages)
		a->pages.zspages = a->zswap;
	a->other_reclaimable = host_subtract(host_or_zero(a->reclaimable), a->slab_reclaimable);
	/* Stacks come from vmalloc (VMAP_STACK, 4.9), whose size kernels before 5.3 report as 0. */
	if (host_or_zero(a->vmalloc) > 0)
		a->kernel_stack = 0;
}

int host_kernel_memory_read(struct host_kernel_memory *ret, const struct file_roots *roots,
			    struct text *error)
{
	static const struct host_table table = HOST_TABLE(HOST_COLON, meminfo_fields);
	struct host_kernel_memory memory = { 0 };
	struct accounts accounts = { 0 };
	char path[HOST_PATH_MAX];
	int r = file_procfs_path(roots, "/meminfo", path, sizeof(path));

	if (r < 0)
		return host_complain(error, "/meminfo", r, NULL);
	r = host_fields_read(path, &table, "", &accounts, error);
	if (r == 0)
		r = read_vmstat(&accounts, roots, error);
	if (r == 0)
		r = read_hugetlb(&accounts, roots, error);
	if (r == 0)
		r = read_zfs(&accounts, roots, error);
	if (r < 0)
		return r;
	reckon(&accounts);
	memory.total_kb = memory.unaccounted_kb = accounts.total;
	memory.slab_unreclaimable_kb = accounts.slab_unreclaimable;
	memory.balloon_kb = host_or_zero(accounts.balloon);
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
