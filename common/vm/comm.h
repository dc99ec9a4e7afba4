/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_VM_COMM_H
#define OOM_VM_COMM_H
/* Inside this room only: what a process's comm says about a VM. */
#include "vm/identity.h"

/* The stack whose VMs run under this name (a thread's name counts as well),
 * VM_STACK_NONE if it is no VM's.  Sets the name where the comm tells it. */
enum vm_stack vm_comm_identify(struct vm_identity *ret, const char *comm);

/* Whether a process of this name in a VM's cgroup only serves the VM. */
bool vm_comm_is_helper(const char *comm);

#endif
