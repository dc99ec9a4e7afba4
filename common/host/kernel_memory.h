/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_HOST_KERNEL_MEMORY_H
#define OOM_HOST_KERNEL_MEMORY_H
/*
 * What the kernel itself holds of the RAM: /proc/meminfo and /proc/vmstat
 * (Documentation/filesystems/proc.rst), the pools of huge pages and OpenZFS's abdstats.
 */
#include <stddef.h>
#include <stdint.h>

#include "base/file.h"
#include "base/text.h"
#include "host/value.h"

#define HOST_KERNEL_PARTS_MAX 24

/* One account that the kernel keeps. */
struct host_kernel_part {
	const char *name; /* "page tables" */
	uint64_t kb;
};

struct host_kernel_memory {
	uint64_t total_kb; /* MemTotal */
	uint64_t slab_unreclaimable_kb;
	/*
	 * MemTotal less everything that is in an account.  Pages that a driver or the
	 * network stack takes from the page allocator are in none.  Neither is vmalloc
	 * before Linux 5.3, which reports 0, nor percpu memory before 4.19.
	 */
	uint64_t unaccounted_kb;
	uint64_t balloon_kb; /* not taken off: it may not be part of MemTotal; 0: none */
	size_t part_count;
	struct host_kernel_part parts[HOST_KERNEL_PARTS_MAX]; /* that are not 0, free memory first */
};

/* 0; the open's negative errno; -ENODATA, -EBADMSG or -ERANGE for a file that is empty,
 * cut short or garbage. */
int host_kernel_memory_read(struct host_kernel_memory *ret, const struct file_roots *roots,
			    struct text *error);

#endif
