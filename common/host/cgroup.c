/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "host/cgroup.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/cursor.h"
#include "host/fields.h"

/*
 * v1 writes "no limit" as PAGE_COUNTER_MAX pages: LONG_MAX rounded down to a whole page, which is
 * at most 64 KiB on machines that run KVM.
 */
#define V1_UNLIMITED_BYTES (((uint64_t)INT64_MAX) - 65535)

/* Returns 1, 0, or a negative errno if that could not be determined. */
static int is_there(const char *directory, const char *name, struct text *error)
{
	char path[HOST_CGROUP_FILE_MAX];
	int r = file_path(&(struct file_roots){ .rootfs = directory }, name, path, sizeof(path));

	if (r < 0)
		return host_complain(error, directory, r, NULL);
	if (access(path, F_OK) == 0)
		return 1;
	return errno == ENOENT || errno == ENOTDIR ? 0 : host_complain(error, path, -errno, NULL);
}

int host_cgroups_find(struct host_cgroups *ret, const struct file_roots *roots, struct text *error)
{
	static const char *const unified[] = { "/fs/cgroup", "/fs/cgroup/unified" };

	*ret = (struct host_cgroups){ 0 };
	for (size_t i = 0; i < ARRAY_SIZE(unified) && !ret->unified[0]; i++) {
		int r = file_sysfs_path(roots, unified[i], ret->unified, sizeof(ret->unified));

		if (r < 0)
			return host_complain(error, unified[i], r, NULL);
		r = is_there(ret->unified, "/cgroup.controllers", error);
		if (r < 0)
			return r;
		if (r == 0)
			ret->unified[0] = '\0';
	}
	int r = file_sysfs_path(roots, "/fs/cgroup/memory", ret->memory, sizeof(ret->memory));
	if (r < 0)
		return host_complain(error, "/fs/cgroup/memory", r, NULL);
	/* In pure v2 there may be a cgroup with the name "memory"; it has no v1 files. */
	r = is_there(ret->memory, "/memory.usage_in_bytes", error);
	if (r != 0)
		return r < 0 ? r : 0;
	ret->memory_is_v2 = true;
	memcpy(ret->memory, ret->unified, sizeof(ret->memory));
	return ret->unified[0] ? 0
			       : host_complain(error, "/sys/fs/cgroup", -ENOENT,
					       "no cgroup v1 or v2 is mounted there");
}

static int join(const char *root, const char *path, const char *name, char *buffer, struct text *error)
{
	struct text joined;

	text_init(&joined, buffer, HOST_CGROUP_FILE_MAX);
	text_append(&joined, root);
	if (strcmp(path, "/") != 0)
		text_append(&joined, path);
	text_append(&joined, name);
	return joined.truncated ? host_complain(error, path, -ENAMETOOLONG, NULL) : 0;
}

/* Reads a file that contains a number or "max". HOST_ABSENT if there is no such file. */
static int read_limit(const char *root, const char *cgroup, const char *name, uint64_t *ret,
		      struct text *error)
{
	char path[HOST_CGROUP_FILE_MAX], buffer[64];
	int r = join(root, cgroup, name, path, error);

	if (r < 0)
		return r;
	ssize_t length = file_read(path, buffer, sizeof(buffer));
	if (length == -ENOENT || length == -ENODEV) {
		*ret = HOST_ABSENT;
		return 0;
	}
	if (length < 0)
		return host_complain(error, path, (int)length, NULL);
	if (strcmp(buffer, "max\n") == 0) {
		*ret = HOST_UNLIMITED;
		return 0;
	}
	struct cursor text = { buffer, buffer + length };
	uint64_t value;
	if (!cursor_take_u64(&text, UINT64_MAX, &value) || !cursor_starts(&text, "\n"))
		return host_complain(error, path, -EBADMSG, "neither a number nor max");
	*ret = value >= V1_UNLIMITED_BYTES ? HOST_UNLIMITED : value;
	return 0;
}

int host_cgroup_memory(struct host_cgroup_memory *ret, const struct host_cgroups *cgroups, const char *path,
		       struct text *error)
{
	static const struct {
		const char *v2, *v1;
		size_t offset;
	} files[] = {
		{ "/memory.current", "/memory.usage_in_bytes",
		  offsetof(struct host_cgroup_memory, current_bytes) },
		{ "/memory.max", "/memory.limit_in_bytes", offsetof(struct host_cgroup_memory, max_bytes) },
		{ "/memory.high", NULL, offsetof(struct host_cgroup_memory, high_bytes) },
		{ "/memory.swap.current", NULL, offsetof(struct host_cgroup_memory, swap_current_bytes) },
	};
	struct host_cgroup_memory memory;

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		const char *name = cgroups->memory_is_v2 ? files[i].v2 : files[i].v1;
		uint64_t *value = (uint64_t *)((char *)&memory + files[i].offset);

		*value = HOST_ABSENT;
		int r = name ? read_limit(cgroups->memory, path, name, value, error) : 0;
		if (r < 0)
			return r;
	}
	if (!host_known(memory.current_bytes))
		return host_complain(error, path, -ENOENT, "no such memory cgroup");
	*ret = memory;
	return 0;
}

int host_cgroup_max(uint64_t *ret_bytes, const struct host_cgroups *cgroups, const char *path,
		    struct text *error)
{
	struct host_cgroup_memory memory;
	uint64_t bytes = HOST_ABSENT;
	int r = read_limit(cgroups->memory, path,
			   cgroups->memory_is_v2 ? "/memory.max" : "/memory.limit_in_bytes", &bytes, error);

	if (r == 0 && bytes == HOST_ABSENT) /* is the cgroup there? */
		r = host_cgroup_memory(&memory, cgroups, path, error);
	if (r == 0)
		*ret_bytes = bytes;
	return r;
}

#define STAT(member) offsetof(struct stat_lines, member)
/* 0.7 KiB of mostly zeroes in a small 6.1 guest; large numbers and new releases add to it. */
#define STAT_FILE_MAX 8192

struct stat_lines {
	uint64_t active_file, inactive_file, slab_reclaimable, hugetlb;
};

int host_cgroup_stat(struct host_cgroup_stat *ret, const struct host_cgroups *cgroups, const char *cgroup,
		     struct text *error)
{
	static const struct host_field v2_fields[] = {
		{ "active_file", STAT(active_file), true },
		{ "inactive_file", STAT(inactive_file), true },
		{ "slab_reclaimable", STAT(slab_reclaimable), false },
		{ "hugetlb", STAT(hugetlb), false },
	};
	/* Without "total_" the fields exclude the cgroups below. */
	static const struct host_field v1_fields[] = {
		{ "total_active_file", STAT(active_file), true },
		{ "total_inactive_file", STAT(inactive_file), true },
	};
	static const struct host_table v2 = HOST_TABLE(HOST_SPACE, v2_fields);
	static const struct host_table v1 = HOST_TABLE(HOST_SPACE, v1_fields);
	struct stat_lines lines = { .slab_reclaimable = HOST_ABSENT, .hugetlb = HOST_ABSENT };
	char path[HOST_CGROUP_FILE_MAX], buffer[STAT_FILE_MAX];
	TEXT_ON_STACK(why, 128);
	int r = join(cgroups->memory, cgroup, "/memory.stat", path, error);

	if (r < 0)
		return r;
	ssize_t length = host_read(path, buffer, sizeof(buffer), error);
	if (length < 0)
		return (int)length;
	r = host_fields_parse(cgroups->memory_is_v2 ? &v2 : &v1, "", buffer, (size_t)length, &lines, &why);
	if (r < 0)
		return host_complain(error, path, r, why.data);
	*ret = (struct host_cgroup_stat){
		.reclaimable_bytes = host_or_zero(lines.active_file) + host_or_zero(lines.inactive_file) +
				     host_or_zero(lines.slab_reclaimable),
		.hugetlb_bytes = lines.hugetlb,
	};
	return 0;
}

int host_cgroup_oom_kills(uint64_t *ret, const struct host_cgroups *cgroups, const char *cgroup,
			  struct text *error)
{
	static const struct host_field fields[] = { { "oom_kill", 0, false } };
	static const struct host_table table = HOST_TABLE(HOST_SPACE, fields);
	char path[HOST_CGROUP_FILE_MAX];
	uint64_t oom_kills;
	int r = join(cgroups->memory, cgroup,
		     cgroups->memory_is_v2 ? "/memory.events" : "/memory.oom_control", path, error);

	if (r == 0)
		r = host_fields_read(path, &table, "", &oom_kills, error);
	if (r == 0)
		*ret = oom_kills;
	return r;
}
