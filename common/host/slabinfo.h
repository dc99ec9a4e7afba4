/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_HOST_SLABINFO_H
#define OOM_HOST_SLABINFO_H
/* /proc/slabinfo (slabinfo(5)), which only root may read since Linux 2.6.32. */
#include <stddef.h>
#include <stdint.h>

#include "base/file.h"
#include "base/text.h"

#define HOST_SLAB_CACHES_MAX 5
#define HOST_SLAB_NAME_MAX   64 /* "kmalloc-rnd-15-96", "ovl_inode(1234:machine.slice)" */

struct host_slab_cache {
	char name[HOST_SLAB_NAME_MAX]; /* as the kernel prints it, cut if longer */
	uint64_t bytes;                /* pages of its slabs */
};

struct host_slab_caches {
	size_t count;
	struct host_slab_cache largest[HOST_SLAB_CACHES_MAX]; /* the largest first */
};

/*
 * Reads the largest caches that the kernel cannot reclaim. A cache whose
 * /sys/kernel/slab/NAME/reclaim_account cannot be read counts as one of them.  0, or a
 * negative errno and a clause in *error that names the file; -EBADMSG for an unknown
 * version of the file.
 */
int host_slabinfo_read(struct host_slab_caches *ret, const struct file_roots *roots, struct text *error);

#endif
