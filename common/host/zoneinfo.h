/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_HOST_ZONEINFO_H
#define OOM_HOST_ZONEINFO_H
/*
 * /proc/zoneinfo: what the kernel keeps free on each node.  The file lists
 * every CPU in every zone, half a megabyte on a large host, so read it only
 * where an estimate needs it.
 */
#include <stddef.h>
#include <stdint.h>

#include "base/file.h"
#include "base/text.h"
#include "host/value.h"

struct host_watermarks {
	uint64_t low_kb;     /* sum of the zones' low watermarks */
	uint64_t reserve_kb; /* what no user's allocation gets: totalreserve_pages (mm/page_alloc.c) */
};

/*
 * Fills watermarks[node] for nodes below `max`, and 0 for those that the file
 * does not name; nodes beyond are -ERANGE.  0 or a negative errno.
 */
int host_zoneinfo_read(struct host_watermarks *watermarks, size_t max, const struct file_roots *roots,
		       struct text *error);

/*
 * MemAvailable as the kernel reckons it (si_mem_available(), mm/show_mem.c,
 * from 4.10 on), for kernels before 3.14 and for nodes, which lack it: what is
 * free above the reserve, and of page cache and reclaimable slab all but half
 * or the low watermark, whichever is less.
 */
uint64_t host_available_estimate(const struct host_watermarks *watermarks, uint64_t free_kb,
				 uint64_t file_lru_kb, uint64_t slab_reclaimable_kb);

#endif
