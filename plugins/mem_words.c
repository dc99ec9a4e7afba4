/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mem_words.h"

#include "base/number.h"

void mem_say_forecast(struct text *text, const struct mem_subject *subject, int64_t horizon_usec)
{
	if (!subject->runs_out)
		return;
	text_append(text, ", exhausted in about ");
	number_append_duration(text, (int64_t)(subject->available / subject->fall * 1e6));
	text_append(text, " at ");
	number_append_bytes(text, (uint64_t)(subject->fall * 60));
	text_append(text, "/min");
	if (horizon_usec > 0) {
		text_append(text, " (limit ");
		number_append_duration(text, horizon_usec);
		text_append(text, ")");
	}
}

void mem_say_subject(struct text *text, const struct mem_options *options, const struct mem_subject *subject)
{
	if (subject->total <= 0) {
		text_append(text, "no memory left to check");
		if (subject->node >= 0)
			text_printf(text, " on node %d", subject->node);
		return;
	}
	number_append_bytes(text, (uint64_t)subject->available);
	text_printf(text, " (%.1f %%) available of ", mem_share(subject));
	number_append_bytes(text, (uint64_t)subject->total);
	if (options->hugepages.page_bytes > 0) {
		text_append(text, " in huge pages of ");
		number_append_bytes(text, options->hugepages.page_bytes);
	} else if (options->hugepages.wanted) {
		text_append(text, " in huge pages");
	}
	if (subject->node >= 0)
		text_printf(text, " on node %d", subject->node);
	if (subject->estimated)
		text_append(text, " (estimated)");
}

void mem_say_swap(struct text *text, const struct host_swaps *swaps)
{
	if (swaps->disk_total_kb > 0) {
		text_append(text, ", swap ");
		number_append_bytes(text, swaps->disk_used_kb * 1024);
		text_append(text, " of ");
		number_append_bytes(text, swaps->disk_total_kb * 1024);
		text_append(text, " used");
	}
	if (swaps->zram_total_kb > 0) {
		text_append(text, ", zram holds ");
		number_append_bytes(text, swaps->zram_used_kb * 1024);
		if (host_known(swaps->zram_memory_kb)) {
			text_append(text, " in ");
			number_append_bytes(text, swaps->zram_memory_kb * 1024);
		}
	}
}

void mem_list_nodes(struct plugin *plugin, const struct mem_options *options,
		    const struct mem_measured *measured)
{
	for (size_t i = 0; i < measured->node_count; i++) {
		TEXT_ON_STACK(line, 256);

		mem_say_subject(&line, options, &measured->nodes[i]);
		mem_say_forecast(&line, &measured->nodes[i], 0);
		if (measured->nodes[i].shown_only)
			text_append(&line, ", not checked: it has no CPU");
		plugin_detail(plugin, "%s", line.data);
	}
}

void mem_list_pools(struct plugin *plugin, const struct mem_options *options,
		    const struct mem_measured *measured)
{
	const struct host_hugepools *pools = &measured->pools;

	for (size_t i = 0; i < pools->count && options->hugepages.page_bytes == 0; i++) {
		const uint64_t page_kb = pools->pools[i].page_kb;
		const struct mem_options of_size = { .hugepages = { true, page_kb * 1024 } };
		const struct mem_subject subject = {
			.node = -1,
			.available = mem_bytes(host_hugepools_usable_kb(pools, page_kb)),
			.total = mem_bytes(host_hugepools_total_kb(pools, page_kb)),
		};
		TEXT_ON_STACK(line, 256);

		/* The only pool is already on the first line. */
		if (subject.total <= 0 || !(subject.total < measured->host.total))
			continue;
		mem_say_subject(&line, &of_size, &subject);
		plugin_detail(plugin, "%s", line.data);
	}
}
