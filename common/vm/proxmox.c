/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vm/proxmox.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "vm/span.h"
#include "vm/uuid.h"

/* pmxcfs holds no file larger (CFS_MAX_FILESIZE, 1 MiB since 6.x, before that
 * 512 KiB); the current configuration stands first, snapshots follow. */
#define READ_MAX 65536

static void take_name(struct vm_identity *vm, struct span value)
{
	if (!vm->display_name[0])
		span_copy(value, vm->display_name, sizeof(vm->display_name));
}

static void take_tags(struct vm_identity *vm, struct span value)
{
	if (!vm->tags[0])
		span_copy(value, vm->tags, sizeof(vm->tags));
}

/* "uuid=…,manufacturer=…": the guest's system UUID. */
static void take_smbios(struct vm_identity *vm, struct span value)
{
	const char *uuid = span_find(value, "uuid=");

	if (!uuid || (uuid > value.text && uuid[-1] != ','))
		return;
	uuid += strlen("uuid=");
	size_t length = (size_t)(value.text + value.length - uuid);
	const char *comma = memchr(uuid, ',', length);
	if (!vm->uuid[0])
		vm_uuid_read(vm->uuid, uuid, comma ? (size_t)(comma - uuid) : length);
}

static const struct key {
	const char *name;
	void (*take)(struct vm_identity *vm, struct span value);
} keys[] = {
	{ "name:", take_name },
	{ "tags:", take_tags },
	{ "smbios1:", take_smbios },
};

static void trim(struct span *span)
{
	while (span->length > 0 && strchr(" \t\r", span->text[span->length - 1]))
		span->length--;
	while (span_strip_prefix(span, " ") || span_strip_prefix(span, "\t"))
		;
}

/* "key: value" a line, '#' is the description; the first [section] is a
 * snapshot or what is pending, and the VM's no more. */
static void parse(struct vm_identity *vm, const char *text, size_t length)
{
	const char *end = text + length;

	for (const char *newline; text < end; text = newline + 1) {
		newline = memchr(text, '\n', (size_t)(end - text));
		if (!newline)
			newline = end;
		const struct span line = { text, (size_t)(newline - text) };
		if (line.length > 0 && line.text[0] == '[')
			return;
		for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
			struct span value = line;

			if (!span_strip_prefix(&value, keys[i].name))
				continue;
			trim(&value);
			keys[i].take(vm, value);
		}
	}
}

int vm_proxmox_complete(struct vm_identity *vm, const struct file_roots *roots)
{
	char path[PATH_MAX];
	TEXT_ON_STACK(name, 128);

	if (!vm->id[0] || vm->id[strspn(vm->id, "0123456789")])
		return -EINVAL;
	text_printf(&name, "/etc/pve/qemu-server/%s.conf", vm->id);
	if (file_path(roots, name.data, path, sizeof(path)) < 0)
		return -ENAMETOOLONG;
	AUTO_CLOSE int fd = file_open_regular(path, NULL);
	AUTO_FREE char *content = malloc(READ_MAX);
	if (fd < 0)
		return fd;
	if (!content)
		return -ENOMEM;
	ssize_t length = pread(fd, content, READ_MAX, 0);
	if (length < 0)
		return -errno;
	parse(vm, content, (size_t)length);
	vm->origins |= VM_ORIGIN_PROXMOX;
	return 0;
}
