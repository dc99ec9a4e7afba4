/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_PLUGINS_MEM_MEASURE_H
#define OOM_PLUGINS_MEM_MEASURE_H
/* Measures what check_mem_available judges: the host's memory or its pools of huge pages, as a
 * whole and per node. */
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/file.h"
#include "base/text.h"
#include "host/hugepages.h"
#include "host/meminfo.h"
#include "host/node.h"
#include "host/swaps.h"
#include "mem_options.h"

/* An amount of the host or of a node. */
struct mem_subject {
	int node;        /* -1: the host */
	bool shown_only; /* a node that is not judged */
	bool estimated;
	double available, total; /* in bytes */
	bool runs_out;           /* within the forecast's horizon; set by mem_forecast() */
	double fall;             /* bytes per second, 0 if it does not fall */
};

struct mem_measured {
	struct host_meminfo meminfo;
	struct host_swaps swaps;     /* by mem_measure_swaps(); all 0 without swap */
	bool swaps_unknown;          /* not read yet, or could not be read */
	struct host_hugepools pools; /* of the host, if pools are judged */
	struct mem_subject host;
	size_t node_count;
	struct mem_subject nodes[HOST_NODES_MAX];
};

static inline double mem_bytes(uint64_t kb)
{
	return (double)kb * 1024;
}

/* What is available in percent of the total; NaN if the total is 0. */
static inline double mem_share(const struct mem_subject *subject)
{
	return subject->total > 0 ? 100 * subject->available / subject->total : NAN;
}

/* The nodes, or the host if no nodes were requested. */
static inline struct mem_subject *mem_subjects(struct mem_measured *measured, size_t *ret_count)
{
	*ret_count = measured->node_count > 0 ? measured->node_count : 1;
	return measured->node_count > 0 ? measured->nodes : &measured->host;
}

/* Adds swap use, which is reported but not judged.  0, or a negative errno and a clause that names
 * the file. */
int mem_measure_swaps(struct mem_measured *measured, const struct file_roots *roots, struct text *error);

/* 0, or a negative errno and a clause that names the file.  The caller must zero *measured. */
int mem_measure(struct mem_measured *measured, const struct mem_options *options,
		const struct file_roots *roots, struct text *error);

#endif
