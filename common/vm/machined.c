/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vm/machined.h"

#include <limits.h>
#include <string.h>

#include "base/cursor.h"
#include "base/text.h"
#include "vm/uuid.h"

/* A dozen short lines (machine_save() in machined's machine.c). */
#define ENTRY_MAX 4096

/* Finds the value of "KEY=value"; `key` includes the '='. False if there is no such line. */
static bool find(const char *entry, const char *key, struct cursor *ret)
{
	struct cursor rest = cursor_of(entry);

	while (cursor_take_part(&rest, '\n', ret)) {
		if (cursor_take(ret, key))
			return true;
	}
	return false;
}

static bool is_led_by(const char *entry, int64_t pid)
{
	struct cursor leader;
	int64_t value;

	return find(entry, "LEADER=", &leader) && cursor_take_number(&leader, &value) &&
	       leader.at == leader.end && value == pid;
}

void vm_machined_complete(struct vm_identity *vm, int64_t pid, const struct file_roots *roots)
{
	char path[PATH_MAX], entry[ENTRY_MAX];
	TEXT_ON_STACK(name, 128);
	struct cursor id;

	if (!vm->machine[0] || strchr(vm->machine, '/'))
		return;
	text_printf(&name, "/run/systemd/machines/%s", vm->machine);
	if (file_path(roots, name.data, path, sizeof(path)) < 0 ||
	    file_read(path, entry, sizeof(entry)) < 0 || !is_led_by(entry, pid))
		return;
	if (!vm->uuid[0] && find(entry, "ID=", &id))
		vm_uuid_read(vm->uuid, id.at, cursor_left(&id));
	vm->origins |= VM_ORIGIN_MACHINED;
}
