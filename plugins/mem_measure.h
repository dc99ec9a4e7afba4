/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_PLUGINS_MEM_MEASURE_H
#define OOM_PLUGINS_MEM_MEASURE_H
/* What check_mem_available judges: the host's memory or its pools of huge
 * pages, as a whole and by node. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/file.h"
#include "base/text.h"
#include "host/available.h"
#include "host/meminfo.h"
#include "host/node.h"
#include "host/swaps.h"

struct mem_hugepages {
	bool wanted;
	uint64_t page_bytes; /* 0: all sizes */
};

struct mem_wish {
	struct host_available_rules rules;
	struct mem_hugepages hugepages;
	bool per_node;
};

/* One amount that is judged: the host's or a node's. */
struct mem_subject {
	int node; /* -1: the host */
	bool estimated;
	double available, total; /* in bytes */
	double fall;             /* bytes a second; 0: none, or not known */
};

struct mem_measured {
	struct host_meminfo meminfo;
	struct host_swaps swaps; /* all 0 without swap */
	struct mem_subject host;
	size_t node_count;
	struct mem_subject nodes[HOST_NODES_MAX];
};

static inline double mem_bytes(uint64_t kb)
{
	return (double)kb * 1024;
}

/* 0, or a negative errno and a clause that names the file.  *measured is
 * zeroed by the caller. */
int mem_measure(struct mem_measured *measured, const struct mem_wish *wish, const struct file_roots *roots,
		struct text *error);

#endif
