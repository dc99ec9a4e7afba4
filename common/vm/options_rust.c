/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The options of cloud-hypervisor, Firecracker and crosvm, in the style of clap: "--memory size=4G"
 * or "--memory=size=4G". Firecracker gets its memory size from a file or through its API, and so
 * does cloud-hypervisor if it is started with only an API socket. Then it is unknown here.
 */
#include <string.h>

#include "base/text.h"
#include "vm/hypervisor_options.h"
#include "vm/key_values.h"
#include "vm/span.h"

#define MIB     (UINT64_C(1) << 20)
#define SUM_MAX (UINT64_C(1) << 60)

struct saved_kills {
	uint64_t bytes, hotplug_bytes, hotplugged_bytes, hugepage_bytes;
	bool given, hugepages;
};

static void read_pairs(struct saved_kills *memory, const char *value, uint64_t unit_bytes)
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
	struct saved_kills memory = { 0 };

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

/* --memory-zone adds to --memory, whose size is then 0. */
static void read_memory_bytes(struct vm_command_line *line, const char *value)
{
	add(line, value, 1);
}

static void read_memory_mib(struct vm_command_line *line, const char *value)
{
	add(line, value, MIB);
}

static void read_id(struct vm_command_line *line, const char *value)
{
	text_copy(line->id, sizeof(line->id), value);
}

static void read_name(struct vm_command_line *line, const char *value)
{
	text_copy(line->name, sizeof(line->name), value);
}

/* The nearest thing to a name that cloud-hypervisor has: /run/vms/web.sock */
static void read_api_socket(struct vm_command_line *line, const char *value)
{
	static const char *const suffixes[] = { ".sock", ".socket", "-socket", "-api", ".api" };
	struct key_values list;
	struct key_value pair;

	key_values_init(&list, value, "path");
	if (!key_values_next(&list, &pair) || strcmp(pair.key, "path") != 0)
		return;
	const char *slash = strrchr(pair.value, '/');
	struct span name = { .text = slash ? slash + 1 : pair.value };
	name.length = strlen(name.text);
	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++)
		if (span_strip_suffix(&name, suffixes[i]))
			break;
	span_copy(name, line->id, sizeof(line->id));
}

static const struct option {
	enum vm_stack stack;
	const char *name;
	void (*read)(struct vm_command_line *line, const char *value);
	bool several; /* several values may follow it */
} options_known[] = {
	{ VM_STACK_CLOUD_HYPERVISOR, "--memory", read_memory_bytes, false },
	{ VM_STACK_CLOUD_HYPERVISOR, "--memory-zone", read_memory_bytes, true },
	{ VM_STACK_CLOUD_HYPERVISOR, "--api-socket", read_api_socket, false },
	{ VM_STACK_FIRECRACKER, "--id", read_id, false },
	{ VM_STACK_CROSVM, "--mem", read_memory_mib, false },
	{ VM_STACK_CROSVM, "-m", read_memory_mib, false },
	{ VM_STACK_CROSVM, "--name", read_name, false },
};

/* "--memory=X" contains its value; otherwise *ret_value is NULL. */
static const struct option *find_option(enum vm_stack stack, const char *argument, const char **ret_value)
{
	const size_t length = strcspn(argument, "=");

	for (size_t i = 0; i < ARRAY_SIZE(options_known); i++) {
		const struct option *option = &options_known[i];

		if (option->stack != stack || strlen(option->name) != length ||
		    memcmp(option->name, argument, length) != 0)
			continue;
		*ret_value = argument[length] ? argument + length + 1 : NULL;
		return option;
	}
	return NULL;
}

void hypervisor_options_rust(struct vm_command_line *ret, struct hypervisor_options options)
{
	const struct option *option = NULL;
	const char *argument;

	while ((argument = hypervisor_options_next(&options))) {
		const char *value = NULL;
		const struct option *found = find_option(ret->stack, argument, &value);

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
