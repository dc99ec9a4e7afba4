/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_VM_LIBVIRT_H
#define OOM_VM_LIBVIRT_H
/*
 * Internal to vm/: libvirt's cgroups, according to docs/cgroups.rst, src/util/virsystemd.c,
 * src/util/vircgroup.c and src/hypervisor/domain_driver.c of libvirt 1.0.5 to 11.3.
 */
#include "base/cursor.h"
#include "vm/cgroup.h"
#include "vm/identity.h"

/* For vm_cgroup_rule.identify; the second is for /libvirt/qemu/<name>, before 1.0.5. */
bool vm_libvirt_cgroup(struct vm_identity *ret, const struct vm_place *place);
bool vm_libvirt_old_cgroup(struct vm_identity *ret, const struct vm_place *place);

/*
 * Reads a machine name as registered with systemd-machined and sets name, id and machine. Returns
 * false if it is not a VM's. `session`: the domain belongs to a user's own libvirt.
 */
bool vm_libvirt_machine(struct vm_identity *ret, struct cursor machine, bool session);

#endif
