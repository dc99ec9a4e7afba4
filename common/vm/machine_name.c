/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vm/machine_name.h"

#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "base/text.h"

const char *const vm_machine_name_drivers[] = { "qemu", "ch" };

/* Longer machine names are cut, prefix included (HOST_NAME_MAX). */
#define MACHINE_MAX 64

/*
 * With set_process_name=1, QEMU's comm is "qemu:" and as much of the name as fits into the kernel's
 * 15 bytes.
 */
#define COMM_NAME_MAX 10

/*
 * The characters that are kept besides letters and digits. libvirt 1.3.3 to 5.x (virsystemd.c):
 * every '-', and the first of consecutive '.'. 6.x: the first of consecutive '.' and '-', and none
 * at the start or the end. In both a dropped character ends such a sequence. Later versions
 * (domain_driver.c, tested up to 11.3): as 6.x, but a dropped character does not end it.
 */
static const struct rule {
	bool collapses_dashes; /* and trims both ends */
	bool dropped_ends_row;
} rules[] = {
	{ .collapses_dashes = true },
	{ .collapses_dashes = true, .dropped_ends_row = true },
	{ .dropped_ends_row = true },
};

/* Independent of the locale. */
static bool is_letter_or_digit(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static void shorten(struct text *machine, const char *name, const struct rule *rule)
{
	bool in_row = rule->collapses_dashes;

	for (; *name && machine->length < MACHINE_MAX; name++) {
		if (*name == '.' || (*name == '-' && rule->collapses_dashes)) {
			if (!in_row)
				text_append_bytes(machine, name, 1);
			in_row = true;
			continue;
		}
		bool kept = is_letter_or_digit(*name) || *name == '-';
		if (kept)
			text_append_bytes(machine, name, 1);
		if (kept || rule->dropped_ends_row)
			in_row = false;
	}
	if (!rule->collapses_dashes)
		return;
	while (machine->length > 0 && strchr("-.", machine->data[machine->length - 1]))
		machine->data[--machine->length] = '\0';
}

const char *vm_machine_name_driver(const struct vm_identity *vm)
{
	for (size_t i = 0; vm->id[0] && i < ARRAY_SIZE(vm_machine_name_drivers); i++) {
		TEXT_ON_STACK(prefix, MACHINE_MAX + 16);
		const size_t length = strlen(vm->machine);

		text_printf(&prefix, "%s-%s-", vm_machine_name_drivers[i], vm->id);
		/* "qemu-5": no character of the name was kept. */
		if (strncmp(vm->machine, prefix.data, prefix.length) == 0 ||
		    (length + 1 == prefix.length && strncmp(vm->machine, prefix.data, length) == 0))
			return vm_machine_name_drivers[i];
	}
	return NULL;
}

bool vm_machine_name_matches(const struct vm_identity *vm, const char *domain)
{
	const char *driver = vm_machine_name_driver(vm);

	if (!vm->name_is_truncated)
		return strcmp(vm->name, domain) == 0;
	if (!vm->machine[0])
		return strlen(vm->name) == COMM_NAME_MAX && strncmp(vm->name, domain, COMM_NAME_MAX) == 0;
	for (size_t i = 0; driver && i < ARRAY_SIZE(rules); i++) {
		TEXT_ON_STACK(machine, MACHINE_MAX + 16);

		text_printf(&machine, "%s-%s-", driver, vm->id);
		shorten(&machine, domain, &rules[i]);
		if (strcmp(machine.data, vm->machine) == 0)
			return true;
	}
	return false;
}

static const char *next_letter_or_digit(const char *name)
{
	while (*name && !is_letter_or_digit(*name))
		name++;
	return name;
}

/* Trimming removes at most one character. */
static bool fills_machine_name(const struct vm_identity *vm)
{
	return strlen(vm->machine) >= MACHINE_MAX - 1;
}

bool vm_name_is_cut(const struct vm_identity *vm)
{
	return vm->name_is_truncated && (!vm->machine[0] || fills_machine_name(vm));
}

bool vm_machine_name_resembles(const struct vm_identity *vm, const char *domain)
{
	const char *name = next_letter_or_digit(vm->name);
	const bool may_be_cut = fills_machine_name(vm);

	if (!vm->name_is_truncated || !vm_machine_name_driver(vm) || !*name)
		return false;
	domain = next_letter_or_digit(domain);
	while (*name && *name == *domain) {
		name = next_letter_or_digit(name + 1);
		domain = next_letter_or_digit(domain + 1);
	}
	return !*name && (!*domain || may_be_cut);
}
