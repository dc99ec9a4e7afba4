/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_HOST_ZONEINFO_H
#define OOM_HOST_ZONEINFO_H
/*
 * /proc/zoneinfo: the memory that the kernel keeps free on each node. The file lists every CPU in
 * every zone, half a megabyte on a large host, so read it only if an estimate needs it.
 */
#include <stddef.h>
#include <stdint.h>

#include "base/file.h"
#include "base/text.h"
#include "host/value.h"

struct host_watermarks {
	uint64_t low_kb;     /* sum of the zones' low watermarks */
	uint64_t reserve_kb; /* not available to users' allocations: totalreserve_pages (mm/page_alloc.c) */
};

/*
 * Fills watermarks[node] for nodes below `max`, with 0 for those that the file does not list.
 * Returns 0; -ERANGE for a node of `max` or above; or another negative errno.
 */
int host_zoneinfo_read(struct host_watermarks *watermarks, size_t max, const struct file_roots *roots,
		       struct text *error);

/*
 * MemAvailable as the kernel computes it (si_mem_available(), mm/show_mem.c, since 4.10), for
 * kernels before 3.14 and for nodes, which lack it: free memory above the reserve, and all of the
 * page cache and of the reclaimable slab except half of each or the low watermark, whichever is
 * less.
 */
uint64_t host_available_estimate(const struct host_watermarks *watermarks, uint64_t free_kb,
				 uint64_t file_lru_kb, uint64_t slab_reclaimable_kb);

#endif
