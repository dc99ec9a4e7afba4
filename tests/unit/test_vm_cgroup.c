/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

#include "base/text.h"
#include "vm/identity.h"

#include <errno.h>
#include <stdio.h>

#define SCOPE "/machine.slice/machine-qemu"

struct row {
	const char *path;
	const char *name;
	const char *id;
	enum vm_stack stack;
	bool name_is_truncated;
};

/* Returns one line, so that a failure shows the row. */
static const char *describe(char *line, size_t size, const char *path, const struct row *row)
{
	const char *stack = vm_stack_name(row->stack);

	snprintf(line, size, "%s: %s '%s' '%s'%s", path, stack ? stack : "no VM", row->name, row->id,
		 row->name_is_truncated ? " lossy" : "");
	return line;
}

/* Uses a comm that is in no table, so that only the path decides. */
static void assert_rows_with(const struct vm_places *places, const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char expected[1024], told[1024];
		struct vm_identity vm;
		bool found = vm_identify(&vm, places, rows[i].path, "x (evil");
		struct row row = { .stack = vm.stack,
				   .name = vm.name,
				   .id = vm.id,
				   .name_is_truncated = vm.name_is_truncated };

		assert_string_equal(describe(told, sizeof(told), rows[i].path, &row),
				    describe(expected, sizeof(expected), rows[i].path, &rows[i]));
		assert_int_equal(found, vm.stack != VM_STACK_NONE);
		assert_int_equal(vm.role, found ? VM_ROLE_HYPERVISOR : VM_ROLE_NONE);
	}
}

static void assert_rows(const struct row *rows, size_t count)
{
	assert_rows_with(NULL, rows, count);
}

/* The first three are from libvirt's tests/virsystemdtest.c. */
static void libvirt_scope_gives_id_and_name(void **state)
{
	static const struct row rows[] = {
		{ SCOPE "\\x2d3\\x2ddemoname.scope", "demoname", "3", VM_STACK_LIBVIRT, true },
		{ SCOPE "\\x2d5\\x2dbull.scope", "bull", "5", VM_STACK_LIBVIRT, true },
		{ SCOPE "\\x2d6\\x2ddemo.name.scope", "demo.name", "6", VM_STACK_LIBVIRT, true },
		{ SCOPE "\\x2d2\\x2dinstance\\x2d0000002a.scope", "instance-0000002a", "2", VM_STACK_LIBVIRT,
		  true },
		{ SCOPE "\\x2d4\\x2d01234567890123456789012345678901234567890123456789012345.scope",
		  "01234567890123456789012345678901234567890123456789012345", "4", VM_STACK_LIBVIRT, true },
		{ SCOPE "\\x2d1\\x2d7.scope", "7", "1", VM_STACK_LIBVIRT, true },
		{ SCOPE "\\x2d2147483647\\x2dlast.scope", "last", "2147483647", VM_STACK_LIBVIRT, true },
		/* The domain's name had no ASCII characters. */
		{ SCOPE "\\x2d7.scope", "", "7", VM_STACK_LIBVIRT, true },
		{ "/machine.slice/machine-ch\\x2d9\\x2dweb.scope", "web", "9", VM_STACK_LIBVIRT, true },
		{ SCOPE "\\x2dembed\\x2d1a2b3c4d\\x2d1\\x2ddemo.scope", "demo", "1", VM_STACK_LIBVIRT, true },
	};

	(void)state;
	assert_rows(rows, ARRAY_SIZE(rows));
}

static void libvirt_scope_is_found_below_slices_and_above_child_cgroups(void **state)
{
	static const struct row rows[] = {
		{ SCOPE "\\x2d3\\x2dvm1.scope/libvirt", "vm1", "3", VM_STACK_LIBVIRT, true },
		{ SCOPE "\\x2d3\\x2dvm1.scope/libvirt/emulator", "vm1", "3", VM_STACK_LIBVIRT, true },
		{ SCOPE "\\x2d3\\x2dvm1.scope/libvirt/vcpu12", "vm1", "3", VM_STACK_LIBVIRT, true },
		{ SCOPE "\\x2d3\\x2dvm1.scope/iothread1", "vm1", "3", VM_STACK_LIBVIRT, true },
		{ "/machine.slice/machine-prod.slice/machine-qemu\\x2d3\\x2dvm1.scope", "vm1", "3",
		  VM_STACK_LIBVIRT, true },
		{ "/machine-prod.slice/machine-prod-a.slice/machine-qemu\\x2d3\\x2dvm1.scope/libvirt", "vm1",
		  "3", VM_STACK_LIBVIRT, true },
		/* Seen from within another cgroup namespace. */
		{ "/../../machine.slice/machine-qemu\\x2d3\\x2dvm1.scope", "vm1", "3", VM_STACK_LIBVIRT,
		  true },
		/* The line was cut within the scope's name. */
		{ SCOPE "\\x2d3\\x2dvm1", "", "", VM_STACK_LIBVIRT, false },
		{ SCOPE "\\x2d3\\x2dvm1.sco>", "", "", VM_STACK_LIBVIRT, false },
		/* A log that lost the backslashes. */
		{ "/machine.slice/machine-qemu-3-vm1.scope", "vm1", "3", VM_STACK_LIBVIRT, true },
	};

	(void)state;
	assert_rows(rows, ARRAY_SIZE(rows));
}

static void libvirt_session_name_is_not_part_of_the_vm_name(void **state)
{
	static const struct row rows[] = {
		{ "/machine.slice/machine-alice\\x2dqemu\\x2d3\\x2dweb.scope", "web", "3", VM_STACK_LIBVIRT,
		  true },
	};

	(void)state;
	assert_rows(rows, ARRAY_SIZE(rows));
}

static void name_without_an_id_is_kept_complete(void **state)
{
	static const struct row rows[] = {
		{ SCOPE "\\x2dweb.scope", "web", "", VM_STACK_LIBVIRT, false },
		{ SCOPE "\\x2dweb\\x2d1\\x2dprod.scope", "web-1-prod", "", VM_STACK_LIBVIRT, false },
		{ SCOPE "\\x2d007\\x2dbond.scope", "007-bond", "", VM_STACK_LIBVIRT, false },
		{ SCOPE "\\x2d3web.scope", "3web", "", VM_STACK_LIBVIRT, false },
		{ SCOPE "\\x2d12345678901\\x2dx.scope", "12345678901-x", "", VM_STACK_LIBVIRT, false },
		{ SCOPE "\\x2dcaf\\xc3\\xa9\\x20\\x28old\\x29.scope", "caf\xc3\xa9 (old)", "",
		  VM_STACK_LIBVIRT, false },
		{ SCOPE "\\x2dembed\\x2d1a2b3c4\\x2d1\\x2ddemo.scope", "embed-1a2b3c4-1-demo", "",
		  VM_STACK_LIBVIRT, false },
		{ SCOPE "\\x2dembed\\x2d1a2b3c4z\\x2d1\\x2ddemo.scope", "embed-1a2b3c4z-1-demo", "",
		  VM_STACK_LIBVIRT, false },
		{ SCOPE "\\x2dembed\\x2d1a2b3c4dx1\\x2ddemo.scope", "embed-1a2b3c4dx1-demo", "",
		  VM_STACK_LIBVIRT, false },
		{ SCOPE "\\x2d.scope", "", "", VM_STACK_LIBVIRT, false },
	};

	(void)state;
	assert_rows(rows, ARRAY_SIZE(rows));
}

static void libvirt_cgroup_without_systemd_gives_the_name(void **state)
{
	static const struct row rows[] = {
		{ "/machine/qemu-3-vm1.libvirt-qemu/emulator", "vm1", "3", VM_STACK_LIBVIRT, true },
		{ "/machine/prod.partition/qemu-3-vm1.libvirt-qemu", "vm1", "3", VM_STACK_LIBVIRT, true },
		{ "/machine/vm 1.libvirt-qemu/vcpu0", "vm 1", "", VM_STACK_LIBVIRT, false },
		{ "/machine/qemu-web.libvirt-qemu", "qemu-web", "", VM_STACK_LIBVIRT, false },
		{ "/machine/__hidden.libvirt-qemu", "_hidden", "", VM_STACK_LIBVIRT, false },
		{ "/machine/qemu-embed-1a2b3c4d-1-demo.libvirt-qemu", "demo", "1", VM_STACK_LIBVIRT, true },
		{ "/machine/ch-3-vm1.libvirt-ch", "vm1", "3", VM_STACK_LIBVIRT, true },
		{ "/libvirt/qemu/kvm9", "kvm9", "", VM_STACK_LIBVIRT, false },
		{ "/libvirt/qemu/RHEL 5.8 (old)/vcpu3", "RHEL 5.8 (old)", "", VM_STACK_LIBVIRT, false },
		{ "/system/libvirtd.service/libvirt/qemu/kvm9/emulator", "kvm9", "", VM_STACK_LIBVIRT,
		  false },
		{ "/system.slice/libvirtd.service/libvirt/qemu/kvm9", "kvm9", "", VM_STACK_LIBVIRT, false },
	};

	(void)state;
	assert_rows(rows, ARRAY_SIZE(rows));
}

static void other_stacks_give_the_id(void **state)
{
	static const struct row rows[] = {
		{ "/qemu.slice/101.scope", "", "101", VM_STACK_PROXMOX, false },
		{ "/qemu.slice/999999999.scope/x", "", "999999999", VM_STACK_PROXMOX, false },
		{ "/firecracker/551e7604-e35c-42b3-b825-416853441234", "",
		  "551e7604-e35c-42b3-b825-416853441234", VM_STACK_FIRECRACKER, false },
		{ "/firecracker-v1.7.0-x86_64/"
		  "0123456789012345678901234567890123456789012345678901234567890123",
		  "", "0123456789012345678901234567890123456789012345678901234567890123",
		  VM_STACK_FIRECRACKER, false },
	};

	(void)state;
	assert_rows(rows, ARRAY_SIZE(rows));
}

static void similar_cgroups_are_no_vm(void **state)
{
	static const char *const paths[] = {
		"",
		"/",
		"//",
		"/..",
		"/machine.slice",
		"/machine.slice/machine-qemu.slice",
		"/machine.slice/machine-qemu\\x2d1\\x2dprod.slice",
		"/machine.slice/machine-qemu\\x2d1\\x2dprod.service",
		"/machine.slice/machine-web.scope",
		"/machine.slice/machine-qemu.scope",
		"/machine.slice/machine-myqemu\\x2d1\\x2dx.scope",
		"/machine.slice/machine-archlinux\\x2d1.scope/payload",
		"/machine.slice/machine-lxc\\x2d3\\x2dvm1.scope",
		"/machine.slice/machine-.scope",
		"/machine.slice/machine-\\x2dqemu\\x2d3\\x2dvm1.scope",
		"/machine.slice/systemd-nspawn@qemu.service",
		"/machine/lxc-3-vm1.libvirt-lxc",
		"/libvirt/qemu",
		"/libvirt/lxc/web",
		"/system.slice/libvirtd.service",
		"/system.slice/firecracker-containerd.service/abc",
		"/firecracker",
		"/firecracker/no_such_id",
		"/firecracker/01234567890123456789012345678901234567890123456789012345678901234",
		"/lxc/101",
		"/lxc/101/ns/system.slice/ssh.service",
		"/qemu.slice",
		"/qemu.slice/web.scope",
		"/qemu.slice/.scope",
		"/qemu.slice/101x.scope",
		"/qemu.slice/12345678901.scope",
		"/system.slice/docker-0f32894de86edf3d3832702af794874ef8d400b4969acdea4976b12040756e0d.scope",
		"/kubepods.slice/kubepods-podbc31d215_d48e_4416_8e2b_68716b8f5bcb.slice/crio-b545.scope",
		"machine-qem",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
		assert_rows(&(struct row){ .path = paths[i], .name = "", .id = "" }, 1);
}

/* Cgroup names that managers use, below places where any user, service or container can create a
 * cgroup of that name. */
static void vm_name_in_another_place_is_no_vm(void **state)
{
	static const char *const parents[] = {
		"/user.slice",
		"/user.slice/user-1000.slice",
		"/user.slice/user-1000.slice/user@1000.service",
		"/user.slice/user-1000.slice/user@1000.service/app.slice",
		"/user.slice/user-1000.slice/session-2.scope",
		"/../../user.slice/user-1000.slice/user@1000.service",
		"/system.slice",
		"/system.slice/delegated.service",
		"/system.slice/delegated.service/machine.slice",
		"/system.slice/docker-0f32894de86e.scope",
		"/docker/0f32894de86e",
		"/lxc/101/ns",
		"/lxc.payload.web",
		"/machine.slice/libpod-0f32894de86e.scope/container",
		"/machine.slice/machine-debian.scope/payload",
		"/machine.slice/systemd-nspawn@web.service/payload",
		"/machine/lxc-3-web.libvirt-lxc",
		"/kubepods.slice/kubepods-podbc31d215_d48e_4416_8e2b_68716b8f5bcb.slice/crio-b545.scope",
		"/kubepods/burstable/podbc31d215-d48e-4416-8e2b-68716b8f5bcb/b545",
		"/lxc/machine",
		"/init.scope",
		"/machines.slice",
		"/xmachine.slice",
		"/slice",
	};
	static const char *const names[] = {
		"/machine-qemu\\x2d3\\x2dvm1.scope",
		"/machine.slice/machine-qemu\\x2d3\\x2dvm1.scope/libvirt",
		"/machine-prod.slice/machine-qemu\\x2d3\\x2dvm1.scope",
		"/machine/qemu-3-vm1.libvirt-qemu",
		"/qemu-3-vm1.libvirt-qemu",
		"/libvirt/qemu/vm1",
		"/qemu.slice/101.scope",
		"/firecracker/vm-1",
		"/system.slice/libvirtd.service/libvirt/qemu/vm1",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(parents); i++) {
		for (size_t j = 0; j < ARRAY_SIZE(names); j++) {
			TEXT_ON_STACK(path, 512);

			text_printf(&path, "%s%s", parents[i], names[j]);
			assert_rows(&(struct row){ .path = path.data, .name = "", .id = "" }, 1);
		}
	}
}

static void add_place(struct vm_places *places, const char *path)
{
	TEXT_ON_STACK(error, 256);

	assert_int_equal(vm_places_argument(path, places, &error), 0);
}

static void configured_places_count_like_the_root(void **state)
{
	static const struct row rows[] = {
		/* <resource><partition>/production</partition>, with systemd and without */
		{ "/production.slice/machine-qemu\\x2d3\\x2dvm1.scope/libvirt", "vm1", "3", VM_STACK_LIBVIRT,
		  true },
		{ "/production.slice/production-eu.slice/machine-qemu\\x2d3\\x2dvm1.scope", "vm1", "3",
		  VM_STACK_LIBVIRT, true },
		{ "/prod.partition/eu.partition/qemu-3-vm1.libvirt-qemu", "vm1", "3", VM_STACK_LIBVIRT,
		  true },
		{ "/../production.slice/machine-qemu\\x2d3\\x2dvm1.scope", "vm1", "3", VM_STACK_LIBVIRT,
		  true },
		{ "/system.slice/docker-0f32894de86e.scope/machine/qemu-3-vm1.libvirt-qemu", "vm1", "3",
		  VM_STACK_LIBVIRT, true },
		{ "/lxc/101/ns/qemu.slice/100.scope", "", "100", VM_STACK_PROXMOX, false },
		{ "/lxc/101/ns/machine.slice/machine-qemu\\x2d3\\x2dvm1.scope", "vm1", "3", VM_STACK_LIBVIRT,
		  true },
		/* The managers' own places still count. */
		{ SCOPE "\\x2d3\\x2dvm1.scope", "vm1", "3", VM_STACK_LIBVIRT, true },
		/* Not directly in such a place, but below another cgroup in it. */
		{ "/production.slice/web.service/machine-qemu\\x2d3\\x2dvm1.scope", "", "", VM_STACK_NONE,
		  false },
		{ "/lxc/101/x/qemu.slice/100.scope", "", "", VM_STACK_NONE, false },
		{ "/lxc/101/102/ns/qemu.slice/100.scope", "", "", VM_STACK_NONE, false },
		{ "/system.slice/docker-0f32894de86e.service/machine/qemu-3-vm1.libvirt-qemu", "", "",
		  VM_STACK_NONE, false },
		{ "/user.slice/production.slice/machine-qemu\\x2d3\\x2dvm1.scope", "", "", VM_STACK_NONE,
		  false },
	};
	struct vm_places places = { .count = 0 };

	(void)state;
	add_place(&places, "/production.slice");
	add_place(&places, "/prod.partition/");
	add_place(&places, "/lxc/*/ns");
	add_place(&places, "/system.slice/docker-*.scope");
	assert_rows_with(&places, rows, ARRAY_SIZE(rows));
}

static void place_must_be_a_path_below_the_root(void **state)
{
	static const char *const wrong[] = { "", "/", "//", "production.slice", "/..", "/a/../b", "/./a" };
	struct vm_places places = { .count = 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		TEXT_ON_STACK(error, 256);

		assert_int_equal(vm_places_argument(wrong[i], &places, &error), -EINVAL);
		assert_string_equal(error.data, "must be a cgroup path below the root as in "
						"/proc/PID/cgroup, for example /production.slice");
	}
	for (size_t i = 0; i < VM_PLACES_MAX; i++)
		add_place(&places, "/a");
	TEXT_ON_STACK(error, 256);
	assert_int_equal(vm_places_argument("/a", &places, &error), -EINVAL);
	assert_string_equal(error.data, "given more than 16 times");
}

/* The cgroups that a walk of the tree descends into. */
static void only_possible_parents_of_vms_are_descended_into(void **state)
{
	static const struct {
		const char *path;
		enum vm_cgroup_kind kind;
	} rows[] = {
		{ "/", VM_CGROUP_ABOVE },
		{ "/machine.slice", VM_CGROUP_ABOVE },
		{ "/machine.slice/machine-prod.slice", VM_CGROUP_ABOVE },
		{ "/machine.slice/machine-debian.scope", VM_CGROUP_OTHER },
		{ SCOPE "\\x2d3\\x2dvm1.scope", VM_CGROUP_VM },
		{ "/machine", VM_CGROUP_ABOVE },
		{ "/qemu.slice", VM_CGROUP_ABOVE },
		{ "/system.slice", VM_CGROUP_ABOVE },
		{ "/system.slice/libvirtd.service", VM_CGROUP_ABOVE },
		{ "/system.slice/ssh.service", VM_CGROUP_OTHER },
		{ "/user.slice", VM_CGROUP_OTHER },
		{ "/kubepods.slice", VM_CGROUP_OTHER },
		{ "/lxc", VM_CGROUP_ABOVE },
		{ "/lxc/101", VM_CGROUP_ABOVE },
		{ "/lxc/101/ns", VM_CGROUP_ABOVE },
		{ "/lxc/101/ns/qemu.slice", VM_CGROUP_ABOVE },
		{ "/lxc/101/x", VM_CGROUP_OTHER },
	};
	struct vm_places places = { .count = 0 };

	(void)state;
	add_place(&places, "/lxc/*/ns");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct vm_identity vm = { .stack = VM_STACK_NONE };

		if (vm_cgroup_look(&vm, &places, rows[i].path) != rows[i].kind)
			fail_msg("%s", rows[i].path);
	}
}

static void own_cgroup_of_a_vm_overrides_cgroups_below_it(void **state)
{
	static const struct row rows[] = {
		{ SCOPE "\\x2d3\\x2dvm1.scope/machine-qemu\\x2d9\\x2dfaked.scope", "vm1", "3",
		  VM_STACK_LIBVIRT, true },
		{ "/qemu.slice/101.scope/machine-qemu\\x2d9\\x2dfaked.scope", "", "101", VM_STACK_PROXMOX,
		  false },
	};

	(void)state;
	assert_rows(rows, ARRAY_SIZE(rows));
}

static void malformed_escapes_are_kept(void **state)
{
	static const struct row rows[] = {
		{ SCOPE "\\x2d1\\x2da\\x.scope", "a\\x", "1", VM_STACK_LIBVIRT, true },
		{ SCOPE "\\x2d1\\x2da\\xzz.scope", "a\\xzz", "1", VM_STACK_LIBVIRT, true },
		{ SCOPE "\\x2d1\\x2da\\x2.scope", "a\\x2", "1", VM_STACK_LIBVIRT, true },
		{ SCOPE "\\x2d1\\x2da\\x2D\\x2dB.scope", "a--B", "1", VM_STACK_LIBVIRT, true },
		/* An escaped NUL does not hide the rest, and nothing is unescaped twice. */
		{ SCOPE "\\x2d1\\x2da\\x00b.scope", "a\\x00b", "1", VM_STACK_LIBVIRT, true },
		{ SCOPE "\\x2d1\\x2da\\x5cx2db.scope", "a\\x2db", "1", VM_STACK_LIBVIRT, true },
		{ SCOPE "\\x2d1\\x2da\\x0ab\\x1b\\x5b.scope", "a\nb\x1b[", "1", VM_STACK_LIBVIRT, true },
		{ SCOPE "\\x2d1\\x2d...scope", "..", "1", VM_STACK_LIBVIRT, true },
	};

	(void)state;
	assert_rows(rows, ARRAY_SIZE(rows));
}

static void repeat(struct text *text, const char *string, unsigned times)
{
	while (times-- > 0)
		text_append(text, string);
}

static void long_name_is_cut_at_a_character(void **state)
{
	TEXT_ON_STACK(path, 2048);
	TEXT_ON_STACK(expected, 256);
	struct vm_identity vm;

	(void)state;
	/* 254 bytes followed by characters of two bytes: the 255th byte is half a character. */
	repeat(&expected, "a", 254);
	text_printf(&path, "/libvirt/qemu/%s", expected.data);
	repeat(&path, "\xc3\xa9", 500);
	assert_true(vm_identify(&vm, NULL, path.data, NULL));
	assert_string_equal(vm.name, expected.data);
	assert_true(vm.name_is_truncated);
}

static void long_scope_name_is_cut_and_still_a_vm(void **state)
{
	TEXT_ON_STACK(path, 8192);
	TEXT_ON_STACK(expected, 256);
	struct vm_identity vm;

	(void)state;
	text_append(&path, SCOPE "\\x2d1\\x2d");
	repeat(&path, "\\x61", 1000);
	text_append(&path, ".scope/libvirt/emulator");
	repeat(&expected, "a", 255);
	assert_true(vm_identify(&vm, NULL, path.data, NULL));
	assert_string_equal(vm.name, expected.data);
	assert_string_equal(vm.id, "1");
	assert_true(vm.name_is_truncated);
}

/* The depth of a path is not limited. */
static void vm_is_found_at_any_depth(void **state)
{
	TEXT_ON_STACK(path, 8192);
	struct vm_identity vm;

	(void)state;
	repeat(&path, "/..", 2000);
	text_append(&path, "/qemu.slice/7.scope");
	assert_true(vm_identify(&vm, NULL, path.data, NULL));
	assert_string_equal(vm.id, "7");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(libvirt_scope_gives_id_and_name),
		cmocka_unit_test(libvirt_scope_is_found_below_slices_and_above_child_cgroups),
		cmocka_unit_test(libvirt_session_name_is_not_part_of_the_vm_name),
		cmocka_unit_test(name_without_an_id_is_kept_complete),
		cmocka_unit_test(libvirt_cgroup_without_systemd_gives_the_name),
		cmocka_unit_test(other_stacks_give_the_id),
		cmocka_unit_test(similar_cgroups_are_no_vm),
		cmocka_unit_test(vm_name_in_another_place_is_no_vm),
		cmocka_unit_test(configured_places_count_like_the_root),
		cmocka_unit_test(place_must_be_a_path_below_the_root),
		cmocka_unit_test(only_possible_parents_of_vms_are_descended_into),
		cmocka_unit_test(own_cgroup_of_a_vm_overrides_cgroups_below_it),
		cmocka_unit_test(malformed_escapes_are_kept),
		cmocka_unit_test(long_name_is_cut_at_a_character),
		cmocka_unit_test(long_scope_name_is_cut_and_still_a_vm),
		cmocka_unit_test(vm_is_found_at_any_depth),
	};

	return cmocka_run_group_tests_name("vm cgroup", tests, NULL, NULL);
}
