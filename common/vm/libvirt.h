/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_VM_LIBVIRT_H
#define OOM_VM_LIBVIRT_H
/*
 * Inside this room only: libvirt's cgroups, by docs/cgroups.rst,
 * src/util/virsystemd.c, src/util/vircgroup.c and
 * src/hypervisor/domain_driver.c from 1.0.5 to 11.3.
 */
#include "vm/cgroup.h"
#include "vm/identity.h"

/* Each sets name and id if the component at the place is a VM's. */
bool vm_libvirt_scope(struct vm_identity *ret, const struct vm_place *place);
bool vm_libvirt_partition(struct vm_identity *ret, const struct vm_place *place);
bool vm_libvirt_legacy(struct vm_identity *ret, const struct vm_place *place);

/* Reads a machine name, as systemd-machined has it: sets name, id and machine.
 * A session is a user's own libvirt. */
bool vm_libvirt_machine(struct vm_identity *ret, struct span machine, bool session);

#endif
