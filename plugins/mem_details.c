/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mem_details.h"

#include <inttypes.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/number.h"
#include "host/arcstats.h"
#include "host/ksm.h"

/* Time limit: on an exhausted host each process may have to be read from swap. */
#define CONSUMERS_USEC INT64_C(1000000)

static void append_kb(struct text *text, const char *name, uint64_t kb)
{
	if (!host_known(kb))
		return;
	text_printf(text, "%s%s ", text->length > 0 ? ", " : "", name);
	number_append_bytes(text, kb * 1024);
}

/* The kernel's accounting by use.  The parts need not add up to the total. */
static void add_kinds(struct plugin *plugin, const struct host_meminfo *meminfo)
{
	const struct {
		const char *name;
		uint64_t kb;
		bool only_if_any;
	} kinds[] = {
		{ "free", meminfo->mem_free_kb, false },
		{ "anonymous", meminfo->anon_pages_kb, false },
		{ "buffers", meminfo->buffers_kb, false },
		{ "page cache", meminfo->cached_kb, false },
		{ "of which shared memory", meminfo->shmem_kb, false },
		{ "slab", meminfo->slab_kb, false },
		{ "of which reclaimable", meminfo->slab_reclaimable_kb, false },
		{ "page tables", meminfo->page_tables_kb, false },
		{ "KVM's page tables", meminfo->sec_page_tables_kb, true },
		{ "kernel stacks", meminfo->kernel_stack_kb, false },
		{ "per-CPU", meminfo->percpu_kb, true },
		{ "huge pages", meminfo->hugetlb_kb, false },
		{ "hardware corrupted", meminfo->hardware_corrupted_kb, true },
		{ "committed", meminfo->committed_as_kb, false },
	};
	TEXT_ON_STACK(line, 1024);

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (kinds[i].kb > 0 || !kinds[i].only_if_any)
			append_kb(&line, kinds[i].name, kinds[i].kb);
	}
	TEXT_ON_STACK(total, 64);
	number_append_bytes(&total, meminfo->mem_total_kb * 1024);
	plugin_detail(plugin, "RAM %s: %s", total.data, line.data);
}

static void add_arc(struct plugin *plugin, const struct file_roots *roots)
{
	struct host_arcstats arc;
	TEXT_ON_STACK(line, 256);

	if (host_arcstats_read(&arc, roots, NULL) < 0)
		return;
	text_append(&line, "ZFS cache ");
	number_append_bytes(&line, arc.size_bytes);
	text_append(&line, ", reclaimable ");
	number_append_bytes(&line, host_subtract(arc.size_bytes, arc.c_min_bytes));
	plugin_detail(plugin, "%s", line.data);
}

static void add_ksm(struct plugin *plugin, const struct file_roots *roots)
{
	struct host_ksm ksm;
	TEXT_ON_STACK(line, 256);

	if (host_ksm_read(&ksm, roots, NULL) < 0 || ksm.saved_kb == 0)
		return;
	text_append(&line, "KSM saves ");
	number_append_bytes(&line, ksm.saved_kb * 1024);
	text_append(&line, ", until guests write to the shared pages");
	plugin_detail(plugin, "%s", line.data);
}

static void add_consumer(struct plugin *plugin, const char *kind, const struct consumer *consumer)
{
	TEXT_ON_STACK(line, 512);

	text_printf(&line, "%s ", kind);
	text_append_name(&line, consumer->name);
	if (consumer->pid > 0)
		text_printf(&line, "[%d]", (int)consumer->pid);
	text_append(&line, ": ");
	number_append_bytes(&line, consumer->bytes);
	if (consumer->swap_bytes > 0) {
		text_append(&line, ", of which in swap ");
		number_append_bytes(&line, consumer->swap_bytes);
	}
	if (host_or_zero(consumer->hugetlb_bytes) > 0) {
		text_append(&line, ", plus huge pages ");
		number_append_bytes(&line, consumer->hugetlb_bytes);
	}
	plugin_detail(plugin, "%s", line.data);
}

static void add_list(struct plugin *plugin, const char *kind, const char *kinds,
		     const struct consumer_list *list)
{
	TEXT_ON_STACK(all, 64);

	for (size_t i = 0; i < list->count; i++)
		add_consumer(plugin, kind, &list->largest[i]);
	number_append_bytes(&all, list->all_bytes);
	if (list->all_count > list->count)
		plugin_detail(plugin, "all %" PRIu64 " %s: %s", list->all_count, kinds, all.data);
}

/* Usually the first thing that on-call needs to know. */
static void name_largest_vm(struct plugin *plugin, const struct consumer_list *vms)
{
	struct text *text = &plugin->summary;
	const bool by_hugetlb = vms->order == CONSUMERS_BY_HUGETLB;

	if (plugin->state == PLUGIN_OK || vms->count == 0)
		return;
	const uint64_t bytes =
		by_hugetlb ? host_or_zero(vms->largest[0].hugetlb_bytes) : vms->largest[0].bytes;
	if (by_hugetlb && bytes == 0)
		return;
	text_append(text, "; largest VM ");
	text_append_name(text, vms->largest[0].name);
	text_append(text, " holds ");
	number_append_bytes(text, bytes);
	if (by_hugetlb)
		text_append(text, " in huge pages");
}

void mem_details_add(struct plugin *plugin, const struct host_meminfo *meminfo, enum consumers_order order,
		     const struct vm_places *places, const struct file_roots *roots)
{
	const int64_t until_usec = clock_usec(CLOCK_MONOTONIC) + CONSUMERS_USEC;
	struct consumers consumers;
	TEXT_ON_STACK(hidden, 512);

	add_kinds(plugin, meminfo);
	plugin_settle(plugin, PLUGIN_LISTING_SEC);
	add_arc(plugin, roots);
	add_ksm(plugin, roots);
	plugin_settle(plugin, PLUGIN_LISTING_SEC);
	if (consumers_read(&consumers, order, roots, places, until_usec, &hidden) < 0)
		return;
	/* If not all VMs were read, the largest of them may not be the largest of all. */
	if (!consumers.cut_short && !consumers.any_unread)
		name_largest_vm(plugin, &consumers.vms);
	add_list(plugin, "VM", "VMs", &consumers.vms);
	add_list(plugin, "process", "other processes", &consumers.processes);
	if (consumers.cut_short)
		plugin_detail(plugin, "this list is incomplete: reading all processes took longer than 1 s");
	if (hidden.length > 0)
		plugin_detail(plugin, "%s", hidden.data);
}
