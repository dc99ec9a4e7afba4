/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

#include <errno.h>
#include <unistd.h>

#include "host_tree.h"
#include "running/running_vms.h"

#define SCOPE  "/machine.slice/machine-qemu\\x2d3\\x2dweb01.scope"
#define SYSTEM "/system.slice/x.service"

static void put_process(const struct tree *tree, int pid, const char *comm, const char *cgroup,
			const char *cmdline, size_t length)
{
	char path[64], text[512];

	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	snprintf(text, sizeof(text), "%s\n", comm);
	tree_put(tree, path, text);
	snprintf(path, sizeof(path), "/proc/%d/cgroup", pid);
	snprintf(text, sizeof(text), "0::%s\n", cgroup);
	tree_put(tree, path, text);
	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	snprintf(text, sizeof(text), "Tgid:\t%d\nVmRSS:\t%d kB\nThreads:\t1\n", pid, pid);
	tree_put(tree, path, text);
	snprintf(path, sizeof(path), "/proc/%d/cmdline", pid);
	tree_put_bytes(tree, path, cmdline, length);
}

#define CMDLINE(string) string, sizeof(string)

static void put_file(const struct tree *tree, const char *cgroup, const char *name, const char *content)
{
	char path[512];

	snprintf(path, sizeof(path), "/sys/fs/cgroup%s/%s", cgroup, name);
	tree_put(tree, path, content);
}

static void put_memory(const struct tree *tree, const char *cgroup, const char *current, const char *max)
{
	put_file(tree, cgroup, "memory.current", current);
	put_file(tree, cgroup, "memory.max", max);
}

static void make_host(struct tree *tree)
{
	tree_make(tree);
	tree_put(tree, "/proc/1/comm", "systemd\n");
	tree_put(tree, "/sys/fs/cgroup/cgroup.controllers", "memory\n");
}

struct result {
	int r;
	struct host_processes processes;
	struct host_cgroups cgroups;
	struct running_vms vms;
};

static void read_host(struct result *result, const struct tree *tree, bool scan)
{
	const struct running_vms_options options = { .scan = scan };
	TEXT_ON_STACK(error, 512);

	assert_int_equal(host_processes_open(&result->processes, &tree->roots, &error), 0);
	const bool has_cgroups = host_cgroups_find(&result->cgroups, &tree->roots, &error) == 0;
	text_init(&error, error.data, error.size);
	result->r = running_vms_read(&result->vms, &result->processes, has_cgroups ? &result->cgroups : NULL,
				     &options, &error);
	host_processes_close(&result->processes);
}

/* A helper in the scope, an exited process and an unrelated process in the scope are not VMs. */
static void vm_is_found_by_its_cgroup_but_helpers_are_not(void **state)
{
	struct result result;
	struct tree tree;

	(void)state;
	make_host(&tree);
	put_file(&tree, SCOPE, "cgroup.procs", "31\n32\n33\n34\n");
	put_process(&tree, 31, "swtpm", SCOPE, CMDLINE("swtpm\0socket"));
	put_process(&tree, 32, "qemu-kvm", SCOPE "/libvirt/emulator",
		    CMDLINE("/usr/libexec/qemu-kvm\0-name\0guest=web_01,debug-threads=on\0-m\0size=2097152k\0"
			    "-uuid\0006f1c2d3e-0000-4000-8000-00000000002a"));
	put_process(&tree, 33, "hook", SCOPE, CMDLINE("hook"));
	put_process(&tree, 50, "qemu-system-x86", SYSTEM, CMDLINE("qemu-system-x86_64\0-m\0001G"));
	read_host(&result, &tree, false);
	assert_int_equal(result.r, 0);
	assert_int_equal(result.vms.count, 1);
	assert_false(result.vms.by_scan);
	const struct running_vm *vm = &result.vms.list[0];
	assert_int_equal(vm->pid, 32);
	assert_string_equal(vm->name, "web_01");
	assert_string_equal(vm->uuid, "6f1c2d3e-0000-4000-8000-00000000002a");
	assert_string_equal(vm->cgroup, SCOPE "/libvirt/emulator");
	assert_int_equal(vm->own_cgroup_length, strlen(SCOPE));
	assert_true(vm->memory_known);
	assert_int_equal(vm->memory_bytes, UINT64_C(2) << 30);
	assert_int_equal(vm->status.vm_rss_kb, 32);
	assert_ptr_equal(running_vms_find(&result.vms, 32), vm);
	assert_null(running_vms_find(&result.vms, 50));
	running_vms_free(&result.vms);

	read_host(&result, &tree, true);
	assert_int_equal(result.vms.count, 2);
	assert_string_equal(result.vms.list[1].name, "qemu-system-x86[50]");
	running_vms_free(&result.vms);
	tree_remove(&tree);
}

static void processes_are_scanned_if_no_cgroup_has_a_vm(void **state)
{
	struct result result;
	struct tree tree;

	(void)state;
	make_host(&tree);
	put_process(&tree, 50, "kvm", "/system.slice/pvescheduler.service",
		    CMDLINE("/usr/bin/kvm\0-id\000101\0-name\0web,debug-threads=on\0-m\0004096"));
	put_process(&tree, 51, "virt-launcher", SYSTEM, CMDLINE("/usr/bin/virt-launcher\0--name\0x"));
	put_process(&tree, 52, "kvm-pit/50", "/", CMDLINE(""));
	put_process(&tree, 53, "qemu-img", SYSTEM, CMDLINE("qemu-img\0convert"));
	read_host(&result, &tree, false);
	assert_int_equal(result.r, 0);
	assert_int_equal(result.vms.count, 1);
	assert_true(result.vms.by_scan);
	assert_string_equal(result.vms.list[0].name, "101 (web)");
	assert_int_equal(result.vms.list[0].stack, VM_STACK_PROXMOX);
	running_vms_free(&result.vms);
	tree_remove(&tree);
}

static void hidden_processes_are_an_error(void **state)
{
	struct result result;
	struct tree tree;

	(void)state;
	tree_make(&tree);
	tree_put(&tree, "/proc/meminfo", "");
	read_host(&result, &tree, false);
	assert_int_equal(result.r, -EACCES);
	assert_int_equal(result.vms.count, 0);
	tree_remove(&tree);
}

/* An agent in a container that sees the host's /sys, without and with the host's /proc. */
static void vms_outside_the_pid_namespace_are_an_error(void **state)
{
	struct result result;
	struct tree tree;

	(void)state;
	make_host(&tree);
	put_file(&tree, SCOPE, "cgroup.procs", "0\n0\n");
	read_host(&result, &tree, false);
	assert_int_equal(result.r, -EACCES);
	assert_int_equal(result.vms.count, 0);

	put_process(&tree, 4711, "qemu-kvm", SCOPE, CMDLINE("qemu-kvm\0-name\0guest=web_01"));
	read_host(&result, &tree, false);
	assert_int_equal(result.r, 0);
	assert_int_equal(result.vms.count, 1);
	assert_string_equal(result.vms.list[0].name, "web_01");
	running_vms_free(&result.vms);
	tree_remove(&tree);
}

/* A file that can be opened but not read; file permissions do not stop root. */
static void unreadable_process_is_an_error(void **state)
{
	static const char *const spoilt[] = { "comm", "status" };

	(void)state;
	for (size_t i = 0; i < 2 * ARRAY_SIZE(spoilt); i++) {
		const bool in_scope = i < ARRAY_SIZE(spoilt);
		char path[128];
		struct result result;
		struct tree tree;

		make_host(&tree);
		if (in_scope)
			put_file(&tree, SCOPE, "cgroup.procs", "31\n");
		put_process(&tree, 31, "qemu-kvm", in_scope ? SCOPE : SYSTEM, CMDLINE("qemu-kvm"));
		put_process(&tree, 32, "qemu-kvm", SYSTEM, CMDLINE("qemu-kvm"));
		snprintf(path, sizeof(path), "%s/proc/31/%s", tree.root, spoilt[i % ARRAY_SIZE(spoilt)]);
		assert_int_equal(unlink(path), 0);
		assert_int_equal(mkdir(path, 0700), 0);
		read_host(&result, &tree, false);
		assert_int_equal(result.r, -EISDIR);
		assert_int_equal(result.vms.count, 0);
		tree_remove(&tree);
	}
}

/* The scope or a cgroup below it, whichever is nearer to its limit. */
static void nearest_limit_up_to_the_own_cgroup_counts(void **state)
{
	static const struct {
		const char *scope_current, *scope_max, *inner_current, *inner_max, *stat;
		uint64_t held, max;
	} rows[] = {
		{ "1000\n", "max\n", "900\n", "max\n", NULL, 1000, HOST_UNLIMITED },
		{ "1000\n", "2000\n", "900\n", "max\n", NULL, 1000, 2000 },
		{ "1000\n", "max\n", "900\n", "1000\n", NULL, 900, 1000 },
		{ "1000\n", "1050\n", "900\n", "1000\n", NULL, 1000, 1050 },
		{ "1000\n", "2000\n", "900\n", "1000\n",
		  "active_file 100\ninactive_file 200\nslab_reclaimable 50\n", 550, 1000 },
		{ "1000\n", "1200\n", "900\n", "0\n", NULL, 900, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct running_vm_limit limit;
		struct running_vm_usage usage;
		struct result result;
		struct tree tree;

		make_host(&tree);
		put_file(&tree, SCOPE, "cgroup.procs", "");
		put_file(&tree, SCOPE "/libvirt", "cgroup.procs", "32\n");
		put_memory(&tree, "/machine.slice", "5000\n", "5001\n");
		put_memory(&tree, SCOPE, rows[i].scope_current, rows[i].scope_max);
		put_memory(&tree, SCOPE "/libvirt", rows[i].inner_current, rows[i].inner_max);
		if (rows[i].stat)
			put_file(&tree, SCOPE "/libvirt", "memory.stat", rows[i].stat);
		put_process(&tree, 32, "qemu-kvm", SCOPE "/libvirt/emulator", CMDLINE("qemu-kvm"));
		read_host(&result, &tree, false);
		assert_int_equal(result.vms.count, 1);
		assert_int_equal(running_vms_limit(&limit, &result.vms.list[0], &result.cgroups), 0);
		assert_int_equal(limit.max_bytes, rows[i].max);
		if (rows[i].max != HOST_UNLIMITED)
			assert_int_equal(limit.held_bytes, rows[i].held);
		assert_int_equal(running_vms_usage(&usage, &result.vms.list[0], &limit, &result.cgroups), 0);
		assert_int_equal(usage.held_bytes, rows[i].held);
		running_vms_free(&result.vms);
		tree_remove(&tree);
	}
}

static void vm_without_a_memory_cgroup_has_no_limit(void **state)
{
	struct running_vm_limit limit;
	struct result result;
	struct tree tree;

	(void)state;
	make_host(&tree);
	put_process(&tree, 50, "qemu-kvm", "/", CMDLINE("qemu-kvm"));
	read_host(&result, &tree, false);
	assert_int_equal(result.vms.count, 1);
	assert_int_equal(running_vms_limit(&limit, &result.vms.list[0], &result.cgroups), -ENOENT);
	running_vms_free(&result.vms);
	tree_remove(&tree);
}

/* memory.current and memory.max include huge pages: nothing is added or subtracted. */
static void accounted_huge_pages_count_against_the_limit_once(void **state)
{
	struct running_vm_limit limit;
	struct result result;
	struct tree tree;

	(void)state;
	make_host(&tree);
	put_file(&tree, SCOPE, "cgroup.procs", "32\n");
	put_memory(&tree, SCOPE, "1000\n", "2000\n");
	put_file(&tree, SCOPE, "hugetlb.2MB.current", "700\n");
	put_file(&tree, SCOPE, "memory.stat", "active_file 100\ninactive_file 0\nhugetlb 700\n");
	put_process(&tree, 32, "qemu-kvm", SCOPE, CMDLINE("qemu-kvm"));
	read_host(&result, &tree, false);
	assert_int_equal(result.vms.count, 1);
	assert_int_equal(running_vms_limit(&limit, &result.vms.list[0], &result.cgroups), 0);
	assert_int_equal(limit.held_bytes, 900);
	assert_int_equal(limit.hugetlb_bytes, 700);
	assert_int_equal(limit.max_bytes, 2000);
	running_vms_free(&result.vms);
	tree_remove(&tree);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vm_is_found_by_its_cgroup_but_helpers_are_not),
		cmocka_unit_test(processes_are_scanned_if_no_cgroup_has_a_vm),
		cmocka_unit_test(hidden_processes_are_an_error),
		cmocka_unit_test(vms_outside_the_pid_namespace_are_an_error),
		cmocka_unit_test(unreadable_process_is_an_error),
		cmocka_unit_test(nearest_limit_up_to_the_own_cgroup_counts),
		cmocka_unit_test(vm_without_a_memory_cgroup_has_no_limit),
		cmocka_unit_test(accounted_huge_pages_count_against_the_limit_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
