/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "host/arcstats.h"

#include <stddef.h>

#include "host/fields.h"

int host_arcstats_read(struct host_arcstats *ret, const struct file_roots *roots, struct text *error)
{
	static const struct host_field fields[] = {
		{ "c_min", offsetof(struct host_arcstats, c_min_bytes), true },
		{ "c_max", offsetof(struct host_arcstats, c_max_bytes), true },
		{ "size", offsetof(struct host_arcstats, size_bytes), true },
	};
	static const struct host_table table = HOST_TABLE(HOST_KSTAT, fields);
	static const char name[] = "/spl/kstat/zfs/arcstats";
	char path[HOST_PATH_MAX];
	struct host_arcstats arcstats;
	int r = file_procfs_path(roots, name, path, sizeof(path));

	if (r < 0)
		return host_complain(error, name, r, NULL);
	r = host_fields_read(path, &table, "", &arcstats, error);
	if (r == 0)
		*ret = arcstats;
	return r;
}
