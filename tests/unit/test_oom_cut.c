/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A line may be cut anywhere: by a screen, a pager, or a limit of the kernel or a log daemon.
 * The rest of a VM's name must not be taken for a name. */
#include "unit.h"

#include <limits.h>

#include "replay.h"

#include "oom/path.h"
#include "vm/identity.h"

#define SCOPE  "/machine.slice/machine-qemu\\x2d7\\x2dinstance\\x2d000000a1.scope"
#define SIZES  " total-vm:9kB, anon-rss:8kB, file-rss:7kB, shmem-rss:6kB"
#define GLOBAL "oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=emulator,mems_allowed=0,global_oom"
#define MEMCG  "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=emulator,mems_allowed=0"

struct line_case {
	const char *line;
	const char *comm;
	const char *name;
	const char *id;
};

static const struct line_case lines[] = {
	{ GLOBAL ",task_memcg=" SCOPE ",task=qemu-kvm,pid=7,uid=107", "qemu-kvm", "instance-000000a1", "7" },
	{ GLOBAL ",task_memcg=" SCOPE "/libvirt/emulator,task=qemu-kvm,pid=7,uid=107", "qemu-kvm",
	  "instance-000000a1", "7" },
	{ MEMCG ",oom_memcg=" SCOPE ",task_memcg=" SCOPE ",task=qemu-kvm,pid=7,uid=107", "qemu-kvm",
	  "instance-000000a1", "7" },
	{ "Task in " SCOPE " killed as a result of limit of " SCOPE, "qemu-kvm", "instance-000000a1", "7" },
	{ GLOBAL ",task_memcg=/qemu.slice/105.scope,task=kvm,pid=7,uid=0", "kvm", "", "105" },
	{ GLOBAL ",task_memcg=/machine/qemu-7-web1.libvirt-qemu,task=qemu-kvm,pid=7,uid=107", "qemu-kvm",
	  "web1", "7" },
	{ GLOBAL ",task_memcg=/libvirt/qemu/web1,task=qemu-kvm,pid=7,uid=107", "qemu-kvm", "web1", "" },
	{ GLOBAL ",task_memcg=/firecracker/vm-17,task=firecracker,pid=7,uid=107", "firecracker", "",
	  "vm-17" },
};

/* Replays a line and its killed line, and identifies the VM from them. */
static void identify(struct vm_identity *ret, char path[PATH_MAX], const char *line, size_t length,
		     const char *mark, const char *comm, bool is_proven)
{
	char cut[512], killed[256];
	struct replay replay;

	snprintf(cut, sizeof(cut), "%.*s%s", (int)length, line, mark);
	snprintf(killed, sizeof(killed), "Out of memory: Killed process 7 (%s)%s", comm, SIZES);
	if (strstr(line, "MEMCG") || strstr(line, "Task in"))
		snprintf(killed, sizeof(killed), "Memory cgroup out of memory: Killed process 7 (%s)%s", comm,
			 SIZES);
	replay_begin(&replay);
	replay_bytes(&replay, cut, strlen(cut), is_proven ? NULL : "kernel");
	replay_bytes(&replay, killed, strlen(killed), is_proven ? NULL : "kernel");
	replay_end(&replay);
	assert_int_equal(replay.list.count, 1);
	snprintf(path, PATH_MAX, "%s", replay.list.kills[0].cgroup ? replay.list.kills[0].cgroup : "");
	vm_identify(ret, NULL, replay.list.kills[0].cgroup, replay.list.kills[0].comm);
	replay_free(&replay);
}

static void cut_line_gives_the_right_name_or_none(void **state)
{
	static const char *const marks[] = { "", ">", "\xe2\x80\xa6" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		const struct line_case *line = &lines[i];
		bool was_named = false;

		for (size_t length = 1; length <= strlen(line->line); length++) {
			for (size_t j = 0; j < ARRAY_SIZE(marks); j++) {
				const char *mark = length < strlen(line->line) ? marks[j] : "";
				char path[PATH_MAX];
				struct vm_identity vm;

				identify(&vm, path, line->line, length, mark, line->comm, false);
				assert_int_equal(vm.role, VM_ROLE_HYPERVISOR);
				if (vm.name[0] == '\0' && vm.id[0] == '\0') {
					assert_true(length < strlen(line->line));
					continue;
				}
				was_named = true;
				if (strcmp(vm.name, line->name) != 0 || strcmp(vm.id, line->id) != 0)
					fail_msg("%.*s%s: named '%s' '%s'", (int)length, line->line, mark,
						 vm.name, vm.id);
			}
		}
		assert_true(was_named);
	}
}

/* The kernel's own records may end within a summary, where another CPU's record interrupted it;
 * each path in them is complete. */
static void proven_record_that_ends_with_a_path_has_the_full_path(void **state)
{
	char path[PATH_MAX];
	struct vm_identity vm;
	const char *line = GLOBAL ",task_memcg=" SCOPE;

	(void)state;
	identify(&vm, path, line, strlen(line), "", "qemu-kvm", true);
	assert_string_equal(path, SCOPE);
	assert_string_equal(vm.name, "instance-000000a1");
	identify(&vm, path, line, strlen(line), "", "qemu-kvm", false);
	assert_string_equal(path, SCOPE ">");
	assert_string_equal(vm.name, "");
}

/* One printk() holds at most this many bytes: LOG_LINE_MAX, PRINTKRB_RECORD_MAX. */
static void path_as_long_as_a_kernel_record_is_cut(void **state)
{
	static const struct {
		size_t length;
		bool is_whole;
	} cases[] = { { 990, true }, { 991, false }, { 1000, true }, { 1023, false }, { 1500, true } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		TEXT_ON_STACK(path, 2048);
		struct replay replay;

		text_append(&path, "/libvirt/qemu/");
		while (path.length < cases[i].length)
			text_append(&path, "x");
		replay_begin(&replay);
		replay_line(&replay, GLOBAL ",task_memcg=");
		replay_line(&replay, path.data);
		replay_line(&replay, ",task=qemu-kvm,pid=7,uid=107");
		replay_line(&replay, "Out of memory: Killed process 7 (qemu-kvm)" SIZES);
		replay_end(&replay);
		assert_int_equal(replay.list.count, 1);
		assert_int_equal(oom_path_is_cut(replay.list.kills[0].cgroup), !cases[i].is_whole);
		replay_free(&replay);
	}
}

static void limit_cgroup_that_does_not_contain_the_victim_may_be_cut(void **state)
{
	static const struct {
		const char *line, *limit;
	} cases[] = {
		{ "Task in /a/bc killed as a result of limit of /a/bc", "/a/bc" },
		{ "Task in /a/bc killed as a result of limit of /a/b", "/a/b>" },
		{ "Task in /a/bc killed as a result of limit of /a/b>", "/a/b>" },
		{ "Task in /a/bc killed as a result of limit of /a", "/a" },
		{ "Task in /a/bc killed as a result of limit of /", "/" },
		/* in v1, the limit may be in another hierarchy */
		{ "Task in /a/bc killed as a result of limit of /d", "/d" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct replay replay;

		replay_begin(&replay);
		replay_bytes(&replay, cases[i].line, strlen(cases[i].line), "kernel");
		replay_bytes(&replay, "Memory cgroup out of memory: Killed process 7 (x)" SIZES,
			     strlen("Memory cgroup out of memory: Killed process 7 (x)" SIZES), "kernel");
		replay_end(&replay);
		assert_int_equal(replay.list.count, 1);
		assert_string_equal(replay.list.kills[0].limit_cgroup, cases[i].limit);
		replay_free(&replay);
	}
}

static void cut_path_matches_the_full_path(void **state)
{
	static const struct {
		const char *a, *b;
		bool same;
	} cases[] = {
		{ "/a/b>", "/a/bc", true },  { "/a/bc", "/a/b>", true },  { "/a/b>", "/a/b", true },
		{ "/a/b>", "/a/bc>", true }, { "/a/x>", "/a/bc", false }, { "/a/bc>", "/a/b", false },
		{ "/a/bc", "/a/b", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(oom_path_same(cases[i].a, cases[i].b), cases[i].same);
}

/* A kill from a pasted log gets the full path from the complete log. */
static void full_path_replaces_a_cut_one(void **state)
{
	(void)state;
	for (size_t first = 0; first < 2; first++) {
		const size_t lengths[] = { strlen(lines[0].line), strlen(GLOBAL ",task_memcg=") + 50 };
		struct replay replay;

		replay_begin(&replay);
		for (size_t i = 0; i < 2; i++) {
			const char *killed = "Out of memory: Killed process 7 (qemu-kvm)" SIZES;

			replay_bytes(&replay, lines[0].line, lengths[(first + i) % 2], "kernel");
			replay_bytes(&replay, killed, strlen(killed), "kernel");
		}
		replay_end(&replay);
		assert_int_equal(replay.list.count, 1);
		assert_string_equal(replay.list.kills[0].cgroup, SCOPE);
		replay_free(&replay);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cut_line_gives_the_right_name_or_none),
		cmocka_unit_test(proven_record_that_ends_with_a_path_has_the_full_path),
		cmocka_unit_test(path_as_long_as_a_kernel_record_is_cut),
		cmocka_unit_test(limit_cgroup_that_does_not_contain_the_victim_may_be_cut),
		cmocka_unit_test(cut_path_matches_the_full_path),
		cmocka_unit_test(full_path_replaces_a_cut_one),
	};

	return cmocka_run_group_tests_name("oom cut", tests, NULL, NULL);
}
