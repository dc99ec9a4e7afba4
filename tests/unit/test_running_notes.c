/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

#include <time.h>
#include <unistd.h>

#include "host_tree.h"
#include "running/notes.h"
#include "state/state.h"

#define BOOT    "12237401-aa9c-4b34-bf70-363244b75367\n"
#define SCOPE   "/machine.slice/machine-qemu\\x2d1\\x2dinstance\\x2d0000002a.scope"
#define OTHER   "/machine.slice/machine-qemu\\x2d2\\x2dinstance\\x2d0000002b.scope"
#define SESSION "/user.slice/user-1000.slice/session-2.scope"
#define SECOND  INT64_C(1000000)

static const uint8_t boot_id[16] = { 0x12, 0x23, 0x74, 0x01, 0xaa, 0x9c, 0x4b, 0x34,
				     0xbf, 0x70, 0x36, 0x32, 0x44, 0xb7, 0x53, 0x67 };

/* A host with a state directory. */
static void make_host(struct tree *tree)
{
	char state[128];

	tree_make(tree);
	tree_put(tree, "/proc/sys/kernel/random/boot_id", BOOT);
	tree_put(tree, "/sys/fs/cgroup/cgroup.controllers", "cpu memory\n");
	snprintf(state, sizeof(state), "%s/state", tree->root);
	setenv("NAGIOS_PLUGIN_STATE_DIRECTORY", state, 1);
}

static void put_cgroup(const struct tree *tree, const char *cgroup, const char *pids)
{
	char path[512];

	snprintf(path, sizeof(path), "/sys/fs/cgroup%s/cgroup.procs", cgroup);
	tree_put(tree, path, pids);
}

static void put_process(const struct tree *tree, int pid, const char *comm, int starttime_ticks,
			const char *name)
{
	char path[64], text[512];

	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	snprintf(text, sizeof(text), "%s\n", comm);
	tree_put(tree, path, text);
	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	snprintf(text, sizeof(text),
		 "%d (%s) S 1 0 0 0 -1 0 0 0 0 0 0 0 0 0 20 0 3 0 %d 1000 10 18446744073709551615\n", pid,
		 comm, starttime_ticks);
	tree_put(tree, path, text);
	snprintf(path, sizeof(path), "/proc/%d/cmdline", pid);
	int length =
		name ? snprintf(text, sizeof(text), "/usr/bin/qemu-kvm%c-name%cguest=%s", 0, 0, name) : 0;
	tree_put_bytes(tree, path, text, length > 0 ? (size_t)length + 1 : 0);
}

static void remove_path(const struct tree *tree, const char *path)
{
	char full[512];

	snprintf(full, sizeof(full), "%s%s", tree->root, path);
	assert_int_equal(nftw(full, tree_remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

static void remove_cgroup(const struct tree *tree, const char *cgroup)
{
	char path[512];

	snprintf(path, sizeof(path), "/sys/fs/cgroup%s", cgroup);
	remove_path(tree, path);
}

/* One VM and its swtpm. The scope's name lacks the underscore of the domain's name. */
static void put_vm(const struct tree *tree)
{
	put_cgroup(tree, SCOPE, "");
	put_cgroup(tree, SCOPE "/libvirt", "380\n381\n");
	put_process(tree, 380, "qemu-kvm", 12000, "instance_-0000002a");
	put_process(tree, 381, "swtpm", 11900, NULL);
}

/* Simulates a run of a check that has also found `machine`, unless it is NULL. */
static void take_with(const struct tree *tree, struct running_vm *running)
{
	const struct running_vms vms = { .count = running ? 1 : 0, .list = running };
	TEXT_ON_STACK(failure, 256);

	notes_take(&tree->roots, NULL, running ? &vms : NULL, &failure);
	assert_string_equal(failure.data, "");
}

static void take(const struct tree *tree)
{
	take_with(tree, NULL);
}

static int64_t uptime_usec(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (int64_t)now.tv_sec * SECOND + now.tv_nsec / 1000;
}

/* The VM that check_oom_kills would name; "" if none. */
static const char *find(const struct tree *tree, int64_t pid, const char *comm, int64_t kernel_usec)
{
	const struct notes_death death = { pid, comm, boot_id, kernel_usec };
	static char name[256];
	struct notes notes;

	assert_int_equal(notes_read(&notes, &tree->roots), 0);
	const struct vm_identity *vm = notes_find(&notes, &death);
	strcpy(name, vm ? vm->name : "");
	notes_free(&notes);
	return name;
}

static size_t count_notes(const struct tree *tree)
{
	struct notes notes;

	assert_int_equal(notes_read(&notes, &tree->roots), 0);
	const size_t count = notes.count;
	notes_free(&notes);
	return count;
}

static void file_of_notes(const struct tree *tree, char *path, size_t size)
{
	TEXT_ON_STACK(name, STATE_NAME_MAX + 1);

	state_name(&name, "vms", &tree->roots);
	snprintf(path, size, "%s/state/%ju/check_oom_kills/%s", tree->root, (uintmax_t)geteuid(), name.data);
}

static void pid_names_its_vm_after_the_scope_was_removed(void **state)
{
	static const struct {
		const char *what;
		int64_t pid;
		const char *comm;
		int64_t kernel_usec;
		const char *name; /* "" if no VM */
	} rows[] = {
		{ "the VM", 380, "qemu-kvm", 500 * SECOND, "instance_-0000002a" },
		{ "its helper", 381, "swtpm", 500 * SECOND, "instance-0000002a" },
		{ "another process with its pid", 380, "java", 500 * SECOND, "" },
		{ "a VM that had the pid earlier", 380, "qemu-kvm", 60 * SECOND, "" },
		{ "a VM that started later", 390, "qemu-kvm", 500 * SECOND, "" },
	};
	struct tree tree;

	(void)state;
	make_host(&tree);
	put_vm(&tree);
	take(&tree);
	remove_path(&tree, "/proc/380");
	remove_cgroup(&tree, SCOPE);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *name = find(&tree, rows[i].pid, rows[i].comm, rows[i].kernel_usec);

		if (strcmp(name, rows[i].name) != 0)
			fail_msg("%s: '%s'", rows[i].what, name);
	}
	tree_remove(&tree);
}

/* Either check may run first after the kill; check_oom_kills needs the name in both cases. */
static void notes_of_exited_vms_are_kept_until_the_pid_is_reused(void **state)
{
	struct tree tree;

	(void)state;
	make_host(&tree);
	put_vm(&tree);
	take(&tree);
	const int64_t killed_usec = uptime_usec();
	remove_cgroup(&tree, SCOPE);
	remove_path(&tree, "/proc/380");
	take(&tree);
	take(&tree);
	assert_string_equal(find(&tree, 380, "qemu-kvm", killed_usec), "instance_-0000002a");
	/* By then the pid belongs to another process, which was never noted. */
	assert_string_equal(find(&tree, 380, "qemu-kvm", 2 * killed_usec + 3600 * SECOND), "");

	put_cgroup(&tree, OTHER, "380\n");
	put_process(&tree, 380, "qemu-kvm", 13000, "instance-0000002b");
	take(&tree);
	assert_string_equal(find(&tree, 380, "qemu-kvm", 126 * SECOND), "instance_-0000002a");
	assert_string_equal(find(&tree, 380, "qemu-kvm", killed_usec), "instance-0000002b");
	tree_remove(&tree);
}

static void notes_of_another_boot_are_ignored(void **state)
{
	struct tree tree;

	(void)state;
	make_host(&tree);
	put_vm(&tree);
	take(&tree);
	assert_int_equal(count_notes(&tree), 2);
	tree_put(&tree, "/proc/sys/kernel/random/boot_id", "00000000-0000-4000-8000-000000000001\n");
	assert_int_equal(count_notes(&tree), 0);
	take(&tree);
	assert_int_equal(count_notes(&tree), 2);
	tree_put(&tree, "/proc/sys/kernel/random/boot_id", BOOT);
	assert_int_equal(count_notes(&tree), 0);
	tree_remove(&tree);
}

static void known_vm_is_not_read_or_written_again(void **state)
{
	struct stat before, after;
	struct tree tree;
	char path[128];

	(void)state;
	make_host(&tree);
	put_vm(&tree);
	take(&tree);
	file_of_notes(&tree, path, sizeof(path));
	assert_int_equal(stat(path, &before), 0);
	remove_path(&tree, "/proc/380");
	remove_path(&tree, "/proc/381");
	take(&tree);
	assert_int_equal(stat(path, &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
	assert_int_equal(count_notes(&tree), 2);
	tree_remove(&tree);
}

/* In Proxmox, swtpm is started in the VM's scope first; in libvirt, a child of libvirtd is there
 * first. */
static void vm_that_joins_its_cgroup_later_is_noted(void **state)
{
	struct tree tree;

	(void)state;
	make_host(&tree);
	put_vm(&tree);
	put_cgroup(&tree, SCOPE "/libvirt", "381\n382\n");
	put_process(&tree, 382, "rpc-libvirtd", 12100, NULL);
	take(&tree);
	put_cgroup(&tree, SCOPE "/libvirt", "381\n382\n");
	put_process(&tree, 382, "qemu-kvm", 12100, "instance_-0000002a");
	take(&tree);
	assert_string_equal(find(&tree, 382, "qemu-kvm", 500 * SECOND), "instance_-0000002a");
	assert_string_equal(find(&tree, 381, "swtpm", 500 * SECOND), "instance-0000002a");
	tree_remove(&tree);
}

/* The comm alone does not name a plain QEMU process; its command line does while it runs. */
static void vm_without_its_own_cgroup_is_noted_if_a_check_finds_it(void **state)
{
	static char session[] = SESSION;
	struct running_vm running = { .pid = 390, .comm = "qemu-kvm", .cgroup = session };
	struct tree tree;

	(void)state;
	make_host(&tree);
	put_process(&tree, 390, "qemu-kvm", 12000, "plain");
	take_with(&tree, &running);
	take(&tree);
	assert_string_equal(find(&tree, 390, "qemu-kvm", uptime_usec()), "plain");
	assert_string_equal(find(&tree, 390, "qemu-kvm", 2 * uptime_usec() + 3600 * SECOND), "plain");
	/* The pid is reused by another process. */
	put_process(&tree, 390, "qemu-kvm", 99000, "another");
	take(&tree);
	assert_string_equal(find(&tree, 390, "qemu-kvm", 2 * uptime_usec() + 3600 * SECOND), "");
	tree_remove(&tree);
}

static void host_without_vms_or_cgroups_has_no_notes_file(void **state)
{
	struct tree tree;
	char path[128];

	(void)state;
	make_host(&tree);
	take(&tree);
	remove_path(&tree, "/sys");
	take(&tree);
	file_of_notes(&tree, path, sizeof(path));
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(count_notes(&tree), 0);
	tree_remove(&tree);
}

/* Damage loses the notes and is reported once. */
static void damaged_notes_file_is_replaced(void **state)
{
	static const char *const contents[] = {
		"",
		"monitoring-plugins-oom 1 1 ",
		"monitoring-plugins-oom 1 7 5 0123456789abcdef\nboot \n",
		"somebody's shopping list\n",
	};
	struct tree tree;
	char path[128];

	(void)state;
	make_host(&tree);
	put_vm(&tree);
	take(&tree);
	file_of_notes(&tree, path, sizeof(path));
	for (size_t i = 0; i < 2 * ARRAY_SIZE(contents); i++) {
		TEXT_ON_STACK(failure, 256);
		/* With VMs, then without. */
		const bool has_vm = i < ARRAY_SIZE(contents);

		if (i == ARRAY_SIZE(contents))
			remove_cgroup(&tree, SCOPE);
		tree_put(&tree, path + strlen(tree.root), contents[i % ARRAY_SIZE(contents)]);
		assert_int_equal(count_notes(&tree), 0);
		notes_take(&tree.roots, NULL, NULL, &failure);
		assert_non_null(strstr(failure.data, "/check_oom_kills/vms-"));
		assert_int_equal(count_notes(&tree), has_vm ? 2 : 0);
		take(&tree);
	}
	tree_remove(&tree);
}

static void malformed_rows_are_ignored(void **state)
{
	static const char *const rows[] = {
		"vm 380 12000 7 0 qemu-kvm 1 1 0 web   \n", /* before the row with its boot */
		"boot 12237401aa9c4b34bf70363244b75367\nvm x\nvm 1 2 3\nvm 1 2 3 z\n\n\\xzz\nvm",
		"boot 00000000000000000000000000000000\nvm 380 12000 7 0 qemu-kvm 1 1 0 web   \n",
		"boot\nvm 380 12000 7 0 qemu-kvm 1 1 0 web   \n",
	};
	struct tree tree;

	(void)state;
	make_host(&tree);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct notes notes;
		char text[256];

		strcpy(text, rows[i]);
		assert_int_equal(notes_init(&notes, &tree.roots), 0);
		notes_parse(&notes, text);
		assert_int_equal(notes.count, 0);
		notes_free(&notes);
	}
	tree_remove(&tree);
}

static void notes_that_do_not_fit_are_dropped_from_the_end(void **state)
{
	static char buffer[NOTES_TEXT_MAX];
	struct notes notes, parsed;
	struct text text;
	struct tree tree;

	(void)state;
	make_host(&tree);
	assert_int_equal(notes_init(&notes, &tree.roots), 0);
	assert_int_equal(notes_init(&parsed, &tree.roots), 0);
	for (int pid = 1; pid <= NOTES_MAX; pid++) {
		struct note *note = notes_add(&notes);

		assert_non_null(note);
		note->pid = pid;
		note->vm.role = VM_ROLE_HYPERVISOR;
		memset(note->vm.display_name, '\xff', sizeof(note->vm.display_name) - 1);
	}
	assert_null(notes_add(&notes));
	text_init(&text, buffer, sizeof(buffer));
	notes_print(&notes, &text);
	assert_in_range(text.length, NOTES_TEXT_MAX - 2000, NOTES_TEXT_MAX - 1);
	notes_parse(&parsed, buffer);
	assert_in_range(parsed.count, 200, NOTES_MAX - 1);
	assert_int_equal(parsed.list[0]->pid, 1);
	assert_int_equal(parsed.list[parsed.count - 1]->pid, parsed.count);
	notes_free(&notes);
	notes_free(&parsed);
	tree_remove(&tree);
}

static void running_vms_replace_those_that_exited_first(void **state)
{
	struct tree tree;
	char pids[8192] = "", comm[16];

	(void)state;
	make_host(&tree);
	put_cgroup(&tree, SCOPE, "1\n");
	put_process(&tree, 1, "qemu-kvm", 100, "first");
	take(&tree);
	remove_cgroup(&tree, SCOPE);
	const int64_t first_died_usec = uptime_usec();
	take(&tree);
	put_cgroup(&tree, OTHER, "2\n");
	put_process(&tree, 2, "qemu-kvm", 100, "second");
	take(&tree);
	remove_cgroup(&tree, OTHER);
	const int64_t second_died_usec = uptime_usec();
	take(&tree);
	assert_int_equal(count_notes(&tree), 2);
	/* Fills all places but one, with cgroups of 63 helpers and one VM each. */
	for (int pid = 10; pid < 10 + NOTES_MAX - 1; pid++) {
		char path[128];

		snprintf(comm, sizeof(comm), "%s", (pid - 10) % 64 == 0 ? "qemu-kvm" : "swtpm");
		put_process(&tree, pid, comm, 100, "later");
		snprintf(pids + strlen(pids), sizeof(pids) - strlen(pids), "%d\n", pid);
		if ((pid - 10) % 64 == 63 || pid == 10 + NOTES_MAX - 2) {
			snprintf(path, sizeof(path), "/qemu.slice/%d.scope", pid);
			put_cgroup(&tree, path, pids);
			pids[0] = '\0';
		}
	}
	take(&tree);
	assert_int_equal(count_notes(&tree), NOTES_MAX);
	assert_string_equal(find(&tree, 2, "qemu-kvm", second_died_usec), "second");
	assert_string_equal(find(&tree, 1, "qemu-kvm", first_died_usec), "");
	tree_remove(&tree);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pid_names_its_vm_after_the_scope_was_removed),
		cmocka_unit_test(notes_of_exited_vms_are_kept_until_the_pid_is_reused),
		cmocka_unit_test(notes_of_another_boot_are_ignored),
		cmocka_unit_test(known_vm_is_not_read_or_written_again),
		cmocka_unit_test(vm_that_joins_its_cgroup_later_is_noted),
		cmocka_unit_test(vm_without_its_own_cgroup_is_noted_if_a_check_finds_it),
		cmocka_unit_test(host_without_vms_or_cgroups_has_no_notes_file),
		cmocka_unit_test(damaged_notes_file_is_replaced),
		cmocka_unit_test(malformed_rows_are_ignored),
		cmocka_unit_test(notes_that_do_not_fit_are_dropped_from_the_end),
		cmocka_unit_test(running_vms_replace_those_that_exited_first),
	};

	return cmocka_run_group_tests_name("machines notes", tests, NULL, NULL);
}
