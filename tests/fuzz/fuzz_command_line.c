/* SPDX-License-Identifier: GPL-3.0-or-later */
/* libFuzzer target: command lines of hypervisors. Any user can start a process with any. */
#include <stdlib.h>
#include <string.h>

#include "vm/command_line.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct vm_command_line *line)
{
	if (memchr(line->name, '\0', sizeof(line->name)) == NULL ||
	    memchr(line->id, '\0', sizeof(line->id)) == NULL ||
	    memchr(line->uuid, '\0', sizeof(line->uuid)) == NULL || line->max_bytes < line->memory_bytes ||
	    line->memory_bytes < line->hugetlb_bytes)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vm_command_line line;
	/* of the exact size, so that reads beyond it are detected */
	char *copy = malloc(size > 0 ? size : 1);

	if (copy == NULL)
		return 0;
	memcpy(copy, data, size);
	vm_command_line_parse(&line, copy, size);
	free(copy);
	check(&line);
	return 0;
}
