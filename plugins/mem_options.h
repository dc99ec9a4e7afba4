/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_PLUGINS_MEM_OPTIONS_H
#define OOM_PLUGINS_MEM_OPTIONS_H
/*
 * What check_mem_available measures, and the parsers of the options for it.  They return 0, or
 * -EINVAL with a clause in *error.
 */
#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "host/available.h"

struct mem_hugepages {
	bool wanted;
	uint64_t page_bytes; /* 0: all sizes */
};

struct mem_options {
	struct host_available_rules rules; /* reserved_kb, arc_evictable: from mem_options_check() */
	enum { MEM_ZFS_ARC_IGNORE, MEM_ZFS_ARC_EVICTABLE } zfs_arc;
	uint64_t reserved_bytes;
	struct mem_hugepages hugepages;
	bool per_node;
	bool all_nodes; /* also those without a CPU */
};

/* No argument or all; into a struct mem_options. */
int mem_option_per_node(const char *value, void *target, struct text *error);

/* No argument or a page size; into a struct mem_hugepages. */
int mem_option_hugepages(const char *value, void *target, struct text *error);

/* Checks that the options are compatible, once all are read.  0, or -EINVAL with a sentence in
 * *error. */
int mem_options_check(struct mem_options *options, struct text *error);

#endif
