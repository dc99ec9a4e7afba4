/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vm/stack.h"

#include <ctype.h>
#include <string.h>

#include "base/array.h"
#include "base/cursor.h"
#include "base/text.h"
#include "vm/cgroup.h"
#include "vm/hypervisor_options.h"
#include "vm/libvirt.h"
#include "vm/span.h"

static bool is_unit(struct cursor component)
{
	return cursor_ends(&component, ".slice") || cursor_ends(&component, ".scope") ||
	       cursor_ends(&component, ".service");
}

/*
 * /qemu.slice/101.scope; containers are in /lxc/101. Without ".scope" the path was truncated, and
 * the number may be incomplete.
 */
static bool proxmox_cgroup(struct vm_identity *ret, const struct vm_place *place)
{
	struct cursor scope = place->component;

	if (!cursor_take_end(&scope, ".scope"))
		return cursor_digits(&scope) > 0 && !is_unit(scope);
	if (cursor_left(&scope) == 0 || cursor_left(&scope) > 10 ||
	    cursor_digits(&scope) != cursor_left(&scope))
		return false;
	return cursor_copy(&scope, ret->id, sizeof(ret->id));
}

/*
 * /firecracker-v1.7.0-x86_64/<id>. The jailer names the cgroup after the binary, whose name must
 * contain "firecracker". An id consists of letters, digits and dashes.
 */
static bool firecracker_cgroup(struct vm_identity *ret, const struct vm_place *place)
{
	const struct cursor id = place->component;

	if (is_unit(place->parent) || cursor_left(&id) >= sizeof(ret->id))
		return false;
	if (span_is_cut(id))
		return true;
	for (size_t i = 0; i < cursor_left(&id); i++)
		if (!isalnum((unsigned char)id.at[i]) && id.at[i] != '-')
			return false;
	return cursor_copy(&id, ret->id, sizeof(ret->id));
}

static void cloud_hypervisor_options(struct vm_command_line *ret, struct hypervisor_options options)
{
	static const struct hypervisor_option known[] = {
		{ "--memory", hypervisor_options_memory_bytes, false },
		{ "--memory-zone", hypervisor_options_memory_bytes, true },
		{ "--api-socket", hypervisor_options_socket, false },
	};

	hypervisor_options_read(ret, options, known, ARRAY_SIZE(known));
}

static void firecracker_options(struct vm_command_line *ret, struct hypervisor_options options)
{
	static const struct hypervisor_option known[] = {
		{ "--id", hypervisor_options_id, false },
	};

	hypervisor_options_read(ret, options, known, ARRAY_SIZE(known));
}

static void crosvm_options(struct vm_command_line *ret, struct hypervisor_options options)
{
	static const struct hypervisor_option known[] = {
		{ "--mem", hypervisor_options_memory_mib, false },
		{ "-m", hypervisor_options_memory_mib, false },
		{ "--name", hypervisor_options_name, false },
	};

	hypervisor_options_read(ret, options, known, ARRAY_SIZE(known));
}

/*
 * The comms are those of programs that emulate a whole machine, and of their threads. Not
 * qemu-x86_64 (emulates one process), qemu-img, qemu-ga (runs inside a guest), kvm-pit and
 * kvm-nx-lpage-re (kernel threads), or firecracker-containerd.
 *
 * The functions that read the files of VM managers are in complete.c.
 */
const struct vm_stack_row vm_stacks[VM_STACK_COUNT] = {
	[VM_STACK_LIBVIRT] = {
		.name = "libvirt",
		.comms = { "qemu:*" }, /* QEMU with set_process_name=1 in qemu.conf */
		.comm_has_name = true,
		.cgroups = {
			{ "/machine.slice", vm_libvirt_cgroup, true },
			{ "/machine-*.slice", vm_libvirt_cgroup, true },
			{ "/machine", vm_libvirt_cgroup, true },
			/* before 1.0.5 below libvirt's own cgroup, and even earlier in /libvirt */
			{ "/libvirt/qemu", vm_libvirt_old_cgroup, false },
			{ "/system/libvirtd.service/libvirt/qemu", vm_libvirt_old_cgroup, false },
			{ "/system.slice/libvirtd.service/libvirt/qemu", vm_libvirt_old_cgroup, false },
		},
	},
	[VM_STACK_PROXMOX] = { /* its QEMU is recognised by -id */
		.name = "proxmox",
		.cgroups = { { "/qemu.slice", proxmox_cgroup, false } },
		.name_is_label = true,
	},
	[VM_STACK_KUBEVIRT] = { /* its pods: vm_cgroup_pod() */
		.name = "kubevirt",
		.comms = { "virt-launcher*" }, /* starts the VM, which ends with it */
	},
	[VM_STACK_QEMU] = {
		.name = "qemu",
		.comms = {
			"qemu-kvm",       /* RHEL */
			"qemu-system-*",  /* upstream: qemu-system-x86 */
			".qemu-system-*", /* NixOS's wrapper: .qemu-system-x8 */
			"kvm",            /* Debian's /usr/bin/kvm, Proxmox */
			"CPU #/KVM",      /* -name debug-threads=on */
			"CPU #/TCG",
		},
		.read_options = hypervisor_options_qemu,
	},
	[VM_STACK_CLOUD_HYPERVISOR] = {
		.name = "cloud-hypervisor",
		.comms = { "cloud-hyperviso*", "vcpu#" },
		.read_options = cloud_hypervisor_options,
	},
	[VM_STACK_FIRECRACKER] = {
		.name = "firecracker",
		.comms = {
			"firecracker",
			"firecracker-v*", /* as released: firecracker-v1.7.0-x86_64 */
			"fc_vcpu #",
			"fc_vcpu#", /* older releases */
			"fc_api",
		},
		.cgroups = { { "/*firecracker*", firecracker_cgroup, false } },
		.read_options = firecracker_options,
	},
	[VM_STACK_CROSVM] = {
		.name = "crosvm",
		.comms = { "crosvm", "crosvm_vcpu#" },
		.read_options = crosvm_options,
	},
};

/* Processes that libvirt, Proxmox and KubeVirt start beside a VM, in its cgroup. */
static const char *const helpers[] = {
	"swtpm",       "virtiofsd",      "vhost-user-*", "qemu-storage-da*", "qemu-nbd",
	"nbdkit",      "qemu-pr-helper", "pr-helper",    "qemu-bridge-hel*", "passt",
	"passt.avx2",  "slirp4netns",    "slirp-helper", "libslirp-helper",  "qemu-rdp",
	"dbus-daemon", "virtqemud",      "virtlogd",
};

const char *vm_stack_name(enum vm_stack stack)
{
	return vm_stacks[stack].name;
}

/* The kernel keeps 15 bytes of a name (TASK_COMM_LEN is 16). */
#define COMM_MAX 15

static bool matches(const char *pattern, const char *comm)
{
	for (; *pattern; pattern++) {
		if (*pattern == '*')
			return true;
		if (*pattern != '#') {
			if (*comm++ != *pattern)
				return false;
			continue;
		}
		size_t digits = strspn(comm, "0123456789");
		if (digits == 0)
			return false;
		comm += digits;
	}
	return *comm == '\0';
}

static void read_name(struct vm_identity *ret, const char *pattern, const char *comm)
{
	text_copy(ret->name, sizeof(ret->name), comm + strcspn(pattern, "*"));
	ret->name_is_truncated = strlen(comm) >= COMM_MAX;
}

static const char *find_pattern(const char *const *patterns, const char *comm)
{
	while (*patterns && !matches(*patterns, comm))
		patterns++;
	return *patterns;
}

enum vm_stack vm_stack_of_comm(struct vm_identity *ret, const char *comm)
{
	for (enum vm_stack stack = VM_STACK_NONE; stack < VM_STACK_COUNT; stack++) {
		const char *pattern = find_pattern(vm_stacks[stack].comms, comm);

		if (pattern && vm_stacks[stack].comm_has_name)
			read_name(ret, pattern, comm);
		if (pattern)
			return stack;
	}
	return VM_STACK_NONE;
}

bool vm_stack_is_helper(const char *comm)
{
	for (size_t i = 0; i < ARRAY_SIZE(helpers); i++)
		if (matches(helpers[i], comm))
			return true;
	return false;
}
