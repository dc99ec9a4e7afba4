/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_HOST_MEMINFO_H
#define OOM_HOST_MEMINFO_H
/* /proc/meminfo (Documentation/filesystems/proc.rst, "meminfo"). */
#include <stdint.h>

#include "base/file.h"
#include "base/text.h"
#include "host/value.h"

/* A line that this kernel does not write is HOST_ABSENT. */
struct host_meminfo {
	uint64_t mem_total_kb;
	uint64_t mem_free_kb;
	uint64_t mem_available_kb; /* 3.14, RHEL 7 */
	uint64_t buffers_kb;       /* page cache of block devices: guests' disks on LVM, say */
	uint64_t cached_kb;        /* page cache of files, with shmem */
	uint64_t active_kb;        /* the LRU lists: anonymous memory and page cache */
	uint64_t inactive_kb;
	uint64_t unevictable_kb;
	uint64_t active_file_kb;
	uint64_t inactive_file_kb;
	uint64_t swap_total_kb;
	uint64_t zswap_kb; /* 5.19: the compressed pages */
	uint64_t anon_pages_kb;
	uint64_t shmem_kb;
	uint64_t reclaimable_kb; /* 4.20: slab and other reclaimable memory of the kernel */
	uint64_t slab_kb;
	uint64_t slab_reclaimable_kb;
	uint64_t slab_unreclaimable_kb;
	uint64_t kernel_stack_kb;
	uint64_t page_tables_kb;
	uint64_t sec_page_tables_kb; /* 6.1: KVM's own page tables */
	uint64_t bounce_kb;
	uint64_t committed_as_kb;
	uint64_t vmalloc_kb; /* 0 before 5.3 */
	uint64_t percpu_kb;
	uint64_t hardware_corrupted_kb;
	uint64_t balloon_kb;      /* may or may not be part of mem_total_kb */
	uint64_t gpu_active_kb;   /* 7.0 */
	uint64_t gpu_reclaim_kb;  /* 7.0 */
	uint64_t hugetlb_kb;      /* 4.16: the pools of all page sizes */
	uint64_t hugepages_total; /* pages of the default size */
};

/*
 * Returns 0; -ENODATA, -EBADMSG or -ERANGE for a file that is empty, cut short or garbage; or the
 * negative errno of open or read.
 */
int host_meminfo_read(struct host_meminfo *ret, const struct file_roots *roots, struct text *error);

#endif
