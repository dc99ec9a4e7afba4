/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vm/hypervisor_options.h"

#include <string.h>

#include "base/array.h"
#include "base/cursor.h"
#include "base/text.h"
#include "vm/key_values.h"

#define MIB     (UINT64_C(1) << 20)
#define SUM_MAX (UINT64_C(1) << 60)

const char *hypervisor_options_next(struct hypervisor_options *options)
{
	const char *argument = options->at;
	const char *end = memchr(argument, '\0', (size_t)(options->end - argument));

	if (!end)
		return NULL;
	options->at = end + 1;
	return argument;
}

struct memory_option {
	uint64_t bytes, hotplug_bytes, hotplugged_bytes, hugepage_bytes;
	bool given, hugepages;
};

static void read_pairs(struct memory_option *memory, const char *value, uint64_t unit_bytes)
{
	struct key_values list;
	struct key_value pair;

	key_values_init(&list, value, "size");
	while (key_values_next(&list, &pair)) {
		if (strcmp(pair.key, "size") == 0)
			memory->given = key_values_size(pair.value, unit_bytes, &memory->bytes);
		else if (strcmp(pair.key, "hotplug_size") == 0)
			key_values_size(pair.value, unit_bytes, &memory->hotplug_bytes);
		else if (strcmp(pair.key, "hotplugged_size") == 0)
			key_values_size(pair.value, unit_bytes, &memory->hotplugged_bytes);
		else if (strcmp(pair.key, "hugepages") == 0)
			memory->hugepages = key_values_is_true(pair.value);
		else if (strcmp(pair.key, "hugepage_size") == 0)
			key_values_size(pair.value, unit_bytes, &memory->hugepage_bytes);
	}
}

static void add(struct vm_command_line *line, const char *value, uint64_t unit_bytes)
{
	struct memory_option memory = { 0 };

	read_pairs(&memory, value, unit_bytes);
	if (!memory.given || line->max_bytes > SUM_MAX)
		return;
	/* hotplugged_size is the part of hotplug_size that is plugged at the start. */
	if (memory.hotplugged_bytes > memory.hotplug_bytes)
		memory.hotplugged_bytes = memory.hotplug_bytes;
	const uint64_t bytes = memory.bytes + memory.hotplugged_bytes;
	line->memory_known = true;
	line->memory_bytes += bytes;
	line->max_bytes += memory.bytes + memory.hotplug_bytes;
	if (memory.hugepages && bytes > 0) {
		line->hugetlb_bytes += bytes;
		line->hugepage_bytes = memory.hugepage_bytes;
	}
}

void hypervisor_options_memory_bytes(struct vm_command_line *line, const char *value)
{
	add(line, value, 1);
}

void hypervisor_options_memory_mib(struct vm_command_line *line, const char *value)
{
	add(line, value, MIB);
}

void hypervisor_options_id(struct vm_command_line *line, const char *value)
{
	text_copy(line->id, sizeof(line->id), value);
}

void hypervisor_options_name(struct vm_command_line *line, const char *value)
{
	text_copy(line->name, sizeof(line->name), value);
}

void hypervisor_options_socket(struct vm_command_line *line, const char *value)
{
	static const char *const suffixes[] = { ".sock", ".socket", "-socket", "-api", ".api" };
	struct key_values list;
	struct key_value pair;

	key_values_init(&list, value, "path");
	if (!key_values_next(&list, &pair) || strcmp(pair.key, "path") != 0)
		return;
	const char *slash = strrchr(pair.value, '/');
	struct cursor name = cursor_of(slash ? slash + 1 : pair.value);
	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++)
		if (cursor_take_end(&name, suffixes[i]))
			break;
	cursor_copy(&name, line->id, sizeof(line->id));
}

/* "--memory=X" contains its value; otherwise *ret_value is NULL. */
static const struct hypervisor_option *find_option(const struct hypervisor_option *known, size_t count,
						   const char *argument, const char **ret_value)
{
	const size_t length = strcspn(argument, "=");

	for (size_t i = 0; i < count; i++) {
		if (strlen(known[i].name) != length || memcmp(known[i].name, argument, length) != 0)
			continue;
		*ret_value = argument[length] ? argument + length + 1 : NULL;
		return &known[i];
	}
	return NULL;
}

void hypervisor_options_read(struct vm_command_line *ret, struct hypervisor_options options,
			     const struct hypervisor_option *known, size_t count)
{
	const struct hypervisor_option *option = NULL;
	const char *argument;

	while ((argument = hypervisor_options_next(&options))) {
		const char *value = NULL;
		const struct hypervisor_option *found = find_option(known, count, argument, &value);

		if (found || argument[0] == '-')
			option = found;
		else
			value = argument;
		if (!option || !value)
			continue;
		option->read(ret, value);
		if (!option->several)
			option = NULL;
	}
}
