/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vm/comm.h"

#include <string.h>

#include "base/text.h"

/* The kernel keeps 15 bytes of a name (TASK_COMM_LEN is 16). */
#define COMM_MAX 15

static bool matches(const char *pattern, const char *comm)
{
	for (; *pattern; pattern++) {
		if (*pattern == '*')
			return true;
		if (*pattern != '#') {
			if (*comm++ != *pattern)
				return false;
			continue;
		}
		size_t digits = strspn(comm, "0123456789");
		if (digits == 0)
			return false;
		comm += digits;
	}
	return *comm == '\0';
}

static void read_name(struct vm_identity *ret, const char *pattern, const char *comm)
{
	text_copy(ret->name, sizeof(ret->name), comm + strcspn(pattern, "*"));
	ret->name_is_truncated = strlen(comm) >= COMM_MAX;
}

static const char *find_pattern(const char *const *patterns, const char *comm)
{
	while (*patterns && !matches(*patterns, comm))
		patterns++;
	return *patterns;
}

enum vm_stack vm_comm_identify(struct vm_identity *ret, const char *comm)
{
	for (enum vm_stack stack = VM_STACK_NONE; stack < VM_STACK_COUNT; stack++) {
		const char *pattern = find_pattern(vm_stacks[stack].comms, comm);

		if (pattern && vm_stacks[stack].comm_has_name)
			read_name(ret, pattern, comm);
		if (pattern)
			return stack;
	}
	return VM_STACK_NONE;
}

bool vm_comm_is_helper(const char *comm)
{
	return find_pattern(vm_stack_helpers, comm) != NULL;
}
