/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_HOST_ARCSTATS_H
#define OOM_HOST_ARCSTATS_H
/* The ZFS cache: /proc/spl/kstat/zfs/arcstats of OpenZFS. */
#include <stdint.h>

#include "base/file.h"
#include "base/text.h"
#include "host/value.h"

struct host_arcstats {
	uint64_t size_bytes;
	uint64_t c_min_bytes; /* the ARC does not shrink below it */
};

/* 0; -ENOENT if ZFS is not loaded; another negative errno. */
int host_arcstats_read(struct host_arcstats *ret, const struct file_roots *roots, struct text *error);

/*
 * What the cache's buffers take from the page allocator, in bytes: memory that no line of
 * /proc/meminfo counts.  The rest of the cache is in slab and vmalloc.  From
 * /proc/spl/kstat/zfs/abdstats (OpenZFS 0.7).  0; -ENOENT where there is none; another
 * negative errno.
 */
int host_abdstats_read(uint64_t *ret_page_bytes, const struct file_roots *roots, struct text *error);

#endif
