/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_VM_PROXMOX_H
#define OOM_VM_PROXMOX_H
/* Inside this room only: a Proxmox VM's configuration. */
#include "base/file.h"
#include "vm/complete.h"
#include "vm/identity.h"

/*
 * /etc/pve/qemu-server/VMID.conf by vm->id, for root and www-data to read: its
 * name, which need not be unique, as display_name; tags, and the UUID of
 * smbios1.  What is known already stays.
 *
 * `death` is NULL for a VM that lives.  A VMID is free again when its VM is destroyed:
 * the configuration counts if it is older than the death, says that its VM is
 * ("meta: ctime=", since Proxmox VE 7.1), or has the UUID that is known; else nothing is
 * taken and vm->doubt says why.  0 or a negative errno.
 */
int vm_proxmox_complete(struct vm_identity *vm, const struct vm_death *death, const struct file_roots *roots);

#endif
