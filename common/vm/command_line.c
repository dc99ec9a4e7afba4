/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vm/command_line.h"

#include <string.h>

#include "base/text.h"
#include "vm/hypervisor_options.h"

/*
 * The rules for a comm also match a program's whole name: patterns that fill the 15 bytes of a comm
 * end in '*'.
 */
static enum vm_stack stack_of(const char *program)
{
	const char *slash = strrchr(program, '/');
	struct vm_identity ignored;

	return vm_stack_of_comm(&ignored, slash ? slash + 1 : program);
}

void vm_command_line_parse(struct vm_command_line *ret, const char *cmdline, size_t length)
{
	struct hypervisor_options options = { .at = cmdline, .end = cmdline + length };
	const char *program = hypervisor_options_next(&options);

	*ret = (struct vm_command_line){ .stack = program ? stack_of(program) : VM_STACK_NONE };
	if (vm_stacks[ret->stack].read_options)
		vm_stacks[ret->stack].read_options(ret, options);
	else
		ret->stack = VM_STACK_NONE;
	if (ret->max_bytes < ret->memory_bytes)
		ret->max_bytes = ret->memory_bytes;
}

/* Keeps the known value if the command line has none. */
static void copy_known(char *target, size_t size, const char *string)
{
	if (string[0])
		text_copy(target, size, string);
}

void vm_command_line_identify(struct vm_identity *vm, const struct vm_command_line *line)
{
	if (vm_stacks[line->stack].name_is_label) {
		vm->stack = line->stack;
		copy_known(vm->display_name, sizeof(vm->display_name), line->name);
	} else if (line->name[0]) {
		copy_known(vm->name, sizeof(vm->name), line->name);
		vm->name_is_truncated = false;
	}
	if (!vm->id[0])
		copy_known(vm->id, sizeof(vm->id), line->id);
	copy_known(vm->uuid, sizeof(vm->uuid), line->uuid);
	if (line->name[0] || line->id[0] || line->uuid[0])
		vm->origins |= VM_ORIGIN_COMMAND_LINE;
}
