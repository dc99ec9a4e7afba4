/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_HOST_SWAPS_H
#define OOM_HOST_SWAPS_H
/*
 * /proc/swaps, with zram counted separately: swap on zram is stored, compressed, in the very RAM
 * that is short (/sys/block/zramN/mm_stat, 4.1).
 */
#include <stdint.h>

#include "base/file.h"
#include "base/text.h"
#include "host/value.h"

struct host_swaps {
	uint64_t disk_total_kb, disk_used_kb;
	uint64_t zram_total_kb, zram_used_kb; /* as swap, before compression */
	uint64_t zram_memory_kb;              /* RAM in use for it; HOST_ABSENT before 4.1 */
};

/* Returns 0, also if there is no swap, or a negative errno. */
int host_swaps_read(struct host_swaps *ret, const struct file_roots *roots, struct text *error);

#endif
