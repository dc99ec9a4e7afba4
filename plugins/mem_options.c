/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mem_options.h"

#include <errno.h>

#include "plugin/options.h"

int mem_option_per_node(const char *value, void *target, struct text *error)
{
	struct mem_options *options = target;
	unsigned all;
	int r = value ? plugin_option_word(value, "all", &all, error) : 0;

	if (r < 0)
		return r;
	options->per_node = true;
	options->all_nodes = value != NULL;
	return 0;
}

int mem_option_hugepages(const char *value, void *target, struct text *error)
{
	struct mem_hugepages *options = target;
	uint64_t page_bytes = 0;
	int r = value ? plugin_option_bytes(value, &page_bytes, error) : 0;

	if (r < 0)
		return r;
	/* The smallest huge page of any CPU is 64 KiB (arm64).  The kernel's names
	 * (hugepages-2048kB) write kB for KiB. */
	if (value && (page_bytes < 65536 || (page_bytes & (page_bytes - 1)) != 0)) {
		text_append(error, "expected a page size such as 2MiB or 1GiB");
		return -EINVAL;
	}
	*options = (struct mem_hugepages){ .wanted = true, .page_bytes = page_bytes };
	return 0;
}

int mem_options_check(struct mem_options *options, struct text *error)
{
	struct host_available_rules *rules = &options->rules;

	rules->arc_evictable = options->zfs_arc == MEM_ZFS_ARC_EVICTABLE;
	if (options->per_node && rules->arc_evictable) {
		text_append(error, "--zfs-arc=evictable cannot be combined with --per-node: ZFS does not "
				   "report its cache per node");
		return -EINVAL;
	}
	if (options->hugepages.wanted &&
	    (rules->include_hugepages || rules->arc_evictable || options->reserved_bytes > 0)) {
		text_append(error, "--hugepages cannot be combined with --include-hugepages, --reserved or "
				   "--zfs-arc=evictable");
		return -EINVAL;
	}
	rules->reserved_kb = options->reserved_bytes / 1024;
	return 0;
}
