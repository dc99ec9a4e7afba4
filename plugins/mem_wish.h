/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_PLUGINS_MEM_WISH_H
#define OOM_PLUGINS_MEM_WISH_H
/*
 * What check_mem_available is asked to measure, and the options that say so.
 * The functions have the shape of an option's parser: 0, or -EINVAL with a
 * clause in *error.
 */
#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "host/available.h"

struct mem_hugepages {
	bool wanted;
	uint64_t page_bytes; /* 0: all sizes */
};

struct mem_wish {
	struct host_available_rules rules; /* reserved_kb: from mem_wish_check() */
	uint64_t reserved_bytes;
	struct mem_hugepages hugepages;
	bool per_node;
	bool all_nodes; /* those without a CPU too */
};

/* ignore or evictable; into a bool: whether it is evictable. */
int mem_option_zfs_arc(const char *value, void *target, struct text *error);

/* Nothing or all; into a struct mem_wish. */
int mem_option_per_node(const char *value, void *target, struct text *error);

/* Nothing or the size of a page; into a struct mem_hugepages. */
int mem_option_hugepages(const char *value, void *target, struct text *error);

/* Whether all that is wished goes together, once the options are read: 0, or
 * -EINVAL with a sentence in *error. */
int mem_wish_check(struct mem_wish *wish, struct text *error);

#endif
