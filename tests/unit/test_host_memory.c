/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The memory readers that are more than a table of fields: zones, nodes, pools, swap. */
#include "unit.h"

#include <errno.h>
#include <unistd.h>

#include "host/hugepages.h"
#include "host/ksm.h"
#include "host/node.h"
#include "host/swaps.h"
#include "host/zoneinfo.h"
#include "host_tree.h"

#define NODE "/sys/devices/system/node"

static int with_tree(void **state)
{
	static struct tree tree;

	tree_make(&tree);
	*state = &tree;
	return 0;
}

static int without_tree(void **state)
{
	tree_remove(*state);
	return 0;
}

static uint64_t pages(uint64_t count)
{
	return count * (uint64_t)sysconf(_SC_PAGESIZE) / 1024;
}

/* mm/page_alloc.c: a zone's reserve is its high watermark plus its largest protection, at most
 * its managed pages. */
static void node_watermarks_add_up_its_zones(void **state)
{
	const struct tree *tree = *state;
	struct host_watermarks nodes[4];

	tree_put(tree, "/proc/zoneinfo",
		 "Node 0, zone      DMA\n"
		 "  per-node stats\n"
		 "      nr_inactive_anon 47078\n"
		 "  pages free     3840\n"
		 "        min      1\n"
		 "        low      4\n"
		 "        high     7\n"
		 "        managed  3840\n"
		 "        protection: (0, 2580, 257617, 257617, 257617)\n"
		 "  pagesets\n"
		 "    cpu: 0\n"
		 "              high:  99999\n"
		 "Node 0, zone   Normal\n"
		 "        low      76186\n"
		 "        high     141561\n"
		 "        managed  65290240\n"
		 "        protection: (0, 0, 0, 0, 0)\n"
		 "Node 2, zone   Normal\n"
		 "        low      20\n"
		 "        high     30\n"
		 "        protection: (0, 5)\n"
		 "Node 3, zone   Device\n"
		 "        low      0\n"
		 "        high     0\n"
		 "        managed  0\n"
		 "        protection: (0, 0)\n");
	assert_int_equal(host_zoneinfo_read(nodes, ARRAY_SIZE(nodes), &tree->roots, NULL), 0);
	assert_int_equal(nodes[0].low_kb, pages(4 + 76186));
	assert_int_equal(nodes[0].reserve_kb, pages(3840 + 141561));
	assert_int_equal(nodes[1].reserve_kb, 0);
	assert_int_equal(nodes[2].low_kb, pages(20));
	assert_int_equal(nodes[2].reserve_kb, pages(35));
	assert_int_equal(nodes[3].reserve_kb, 0);
	assert_int_equal(host_zoneinfo_read(nodes, 3, &tree->roots, NULL), -ERANGE);
}

/* The file is read in pieces; no line is lost between two. */
static void long_zoneinfo_is_read_completely(void **state)
{
	const struct tree *tree = *state;
	struct host_watermarks node;
	size_t size = 0, room = 4 << 20;
	char *content = malloc(room);

	assert_non_null(content);
	for (int zone = 0; zone < 50; zone++) {
		size += (size_t)snprintf(content + size, room - size,
					 "Node 0, zone %8s\n        low      10\n", "Normal");
		for (int cpu = 0; cpu < 512; cpu++)
			size += (size_t)snprintf(
				content + size, room - size,
				"    cpu: %d\n              count: 1\n              high:  2\n", cpu);
		size += (size_t)snprintf(content + size, room - size, "        high     20\n");
	}
	tree_put_bytes(tree, "/proc/zoneinfo", content, size);
	assert_int_equal(host_zoneinfo_read(&node, 1, &tree->roots, NULL), 0);
	assert_int_equal(node.low_kb, pages(500));
	assert_int_equal(node.reserve_kb, pages(1000));
	memset(content, 'x', size);
	tree_put_bytes(tree, "/proc/zoneinfo", content, size);
	assert_int_equal(host_zoneinfo_read(&node, 1, &tree->roots, NULL), -EBADMSG);
	free(content);
}

/* si_mem_available() calculated by hand; tests/cli compares it with the kernel's own. */
static void estimate_follows_the_kernels_formula(void **state)
{
	static const struct {
		struct host_watermarks watermarks;
		uint64_t free_kb, file_kb, slab_kb, expected_kb;
	} rows[] = {
		{ { 84592, 127724 }, 23671852, 583188, 74248, 24079848 },
		{ { 100, 1000 }, 5000, 0, 0, 4000 },
		{ { 100, 1000 }, 500, 0, 0, 0 },
		/* Half of a small cache counts, of a large one all but the low watermark. */
		{ { 100, 0 }, 0, 80, 40, 60 },
		{ { 100, 0 }, 0, 1000, 1000, 1800 },
		/* The cache first fills what free memory lacks of the reserve. */
		{ { 100, 1000 }, 500, 2000, 0, 1400 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_int_equal(host_available_estimate(&rows[i].watermarks, rows[i].free_kb,
							 rows[i].file_kb, rows[i].slab_kb),
				 rows[i].expected_kb);
}

static void nodes_are_sorted_by_number(void **state)
{
	static const char *const format = "Node %d MemTotal: %d kB\nNode %d MemFree: 1 kB\n"
					  "Node %d Active(file): 2 kB\nNode %d Inactive(file): 3 kB\n"
					  "Node %d SReclaimable: 4 kB\n";
	static const int ids[] = { 10, 2, 0 };
	const struct tree *tree = *state;
	static struct host_nodes nodes;

	for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
		char path[64], content[512];
		const int id = ids[i];

		snprintf(path, sizeof(path), NODE "/node%d/meminfo", id);
		snprintf(content, sizeof(content), format, id, id * 100, id, id, id, id);
		tree_put(tree, path, content);
	}
	tree_put(tree, NODE "/online", "0,2,10\n");
	tree_put(tree, NODE "/has_cpu", "0-1,3,9-12\n");
	tree_put(tree, NODE "/nodes/meminfo", "not a node\n");
	assert_int_equal(host_nodes_read(&nodes, &tree->roots, NULL), 0);
	assert_int_equal(nodes.count, 3);
	assert_int_equal(nodes.nodes[0].id, 0);
	assert_int_equal(nodes.nodes[0].mem_total_kb, 0);
	assert_int_equal(nodes.nodes[1].id, 2);
	assert_int_equal(nodes.nodes[2].id, 10);
	assert_int_equal(nodes.nodes[2].mem_total_kb, 1000);
	assert_int_equal(nodes.nodes[2].slab_reclaimable_kb, 4);
	assert_true(nodes.nodes[0].has_cpu);
	assert_false(nodes.nodes[1].has_cpu);
	assert_true(nodes.nodes[2].has_cpu);
	tree_put(tree, NODE "/has_cpu", "\n");
	assert_int_equal(host_nodes_read(&nodes, &tree->roots, NULL), 0);
	assert_false(nodes.nodes[0].has_cpu);
	/* A node must not be skipped because its CPUs cannot be read. */
	static const char *const odd[] = { "", "0", "x\n", "0-\n", "99999999999999999999\n", "-1\n" };
	for (size_t i = 0; i < ARRAY_SIZE(odd); i++) {
		tree_put(tree, NODE "/has_cpu", odd[i]);
		assert_int_equal(host_nodes_read(&nodes, &tree->roots, NULL), -EBADMSG);
	}
}

static void huge_page_pools_of_all_sizes_are_read(void **state)
{
	static const char *const names[] = { "nr", "free", "resv" };
	static const char *const gigantic[] = { "10\n", "6\n", "2\n" };
	static const char *const huge[] = { "1024\n", "512\n", "600\n" };
	const struct tree *tree = *state;
	struct host_hugepools pools;

	assert_int_equal(host_hugepools_read(&pools, &tree->roots, -1, NULL), 0);
	assert_int_equal(pools.count, 0);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		char path[128];

		snprintf(path, sizeof(path), "/sys/kernel/mm/hugepages/hugepages-1048576kB/%s_hugepages",
			 names[i]);
		tree_put(tree, path, gigantic[i]);
		snprintf(path, sizeof(path), "/sys/kernel/mm/hugepages/hugepages-2048kB/%s_hugepages",
			 names[i]);
		tree_put(tree, path, huge[i]);
	}
	assert_int_equal(host_hugepools_read(&pools, &tree->roots, -1, NULL), 0);
	assert_int_equal(pools.count, 2);
	assert_int_equal(host_hugepools_total_kb(&pools, 0), 10 * 1048576 + 1024 * 2048);
	assert_int_equal(host_hugepools_usable_kb(&pools, 1048576), 4 * 1048576);
	/* More reserved than free: possible between two reads. */
	assert_int_equal(host_hugepools_usable_kb(&pools, 2048), 0);
	assert_int_equal(host_hugepools_total_kb(&pools, 64), 0);
	/* The pool grew after the first read: the total is at least the free pages. */
	tree_put(tree, "/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages", "0\n");
	tree_put(tree, "/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages", "4\n");
	assert_int_equal(host_hugepools_read(&pools, &tree->roots, -1, NULL), 0);
	assert_int_equal(host_hugepools_total_kb(&pools, 2048), 4 * 2048);
	tree_put(tree, "/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages", "99999999999\n");
	assert_int_equal(host_hugepools_read(&pools, &tree->roots, -1, NULL), -ERANGE);
}

/* Reservations are not per node: a node's free pages of either size are limited by the host's. */
static void usable_huge_pages_of_a_node_are_limited_by_the_host(void **state)
{
	static const struct host_hugepools host = { 2,
						    { { 1048576, 100, 60, 12 }, { 2048, 512, 512, 512 } } };
	static const struct {
		struct host_hugepools node;
		uint64_t page_kb, usable_kb;
	} rows[] = {
		{ { 2, { { 1048576, 50, 56, HOST_ABSENT }, { 2048, 512, 512, HOST_ABSENT } } },
		  0,
		  48 * 1048576 },
		{ { 2, { { 1048576, 50, 4, HOST_ABSENT }, { 2048, 512, 512, HOST_ABSENT } } },
		  0,
		  4 * 1048576 },
		{ { 2, { { 1048576, 50, 4, HOST_ABSENT }, { 2048, 512, 512, HOST_ABSENT } } }, 2048, 0 },
		{ { 1, { { 65536, 8, 8, HOST_ABSENT } } }, 0, 0 },
		{ { 0 }, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_int_equal(host_hugepools_usable_on_node_kb(&rows[i].node, &host, rows[i].page_kb),
				 rows[i].usable_kb);
}

static void swap_on_zram_is_counted_separately(void **state)
{
	static const struct {
		const char *content;
		int result;
		struct host_swaps swaps;
	} rows[] = {
		{ "Filename\tType\tSize\tUsed\tPriority\n", 0, { 0 } },
		{ "Filename\tType\tSize\tUsed\tPriority\n"
		  "/dev/zram0                partition\t1000\t\t500\t\t100\n"
		  "/swap\\040file             file\t\t2000\t\t700\t\t-2\n"
		  "/dev/dm-1                 partition\t3000\t\t0\t\t-3\n",
		  0,
		  { 5000, 700, 1000, 500, 2 } },
		{ "Filename\tType\tSize\tUsed\tPriority\n/swap file\n", -EBADMSG, { 0 } },
		{ "Filename\tType\tSize\tUsed\tPriority\n/dev/sda file 1 1 1", -EBADMSG, { 0 } },
		{ "Filename\tType\tSize\tUsed\tPriority\n/dev/zram7 partition 1 1 1\n",
		  0,
		  { 0, 0, 1, 1, HOST_ABSENT } },
		{ "Filename\tType\tSize\tUsed\tPriority\n/dev/zram0 partition 1 1 1\n"
		  "/dev/zram7 partition 1 1 1\n/dev/zram0 partition 1 1 1\n",
		  0,
		  { 0, 0, 3, 3, HOST_ABSENT } },
		{ "garbage\n", -EBADMSG, { 0 } },
		{ "", -ENODATA, { 0 } },
	};
	const struct tree *tree = *state;

	tree_put(tree, "/sys/block/zram0/mm_stat", "    4096     1024     2048        0     9      0\n");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct host_swaps swaps = { 0 };

		tree_put(tree, "/proc/swaps", rows[i].content);
		assert_int_equal(host_swaps_read(&swaps, &tree->roots, NULL), rows[i].result);
		assert_memory_equal(&swaps, &rows[i].swaps, sizeof(swaps));
	}
	tree_put(tree, "/proc/swaps", rows[1].content);
	tree_put(tree, "/sys/block/zram0/mm_stat", "1 2\n");
	struct host_swaps swaps;
	assert_int_equal(host_swaps_read(&swaps, &tree->roots, NULL), -EBADMSG);
}

static void ksm_saves_the_sharing_pages(void **state)
{
	const struct tree *tree = *state;
	struct host_ksm ksm;

	assert_int_equal(host_ksm_read(&ksm, &tree->roots, NULL), -ENOENT);
	tree_put(tree, "/sys/kernel/mm/ksm/pages_shared", "10\n");
	tree_put(tree, "/sys/kernel/mm/ksm/pages_sharing", "30\n");
	assert_int_equal(host_ksm_read(&ksm, &tree->roots, NULL), 0);
	assert_int_equal(ksm.shared_kb, pages(10));
	assert_int_equal(ksm.saved_kb, pages(30));
}

#define IN_TREE(test) cmocka_unit_test_setup_teardown(test, with_tree, without_tree)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		IN_TREE(node_watermarks_add_up_its_zones),
		IN_TREE(long_zoneinfo_is_read_completely),
		cmocka_unit_test(estimate_follows_the_kernels_formula),
		IN_TREE(nodes_are_sorted_by_number),
		IN_TREE(huge_page_pools_of_all_sizes_are_read),
		cmocka_unit_test(usable_huge_pages_of_a_node_are_limited_by_the_host),
		IN_TREE(swap_on_zram_is_counted_separately),
		IN_TREE(ksm_saves_the_sharing_pages),
	};

	return cmocka_run_group_tests_name("host/memory", tests, NULL, NULL);
}
