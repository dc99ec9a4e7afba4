/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_VM_MACHINE_NAME_H
#define OOM_VM_MACHINE_NAME_H
/*
 * Inside this room only: how libvirt shortens a domain's name to a machine
 * name.  Characters are dropped, so it cannot be undone: the names of known
 * domains are shortened the same way and compared.
 */
#include <stdbool.h>

#include "vm/identity.h"

/* libvirt's driver by the machine name: "qemu" or "ch"; NULL where the name is
 * a user's session's or an embedded driver's, whose domains are not the
 * system's. */
const char *vm_machine_name_driver(const struct vm_identity *vm);

/* Whether the identity's name, shortened as it may be, can be this domain's. */
bool vm_machine_name_matches(const struct vm_identity *vm, const char *domain);

/* The same where no rule of libvirt's sources matches any domain: only letters
 * and digits count, for distributions have had rules of their own. */
bool vm_machine_name_resembles(const struct vm_identity *vm, const char *domain);

#endif
