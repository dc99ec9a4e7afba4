/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "host/hugepages.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cursor.h"
#include "host/fields.h"

static int read_number(const char *folder, const char *pool, const char *name, uint64_t *ret,
		       struct text *error)
{
	char path[HOST_PATH_MAX];
	int length = snprintf(path, sizeof(path), "%s/%s/%s", folder, pool, name);

	if (length < 0 || (size_t)length >= sizeof(path))
		return host_complain(error, pool, -ENAMETOOLONG, NULL);
	int r = host_number_read(path, ret, error);
	/* Keeps the product of pages and page size plausible. */
	if (r == 0 && *ret > UINT64_C(1) << 32)
		return host_complain(error, path, -ERANGE, "number too large");
	return r;
}

static int read_pool(struct host_hugepool *ret, const char *folder, const char *pool, int node,
		     struct text *error)
{
	int r = read_number(folder, pool, "nr_hugepages", &ret->total, error);

	if (r == 0)
		r = read_number(folder, pool, "free_hugepages", &ret->free, error);
	/* If the pool grows between the two reads, the free pages are part of it. */
	if (r == 0 && ret->total < ret->free)
		ret->total = ret->free;
	/* The kernel reserves pages for the host as a whole: nodes have no such file. */
	ret->reserved = HOST_ABSENT;
	if (r == 0 && node < 0)
		r = read_number(folder, pool, "resv_hugepages", &ret->reserved, error);
	return r;
}

/* "hugepages-2048kB" */
static bool parse_size(const char *name, uint64_t *ret_kb)
{
	struct cursor rest = cursor_of(name);
	uint64_t kb;

	if (!cursor_take(&rest, "hugepages-") || !cursor_take_u64(&rest, UINT64_C(1) << 25, &kb) ||
	    !cursor_equals(&rest, "kB") || kb == 0)
		return false;
	*ret_kb = kb;
	return true;
}

/* Sorts by size, because directory entries have no order. */
static void sort_last(struct host_hugepools *pools)
{
	const struct host_hugepool last = pools->pools[pools->count - 1];
	size_t place = pools->count - 1;

	for (; place > 0 && pools->pools[place - 1].page_kb > last.page_kb; place--)
		pools->pools[place] = pools->pools[place - 1];
	pools->pools[place] = last;
}

static int read_pools(struct host_hugepools *ret, const char *folder, DIR *directory, int node,
		      struct text *error)
{
	const struct dirent *entry;
	int r = 0;

	while (r == 0 && (errno = 0, entry = readdir(directory)) != NULL) {
		struct host_hugepool *pool = &ret->pools[ret->count];
		uint64_t page_kb;

		if (!parse_size(entry->d_name, &page_kb))
			continue;
		if (ret->count == HOST_HUGEPOOLS_MAX)
			return host_complain(error, folder, -E2BIG, "too many huge page sizes");
		pool->page_kb = page_kb;
		r = read_pool(pool, folder, entry->d_name, node, error);
		ret->count++;
		sort_last(ret);
	}
	return r == 0 && errno != 0 ? host_complain(error, folder, -errno, NULL) : r;
}

int host_hugepools_read(struct host_hugepools *ret, const struct file_roots *roots, int node,
			struct text *error)
{
	char name[64] = "/kernel/mm/hugepages", folder[HOST_PATH_MAX];

	ret->count = 0;
	if (node >= 0)
		snprintf(name, sizeof(name), "/devices/system/node/node%d/hugepages", node);
	int r = file_sysfs_path(roots, name, folder, sizeof(folder));
	if (r < 0)
		return host_complain(error, name, r, NULL);
	DIR *directory = opendir(folder);
	if (!directory)
		return errno == ENOENT ? 0 : host_complain(error, folder, -errno, NULL);
	r = read_pools(ret, folder, directory, node, error);
	closedir(directory);
	return r;
}

uint64_t host_hugepools_usable_kb(const struct host_hugepools *pools, uint64_t page_kb)
{
	uint64_t kb = 0;

	for (size_t i = 0; i < pools->count; i++) {
		const struct host_hugepool *pool = &pools->pools[i];

		if (page_kb == 0 || page_kb == pool->page_kb)
			kb += host_subtract(pool->free, host_or_zero(pool->reserved)) * pool->page_kb;
	}
	return kb;
}

uint64_t host_hugepools_usable_on_node_kb(const struct host_hugepools *node,
					  const struct host_hugepools *host, uint64_t page_kb)
{
	uint64_t kb = 0;

	for (size_t i = 0; i < node->count; i++) {
		const struct host_hugepool *pool = &node->pools[i];
		const uint64_t free_kb = pool->free * pool->page_kb;
		const uint64_t host_kb = host_hugepools_usable_kb(host, pool->page_kb);

		if (page_kb == 0 || page_kb == pool->page_kb)
			kb += free_kb < host_kb ? free_kb : host_kb;
	}
	return kb;
}

uint64_t host_hugepools_total_kb(const struct host_hugepools *pools, uint64_t page_kb)
{
	uint64_t kb = 0;

	for (size_t i = 0; i < pools->count; i++) {
		if (page_kb == 0 || page_kb == pools->pools[i].page_kb)
			kb += pools->pools[i].total * pools->pools[i].page_kb;
	}
	return kb;
}
