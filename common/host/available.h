/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_HOST_AVAILABLE_H
#define OOM_HOST_AVAILABLE_H
/*
 * How much memory new allocations can have, and of how much: the arithmetic on
 * what the other readers of this room have read.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/file.h"
#include "base/text.h"
#include "host/meminfo.h"
#include "host/node.h"

struct host_available_rules {
	bool include_hugepages; /* count the pools: as a whole in the total, what is free as available */
	bool arc_evictable;     /* count what the ZFS cache can give back; nodes cannot */
	uint64_t reserved_kb;   /* set aside; nodes by their share of the RAM */
};

struct host_available {
	uint64_t available_kb;
	uint64_t total_kb;
	bool estimated; /* not the kernel's own MemAvailable */
};

/* 0 or a negative errno; a MemAvailable above MemTotal is -EBADMSG. */
int host_available_read(struct host_available *ret, const struct host_meminfo *meminfo,
			const struct host_available_rules *rules, const struct file_roots *roots,
			struct text *error);

struct host_node_available {
	unsigned node;
	bool has_cpu;
	struct host_available memory;
};

/* Of the nodes that have memory, by rising id.  0 or a negative errno. */
int host_available_read_nodes(struct host_node_available nodes[HOST_NODES_MAX], size_t *ret_count,
			      const struct host_available_rules *rules, const struct file_roots *roots,
			      struct text *error);

#endif
