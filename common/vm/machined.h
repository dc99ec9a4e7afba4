/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_VM_MACHINED_H
#define OOM_VM_MACHINED_H
/* Internal to vm/: systemd-machined's record of a running VM. */
#include <stdint.h>

#include "base/file.h"
#include "vm/identity.h"

/*
 * Reads /run/systemd/machines/NAME for vm->machine, which every user can read. libvirt registers a
 * domain with its UUID. An entry that belongs to another process changes nothing.
 */
void vm_machined_complete(struct vm_identity *vm, int64_t pid, const struct file_roots *roots);

#endif
