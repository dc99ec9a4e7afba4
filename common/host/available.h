/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_HOST_AVAILABLE_H
#define OOM_HOST_AVAILABLE_H
/*
 * How much memory is available to new allocations, and out of how much, computed from what the
 * other readers in host/ have read.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/file.h"
#include "base/text.h"
#include "host/meminfo.h"
#include "host/node.h"

struct host_available_rules {
	bool include_hugepages; /* include the pools: all pages in the total, free pages as available */
	bool arc_evictable;     /* include what the ZFS cache can release; not on nodes */
	uint64_t reserved_kb;   /* set aside; on each node in proportion to its RAM */
};

struct host_available {
	uint64_t available_kb;
	uint64_t total_kb;
	bool estimated; /* computed here; the kernel has no MemAvailable */
};

/* Returns 0 or a negative errno; -EBADMSG if MemFree or MemAvailable exceeds MemTotal. */
int host_available_read(struct host_available *ret, const struct host_meminfo *meminfo,
			const struct host_available_rules *rules, const struct file_roots *roots,
			struct text *error);

struct host_node_available {
	unsigned node;
	bool has_cpu;
	struct host_available memory;
};

/* The same for the nodes that have memory, by ascending id. Returns 0 or a negative errno. */
int host_available_read_nodes(struct host_node_available nodes[HOST_NODES_MAX], size_t *ret_count,
			      const struct host_available_rules *rules, const struct file_roots *roots,
			      struct text *error);

#endif
