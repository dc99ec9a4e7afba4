/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mem_measure.h"

#include <errno.h>

#include "base/number.h"
#include "host/hugepages.h"

static struct mem_subject subject_of(int node, const struct host_available *memory)
{
	return (struct mem_subject){
		.node = node,
		.estimated = memory->estimated,
		.available = mem_bytes(memory->available_kb),
		.total = mem_bytes(memory->total_kb),
	};
}

static int gather_nodes(struct mem_measured *measured, const struct mem_options *options,
			const struct file_roots *roots, struct text *error)
{
	static struct host_node_available nodes[HOST_NODES_MAX];
	int r = host_available_read_nodes(nodes, &measured->node_count, &options->rules, roots, error);

	for (size_t i = 0; r == 0 && i < measured->node_count; i++) {
		measured->nodes[i] = subject_of((int)nodes[i].node, &nodes[i].memory);
		measured->nodes[i].shown_only = !options->all_nodes && !nodes[i].has_cpu;
	}
	return r;
}

static int gather_memory(struct mem_measured *measured, const struct mem_options *options,
			 const struct file_roots *roots, struct text *error)
{
	struct host_available memory;
	int r = host_available_read(&memory, &measured->meminfo, &options->rules, roots, error);

	if (r < 0)
		return r;
	measured->host = subject_of(-1, &memory);
	return options->per_node ? gather_nodes(measured, options, roots, error) : 0;
}

/* Nodes without huge pages of this size are skipped, like those without memory. */
static int gather_node_pools(struct mem_measured *measured, const struct mem_options *options,
			     const struct host_hugepools *host, const struct file_roots *roots,
			     struct text *error)
{
	const uint64_t page_kb = options->hugepages.page_bytes / 1024;
	static struct host_nodes nodes;
	int r = host_nodes_read(&nodes, roots, error);

	for (size_t i = 0; r == 0 && i < nodes.count; i++) {
		struct host_hugepools pools;

		r = host_hugepools_read(&pools, roots, (int)nodes.nodes[i].id, error);
		if (r < 0)
			return r;
		const uint64_t total_kb = host_hugepools_total_kb(&pools, page_kb);
		if (total_kb == 0)
			continue;
		measured->nodes[measured->node_count++] = (struct mem_subject){
			.node = (int)nodes.nodes[i].id,
			.available = mem_bytes(host_hugepools_usable_on_node_kb(&pools, host, page_kb)),
			.total = mem_bytes(total_kb),
		};
	}
	return r;
}

static void complain_of_none(const struct host_hugepools *pools, uint64_t page_kb, struct text *error)
{
	const char *separator = ", only of ";

	text_append(error, "no huge pages");
	if (page_kb > 0) {
		text_append(error, " of ");
		number_append_bytes(error, page_kb * 1024);
	}
	text_append(error, " are configured");
	for (size_t i = 0; i < pools->count; i++) {
		if (pools->pools[i].total == 0)
			continue;
		text_append(error, separator);
		number_append_bytes(error, pools->pools[i].page_kb * 1024);
		separator = ", ";
	}
}

static int gather_pools(struct mem_measured *measured, const struct mem_options *options,
			const struct file_roots *roots, struct text *error)
{
	const uint64_t page_kb = options->hugepages.page_bytes / 1024;
	struct host_hugepools *pools = &measured->pools;
	int r = host_hugepools_read(pools, roots, -1, error);

	if (r < 0)
		return r;
	measured->host = (struct mem_subject){
		.node = -1,
		.available = mem_bytes(host_hugepools_usable_kb(pools, page_kb)),
		.total = mem_bytes(host_hugepools_total_kb(pools, page_kb)),
	};
	if (measured->host.total == 0) {
		complain_of_none(pools, page_kb, error);
		return -ENOENT;
	}
	return options->per_node ? gather_node_pools(measured, options, pools, roots, error) : 0;
}

int mem_measure(struct mem_measured *measured, const struct mem_options *options,
		const struct file_roots *roots, struct text *error)
{
	int r = host_meminfo_read(&measured->meminfo, roots, error);

	if (r < 0)
		return r;
	measured->swaps_unknown = measured->meminfo.swap_total_kb > 0;
	return options->hugepages.wanted ? gather_pools(measured, options, roots, error)
					 : gather_memory(measured, options, roots, error);
}

int mem_measure_swaps(struct mem_measured *measured, const struct file_roots *roots, struct text *error)
{
	if (!measured->swaps_unknown)
		return 0;
	int r = host_swaps_read(&measured->swaps, roots, error);
	measured->swaps_unknown = r < 0;
	return r;
}
