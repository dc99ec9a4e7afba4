/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

#include <errno.h>

#include "host/hugetlb.h"
#include "host_tree.h"

#define FS    "/sys/fs/cgroup"
#define SCOPE "/machine.slice/machine-qemu\\x2d1\\x2dvm.scope"

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

static int find(void **state, struct host_hugetlb *hugetlb, struct text *error)
{
	const struct tree *tree = *state;
	struct host_cgroups cgroups;

	assert_int_equal(host_cgroups_find(&cgroups, &tree->roots, NULL), 0);
	return host_hugetlb_find(hugetlb, &cgroups, &tree->roots, error);
}

static uint64_t used(void **state)
{
	struct host_hugetlb hugetlb;
	uint64_t bytes;

	assert_int_equal(find(state, &hugetlb, NULL), 0);
	assert_int_equal(host_hugetlb_used(&bytes, &hugetlb, SCOPE, NULL), 0);
	return bytes;
}

/* The page sizes of arm64 (4, 16 and 64 KiB pages), s390, x86, ppc64 and riscv. */
static void usage_adds_all_page_sizes(void **state)
{
	static const char *const sizes[] = { "64KB", "1MB", "2MB", "32MB", "512MB", "1GB", "16GB" };
	char path[256], content[32];

	tree_put(*state, FS "/cgroup.controllers", "memory hugetlb\n");
	tree_put(*state, FS SCOPE "/memory.current", "1\n");
	assert_true(used(state) == HOST_ABSENT);
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		snprintf(path, sizeof(path), FS SCOPE "/hugetlb.%s.current", sizes[i]);
		snprintf(content, sizeof(content), "%d\n", 1 << i);
		tree_put(*state, path, content);
		assert_int_equal(used(state), (2 << i) - 1);
	}
}

static void usage_ignores_reservations_limits_and_child_cgroups(void **state)
{
	static const char *const others[] = {
		"hugetlb.2MB.rsvd.current", "hugetlb.2MB.max",         "hugetlb.2MB.rsvd.max",
		"hugetlb.2MB.events",       "hugetlb.2MB.numa_stat",   "hugetlb.2MB.usage_in_bytes",
		"hugetlb.MB.current",       "hugetlb.2TB.current",     "hugetlb.2.current",
		"hugetlb.current",          "hugetlb.2MB.current.old", "hugetlb.1GB.current/memory.current",
	};
	char path[256];

	tree_put(*state, FS "/cgroup.controllers", "memory hugetlb\n");
	tree_put(*state, FS SCOPE "/hugetlb.2MB.current", "4194304\n");
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		snprintf(path, sizeof(path), FS SCOPE "/%s", others[i]);
		tree_put(*state, path, "1099511627776\n");
	}
	assert_int_equal(used(state), 4194304);
}

static void v1_uses_its_own_hierarchy_and_file_names(void **state)
{
	struct host_hugetlb hugetlb;

	tree_put(*state, FS "/memory/memory.usage_in_bytes", "1\n");
	assert_true(used(state) == HOST_ABSENT);
	tree_put(*state, FS "/hugetlb" SCOPE "/hugetlb.2MB.usage_in_bytes", "4194304\n");
	tree_put(*state, FS "/hugetlb" SCOPE "/hugetlb.2MB.rsvd.usage_in_bytes", "8388608\n");
	tree_put(*state, FS "/hugetlb" SCOPE "/hugetlb.1GB.usage_in_bytes", "1073741824\n");
	tree_put(*state, FS "/hugetlb" SCOPE "/hugetlb.1GB.limit_in_bytes", "9223372036854771712\n");
	tree_put(*state, FS "/hugetlb" SCOPE "/hugetlb.1GB.max_usage_in_bytes", "2147483648\n");
	assert_int_equal(used(state), 4194304 + 1073741824);
	/* The mount option belongs to cgroup2; v1 never charges huge pages to the memory
	 * controller. */
	tree_put(*state, "/proc/mounts", "cgroup2 " FS "/unified cgroup2 rw,memory_hugetlb_accounting 0 0\n");
	assert_int_equal(find(state, &hugetlb, NULL), 0);
	assert_false(hugetlb.is_accounted);
}

static void malformed_or_too_many_files_are_an_error(void **state)
{
	const struct tree *tree = *state;
	struct host_hugetlb hugetlb;
	TEXT_ON_STACK(error, 256);
	char path[256];
	uint64_t bytes;

	tree_put(tree, FS "/cgroup.controllers", "memory hugetlb\n");
	tree_put(tree, FS SCOPE "/hugetlb.2MB.current", "much\n");
	assert_int_equal(find(state, &hugetlb, NULL), 0);
	assert_int_equal(host_hugetlb_used(&bytes, &hugetlb, SCOPE, &error), -EBADMSG);
	assert_true(bytes == HOST_ABSENT);
	snprintf(path, sizeof(path), "%s" FS SCOPE "/hugetlb.2MB.current: ", tree->root);
	assert_memory_equal(error.data, path, strlen(path));
	for (int i = 1; i < 10; i++) {
		snprintf(path, sizeof(path), FS SCOPE "/hugetlb.%dMB.current", i);
		tree_put(tree, path, "0\n");
	}
	assert_int_equal(host_hugetlb_used(&bytes, &hugetlb, SCOPE, NULL), -E2BIG);
	assert_int_equal(host_hugetlb_used(&bytes, &hugetlb, "/gone", NULL), 0);
	assert_true(bytes == HOST_ABSENT);
	/* A file where a directory is expected, which no real cgroupfs has. */
	assert_int_equal(host_hugetlb_used(&bytes, &hugetlb, "/cgroup.controllers", NULL), -ENOTDIR);
}

static void mount_option_is_matched_as_a_whole_word_of_cgroup2(void **state)
{
	static const struct {
		const char *mounts;
		bool accounted;
	} rows[] = {
		{ "", false },
		{ "cgroup2 /sys/fs/cgroup cgroup2 rw,nosuid,memory_recursiveprot 0 0\n", false },
		{ "cgroup2 /sys/fs/cgroup cgroup2 rw,memory_hugetlb_accounting 0 0\n", true },
		{ "none /sys/fs/cgroup cgroup2 rw,memory_hugetlb_accounting,nsdelegate 0 0\n", true },
		{ "cgroup2 /sys/fs/cgroup cgroup2 rw,memory_hugetlb_accounting_v2 0 0\n", false },
		{ "memory_hugetlb_accounting /memory_hugetlb_accounting tmpfs rw,memory_hugetlb_accounting 0 "
		  "0\ncgroup2 /c cgroup2 rw 0 0\n",
		  false },
		{ "a\\040b /mnt/with\\040blanks ext4 rw 0 0\nx\ncgroup2 /c cgroup2 memory_hugetlb_accounting "
		  "0 0\n",
		  true },
		{ "cgroup2 /sys/fs/cgroup cgroup2", false },
	};
	struct host_hugetlb hugetlb;

	tree_put(*state, FS "/cgroup.controllers", "memory\n");
	assert_int_equal(find(state, &hugetlb, NULL), 0);
	assert_false(hugetlb.is_accounted);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		tree_put(*state, "/proc/mounts", rows[i].mounts);
		assert_int_equal(find(state, &hugetlb, NULL), 0);
		assert_int_equal(hugetlb.is_accounted, rows[i].accounted);
	}
}

/* Lines of 4,000 and 5,000 bytes; the option lies across the boundary between two reads. */
static void mount_option_is_found_at_any_read_boundary(void **state)
{
	static const char line[] = "cgroup2 /c cgroup2 rw,memory_hugetlb_accounting 0 0\n";
	static char content[32768];
	struct host_hugetlb hugetlb;

	tree_put(*state, FS "/cgroup.controllers", "memory\n");
	for (size_t before = 4096 - sizeof(line); before < 4096 + 2; before++) {
		struct text text;

		text_init(&text, content, sizeof(content));
		text_printf(&text, "overlay /o overlay lowerdir=%0*d 0 0\n", (int)before - 36, 0);
		text_printf(&text, "%soverlay /o overlay lowerdir=%05000d 0 0\n", line, 0);
		assert_false(text.truncated);
		tree_put(*state, "/proc/mounts", content);
		assert_int_equal(find(state, &hugetlb, NULL), 0);
		assert_true(hugetlb.is_accounted);
	}
}

static void memory_stat_overrides_the_mount_option(void **state)
{
	static const struct {
		bool accounted;
		uint64_t stat, used, inside;
	} rows[] = {
		{ false, HOST_ABSENT, 1000, 0 },   /* before 6.7, or without the option */
		{ true, HOST_ABSENT, 1000, 1000 }, /* 6.7 to 6.12 */
		{ true, HOST_ABSENT, HOST_ABSENT, 0 },
		{ true, 1000, 1000, 1000 },
		{ true, 0, 1000, 0 }, /* in use before a remount set the option */
		{ true, 400, 1000, 400 },
		{ false, 1000, 1000, 1000 },       /* a mount table of another host */
		{ true, 1000, HOST_ABSENT, 1000 }, /* the hugetlb controller is off */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct host_hugetlb hugetlb = { .is_accounted = rows[i].accounted };

		assert_int_equal(host_hugetlb_inside(&hugetlb, rows[i].stat, rows[i].used), rows[i].inside);
	}
}

#define TREE_TEST(name) cmocka_unit_test_setup_teardown(name, with_tree, without_tree)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TREE_TEST(usage_adds_all_page_sizes),
		TREE_TEST(usage_ignores_reservations_limits_and_child_cgroups),
		TREE_TEST(v1_uses_its_own_hierarchy_and_file_names),
		TREE_TEST(malformed_or_too_many_files_are_an_error),
		TREE_TEST(mount_option_is_matched_as_a_whole_word_of_cgroup2),
		TREE_TEST(mount_option_is_found_at_any_read_boundary),
		cmocka_unit_test(memory_stat_overrides_the_mount_option),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
