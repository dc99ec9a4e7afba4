/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

#include "vm/identity.h"

#include <stdio.h>
#include <string.h>

#define SCOPE "/machine.slice/machine-qemu"

struct row {
	const char *path;
	enum vm_stack stack;
	const char *name;
	const char *id;
	bool name_is_lossy;
};

/* One line, so that a failure shows the row. */
static const char *describe(char *line, size_t size, const char *path, const struct row *row)
{
	const char *stack = vm_stack_name(row->stack);

	snprintf(line, size, "%s: %s '%s' '%s'%s", path, stack ? stack : "no VM", row->name, row->id,
		 row->name_is_lossy ? " lossy" : "");
	return line;
}

/* With a comm that no table knows: what is found, the path has told. */
static void assert_rows(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char expected[1024], told[1024];
		struct vm_identity vm;
		bool found = vm_identify(&vm, rows[i].path, "x (evil");
		struct row row = {
			.stack = vm.stack, .name = vm.name, .id = vm.id, .name_is_lossy = vm.name_is_lossy
		};

		assert_string_equal(describe(told, sizeof(told), rows[i].path, &row),
				    describe(expected, sizeof(expected), rows[i].path, &rows[i]));
		assert_int_equal(found, vm.stack != VM_STACK_NONE);
		assert_int_equal(vm.role, found ? VM_ROLE_MACHINE : VM_ROLE_NONE);
	}
}

/* The names are those that libvirt's own tests expect of it. */
static void libvirt_scope_tells_id_and_name(void **state)
{
	static const struct row rows[] = {
		{ SCOPE "\\x2d3\\x2ddemoname.scope", VM_STACK_LIBVIRT, "demoname", "3", true },
		{ SCOPE "\\x2d5\\x2dbull.scope", VM_STACK_LIBVIRT, "bull", "5", true },
		{ SCOPE "\\x2d6\\x2ddemo.name.scope", VM_STACK_LIBVIRT, "demo.name", "6", true },
		{ SCOPE "\\x2d2\\x2dinstance\\x2d0000002a.scope", VM_STACK_LIBVIRT, "instance-0000002a", "2",
		  true },
		{ SCOPE "\\x2d4\\x2d01234567890123456789012345678901234567890123456789012345.scope",
		  VM_STACK_LIBVIRT, "01234567890123456789012345678901234567890123456789012345", "4", true },
		{ SCOPE "\\x2d1\\x2d7.scope", VM_STACK_LIBVIRT, "7", "1", true },
		{ SCOPE "\\x2d2147483647\\x2dlast.scope", VM_STACK_LIBVIRT, "last", "2147483647", true },
		/* Nothing of the domain's name was in ASCII. */
		{ SCOPE "\\x2d7.scope", VM_STACK_LIBVIRT, "", "7", true },
		{ "/machine.slice/machine-ch\\x2d9\\x2dweb.scope", VM_STACK_LIBVIRT, "web", "9", true },
		{ SCOPE "\\x2dembed\\x2d1a2b3c4d\\x2d1\\x2ddemo.scope", VM_STACK_LIBVIRT, "demo", "1", true },
	};

	(void)state;
	assert_rows(rows, ARRAY_SIZE(rows));
}

static void libvirt_scope_is_found_below_anything_and_above_its_leaves(void **state)
{
	static const struct row rows[] = {
		{ SCOPE "\\x2d3\\x2dvm1.scope/libvirt", VM_STACK_LIBVIRT, "vm1", "3", true },
		{ SCOPE "\\x2d3\\x2dvm1.scope/libvirt/emulator", VM_STACK_LIBVIRT, "vm1", "3", true },
		{ SCOPE "\\x2d3\\x2dvm1.scope/libvirt/vcpu12", VM_STACK_LIBVIRT, "vm1", "3", true },
		{ SCOPE "\\x2d3\\x2dvm1.scope/iothread1", VM_STACK_LIBVIRT, "vm1", "3", true },
		{ "/machine.slice/machine-prod.slice/machine-qemu\\x2d3\\x2dvm1.scope", VM_STACK_LIBVIRT,
		  "vm1", "3", true },
		{ "/machine-prod.slice/machine-prod-a.slice/machine-qemu\\x2d3\\x2dvm1.scope/libvirt",
		  VM_STACK_LIBVIRT, "vm1", "3", true },
		{ "/system.slice/docker-0f32894de86e.scope/machine.slice/machine-qemu\\x2d3\\x2dvm1.scope",
		  VM_STACK_LIBVIRT, "vm1", "3", true },
		/* The kernel's line ended here. */
		{ SCOPE "\\x2d3\\x2dvm1", VM_STACK_LIBVIRT, "vm1", "3", true },
		/* A log without the backslashes. */
		{ "/machine.slice/machine-qemu-3-vm1.scope", VM_STACK_LIBVIRT, "vm1", "3", true },
	};

	(void)state;
	assert_rows(rows, ARRAY_SIZE(rows));
}

static void libvirt_session_is_not_taken_for_the_name(void **state)
{
	static const struct row rows[] = {
		{ "/user.slice/user-1000.slice/user@1000.service/machine.slice/"
		  "machine-qemu\\x2dalice\\x2d3\\x2dweb\\x2d1.scope",
		  VM_STACK_LIBVIRT, "web-1", "3", true },
		{ "/user.slice/user-1000.slice/machine-qemu\\x2dann\\x2dmarie\\x2d12\\x2dweb.scope",
		  VM_STACK_LIBVIRT, "web", "12", true },
		{ "/machine.slice/machine-alice\\x2dqemu\\x2d3\\x2dweb.scope", VM_STACK_LIBVIRT, "web", "3",
		  true },
	};

	(void)state;
	assert_rows(rows, ARRAY_SIZE(rows));
}

static void a_name_before_ids_is_kept_whole(void **state)
{
	static const struct row rows[] = {
		{ SCOPE "\\x2dweb.scope", VM_STACK_LIBVIRT, "web", "", false },
		{ SCOPE "\\x2dweb\\x2d1\\x2dprod.scope", VM_STACK_LIBVIRT, "web-1-prod", "", false },
		{ SCOPE "\\x2d007\\x2dbond.scope", VM_STACK_LIBVIRT, "007-bond", "", false },
		{ SCOPE "\\x2d3web.scope", VM_STACK_LIBVIRT, "3web", "", false },
		{ SCOPE "\\x2d12345678901\\x2dx.scope", VM_STACK_LIBVIRT, "12345678901-x", "", false },
		{ SCOPE "\\x2dcaf\\xc3\\xa9\\x20\\x28old\\x29.scope", VM_STACK_LIBVIRT, "caf\xc3\xa9 (old)",
		  "", false },
		{ SCOPE "\\x2dembed\\x2d1a2b3c4\\x2d1\\x2ddemo.scope", VM_STACK_LIBVIRT,
		  "embed-1a2b3c4-1-demo", "", false },
		{ SCOPE "\\x2d.scope", VM_STACK_LIBVIRT, "", "", false },
	};

	(void)state;
	assert_rows(rows, ARRAY_SIZE(rows));
}

static void libvirt_without_systemd_tells_the_name(void **state)
{
	static const struct row rows[] = {
		{ "/machine/qemu-3-vm1.libvirt-qemu/emulator", VM_STACK_LIBVIRT, "vm1", "3", true },
		{ "/machine/prod.partition/qemu-3-vm1.libvirt-qemu", VM_STACK_LIBVIRT, "vm1", "3", true },
		{ "/machine/vm 1.libvirt-qemu/vcpu0", VM_STACK_LIBVIRT, "vm 1", "", false },
		{ "/machine/qemu-web.libvirt-qemu", VM_STACK_LIBVIRT, "qemu-web", "", false },
		{ "/machine/__hidden.libvirt-qemu", VM_STACK_LIBVIRT, "_hidden", "", false },
		{ "/machine/ch-3-vm1.libvirt-ch", VM_STACK_LIBVIRT, "vm1", "3", true },
		{ "/libvirt/qemu/kvm9", VM_STACK_LIBVIRT, "kvm9", "", false },
		{ "/libvirt/qemu/RHEL 5.8 (old)/vcpu3", VM_STACK_LIBVIRT, "RHEL 5.8 (old)", "", false },
		{ "/libvirtd-cgroup/libvirt/qemu/kvm9/emulator", VM_STACK_LIBVIRT, "kvm9", "", false },
	};

	(void)state;
	assert_rows(rows, ARRAY_SIZE(rows));
}

static void the_other_stacks_tell_the_id(void **state)
{
	static const struct row rows[] = {
		{ "/qemu.slice/101.scope", VM_STACK_PROXMOX, "", "101", false },
		{ "/qemu.slice/999999999.scope/x", VM_STACK_PROXMOX, "", "999999999", false },
		{ "/lxc/101/ns/qemu.slice/100.scope", VM_STACK_PROXMOX, "", "100", false },
		{ "/firecracker/551e7604-e35c-42b3-b825-416853441234", VM_STACK_FIRECRACKER, "",
		  "551e7604-e35c-42b3-b825-416853441234", false },
		{ "/firecracker-v1.7.0-x86_64/"
		  "0123456789012345678901234567890123456789012345678901234567890123",
		  VM_STACK_FIRECRACKER, "",
		  "0123456789012345678901234567890123456789012345678901234567890123", false },
	};

	(void)state;
	assert_rows(rows, ARRAY_SIZE(rows));
}

static void what_only_looks_like_a_vm_is_none(void **state)
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
		"/system.slice/docker-0f32894de86edf3d3832702af794874ef8d400b4969acdea4976b12040756e0d.scope",
		"/kubepods.slice/kubepods-podbc31d215_d48e_4416_8e2b_68716b8f5bcb.slice/crio-b545.scope",
		"machine-qem",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
		assert_rows(&(struct row){ .path = paths[i], .name = "", .id = "" }, 1);
}

static void the_hypervisors_own_cgroup_wins_over_what_is_below_it(void **state)
{
	static const struct row rows[] = {
		{ SCOPE "\\x2d3\\x2dvm1.scope/machine-qemu\\x2d9\\x2dfaked.scope", VM_STACK_LIBVIRT, "vm1",
		  "3", true },
		{ "/qemu.slice/101.scope/machine-qemu\\x2d9\\x2dfaked.scope", VM_STACK_PROXMOX, "", "101",
		  false },
	};

	(void)state;
	assert_rows(rows, ARRAY_SIZE(rows));
}

static void malformed_escapes_stay_as_they_are(void **state)
{
	static const struct row rows[] = {
		{ SCOPE "\\x2d1\\x2da\\x.scope", VM_STACK_LIBVIRT, "a\\x", "1", true },
		{ SCOPE "\\x2d1\\x2da\\xzz.scope", VM_STACK_LIBVIRT, "a\\xzz", "1", true },
		{ SCOPE "\\x2d1\\x2da\\x2", VM_STACK_LIBVIRT, "a\\x2", "1", true },
		{ SCOPE "\\x2d1\\x2da\\x2D\\x2dB.scope", VM_STACK_LIBVIRT, "a--B", "1", true },
		/* No NUL that would hide the rest, and no second unescaping. */
		{ SCOPE "\\x2d1\\x2da\\x00b.scope", VM_STACK_LIBVIRT, "a\\x00b", "1", true },
		{ SCOPE "\\x2d1\\x2da\\x5cx2db.scope", VM_STACK_LIBVIRT, "a\\x2db", "1", true },
		{ SCOPE "\\x2d1\\x2da\\x0ab\\x1b\\x5b.scope", VM_STACK_LIBVIRT, "a\nb\x1b[", "1", true },
		{ SCOPE "\\x2d1\\x2d...scope", VM_STACK_LIBVIRT, "..", "1", true },
	};

	(void)state;
	assert_rows(rows, ARRAY_SIZE(rows));
}

static void a_long_name_is_cut_at_a_character(void **state)
{
	static const char prefix[] = "/libvirt/qemu/";
	char path[2048];
	char expected[256];
	struct vm_identity vm;

	(void)state;
	/* 254 bytes and then characters of two: the 255th byte is half a character. */
	memset(expected, 'a', 254);
	expected[254] = '\0';
	strcpy(path, prefix);
	strcat(path, expected);
	for (size_t i = 0; i < 500; i++)
		strcat(path, "\xc3\xa9");
	assert_true(vm_identify(&vm, path, NULL));
	assert_string_equal(vm.name, expected);
	assert_true(vm.name_is_lossy);
}

static void a_long_scope_is_cut_and_still_a_vm(void **state)
{
	char path[8192] = SCOPE "\\x2d1\\x2d";
	struct vm_identity vm;

	(void)state;
	for (size_t i = 0; i < 1000; i++)
		strcat(path, "\\x61");
	strcat(path, ".scope/libvirt/emulator");
	assert_true(vm_identify(&vm, path, NULL));
	assert_int_equal(strlen(vm.name), sizeof(vm.name) - 1);
	assert_int_equal(strspn(vm.name, "a"), sizeof(vm.name) - 1);
	assert_string_equal(vm.id, "1");
	assert_true(vm.name_is_lossy);
}

/* A path has no limit on its depth. */
static void the_deepest_component_counts(void **state)
{
	char path[8192] = "";
	struct vm_identity vm;

	(void)state;
	for (size_t i = 0; i < 2000; i++)
		strcat(path, "/..");
	strcat(path, "/qemu.slice/7.scope");
	assert_true(vm_identify(&vm, path, NULL));
	assert_string_equal(vm.id, "7");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(libvirt_scope_tells_id_and_name),
		cmocka_unit_test(libvirt_scope_is_found_below_anything_and_above_its_leaves),
		cmocka_unit_test(libvirt_session_is_not_taken_for_the_name),
		cmocka_unit_test(a_name_before_ids_is_kept_whole),
		cmocka_unit_test(libvirt_without_systemd_tells_the_name),
		cmocka_unit_test(the_other_stacks_tell_the_id),
		cmocka_unit_test(what_only_looks_like_a_vm_is_none),
		cmocka_unit_test(the_hypervisors_own_cgroup_wins_over_what_is_below_it),
		cmocka_unit_test(malformed_escapes_stay_as_they_are),
		cmocka_unit_test(a_long_name_is_cut_at_a_character),
		cmocka_unit_test(a_long_scope_is_cut_and_still_a_vm),
		cmocka_unit_test(the_deepest_component_counts),
	};

	return cmocka_run_group_tests_name("vm cgroup", tests, NULL, NULL);
}
