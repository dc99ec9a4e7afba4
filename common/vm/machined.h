/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_VM_MACHINED_H
#define OOM_VM_MACHINED_H
/* Inside this room only: what systemd-machined keeps of a running VM. */
#include <stdint.h>

#include "base/file.h"
#include "vm/identity.h"

/*
 * /run/systemd/machines/NAME by vm->machine, which all users may read: libvirt
 * registers a domain with its UUID.  0, -ESRCH where the entry is of another
 * process, or a negative errno.
 */
int vm_machined_complete(struct vm_identity *vm, int64_t pid, const struct file_roots *roots);

#endif
