/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "running/vm_rows.h"

#include "base/array.h"

#define STRING(member)                                                                             \
	{                                                                                          \
		offsetof(struct vm_identity, member), sizeof(((struct vm_identity *)NULL)->member) \
	}

static const struct {
	size_t offset, size;
} strings[] = { STRING(name), STRING(id), STRING(uuid), STRING(display_name), STRING(project) };
#define STRINGS ARRAY_SIZE(strings)

_Static_assert(3 + STRINGS == VM_ROWS_FIELDS, "VM_ROWS_FIELDS must match the fields written");

void vm_rows_put(struct text *text, const struct vm_identity *vm)
{
	rows_number(text, (int64_t)vm->role);
	rows_number(text, (int64_t)vm->stack);
	rows_number(text, vm->name_is_truncated);
	for (size_t i = 0; i < STRINGS; i++)
		rows_string(text, (const char *)vm + strings[i].offset);
}

void vm_rows_get(const struct rows_row *row, size_t field, struct vm_identity *ret)
{
	ret->role = (enum vm_role)rows_get_small(row, field++, VM_ROLE_COUNT - 1);
	ret->stack = (enum vm_stack)rows_get_small(row, field++, VM_STACK_COUNT - 1);
	ret->name_is_truncated = rows_get_small(row, field++, 1) != 0;
	for (size_t i = 0; i < STRINGS; i++)
		text_copy((char *)ret + strings[i].offset, strings[i].size, rows_get_string(row, field++));
}
