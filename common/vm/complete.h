/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_VM_COMPLETE_H
#define OOM_VM_COMPLETE_H
/*
 * What the files of a VM's manager know of it: libvirt's, with nova's notes in
 * them, Proxmox's, systemd-machined's.  Most are for root to read; one that is
 * not there, may not be read or is damaged leaves what is known as it is, and
 * the next one is asked.  Nothing here fails.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/file.h"
#include "vm/command_line.h"
#include "vm/identity.h"

struct vm_death {
	int64_t pid;           /* -1 unknown */
	int64_t realtime_usec; /* of the kill */
};

/*
 * Completes what vm_identify() found of a process that was killed, role and
 * stack included where the name of its process was all there was.  A pid that
 * was given to another process since is not taken for it.
 */
void vm_complete(struct vm_identity *vm, const struct vm_death *death, const struct file_roots *roots);

struct vm_process {
	int64_t pid;
	const struct vm_places *places; /* as vm_identify() takes them: */
	const char *cgroup;
	const char *comm;
	const struct vm_command_line *command_line; /* NULL unknown; not asked of a helper, whose
	                                             * is its own */
};

/* The same for a process that lives: identifies it and completes that. */
bool vm_identify_living(struct vm_identity *ret, const struct vm_process *process,
			const struct file_roots *roots);

#endif
