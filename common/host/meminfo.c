/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "host/meminfo.h"

#include <stddef.h>

#include "host/fields.h"

#define FIELD(name, member, required)                                 \
	{                                                             \
		name, offsetof(struct host_meminfo, member), required \
	}

/*
 * In the kernel's order (fs/proc/meminfo.c). The required fields are at the beginning, in the
 * middle and at the end of what every kernel since 2.6.28 writes, so that a file that was cut short
 * between two lines is detected.
 */
static const struct host_field fields[] = {
	FIELD("MemTotal", mem_total_kb, true),
	FIELD("MemFree", mem_free_kb, true),
	FIELD("MemAvailable", mem_available_kb, false),
	FIELD("Buffers", buffers_kb, true),
	FIELD("Cached", cached_kb, true),
	FIELD("Active", active_kb, false),
	FIELD("Inactive", inactive_kb, false),
	FIELD("Active(file)", active_file_kb, true),
	FIELD("Inactive(file)", inactive_file_kb, true),
	FIELD("Unevictable", unevictable_kb, false),
	FIELD("SwapTotal", swap_total_kb, true),
	FIELD("Zswap", zswap_kb, false),
	FIELD("AnonPages", anon_pages_kb, true),
	FIELD("Shmem", shmem_kb, false),
	FIELD("KReclaimable", reclaimable_kb, false),
	FIELD("Slab", slab_kb, true),
	FIELD("SReclaimable", slab_reclaimable_kb, true),
	FIELD("SUnreclaim", slab_unreclaimable_kb, false),
	FIELD("KernelStack", kernel_stack_kb, false),
	FIELD("PageTables", page_tables_kb, true),
	FIELD("SecPageTables", sec_page_tables_kb, false),
	FIELD("Bounce", bounce_kb, false),
	FIELD("Committed_AS", committed_as_kb, true),
	FIELD("VmallocUsed", vmalloc_kb, false),
	FIELD("Percpu", percpu_kb, false),
	FIELD("HardwareCorrupted", hardware_corrupted_kb, false),
	FIELD("Balloon", balloon_kb, false),
	FIELD("GPUActive", gpu_active_kb, false),
	FIELD("GPUReclaim", gpu_reclaim_kb, false),
	FIELD("HugePages_Total", hugepages_total, false),
	FIELD("Hugetlb", hugetlb_kb, false),
};

int host_meminfo_read(struct host_meminfo *ret, const struct file_roots *roots, struct text *error)
{
	static const struct host_table table = HOST_TABLE(HOST_COLON, fields);
	char path[HOST_PATH_MAX];
	struct host_meminfo meminfo;
	int r = file_procfs_path(roots, "/meminfo", path, sizeof(path));

	if (r < 0)
		return host_complain(error, "/meminfo", r, NULL);
	r = host_fields_read(path, &table, "", &meminfo, error);
	if (r == 0)
		*ret = meminfo;
	return r;
}
