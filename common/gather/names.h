/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_GATHER_NAMES_H
#define OOM_GATHER_NAMES_H
/*
 * Internal to gather/.  Names the VMs of kills.  The sources, in the order in which they are used:
 *
 *   names_from_report()  the cgroup and the comm in the kernel's report
 *   names_from_state()   what an earlier run saved with the kill
 *   names_from_files()   the notes that were taken while the VM ran (running/notes.h);
 *                        the machine that systemd-machined had registered for the pid;
 *                        the files of the VM's manager (vm/complete.h)
 *
 * Each completes what those before it have found, replaces a name only by one that is not
 * truncated, and is not used if it contradicts them.
 */
#include "gather/gather.h"

void names_from_report(const struct gather_request *request, struct gather_kill *kill);
void names_from_state(const struct gather_request *request, struct gather_result *result);
void names_from_files(const struct gather_request *request, struct gather_result *result);

/* Completes *vm from *known, unless these are different VMs.  `origins` (enum vm_origin) is added if
 * anything was taken. */
void names_complete(struct vm_identity *vm, const struct vm_identity *known, unsigned origins);

#endif
