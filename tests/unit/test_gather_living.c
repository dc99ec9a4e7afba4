/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

#include "host_tree.h"

#include "gather/living.h"

#define SCOPE  "/sys/fs/cgroup/machine.slice/machine-qemu\\x2d1\\x2dinstance\\x2d0000002a.scope"
#define CGROUP "0::/machine.slice/machine-qemu\\x2d1\\x2dinstance\\x2d0000002a.scope/libvirt/emulator\n"

/* The scope has lost the domain's underscore. */
#define CMDLINE "/usr/bin/qemu-kvm\0-name\0guest=instance_-0000002a,debug-threads=on"

/* A hypervisor with one VM and its swtpm. */
static void put_host(const struct tree *tree)
{
	tree_put(tree, "/proc/sys/kernel/random/boot_id", "12237401-aa9c-4b34-bf70-363244b75367\n");
	tree_put(tree, "/sys/fs/cgroup/cgroup.controllers", "cpu memory\n");
	tree_put(tree, "/sys/fs/cgroup/cgroup.subtree_control", "memory\n");
	tree_put(tree, SCOPE "/cgroup.procs", "");
	tree_put(tree, SCOPE "/libvirt/cgroup.procs", "380\n381\n");
	tree_put(tree, "/proc/380/comm", "qemu-kvm\n");
	tree_put(tree, "/proc/380/cgroup", CGROUP);
	tree_put(tree, "/proc/380/stat",
		 "380 (qemu-kvm) S 1 380 380 0 -1 4194560 0 0 0 0 0 0 0 0 20 0 3 0 12000 1000 10 "
		 "18446744073709551615\n");
	tree_put_bytes(tree, "/proc/380/cmdline", CMDLINE, sizeof(CMDLINE));
	tree_put(tree, "/proc/381/comm", "swtpm\n");
	tree_put(tree, "/proc/381/cgroup", CGROUP);
	tree_put(tree, "/proc/381/stat",
		 "381 (swtpm) S 1 381 381 0 -1 4194560 0 0 0 0 0 0 0 0 20 0 3 0 11900 1000 10 "
		 "18446744073709551615\n");
}

/* Killed with no report about it. */
static struct oom_kill kill_of(const struct memory *memory, int64_t pid, const char *comm,
			       int64_t monotonic_usec)
{
	struct oom_kill kill;

	oom_kill_init(&kill);
	kill.pid = pid;
	strcpy(kill.comm, comm);
	kill.has_boot_id = true;
	memcpy(kill.boot_id, memory->boot_id, sizeof(kill.boot_id));
	kill.monotonic_usec = monotonic_usec;
	return kill;
}

static void a_pid_names_its_vm_after_the_scope_is_gone(void **state)
{
	static const struct {
		const char *what;
		int64_t pid;
		const char *comm;
		int64_t monotonic_usec;
		const char *name; /* "" not recognised */
		enum vm_role role;
	} rows[] = {
		{ "the VM", 380, "qemu-kvm", 500000000, "instance_-0000002a", VM_ROLE_MACHINE },
		{ "its helper", 381, "swtpm", 500000000, "instance-0000002a", VM_ROLE_HELPER },
		{ "another process with its pid", 380, "java", 500000000, "", VM_ROLE_NONE },
		{ "a VM that had the pid before it started", 380, "qemu-kvm", 60000000, "", VM_ROLE_MACHINE },
		{ "a VM that started since", 390, "qemu-kvm", 500000000, "", VM_ROLE_MACHINE },
	};
	static struct memory seen, later;
	static char saved[MEMORY_TEXT_MAX];
	struct text text;
	struct tree tree;

	(void)state;
	tree_make(&tree);
	put_host(&tree);
	assert_int_equal(memory_init(&seen, &tree.roots), 0);
	living_note(&seen, &tree.roots);
	assert_int_equal(seen.vm_count, 2);
	text_init(&text, saved, sizeof(saved));
	memory_print(&seen, &text);

	assert_int_equal(memory_init(&later, &tree.roots), 0);
	assert_int_equal(memory_parse(&later, text.data), 0);
	assert_int_equal(later.vm_count, 2);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct oom_kill kill =
			kill_of(&later, rows[i].pid, rows[i].comm, rows[i].monotonic_usec);
		struct gather_kill found = { .kill = &kill };

		vm_identify(&found.vm, NULL, kill.comm);
		memory_recall_vm(&later, &found);
		if (strcmp(found.vm.name, rows[i].name) != 0 || found.vm.role != rows[i].role)
			fail_msg("%s: '%s', role %d", rows[i].what, found.vm.name, (int)found.vm.role);
	}
	memory_destroy(&seen);
	memory_destroy(&later);
	tree_remove(&tree);
}

static void vms_of_another_boot_are_forgotten(void **state)
{
	static struct memory seen, later;
	static char saved[MEMORY_TEXT_MAX];
	struct text text;
	struct tree tree;

	(void)state;
	tree_make(&tree);
	put_host(&tree);
	assert_int_equal(memory_init(&seen, &tree.roots), 0);
	living_note(&seen, &tree.roots);
	text_init(&text, saved, sizeof(saved));
	memory_print(&seen, &text);
	tree_put(&tree, "/proc/sys/kernel/random/boot_id", "00000000-0000-4000-8000-000000000001\n");
	assert_int_equal(memory_init(&later, &tree.roots), 0);
	assert_int_equal(memory_parse(&later, text.data), 0);
	assert_int_equal(later.vm_count, 0);
	memory_destroy(&seen);
	memory_destroy(&later);
	tree_remove(&tree);
}

static void a_host_without_vms_or_cgroups_notes_nothing(void **state)
{
	static struct memory memory;
	struct tree tree;

	(void)state;
	tree_make(&tree);
	assert_int_equal(memory_init(&memory, &tree.roots), 0);
	living_note(&memory, &tree.roots);
	assert_int_equal(memory.vm_count, 0);
	memory_destroy(&memory);
	tree_remove(&tree);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pid_names_its_vm_after_the_scope_is_gone),
		cmocka_unit_test(vms_of_another_boot_are_forgotten),
		cmocka_unit_test(a_host_without_vms_or_cgroups_notes_nothing),
	};

	return cmocka_run_group_tests_name("gather living", tests, NULL, NULL);
}
