/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vm/comm.h"

#include <string.h>

#include "base/text.h"
#include "vm/span.h"

/* The kernel keeps 15 bytes of a name (TASK_COMM_LEN is 16). */
#define COMM_MAX 15

/*
 * In a pattern '#' matches a number and a final '*' any rest: an architecture, a version, or
 * whatever did not fit into 15 bytes.
 */
struct machine {
	const char *pattern;
	enum vm_stack stack;
};

/*
 * Only programs that emulate a whole machine, and their threads. Not qemu-x86_64 (emulates one
 * process), qemu-img, qemu-ga (runs inside a guest), kvm-pit and kvm-nx-lpage-re (kernel threads),
 * or firecracker-containerd.
 */
static const struct machine machines[] = {
	{ "qemu-kvm", VM_STACK_QEMU },       /* RHEL */
	{ "qemu-system-*", VM_STACK_QEMU },  /* upstream: qemu-system-x86 */
	{ ".qemu-system-*", VM_STACK_QEMU }, /* NixOS's wrapper: .qemu-system-x8 */
	{ "kvm", VM_STACK_QEMU },            /* Debian's /usr/bin/kvm, Proxmox */
	{ "CPU #/KVM", VM_STACK_QEMU },      /* -name debug-threads=on */
	{ "CPU #/TCG", VM_STACK_QEMU },
	{ "virt-launcher*", VM_STACK_KUBEVIRT }, /* the VM ends with it */
	{ "cloud-hyperviso*", VM_STACK_CLOUD_HYPERVISOR },
	{ "vcpu#", VM_STACK_CLOUD_HYPERVISOR },
	{ "firecracker", VM_STACK_FIRECRACKER },
	{ "firecracker-v*", VM_STACK_FIRECRACKER }, /* as released: firecracker-v1.7.0-x86_64 */
	{ "fc_vcpu #", VM_STACK_FIRECRACKER },
	{ "fc_vcpu#", VM_STACK_FIRECRACKER }, /* older releases */
	{ "fc_api", VM_STACK_FIRECRACKER },
	{ "crosvm", VM_STACK_CROSVM },
	{ "crosvm_vcpu#", VM_STACK_CROSVM },
};

/* Processes that libvirt, Proxmox and KubeVirt start beside a VM, in its cgroup. */
static const char *const helpers[] = {
	"swtpm",       "virtiofsd",      "vhost-user-*", "qemu-storage-da*", "qemu-nbd",
	"nbdkit",      "qemu-pr-helper", "pr-helper",    "qemu-bridge-hel*", "passt",
	"passt.avx2",  "slirp4netns",    "slirp-helper", "libslirp-helper",  "qemu-rdp",
	"dbus-daemon", "virtqemud",      "virtlogd",
};

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

/* With set_process_name=1 in qemu.conf, libvirt starts QEMU as "qemu:NAME". */
static bool read_process_name(struct vm_identity *ret, const char *comm)
{
	static const char prefix[] = "qemu:";

	if (strncmp(comm, prefix, strlen(prefix)) != 0)
		return false;
	text_copy(ret->name, sizeof(ret->name), comm + strlen(prefix));
	ret->name_is_truncated = strlen(comm) >= COMM_MAX;
	return true;
}

enum vm_stack vm_comm_identify(struct vm_identity *ret, const char *comm)
{
	for (size_t i = 0; i < ARRAY_SIZE(machines); i++)
		if (matches(machines[i].pattern, comm))
			return machines[i].stack;
	return read_process_name(ret, comm) ? VM_STACK_LIBVIRT : VM_STACK_NONE;
}

bool vm_comm_is_helper(const char *comm)
{
	for (size_t i = 0; i < ARRAY_SIZE(helpers); i++)
		if (matches(helpers[i], comm))
			return true;
	return false;
}
