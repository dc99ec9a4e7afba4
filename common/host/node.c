/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "host/node.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cursor.h"
#include "host/fields.h"

#define NODES "/devices/system/node"

#define FIELD(name, member)                                    \
	{                                                      \
		name, offsetof(struct host_node, member), true \
	}

static int read_node(struct host_node *ret, const struct file_roots *roots, unsigned id, struct text *error)
{
	static const struct host_field fields[] = {
		FIELD("MemTotal", mem_total_kb),
		FIELD("MemFree", mem_free_kb),
		FIELD("Active(file)", active_file_kb),
		FIELD("Inactive(file)", inactive_file_kb),
		FIELD("SReclaimable", slab_reclaimable_kb),
	};
	static const struct host_table table = HOST_TABLE(HOST_COLON, fields);
	char name[64], prefix[32], path[HOST_PATH_MAX];

	snprintf(name, sizeof(name), NODES "/node%u/meminfo", id);
	snprintf(prefix, sizeof(prefix), "Node %u ", id);
	int r = file_sysfs_path(roots, name, path, sizeof(path));
	if (r < 0)
		return host_complain(error, name, r, NULL);
	ret->id = id;
	return host_fields_read(path, &table, prefix, ret, error);
}

static bool parse_id(const char *name, unsigned *ret)
{
	struct cursor rest = cursor_of(name);
	uint64_t id;

	if (!cursor_take(&rest, "node") || !cursor_take_u64(&rest, UINT_MAX, &id) || rest.at < rest.end)
		return false;
	*ret = (unsigned)id;
	return true;
}

/* "N" or "N-N" */
static bool parse_range(struct cursor range, uint64_t *ret_first, uint64_t *ret_last)
{
	if (!cursor_take_u64(&range, UINT64_MAX, ret_first))
		return false;
	*ret_last = *ret_first;
	return (!cursor_take_byte(&range, '-') || cursor_take_u64(&range, UINT64_MAX, ret_last)) &&
	       range.at == range.end;
}

/*
 * Sets has_cpu of the nodes in a list such as "0-1,4\n"; "\n" alone is an empty list. Returns 0 or
 * -EBADMSG.
 */
static int mark_listed(struct host_nodes *nodes, struct cursor list)
{
	struct cursor range;
	uint64_t first, last;

	if (!cursor_take_end(&list, "\n"))
		return -EBADMSG;
	while (cursor_take_part(&list, ',', &range)) {
		if (!parse_range(range, &first, &last))
			return -EBADMSG;
		for (size_t i = 0; i < nodes->count; i++)
			nodes->nodes[i].has_cpu |= nodes->nodes[i].id >= first && nodes->nodes[i].id <= last;
	}
	return 0;
}

/* If there is no such file, every node counts as one with CPUs. */
static int read_has_cpu(struct host_nodes *nodes, const struct file_roots *roots, struct text *error)
{
	char path[HOST_PATH_MAX], list[4096];
	int r = file_sysfs_path(roots, NODES "/has_cpu", path, sizeof(path));

	if (r < 0)
		return host_complain(error, NODES, r, NULL);
	ssize_t length = file_read(path, list, sizeof(list));
	for (size_t i = 0; i < nodes->count; i++)
		nodes->nodes[i].has_cpu = length == -ENOENT;
	r = length < 0 ? (int)length : mark_listed(nodes, (struct cursor){ list, list + length });
	return r < 0 && r != -ENOENT ? host_complain(error, path, r, NULL) : 0;
}

static int compare_ids(const void *a, const void *b)
{
	const struct host_node *x = a, *y = b;

	return x->id < y->id ? -1 : x->id > y->id;
}

int host_nodes_read(struct host_nodes *ret, const struct file_roots *roots, struct text *error)
{
	char path[HOST_PATH_MAX];
	const struct dirent *entry;
	int r = file_sysfs_path(roots, NODES, path, sizeof(path));

	ret->count = 0;
	if (r < 0)
		return host_complain(error, NODES, r, NULL);
	DIR *directory = opendir(path);
	if (!directory)
		return host_complain(error, path, -errno, NULL);
	while (r == 0 && (errno = 0, entry = readdir(directory)) != NULL) {
		unsigned id;

		if (!parse_id(entry->d_name, &id))
			continue;
		if (ret->count == HOST_NODES_MAX)
			r = host_complain(error, path, -E2BIG, "too many NUMA nodes");
		else
			r = read_node(&ret->nodes[ret->count++], roots, id, error);
	}
	if (r == 0 && errno != 0)
		r = host_complain(error, path, -errno, NULL);
	closedir(directory);
	if (r == 0 && ret->count == 0)
		r = host_complain(error, path, -ENODATA, "no NUMA node found");
	if (r == 0)
		r = read_has_cpu(ret, roots, error);
	qsort(ret->nodes, ret->count, sizeof(ret->nodes[0]), compare_ids);
	return r;
}
