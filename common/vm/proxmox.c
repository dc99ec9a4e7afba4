/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vm/proxmox.h"

#include <limits.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/number.h"
#include "base/text.h"
#include "vm/span.h"
#include "vm/uuid.h"

/*
 * A file in pmxcfs has at most CFS_MAX_FILESIZE (1 MiB since 6.x, 512 KiB before). The current
 * configuration comes first, so this much is enough; snapshots follow.
 */
#define READ_MAX 65536

struct config {
	struct span name, tags;
	char uuid[37];
	bool has_creation;
	uint64_t creation_sec; /* since the epoch */
};

static void take_name(struct config *config, struct span value)
{
	if (config->name.length == 0)
		config->name = value;
}

static void take_tags(struct config *config, struct span value)
{
	if (config->tags.length == 0)
		config->tags = value;
}

/* The value of `key` in "KEY=value,KEY=value"; `key` includes the '='. */
static struct span find_value(struct span list, const char *key)
{
	struct span rest = list, none = { "", 0 };

	while (rest.length > 0) {
		const char *comma = memchr(rest.text, ',', rest.length);
		struct span value = { rest.text, comma ? (size_t)(comma - rest.text) : rest.length };

		rest.text += value.length + (comma != NULL);
		rest.length -= value.length + (comma != NULL);
		if (span_strip_prefix(&value, key))
			return value;
	}
	return none;
}

/* "creation-qemu=8.1.5,ctime=1719918000" */
static void take_meta(struct config *config, struct span value)
{
	const struct span creation = find_value(value, "ctime=");

	config->has_creation = number_parse_u64(creation.text, creation.length, &config->creation_sec) ==
				       (int)creation.length &&
			       creation.length > 0;
}

/* "uuid=…,manufacturer=…": the guest's system UUID. */
static void take_smbios(struct config *config, struct span value)
{
	const struct span uuid = find_value(value, "uuid=");

	if (!config->uuid[0])
		vm_uuid_read(config->uuid, uuid.text, uuid.length);
}

static const struct key {
	const char *name;
	void (*take)(struct config *config, struct span value);
} keys[] = {
	{ "name:", take_name },
	{ "tags:", take_tags },
	{ "smbios1:", take_smbios },
	{ "meta:", take_meta },
};

static void trim(struct span *span)
{
	while (span->length > 0 && strchr(" \t\r", span->text[span->length - 1]))
		span->length--;
	while (span_strip_prefix(span, " ") || span_strip_prefix(span, "\t"))
		;
}

/*
 * The lines are "key: value"; lines with '#' are the description. The first [section] ends the
 * current configuration: it is a snapshot or has pending changes.
 */
static void parse(struct config *config, const char *text, size_t length)
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
			keys[i].take(config, value);
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
		span_copy(config->name, vm->display_name, sizeof(vm->display_name));
	if (!vm->tags[0])
		span_copy(config->tags, vm->tags, sizeof(vm->tags));
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
