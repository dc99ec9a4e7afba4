/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_HOST_NODE_H
#define OOM_HOST_NODE_H
/* NUMA nodes: /sys/devices/system/node/nodeN/meminfo. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/file.h"
#include "base/text.h"
#include "host/value.h"

#define HOST_NODES_MAX 1024 /* CONFIG_NODES_SHIFT is 10 at most */

struct host_node {
	unsigned id;
	uint64_t mem_total_kb; /* 0: a node without memory */
	uint64_t mem_free_kb;
	uint64_t active_file_kb;
	uint64_t inactive_file_kb;
	uint64_t slab_reclaimable_kb;
	bool has_cpu; /* from has_cpu (2.6.25); true for all nodes without that file */
};

struct host_nodes {
	size_t count;
	struct host_node nodes[HOST_NODES_MAX]; /* by ascending id */
};

/* Returns 0 or a negative errno; -ENOENT for a kernel without NUMA, which has no such directory. */
int host_nodes_read(struct host_nodes *ret, const struct file_roots *roots, struct text *error);

#endif
