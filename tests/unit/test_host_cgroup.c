/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/cgroup.h"
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

static struct host_cgroups find(void **state)
{
	const struct tree *tree = *state;
	struct host_cgroups cgroups;

	assert_int_equal(host_cgroups_find(&cgroups, &tree->roots, NULL), 0);
	return cgroups;
}

static void v2_max_means_unlimited(void **state)
{
	tree_put(*state, FS "/cgroup.controllers", "cpuset cpu io memory hugetlb pids\n");
	tree_put(*state, FS SCOPE "/memory.current", "17179869184\n");
	tree_put(*state, FS SCOPE "/memory.max", "max\n");
	tree_put(*state, FS SCOPE "/memory.high", "18253611008\n");
	tree_put(*state, FS SCOPE "/memory.swap.current", "0\n");
	struct host_cgroups cgroups = find(state);
	struct host_cgroup_memory memory;

	assert_true(cgroups.memory_is_v2);
	assert_int_equal(host_cgroup_memory(&memory, &cgroups, SCOPE, NULL), 0);
	assert_int_equal(memory.current_bytes, 17179869184);
	assert_true(memory.max_bytes == HOST_UNLIMITED);
	assert_int_equal(memory.high_bytes, 18253611008);
	assert_int_equal(memory.swap_current_bytes, 0);
}

static void v1_limit_of_the_whole_address_space_means_unlimited(void **state)
{
	static const struct {
		const char *limit;
		uint64_t expected;
	} rows[] = {
		{ "9223372036854771712\n", HOST_UNLIMITED }, /* with 4 KiB pages */
		{ "9223372036854710272\n", HOST_UNLIMITED }, /* with 64 KiB pages */
		{ "17179869184\n", 17179869184 },
	};

	tree_put(*state, FS "/memory/memory.usage_in_bytes", "1\n");
	tree_put(*state, FS "/memory/machine/memory.usage_in_bytes", "4096\n");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct host_cgroup_memory memory;

		tree_put(*state, FS "/memory/machine/memory.limit_in_bytes", rows[i].limit);
		struct host_cgroups cgroups = find(state);
		assert_false(cgroups.memory_is_v2);
		assert_string_equal(cgroups.unified, "");
		assert_int_equal(host_cgroup_memory(&memory, &cgroups, "/machine", NULL), 0);
		assert_int_equal(memory.current_bytes, 4096);
		assert_true(memory.max_bytes == rows[i].expected);
		assert_true(memory.high_bytes == HOST_ABSENT);
	}
}

static void hybrid_layout_has_memory_in_v1_and_pressure_in_v2(void **state)
{
	const struct tree *tree = *state;
	char unified[128];

	tree_put(tree, FS "/memory/memory.usage_in_bytes", "1\n");
	tree_put(tree, FS "/unified/cgroup.controllers", "\n");
	snprintf(unified, sizeof(unified), "%s" FS "/unified", tree->root);
	struct host_cgroups cgroups = find(state);
	assert_false(cgroups.memory_is_v2);
	assert_string_equal(cgroups.unified, unified);
}

static void cgroup_named_memory_does_not_mean_v1(void **state)
{
	tree_put(*state, FS "/cgroup.controllers", "memory\n");
	tree_put(*state, FS "/memory/memory.current", "1\n");
	assert_true(find(state).memory_is_v2);
}

static void oom_kills_are_read_from_v1_and_v2(void **state)
{
	uint64_t kills;

	tree_put(*state, FS "/cgroup.controllers", "memory\n");
	tree_put(*state, FS "/a/memory.events",
		 "low 1\nhigh 2\nmax 3\noom 4\noom_kill 5\noom_group_kill 6\n");
	tree_put(*state, FS "/b/memory.events", "low 0\nhigh 0\nmax 0\noom 0\n");
	struct host_cgroups cgroups = find(state);
	assert_int_equal(host_cgroup_oom_kills(&kills, &cgroups, "/a", NULL), 0);
	assert_int_equal(kills, 5);
	assert_int_equal(host_cgroup_oom_kills(&kills, &cgroups, "/b", NULL), 0);
	assert_true(kills == HOST_ABSENT);
	assert_int_equal(host_cgroup_oom_kills(&kills, &cgroups, "/gone", NULL), -ENOENT);

	tree_put(*state, FS "/memory/memory.usage_in_bytes", "1\n");
	tree_put(*state, FS "/memory/c/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 7\n");
	cgroups = find(state);
	assert_int_equal(host_cgroup_oom_kills(&kills, &cgroups, "/c", NULL), 0);
	assert_int_equal(kills, 7);
}

/* memory.stat grows with each kernel release. */
static void reclaimable_memory_is_read_from_a_long_file(void **state)
{
	const struct tree *tree = *state;
	char content[6144];
	struct host_cgroup_stat stat;
	struct text text;

	text_init(&text, content, sizeof(content));
	text_append(&text, "inactive_file 1000\nactive_file 200\nslab_reclaimable 30\n");
	for (int i = 0; text.length < 5000; i++)
		text_printf(&text, "workingset_of_a_later_release_%d 549755813888\n", i);
	tree_put(tree, FS "/cgroup.controllers", "memory\n");
	tree_put(tree, FS "/a/memory.stat", content);
	struct host_cgroups cgroups = find(state);
	assert_int_equal(host_cgroup_stat(&stat, &cgroups, "/a", NULL), 0);
	assert_int_equal(stat.reclaimable_bytes, 1230);
	assert_true(stat.hugetlb_bytes == HOST_ABSENT);
	tree_put(tree, FS "/a/memory.stat", "inactive_file 1000\n");
	assert_int_equal(host_cgroup_stat(&stat, &cgroups, "/a", NULL), -EBADMSG);
}

static void error_names_the_malformed_file(void **state)
{
	const struct tree *tree = *state;
	struct host_cgroup_memory memory;
	TEXT_ON_STACK(error, 256);
	char expected[256];

	tree_put(tree, FS "/cgroup.controllers", "memory\n");
	tree_put(tree, FS "/a/memory.current", "12\n");
	tree_put(tree, FS "/a/memory.max", "much\n");
	struct host_cgroups cgroups = find(state);
	assert_int_equal(host_cgroup_memory(&memory, &cgroups, "/a", &error), -EBADMSG);
	snprintf(expected, sizeof(expected), "%s" FS "/a/memory.max: neither a number nor max", tree->root);
	assert_string_equal(error.data, expected);
	assert_int_equal(host_cgroup_memory(&memory, &cgroups, "/gone", NULL), -ENOENT);
}

static void missing_cgroupfs_is_an_error(void **state)
{
	const struct tree *tree = *state;
	struct host_cgroups cgroups;

	assert_int_equal(host_cgroups_find(&cgroups, &tree->roots, NULL), -ENOENT);
}

struct visits {
	char seen[1024];
	const char *pass, *stop, *leave;
};

static enum host_walk remember(const char *path, const char *name, void *data)
{
	struct visits *visits = data;

	strcat(visits->seen, path);
	strcat(visits->seen, " ");
	if (visits->stop && strcmp(name, visits->stop) == 0)
		return HOST_WALK_STOP;
	if (visits->leave && strncmp(name, visits->leave, strlen(visits->leave)) == 0)
		return HOST_WALK_LEAVE;
	return visits->pass && strcmp(name, visits->pass) == 0 ? HOST_WALK_PASS : HOST_WALK_DESCEND;
}

static void walk_obeys_the_callback(void **state)
{
	static const struct {
		struct visits wish;
		const char *from, *seen;
	} rows[] = {
		{ { .seen = "" }, "", "/a /a/b /a/b/c " },  { { .seen = "" }, "/", "/a /a/b /a/b/c " },
		{ { .seen = "" }, "/a", "/a/b /a/b/c " },   { { .seen = "", .pass = "b" }, "", "/a /a/b " },
		{ { .seen = "", .stop = "a" }, "", "/a " },
	};

	tree_put(*state, FS "/cgroup.controllers", "memory\n");
	tree_put(*state, FS "/a/b/c/cgroup.procs", "");
	struct host_cgroups cgroups = find(state);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct visits visits = rows[i].wish;

		assert_int_equal(host_cgroup_walk(&cgroups, rows[i].from, remember, &visits, NULL), 0);
		assert_string_equal(visits.seen, rows[i].seen);
	}
	struct visits visits = { .seen = "" };
	assert_int_equal(host_cgroup_walk(&cgroups, "/none", remember, &visits, NULL), -ENOENT);
}

/* The threads of a VM: one of their cgroups is enough to know them all. */
static void walk_leaves_the_siblings_of_a_cgroup_but_not_those_of_its_parent(void **state)
{
	struct visits visits = { .seen = "", .leave = "vcpu" };

	tree_put(*state, FS "/cgroup.controllers", "memory\n");
	tree_put(*state, FS "/a/vcpu0/cgroup.procs", "");
	tree_put(*state, FS "/a/vcpu1/cgroup.procs", "");
	tree_put(*state, FS "/b/vcpu0/cgroup.procs", "");
	tree_put(*state, FS "/b/vcpu1/cgroup.procs", "");
	struct host_cgroups cgroups = find(state);
	assert_int_equal(host_cgroup_walk(&cgroups, "", remember, &visits, NULL), 0);
	assert_int_equal(strlen(visits.seen), strlen("/a /a/vcpu0 /b /b/vcpu0 "));
	assert_non_null(strstr(visits.seen, "/a/vcpu"));
	assert_non_null(strstr(visits.seen, "/b/vcpu"));
}

static void pids_of_a_scope_include_its_children(void **state)
{
	pid_t pids[4];
	size_t count = 99;

	tree_put(*state, FS "/cgroup.controllers", "memory\n");
	tree_put(*state, FS SCOPE "/cgroup.procs", "");
	tree_put(*state, FS SCOPE "/libvirt/cgroup.procs", "0\n4711\n4712\n");
	struct host_cgroups cgroups = find(state);
	assert_int_equal(host_cgroup_pids(&cgroups, SCOPE, pids, ARRAY_SIZE(pids), &count, NULL), 0);
	assert_int_equal(count, 3);
	assert_int_equal(pids[0], 0); /* a process outside our pid namespace */
	assert_int_equal(pids[1], 4711);
	/* The process that did not fit may be the VM. */
	for (size_t max = 1; max <= 3; max++) {
		TEXT_ON_STACK(error, 256);

		assert_int_equal(host_cgroup_pids(&cgroups, SCOPE, pids, max, &count, &error),
				 max < 3 ? -E2BIG : 0);
		assert_int_equal(count, max);
		assert_int_equal(error.length > 0, max < 3);
	}
	assert_int_equal(host_cgroup_pids(&cgroups, "/none", pids, 1, &count, NULL), -ENOENT);
}

/* Starts a process that closes the fifo without writing, so that one read ends at once, and then
 * writes a pid. */
static pid_t start_fifo_writer(const char *path)
{
	const pid_t writer = fork();

	if (writer != 0)
		return writer;
	close(open(path, O_WRONLY));
	/* Otherwise the reader may take the two for one file. */
	usleep(300 * 1000);
	const int fd = open(path, O_WRONLY);
	_exit(write(fd, "4711\n", 5) == 5 ? 0 : 1);
}

static void empty_first_read_hides_no_process(void **state)
{
	const struct tree *tree = *state;
	char path[512];
	pid_t pids[4];
	size_t count;

	tree_put(*state, FS "/cgroup.controllers", "memory\n");
	tree_put(*state, FS SCOPE "/memory.max", "max\n");
	const struct host_cgroups cgroups = find(state);
	snprintf(path, sizeof(path), "%s" FS SCOPE "/cgroup.procs", tree->roots.rootfs);
	assert_int_equal(mkfifo(path, 0600), 0);
	const pid_t writer = start_fifo_writer(path);
	assert_true(writer > 0);
	assert_int_equal(host_cgroup_pids(&cgroups, SCOPE, pids, ARRAY_SIZE(pids), &count, NULL), 0);
	assert_int_equal(count, 1);
	assert_int_equal(pids[0], 4711);
	int status;
	assert_int_equal(waitpid(writer, &status, 0), writer);
	assert_int_equal(status, 0);
}

static void walk_into_too_deep_nesting_is_an_error(void **state)
{
	const struct tree *tree = *state;
	TEXT_ON_STACK(deepest, 256);
	TEXT_ON_STACK(error, 512);
	char path[512];
	struct visits visits = { .seen = "" };

	tree_put(tree, FS "/cgroup.controllers", "memory\n");
	for (int depth = 0; depth < HOST_WALK_DEPTH; depth++)
		text_append(&deepest, "/a");
	snprintf(path, sizeof(path), FS "%s/cgroup.procs", deepest.data);
	tree_put(tree, path, "1\n");
	struct host_cgroups cgroups = find(state);
	assert_int_equal(host_cgroup_walk(&cgroups, "", remember, &visits, &error), 0);
	snprintf(path, sizeof(path), FS "%s/b/cgroup.procs", deepest.data);
	tree_put(tree, path, "1\n");
	visits = (struct visits){ .seen = "" };
	assert_int_equal(host_cgroup_walk(&cgroups, "", remember, &visits, &error), -E2BIG);
	assert_null(strchr(visits.seen, 'b'));
	snprintf(path, sizeof(path), "%s" FS "%s: cgroups are nested too deeply", tree->root, deepest.data);
	assert_string_equal(error.data, path);
	/* No error: the walk does not descend there. */
	visits = (struct visits){ .seen = "", .pass = "a" };
	assert_int_equal(host_cgroup_walk(&cgroups, "", remember, &visits, NULL), 0);
}

#define IN_TREE(test) cmocka_unit_test_setup_teardown(test, with_tree, without_tree)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		IN_TREE(v2_max_means_unlimited),
		IN_TREE(v1_limit_of_the_whole_address_space_means_unlimited),
		IN_TREE(hybrid_layout_has_memory_in_v1_and_pressure_in_v2),
		IN_TREE(cgroup_named_memory_does_not_mean_v1),
		IN_TREE(oom_kills_are_read_from_v1_and_v2),
		IN_TREE(reclaimable_memory_is_read_from_a_long_file),
		IN_TREE(error_names_the_malformed_file),
		IN_TREE(missing_cgroupfs_is_an_error),
		IN_TREE(walk_obeys_the_callback),
		IN_TREE(walk_leaves_the_siblings_of_a_cgroup_but_not_those_of_its_parent),
		IN_TREE(walk_into_too_deep_nesting_is_an_error),
		IN_TREE(pids_of_a_scope_include_its_children),
		IN_TREE(empty_first_read_hides_no_process),
	};

	return cmocka_run_group_tests_name("host/cgroup", tests, NULL, NULL);
}
