/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "host/arcstats.h"

#include <errno.h>
#include <stddef.h>

#include "base/cleanup.h"
#include "host/fields.h"

#define ARCSTATS_FILE_MAX 32768 /* 7 KiB in OpenZFS 2.3, and it grows */

int host_arcstats_read(struct host_arcstats *ret, const struct file_roots *roots, struct text *error)
{
	static const struct host_field fields[] = {
		{ "c_min", offsetof(struct host_arcstats, c_min_bytes), true },
		{ "size", offsetof(struct host_arcstats, size_bytes), true },
	};
	static const struct host_table table = HOST_TABLE(HOST_KSTAT, fields);
	static const char name[] = "/spl/kstat/zfs/arcstats";
	AUTO_FREE char *buffer = malloc(ARCSTATS_FILE_MAX);
	char path[HOST_PATH_MAX];
	struct host_arcstats arcstats;
	TEXT_ON_STACK(why, 128);
	int r = buffer ? file_procfs_path(roots, name, path, sizeof(path)) : -ENOMEM;

	if (r < 0)
		return host_complain(error, name, r, NULL);
	ssize_t length = host_read(path, buffer, ARCSTATS_FILE_MAX, error);
	if (length < 0)
		return (int)length;
	r = host_fields_parse(&table, "", buffer, (size_t)length, &arcstats, &why);
	if (r < 0)
		return host_complain(error, path, r, why.data);
	*ret = arcstats;
	return 0;
}
