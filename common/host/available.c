/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "host/available.h"

#include <errno.h>

#include "base/cleanup.h"
#include "host/arcstats.h"
#include "host/fields.h"
#include "host/hugepages.h"
#include "host/zoneinfo.h"

static uint64_t at_most(uint64_t value, uint64_t limit)
{
	return value < limit ? value : limit;
}

/*
 * Not inlined: its stack would be touched, with a page fault for each 4 KiB, also on hosts that
 * need no estimate.
 */
static __attribute__((noinline)) int estimate(uint64_t *ret_kb, const struct host_meminfo *meminfo,
					      const struct file_roots *roots, struct text *error)
{
	struct host_watermarks nodes[HOST_NODES_MAX], sum = { 0 };
	int r = host_zoneinfo_read(nodes, HOST_NODES_MAX, roots, error);

	if (r < 0)
		return r;
	for (size_t i = 0; i < HOST_NODES_MAX; i++) {
		sum.low_kb += nodes[i].low_kb;
		sum.reserve_kb += nodes[i].reserve_kb;
	}
	*ret_kb = host_available_estimate(&sum, meminfo->mem_free_kb,
					  meminfo->active_file_kb + meminfo->inactive_file_kb,
					  meminfo->slab_reclaimable_kb);
	return 0;
}

static int check(const struct host_meminfo *meminfo, const struct file_roots *roots, struct text *error)
{
	char path[HOST_PATH_MAX] = "/proc/meminfo";

	if (meminfo->mem_total_kb > 0 && meminfo->mem_free_kb <= meminfo->mem_total_kb &&
	    host_or_zero(meminfo->mem_available_kb) <= meminfo->mem_total_kb)
		return 0;
	file_procfs_path(roots, "/meminfo", path, sizeof(path));
	return host_complain(error, path, -EBADMSG, "MemFree or MemAvailable exceeds MemTotal");
}

/* Excludes the huge page pools from the total, or adds their usable pages to available memory. */
static void apply_pools(struct host_available *memory, const struct host_available_rules *rules,
			uint64_t pools_kb, uint64_t usable_kb)
{
	if (rules->include_hugepages)
		memory->available_kb += usable_kb;
	else
		memory->total_kb = host_subtract(memory->total_kb, pools_kb);
}

static void apply_reserve(struct host_available *memory, uint64_t reserved_kb)
{
	memory->available_kb = host_subtract(at_most(memory->available_kb, memory->total_kb), reserved_kb);
	memory->total_kb = host_subtract(memory->total_kb, reserved_kb);
}

/* The line `Hugetlb` (4.16) has the size of all pools, so that they need not be read. */
static int apply_host_pools(struct host_available *memory, const struct host_meminfo *meminfo,
			    const struct host_available_rules *rules, const struct file_roots *roots,
			    struct text *error)
{
	struct host_hugepools pools;

	if (!host_known(meminfo->hugepages_total))
		return 0;
	if (host_known(meminfo->hugetlb_kb) && (meminfo->hugetlb_kb == 0 || !rules->include_hugepages)) {
		apply_pools(memory, rules, meminfo->hugetlb_kb, 0);
		return 0;
	}
	int r = host_hugepools_read(&pools, roots, -1, error);
	if (r == 0)
		apply_pools(memory, rules, host_hugepools_total_kb(&pools, 0),
			    host_hugepools_usable_kb(&pools, 0));
	return r;
}

static int apply_arc(struct host_available *memory, const struct file_roots *roots, struct text *error)
{
	struct host_arcstats arc;
	TEXT_ON_STACK(why, 512);
	int r = host_arcstats_read(&arc, roots, &why);

	/* Not a failure, so that one configuration suits hosts with and without ZFS. */
	if (r == -ENOENT)
		return 0;
	if (r < 0) {
		if (error)
			text_append(error, why.data);
		return r;
	}
	memory->available_kb += host_subtract(arc.size_bytes, arc.c_min_bytes) / 1024;
	return 0;
}

int host_available_read(struct host_available *ret, const struct host_meminfo *meminfo,
			const struct host_available_rules *rules, const struct file_roots *roots,
			struct text *error)
{
	struct host_available memory = {
		.available_kb = meminfo->mem_available_kb,
		.total_kb = meminfo->mem_total_kb,
		.estimated = !host_known(meminfo->mem_available_kb),
	};
	int r = check(meminfo, roots, error);

	if (r == 0 && memory.estimated)
		r = estimate(&memory.available_kb, meminfo, roots, error);
	if (r == 0)
		r = apply_host_pools(&memory, meminfo, rules, roots, error);
	if (r == 0 && rules->arc_evictable)
		r = apply_arc(&memory, roots, error);
	if (r < 0)
		return r;
	apply_reserve(&memory, rules->reserved_kb);
	*ret = memory;
	return 0;
}

static int read_node(struct host_available *ret, const struct host_node *node,
		     const struct host_watermarks *watermarks, const struct host_hugepools *host_pools,
		     const struct host_available_rules *rules, const struct file_roots *roots,
		     struct text *error)
{
	struct host_hugepools pools;
	int r = host_hugepools_read(&pools, roots, (int)node->id, error);

	if (r < 0)
		return r;
	*ret = (struct host_available){
		.available_kb = host_available_estimate(watermarks, node->mem_free_kb,
							node->active_file_kb + node->inactive_file_kb,
							node->slab_reclaimable_kb),
		.total_kb = node->mem_total_kb,
		.estimated = true,
	};
	apply_pools(ret, rules, host_hugepools_total_kb(&pools, 0),
		    host_hugepools_usable_on_node_kb(&pools, host_pools, 0));
	return 0;
}

int host_available_read_nodes(struct host_node_available nodes[HOST_NODES_MAX], size_t *ret_count,
			      const struct host_available_rules *rules, const struct file_roots *roots,
			      struct text *error)
{
	AUTO_FREE struct host_watermarks *watermarks = malloc(HOST_NODES_MAX * sizeof(*watermarks));
	AUTO_FREE struct host_nodes *host = malloc(sizeof(*host));
	struct host_hugepools host_pools;
	uint64_t total_kb = 0;
	size_t count = 0;

	if (!watermarks || !host)
		return host_complain(error, "/sys/devices/system/node", -ENOMEM, NULL);
	int r = host_nodes_read(host, roots, error);
	if (r == 0)
		r = host_zoneinfo_read(watermarks, HOST_NODES_MAX, roots, error);
	if (r == 0)
		r = host_hugepools_read(&host_pools, roots, -1, error);
	for (size_t i = 0; r == 0 && i < host->count; i++)
		total_kb += host->nodes[i].mem_total_kb;
	for (size_t i = 0; r == 0 && i < host->count; i++) {
		const struct host_node *node = &host->nodes[i];
		struct host_node_available *place = &nodes[count];

		if (node->mem_total_kb == 0)
			continue;
		if (node->id >= HOST_NODES_MAX)
			return host_complain(error, "/sys/devices/system/node", -ERANGE, NULL);
		place->node = node->id;
		place->has_cpu = node->has_cpu;
		r = read_node(&place->memory, node, &watermarks[node->id], &host_pools, rules, roots, error);
		apply_reserve(&place->memory, (uint64_t)((double)rules->reserved_kb *
							 (double)node->mem_total_kb / (double)total_kb));
		count++;
	}
	if (r == 0 && count == 0)
		r = host_complain(error, "/sys/devices/system/node", -ENODATA, "no node has memory");
	if (r == 0)
		*ret_count = count;
	return r;
}
