/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_VM_PROXMOX_H
#define OOM_VM_PROXMOX_H
/* Inside this room only: a Proxmox VM's configuration. */
#include "base/file.h"
#include "vm/identity.h"

/*
 * /etc/pve/qemu-server/VMID.conf by vm->id, for root and www-data to read: its
 * name, which need not be unique, as display_name; tags, and the UUID of
 * smbios1.  What is known already stays.  0 or a negative errno.
 */
int vm_proxmox_complete(struct vm_identity *vm, const struct file_roots *roots);

#endif
