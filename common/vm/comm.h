/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_VM_COMM_H
#define OOM_VM_COMM_H
/* Internal to vm/: identifies a VM by a process's comm. */
#include "vm/identity.h"

/*
 * Returns the stack whose VMs run under this comm (a thread's name counts as well), or
 * VM_STACK_NONE if it is not a VM's. Sets the name if the comm contains it.
 */
enum vm_stack vm_comm_identify(struct vm_identity *ret, const char *comm);

/* Whether a process with this comm in a VM's cgroup is only a helper of the VM. */
bool vm_comm_is_helper(const char *comm);

#endif
