/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_RUNNING_VM_ROWS_H
#define OOM_RUNNING_VM_ROWS_H
/*
 * A VM's identity as fields of a saved row (state/rows.h): role, stack, whether the name is truncated,
 * name, id, UUID, display name and project.
 */
#include "state/rows.h"
#include "vm/identity.h"

#define VM_ROWS_FIELDS 8

/* Appends the fields to a row that was begun with rows_begin(). */
void vm_rows_put(struct text *text, const struct vm_identity *vm);

/* Reads the fields that start at `field`. A missing or invalid one is set to 0 or "". */
void vm_rows_get(const struct rows_row *row, size_t field, struct vm_identity *ret);

#endif
