/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

#include "base/text.h"
#include "vm/identity.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SCOPE "/machine.slice/machine-qemu\\x2d3\\x2dvm1.scope"
#define POD   "bc31d215-d48e-4416-8e2b-68716b8f5bcb"
#define POD_CRI                                     \
	"/kubepods.slice/kubepods-burstable.slice/" \
	"kubepods-burstable-podbc31d215_d48e_4416_8e2b_68716b8f5bcb.slice/"

/* Compares as one line, so that a failure shows the arguments. */
static void assert_identified(const char *path, const char *comm, const struct vm_identity *expected)
{
	const struct vm_identity *identities[2] = { expected, NULL };
	char lines[2][1024];
	struct vm_identity vm;
	bool found = vm_identify(&vm, NULL, path, comm);

	identities[1] = &vm;
	for (size_t i = 0; i < 2; i++) {
		static const char *const roles[] = { "no VM", "machine", "helper" };
		const char *stack = vm_stack_name(identities[i]->stack);

		snprintf(lines[i], sizeof(lines[i]), "%s in %s: %s %s '%s' '%s'%s", comm ? comm : "?",
			 path ? path : "?", stack ? stack : "none", roles[identities[i]->role],
			 identities[i]->name, identities[i]->id,
			 identities[i]->name_is_truncated ? " lossy" : "");
	}
	assert_string_equal(lines[1], lines[0]);
	assert_int_equal(found, vm.role != VM_ROLE_NONE);
}

static void comm_identifies_a_vm_without_its_own_cgroup(void **state)
{
	static const struct {
		const char *comm;
		struct vm_identity vm;
	} rows[] = {
		{ "qemu-kvm", { .stack = VM_STACK_QEMU } },
		{ "qemu-system-x86", { .stack = VM_STACK_QEMU } },
		{ "qemu-system-aar", { .stack = VM_STACK_QEMU } },
		{ ".qemu-system-x8", { .stack = VM_STACK_QEMU } },
		{ "kvm", { .stack = VM_STACK_QEMU } },
		{ "CPU 0/KVM", { .stack = VM_STACK_QEMU } },
		{ "CPU 255/KVM", { .stack = VM_STACK_QEMU } },
		{ "CPU 3/TCG", { .stack = VM_STACK_QEMU } },
		{ "qemu:web", { .stack = VM_STACK_LIBVIRT, .name = "web" } },
		{ "qemu:instance-0",
		  { .stack = VM_STACK_LIBVIRT, .name = "instance-0", .name_is_truncated = true } },
		{ "qemu:", { .stack = VM_STACK_LIBVIRT } },
		{ "virt-launcher", { .stack = VM_STACK_KUBEVIRT } },
		{ "virt-launcher-m", { .stack = VM_STACK_KUBEVIRT } },
		{ "cloud-hyperviso", { .stack = VM_STACK_CLOUD_HYPERVISOR } },
		{ "vcpu0", { .stack = VM_STACK_CLOUD_HYPERVISOR } },
		{ "firecracker", { .stack = VM_STACK_FIRECRACKER } },
		{ "firecracker-v1.", { .stack = VM_STACK_FIRECRACKER } },
		{ "fc_vcpu 0", { .stack = VM_STACK_FIRECRACKER } },
		{ "fc_vcpu12", { .stack = VM_STACK_FIRECRACKER } },
		{ "fc_api", { .stack = VM_STACK_FIRECRACKER } },
		{ "crosvm", { .stack = VM_STACK_CROSVM } },
		{ "crosvm_vcpu0", { .stack = VM_STACK_CROSVM } },
	};
	enum { FIRST_ELSEWHERE = 4 };
	static const char *const paths[] = {
		NULL,
		"/",
		"/system.slice/libvirtd.service",
		"/system.slice/virtqemud.service",
		"/user.slice/user-1000.slice/user@1000.service/app.slice/app-org.gnome.Boxes-4711.scope",
		"/system.slice/pvescheduler.service",
		"/system.slice/docker-0f32894de86e.scope",
		"/lxc/101",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		for (size_t j = 0; j < ARRAY_SIZE(paths); j++) {
			struct vm_identity vm = rows[i].vm;

			vm.role = VM_ROLE_HYPERVISOR;
			/* The comm "qemu:NAME" means libvirt only where libvirt starts
			 * processes. */
			if (vm.stack == VM_STACK_LIBVIRT && j >= FIRST_ELSEWHERE)
				vm = (struct vm_identity){ .stack = VM_STACK_QEMU,
							   .role = VM_ROLE_HYPERVISOR };
			assert_identified(paths[j], rows[i].comm, &vm);
		}
	}
}

static void similar_comms_are_no_vm(void **state)
{
	static const char *const comms[] = {
		"",
		"bash",
		"kvm-pit/1234",
		"kvm-nx-lpage-re",
		"kvmtool",
		"kworker/u8:kvm",
		"kworker/0:1",
		"xkvm",
		"kvm ",
		"qemu",
		"qemu-x86_64",
		"qemu-img",
		"qemu-ga",
		"qemu-kvm-x",
		"QEMU-KVM",
		"CPU /KVM",
		"CPU 0/KV",
		"CPU 0/KVMx",
		"CPU 0",
		"CPU x/KVM",
		"vcpu",
		"vcpu0x",
		"vcpu0 x",
		"fc_vcpu ",
		"fc_vcpu x",
		"firecracker-con",
		"firecrack",
		"crosvm_gpu",
		"libvirtd",
		"virtqemud",
		"swtpm",
		"virtiofsd",
		"systemd-machine",
		"qemeventd",
		" qemu-system-x8",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(comms); i++)
		assert_identified("/system.slice/x.service", comms[i], &(struct vm_identity){ 0 });
}

static void without_cgroup_and_comm_there_is_no_vm(void **state)
{
	(void)state;
	assert_identified(NULL, NULL, &(struct vm_identity){ 0 });
}

static void every_process_in_a_vm_cgroup_except_helpers_is_the_vm(void **state)
{
	static const struct {
		const char *comm;
		enum vm_role role;
	} rows[] = {
		{ NULL, VM_ROLE_HYPERVISOR },
		{ "", VM_ROLE_HYPERVISOR },
		{ "qemu-kvm", VM_ROLE_HYPERVISOR },
		{ "qemu:vm1", VM_ROLE_HYPERVISOR },
		{ "CPU 0/KVM", VM_ROLE_HYPERVISOR },
		{ "worker", VM_ROLE_HYPERVISOR },
		{ ") total-vm:9kB,", VM_ROLE_HYPERVISOR },
		{ "a\nOut of memory", VM_ROLE_HYPERVISOR },
		{ "swtpm-not", VM_ROLE_HYPERVISOR },
		{ "passt.evil", VM_ROLE_HYPERVISOR },
		{ "swtpm", VM_ROLE_HELPER },
		{ "virtiofsd", VM_ROLE_HELPER },
		{ "qemu-storage-da", VM_ROLE_HELPER },
		{ "vhost-user-gpu", VM_ROLE_HELPER },
		{ "passt", VM_ROLE_HELPER },
		{ "passt.avx2", VM_ROLE_HELPER },
		{ "slirp4netns", VM_ROLE_HELPER },
		{ "dbus-daemon", VM_ROLE_HELPER },
		{ "qemu-pr-helper", VM_ROLE_HELPER },
		{ "nbdkit", VM_ROLE_HELPER },
	};
	static const struct {
		const char *path;
		struct vm_identity vm;
	} places[] = {
		{ SCOPE, { .stack = VM_STACK_LIBVIRT, .name = "vm1", .name_is_truncated = true, .id = "3" } },
		{ SCOPE "/libvirt/emulator",
		  { .stack = VM_STACK_LIBVIRT, .name = "vm1", .name_is_truncated = true, .id = "3" } },
		{ "/libvirt/qemu/vm1", { .stack = VM_STACK_LIBVIRT, .name = "vm1" } },
		{ "/qemu.slice/101.scope", { .stack = VM_STACK_PROXMOX, .id = "101" } },
		{ "/firecracker/vm-1", { .stack = VM_STACK_FIRECRACKER, .id = "vm-1" } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		for (size_t j = 0; j < ARRAY_SIZE(places); j++) {
			struct vm_identity vm = places[j].vm;

			vm.role = rows[i].role;
			assert_identified(places[j].path, rows[i].comm, &vm);
		}
	}
}

static void vm_process_in_a_pod_is_kubevirt(void **state)
{
	static const struct {
		const char *path;
		const char *comm;
		enum vm_stack stack;
		const char *id;
	} rows[] = {
		{ POD_CRI "cri-containerd-b545.scope", "qemu-system-x86", VM_STACK_KUBEVIRT, POD },
		{ POD_CRI "crio-b545.scope", "qemu-kvm", VM_STACK_KUBEVIRT, POD },
		{ POD_CRI "docker-b545.scope", "CPU 11/KVM", VM_STACK_KUBEVIRT, POD },
		{ POD_CRI, "virt-launcher", VM_STACK_KUBEVIRT, POD },
		{ "/kubepods/burstable/pod" POD "/b545", "qemu-kvm", VM_STACK_KUBEVIRT, POD },
		{ "/kubepods/pod" POD "/b545", "virt-launcher-m", VM_STACK_KUBEVIRT, POD },
		{ "/kubelet.slice/kubelet-kubepods.slice/"
		  "kubelet-kubepods-podbc31d215_d48e_4416_8e2b_68716b8f5bcb.slice/x.scope",
		  "qemu-kvm", VM_STACK_KUBEVIRT, POD },
		/* A user can create a cgroup of any name below their own. */
		{ "/user.slice/user-1000.slice/user@1000.service/kubepods/pod" POD "/b545", "qemu-kvm",
		  VM_STACK_QEMU, "" },
		{ "/system.slice/x.service/kubepods.slice/"
		  "kubepods-podbc31d215_d48e_4416_8e2b_68716b8f5bcb.slice",
		  "qemu-kvm", VM_STACK_QEMU, "" },
		{ "/kubepods/burstable/x/pod" POD "/b545", "qemu-kvm", VM_STACK_QEMU, "" },
		{ "/../../kubepods/burstable/pod" POD "/b545", "qemu-kvm", VM_STACK_KUBEVIRT, POD },
		/* The UID of a static pod is a hash, and virt-launcher pods are not static. */
		{ "/kubepods/burstable/pod0123456789abcdef0123456789abcdef/b545", "qemu-kvm", VM_STACK_QEMU,
		  "" },
		{ "/kubepods/burstable/podbc31d215-d48e-4416-8e2b-68716b8f5bcx/b545", "qemu-kvm",
		  VM_STACK_QEMU, "" },
		{ "/kubepods/burstable/xod" POD "/b545", "qemu-kvm", VM_STACK_QEMU, "" },
		{ "/kubepods/burstable/" POD "/b545", "qemu-kvm", VM_STACK_QEMU, "" },
		/* other VMs in pods */
		{ "/kubepods/burstable/pod" POD "/kata_b545", "qemu-system-x86", VM_STACK_QEMU, "" },
		{ "/kata_overhead/b545", "qemu-system-x86", VM_STACK_QEMU, "" },
		{ POD_CRI "crio-b545.scope", "cloud-hyperviso", VM_STACK_CLOUD_HYPERVISOR, "" },
		/* processes in a pod that are no VM */
		{ POD_CRI "crio-b545.scope", "java", VM_STACK_NONE, "" },
		{ POD_CRI "crio-b545.scope", "swtpm", VM_STACK_NONE, "" },
		{ POD_CRI "crio-b545.scope", NULL, VM_STACK_NONE, "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct vm_identity vm = { .stack = rows[i].stack };

		if (vm.stack != VM_STACK_NONE)
			vm.role = VM_ROLE_HYPERVISOR;
		snprintf(vm.id, sizeof(vm.id), "%s", rows[i].id);
		assert_identified(rows[i].path, rows[i].comm, &vm);
	}
}

static void stack_names_are_those_of_the_report(void **state)
{
	static const struct {
		enum vm_stack stack;
		const char *name;
	} rows[] = {
		{ VM_STACK_LIBVIRT, "libvirt" },
		{ VM_STACK_PROXMOX, "proxmox" },
		{ VM_STACK_KUBEVIRT, "kubevirt" },
		{ VM_STACK_QEMU, "qemu" },
		{ VM_STACK_CLOUD_HYPERVISOR, "cloud-hypervisor" },
		{ VM_STACK_FIRECRACKER, "firecracker" },
		{ VM_STACK_CROSVM, "crosvm" },
	};

	(void)state;
	assert_null(vm_stack_name(VM_STACK_NONE));
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_string_equal(vm_stack_name(rows[i].stack), rows[i].name);
}

/* Identifies and asserts what must be true of every result. */
static struct vm_identity identify_checked(const char *path, const char *comm)
{
	struct vm_identity vm;
	bool found = vm_identify(&vm, NULL, path, comm);

	assert_int_equal(found, vm.role != VM_ROLE_NONE);
	assert_int_equal(found, vm.stack != VM_STACK_NONE);
	assert_int_equal(found, vm_stack_name(vm.stack) != NULL);
	assert_non_null(memchr(vm.name, '\0', sizeof(vm.name)));
	assert_non_null(memchr(vm.id, '\0', sizeof(vm.id)));
	if (!found) {
		assert_string_equal(vm.name, "");
		assert_string_equal(vm.id, "");
	}
	return vm;
}

/* Each prefix of known paths, also with another last byte, in a buffer of the exact size, so
 * that AddressSanitizer detects reads beyond it. */
static void damaged_paths_are_handled_safely(void **state)
{
	static const char *const paths[] = {
		SCOPE "/libvirt/emulator",
		"/machine.slice/machine-qemu\\x2dembed\\x2d1a2b3c4d\\x2d1\\x2ddemo.scope",
		"/machine.slice/machine-alice\\x2dqemu\\x2d3\\x2dweb.scope",
		"/user.slice/machine-qemu\\x2dalice\\x2d3\\x2dweb.scope",
		"/machine/qemu-3-vm1.libvirt-qemu/vcpu0",
		"/libvirt/qemu/kvm9",
		"/qemu.slice/101.scope",
		"/firecracker/551e7604-e35c-42b3-b825-416853441234",
		POD_CRI "cri-containerd-b545.scope",
	};
	static const char bytes[] = "/-\\x0.\xc3\n\x1b|s";

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		for (size_t length = 0; length <= strlen(paths[i]); length++) {
			char *path = strndup(paths[i], length);

			identify_checked(path, "qemu-kvm");
			identify_checked(path, "bash");
			for (size_t j = 0; length > 0 && j < sizeof(bytes); j++) {
				path[length - 1] = bytes[j];
				identify_checked(path, "bash");
			}
			free(path);
		}
	}
}

/* Parts of all layouts in random order; the generator is the example that POSIX gives for
 * rand(), so every run tries the same. */
static void mixed_path_layouts_are_handled_safely(void **state)
{
	static const char *const pieces[] = {
		"/",           "machine-", "qemu",
		"-",           "\\x2d",    ".scope",
		".slice",      "libvirt",  ".libvirt-qemu",
		"3",           "vm1",      "firecracker",
		"pod",         POD,        "kata_",
		"user.slice/", "\xc3\xa9", "\\x",
		"..",          "embed-",   "ch",
		"1a2b3c4d",    "\n",       "qemu.slice/",
	};
	static const char *const comms[] = { "qemu-kvm", "qemu:web", "swtpm", "bash", NULL };
	unsigned random = 1;

	(void)state;
	for (unsigned round = 0; round < 200000; round++) {
		TEXT_ON_STACK(path, 1024);

		for (unsigned i = 0; i < 12; i++) {
			random = random * 1103515245U + 12345U;
			text_append(&path, pieces[random / 65536U % ARRAY_SIZE(pieces)]);
		}
		const char *comm = comms[round % ARRAY_SIZE(comms)];
		struct vm_identity vm = identify_checked(path.data, comm);

		if (comm && strcmp(comm, "qemu-kvm") == 0)
			assert_int_equal(vm.role, VM_ROLE_HYPERVISOR);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(comm_identifies_a_vm_without_its_own_cgroup),
		cmocka_unit_test(similar_comms_are_no_vm),
		cmocka_unit_test(without_cgroup_and_comm_there_is_no_vm),
		cmocka_unit_test(every_process_in_a_vm_cgroup_except_helpers_is_the_vm),
		cmocka_unit_test(vm_process_in_a_pod_is_kubevirt),
		cmocka_unit_test(stack_names_are_those_of_the_report),
		cmocka_unit_test(damaged_paths_are_handled_safely),
		cmocka_unit_test(mixed_path_layouts_are_handled_safely),
	};

	return cmocka_run_group_tests_name("vm identity", tests, NULL, NULL);
}
