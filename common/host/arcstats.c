/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "host/arcstats.h"

#include <stddef.h>

#include "host/fields.h"

int host_arcstats_read(struct host_arcstats *ret, const struct file_roots *roots, struct text *error)
{
	static const struct host_field fields[] = {
		{ "c_min", offsetof(struct host_arcstats, c_min_bytes), true },
		{ "size", offsetof(struct host_arcstats, size_bytes), true },
	};
	static const struct host_table table = HOST_TABLE(HOST_KSTAT, fields);
	struct host_arcstats arcstats;
	int r = host_fields_read_large("/spl/kstat/zfs/arcstats", &table, &arcstats, roots, error);

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
	int r = host_fields_read_large("/spl/kstat/zfs/abdstats", &table, &abdstats, roots, error);

	if (r == 0)
		*ret_page_bytes = abdstats.data_bytes + abdstats.waste_bytes;
	return r;
}
