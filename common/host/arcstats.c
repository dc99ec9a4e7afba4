/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "host/arcstats.h"

#include <errno.h>
#include <stddef.h>

#include "base/cleanup.h"
#include "host/fields.h"

#define KSTAT_FILE_MAX 32768 /* arcstats: 7 KiB in OpenZFS 2.3, and it grows */

static int read_kstat(const char *name, const struct host_table *table, void *ret,
		      const struct file_roots *roots, struct text *error)
{
	AUTO_FREE char *buffer = malloc(KSTAT_FILE_MAX);
	char path[HOST_PATH_MAX];
	TEXT_ON_STACK(why, 128);
	int r = buffer ? file_procfs_path(roots, name, path, sizeof(path)) : -ENOMEM;

	if (r < 0)
		return host_complain(error, name, r, NULL);
	ssize_t length = host_read(path, buffer, KSTAT_FILE_MAX, error);
	if (length < 0)
		return (int)length;
	r = host_fields_parse(table, "", buffer, (size_t)length, ret, &why);
	return r < 0 ? host_complain(error, path, r, why.data) : 0;
}

int host_arcstats_read(struct host_arcstats *ret, const struct file_roots *roots, struct text *error)
{
	static const struct host_field fields[] = {
		{ "c_min", offsetof(struct host_arcstats, c_min_bytes), true },
		{ "size", offsetof(struct host_arcstats, size_bytes), true },
	};
	static const struct host_table table = HOST_TABLE(HOST_KSTAT, fields);
	struct host_arcstats arcstats;
	int r = read_kstat("/spl/kstat/zfs/arcstats", &table, &arcstats, roots, error);

	if (r == 0)
		*ret = arcstats;
	return r;
}

int host_abdstats_read(uint64_t *ret_page_bytes, const struct file_roots *roots, struct text *error)
{
	struct abdstats {
		uint64_t data_bytes, waste_bytes;
	} abdstats = { 0 };
	static const struct host_field fields[] = {
		{ "scatter_data_size", offsetof(struct abdstats, data_bytes), true },
		{ "scatter_chunk_waste", offsetof(struct abdstats, waste_bytes), true },
	};
	static const struct host_table table = HOST_TABLE(HOST_KSTAT, fields);
	int r = read_kstat("/spl/kstat/zfs/abdstats", &table, &abdstats, roots, error);

	if (r == 0)
		*ret_page_bytes = abdstats.data_bytes + abdstats.waste_bytes;
	return r;
}
