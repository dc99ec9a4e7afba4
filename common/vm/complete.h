/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_VM_COMPLETE_H
#define OOM_VM_COMPLETE_H
/*
 * Completes a VM's identity from the files of its manager: libvirt's, with nova's metadata,
 * Proxmox's and systemd-machined's. Most are readable by root only. A file that is missing,
 * unreadable or damaged leaves the identity unchanged, and the next one is tried. These functions
 * never fail.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/file.h"
#include "vm/command_line.h"
#include "vm/identity.h"

struct vm_death {
	int64_t pid;           /* -1 if unknown */
	int64_t realtime_usec; /* of the kill */
};

/*
 * Completes what vm_identify() found for a process that was killed. If only the process's name was
 * known, this may change the stack. A later process with the same pid is not mistaken for it.
 */
void vm_complete(struct vm_identity *vm, const struct vm_death *death, const struct file_roots *roots);

struct vm_process {
	int64_t pid;
	const struct vm_places *places; /* these three as for vm_identify() */
	const char *cgroup;
	const char *comm;
	const struct vm_command_line *command_line; /* NULL if unknown; ignored for a helper */
};

/* Identifies a running process and completes its identity. Returns whether it is a VM's process. */
bool vm_identify_living(struct vm_identity *ret, const struct vm_process *process,
			const struct file_roots *roots);

#endif
