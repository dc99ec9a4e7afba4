/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_VM_MACHINE_NAME_H
#define OOM_VM_MACHINE_NAME_H
/*
 * Internal to vm/: how libvirt shortens a domain's name to a machine name. Dropped characters
 * cannot be recovered, so the names of known domains are shortened in the same way and compared.
 */
#include <stdbool.h>

#include "vm/identity.h"

/* libvirt's drivers that run VMs; "lxc" runs containers. */
extern const char *const vm_machine_name_drivers[2];

/*
 * libvirt's driver according to the machine name, "qemu" or "ch". NULL if there is no machine name,
 * or if it is that of a domain in a user's session or of an embedded driver, which is not in the
 * system-wide directories.
 */
const char *vm_machine_name_driver(const struct vm_identity *vm);

/* Whether the identity's name, shortened or not, may be that of this domain. */
bool vm_machine_name_matches(const struct vm_identity *vm, const char *domain);

/*
 * A fallback for when no rule of libvirt's sources matches any domain: compares only letters and
 * digits, because distributions have had rules of their own.
 */
bool vm_machine_name_resembles(const struct vm_identity *vm, const char *domain);

#endif
