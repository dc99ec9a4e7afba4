/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_HOST_HUGEPAGES_H
#define OOM_HOST_HUGEPAGES_H
/*
 * The pools of huge pages, one per page size, of the host or of one node: /sys/kernel/mm/hugepages
 * and /sys/devices/system/node/nodeN/hugepages (Documentation/admin-guide/mm/hugetlbpage.rst).
 */
#include <stddef.h>
#include <stdint.h>

#include "base/file.h"
#include "base/text.h"
#include "host/value.h"

#define HOST_HUGEPOOLS_MAX 8 /* arm64 has four sizes, riscv five */

struct host_hugepool {
	uint64_t page_kb;
	uint64_t total;    /* pages, surplus included */
	uint64_t free;     /* including reserved pages */
	uint64_t reserved; /* for mappings that have not touched them yet; HOST_ABSENT for a node */
};

struct host_hugepools {
	size_t count; /* the smallest pages first */
	struct host_hugepool pools[HOST_HUGEPOOLS_MAX];
};

/*
 * Reads the pools of a node, or of the host if `node` is -1. Returns 0 or a negative errno. A
 * kernel without huge pages has no pools, which is not an error.
 */
int host_hugepools_read(struct host_hugepools *ret, const struct file_roots *roots, int node,
			struct text *error);

/* The memory that a new VM could still take, and the pool's size, for this page size (0: all). */
uint64_t host_hugepools_usable_kb(const struct host_hugepools *pools, uint64_t page_kb);
uint64_t host_hugepools_total_kb(const struct host_hugepools *pools, uint64_t page_kb);

/*
 * The memory that a new VM could still take from a node's pools. Reserved pages may come from any
 * node, so for each page size it is at most what the host has.
 */
uint64_t host_hugepools_usable_on_node_kb(const struct host_hugepools *node,
					  const struct host_hugepools *host, uint64_t page_kb);

#endif
