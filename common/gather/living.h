/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_GATHER_LIVING_H
#define OOM_GATHER_LIVING_H
/*
 * Notes which processes are VMs while they live.  Of more than ten kills in
 * five seconds the kernel names no cgroup (its reports are rate-limited, the
 * Killed lines are not), and a scope is gone with its VM: then the pid is all
 * there is, and the note tells whose it was.
 */
#include "gather/memory.h"

/*
 * Takes over the VMs that live now into memory->vms and forgets the others.
 * VMs are found by their cgroups; one that is known already costs a stat(2).
 */
void living_note(struct memory *memory, const struct file_roots *roots);

#endif
