/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_VM_COMMAND_LINE_H
#define OOM_VM_COMMAND_LINE_H
/*
 * What the command line of a VM's process says: its name, exactly, and the
 * memory that the guest was promised.  Reads nothing and allocates nothing.
 *
 * What is plugged in or unplugged while the VM runs (device_add, qom-set of
 * requested-size, the balloon) does not change the command line: the promise is
 * that of the start, max_bytes its bound.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vm/identity.h"

struct vm_command_line {
	enum vm_stack stack; /* by the program's name, and Proxmox by its -id; NONE: no VM's */
	char name[256];      /* as its manager has it, whole: "" unknown */
	char id[65];         /* Proxmox VMID, Firecracker's id, cloud-hypervisor's API socket */
	char uuid[37];
	bool memory_known;       /* false: it is told through an API, or in a file */
	uint64_t memory_bytes;   /* promised at the start, plugged devices included */
	uint64_t max_bytes;      /* what it may grow to by plugging; at least memory_bytes */
	uint64_t hugetlb_bytes;  /* of memory_bytes: lies in huge pages */
	uint64_t hugepage_bytes; /* of this size; 0: not said, or several */
	bool locked;             /* -overcommit mem-lock=on: all of it is held from the start */
};

/*
 * Parses what /proc/PID/cmdline holds: arguments, each ended by \0 (the last may
 * be cut off).  Options of which the value makes no sense count as not given.
 */
void vm_command_line_parse(struct vm_command_line *ret, const char *cmdline, size_t length);

/* Completes an identity by it: the name is now exact.  Stack and role stay, for a
 * cgroup tells the manager and a command line only the hypervisor. */
void vm_command_line_identify(struct vm_identity *vm, const struct vm_command_line *line);

#endif
