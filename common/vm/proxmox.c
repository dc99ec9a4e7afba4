/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vm/proxmox.h"

#include <limits.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/cursor.h"
#include "base/file.h"
#include "base/text.h"
#include "vm/uuid.h"

/*
 * A file in pmxcfs has at most CFS_MAX_FILESIZE (1 MiB since 6.x, 512 KiB before). The current
 * configuration comes first, so this much is enough; snapshots follow.
 */
#define READ_MAX 65536

struct config {
	struct cursor name, tags;
	char uuid[37];
	bool has_creation;
	uint64_t creation_sec; /* since the epoch */
};

static void take_name(struct config *config, struct cursor value)
{
	if (cursor_left(&config->name) == 0)
		config->name = value;
}

static void take_tags(struct config *config, struct cursor value)
{
	if (cursor_left(&config->tags) == 0)
		config->tags = value;
}

/* The value of `key` in "KEY=value,KEY=value"; `key` includes the '='. */
static struct cursor find_value(struct cursor list, const char *key)
{
	struct cursor value;

	while (cursor_take_part(&list, ',', &value)) {
		if (cursor_take(&value, key))
			return value;
	}
	return cursor_of("");
}

/* "creation-qemu=8.1.5,ctime=1719918000" */
static void take_meta(struct config *config, struct cursor value)
{
	struct cursor creation = find_value(value, "ctime=");

	config->has_creation =
		cursor_take_u64(&creation, UINT64_MAX, &config->creation_sec) && creation.at == creation.end;
}

/* "uuid=…,manufacturer=…": the guest's system UUID. */
static void take_smbios(struct config *config, struct cursor value)
{
	const struct cursor uuid = find_value(value, "uuid=");

	if (!config->uuid[0])
		vm_uuid_read(config->uuid, uuid.at, cursor_left(&uuid));
}

static const struct key {
	const char *name;
	void (*take)(struct config *config, struct cursor value);
} keys[] = {
	{ "name:", take_name },
	{ "tags:", take_tags },
	{ "smbios1:", take_smbios },
	{ "meta:", take_meta },
};

/*
 * The lines are "key: value"; lines with '#' are the description. The first [section] ends the
 * current configuration: it is a snapshot or has pending changes.
 */
static void parse(struct config *config, const char *text, size_t length)
{
	struct cursor rest = { text, text + length }, line;

	while (cursor_take_part(&rest, '\n', &line)) {
		if (cursor_starts(&line, "["))
			return;
		for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
			struct cursor value = line;

			if (!cursor_take(&value, keys[i].name))
				continue;
			keys[i].take(config, cursor_trimmed(value.at, cursor_left(&value)));
		}
	}
}

static enum vm_doubt doubt(const struct vm_identity *vm, const struct config *config,
			   const struct stat *status, const struct vm_death *death)
{
	const int64_t death_sec = death ? death->realtime_usec / 1000000 : 0;

	if (vm->uuid[0] && config->uuid[0])
		return strcmp(vm->uuid, config->uuid) == 0 ? VM_DOUBT_NONE : VM_DOUBT_REUSED;
	if (!death || status->st_mtim.tv_sec <= death_sec)
		return VM_DOUBT_NONE;
	if (!config->has_creation)
		return VM_DOUBT_NEWER;
	return config->creation_sec <= (uint64_t)death_sec ? VM_DOUBT_NONE : VM_DOUBT_REUSED;
}

static void take(struct vm_identity *vm, const struct config *config)
{
	if (!vm->display_name[0])
		cursor_copy(&config->name, vm->display_name, sizeof(vm->display_name));
	if (!vm->tags[0])
		cursor_copy(&config->tags, vm->tags, sizeof(vm->tags));
	if (!vm->uuid[0])
		memcpy(vm->uuid, config->uuid, sizeof(vm->uuid));
	vm->origins |= VM_ORIGIN_PROXMOX;
}

void vm_proxmox_complete(struct vm_identity *vm, const struct vm_death *death, const struct file_roots *roots)
{
	char path[PATH_MAX];
	struct config config = { .has_creation = false };
	struct stat status;
	TEXT_ON_STACK(name, 128);

	if (!vm->id[0] || vm->id[strspn(vm->id, "0123456789")])
		return;
	text_printf(&name, "/etc/pve/qemu-server/%s.conf", vm->id);
	if (file_path(roots, name.data, path, sizeof(path)) < 0)
		return;
	AUTO_CLOSE int fd = file_open_regular(path, &status);
	AUTO_FREE char *content = malloc(READ_MAX);
	const ssize_t length = fd < 0 || !content ? -1 : pread(fd, content, READ_MAX, 0);
	if (length < 0)
		return;
	parse(&config, content, (size_t)length);
	vm->doubt = doubt(vm, &config, &status, death);
	if (vm->doubt == VM_DOUBT_NONE)
		take(vm, &config);
}
