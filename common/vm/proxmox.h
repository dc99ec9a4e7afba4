/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_VM_PROXMOX_H
#define OOM_VM_PROXMOX_H
/* Internal to vm/: a Proxmox VM's configuration. */
#include "base/file.h"
#include "vm/complete.h"
#include "vm/identity.h"

/*
 * Reads /etc/pve/qemu-server/VMID.conf for vm->id, which root and www-data can read: its name,
 * which need not be unique, as display_name; its tags; and the UUID from smbios1. Fields that are
 * already known stay.
 *
 * `death` is NULL for a running VM. A VMID can be reused after its VM is destroyed. If two UUIDs
 * are known, they decide whether the configuration is the VM's. Otherwise it must be older than the
 * death, or have been created before it ("meta: ctime=", since Proxmox VE 7.1). If it does not
 * qualify, nothing is taken and vm->doubt gives the reason. A file that cannot be read changes
 * nothing.
 */
void vm_proxmox_complete(struct vm_identity *vm, const struct vm_death *death,
			 const struct file_roots *roots);

#endif
