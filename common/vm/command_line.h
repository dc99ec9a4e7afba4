/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_VM_COMMAND_LINE_H
#define OOM_VM_COMMAND_LINE_H
/*
 * Reads the command line of a VM's process: the VM's exact name, and the memory configured for the
 * guest. Reads no files and allocates no memory.
 *
 * Plugging and unplugging while the VM runs (device_add, qom-set of requested-size, the balloon)
 * does not change the command line. memory_bytes is the size at the start, and max_bytes an upper
 * bound.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vm/identity.h"

struct vm_command_line {
	enum vm_stack stack; /* from the program's name, Proxmox from its -id; NONE if not a VM's */
	char name[256];      /* the name that the manager uses, not cut; "" if unknown */
	char id[65];         /* Proxmox VMID, Firecracker's id, cloud-hypervisor's API socket */
	char uuid[37];
	bool memory_known;       /* false if it is configured through an API or in a file */
	uint64_t memory_bytes;   /* configured at the start, plugged devices included */
	uint64_t max_bytes;      /* to which it may grow by plugging; at least memory_bytes */
	uint64_t hugetlb_bytes;  /* part of memory_bytes that is in huge pages */
	uint64_t hugepage_bytes; /* their size; 0 if not given, or if there are several */
	bool locked;             /* -overcommit mem-lock=on: all of it is in use from the start */
};

/*
 * Parses the contents of /proc/PID/cmdline: arguments, each ended by \0 (the last may be cut off).
 * An option with an invalid value counts as not given.
 */
void vm_command_line_parse(struct vm_command_line *ret, const char *cmdline, size_t length);

/*
 * Completes an identity. A name on the command line is exact. The role stays, and so does the stack
 * unless -id shows a VM of Proxmox: a cgroup identifies the manager, a command line only the
 * hypervisor.
 */
void vm_command_line_identify(struct vm_identity *vm, const struct vm_command_line *line);

#endif
