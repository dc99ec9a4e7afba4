/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_HOST_HUGEPAGES_H
#define OOM_HOST_HUGEPAGES_H
/*
 * The pools of huge pages, one a page size, host-wide or of one node:
 * /sys/kernel/mm/hugepages and /sys/devices/system/node/nodeN/hugepages
 * (Documentation/admin-guide/mm/hugetlbpage.rst).
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
	uint64_t free;     /* includes those that are reserved */
	uint64_t reserved; /* promised to mappings that have not touched them; a node's is HOST_ABSENT */
};

struct host_hugepools {
	size_t count; /* the smallest pages first */
	struct host_hugepool pools[HOST_HUGEPOOLS_MAX];
};

/* `node` -1: the host's.  A kernel without huge pages has none: 0. */
int host_hugepools_read(struct host_hugepools *ret, const struct file_roots *roots, int node,
			struct text *error);

/* What a new VM could still take, and the pool's size, of the pools of this
 * page size (0: of all). */
uint64_t host_hugepools_usable_kb(const struct host_hugepools *pools, uint64_t page_kb);
uint64_t host_hugepools_total_kb(const struct host_hugepools *pools, uint64_t page_kb);

/* What a new VM could still take of a node's pools: what is reserved may come from
 * any node, so of each size no more than the host can give. */
uint64_t host_hugepools_usable_on_node_kb(const struct host_hugepools *node,
					  const struct host_hugepools *host, uint64_t page_kb);

#endif
