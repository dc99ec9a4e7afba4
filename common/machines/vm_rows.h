/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_MACHINES_VM_ROWS_H
#define OOM_MACHINES_VM_ROWS_H
/*
 * Whose VM it is, as fields of a row that is saved (state/rows.h): role, stack,
 * whether the name is lossy, name, id, UUID, display name and project.
 */
#include "state/rows.h"
#include "vm/identity.h"

#define VM_ROWS_FIELDS 8

void vm_rows_put(struct text *text, const struct vm_identity *vm);

/* From the fields that begin with `field`; what is missing or means nothing
 * stays unset. */
void vm_rows_get(const struct rows_row *row, size_t field, struct vm_identity *ret);

#endif
