/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * slabinfo - version: 2.1
 * # name <active_objs> <num_objs> <objsize> <objperslab> <pagesperslab> : tunables …
 *   : slabdata <active_slabs> <num_slabs> <sharedavail>
 * kmalloc-4k  12 16 4096 8 8 : tunables 0 0 0 : slabdata 2 2 0
 */
#include "host/slabinfo.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/cursor.h"
#include "host/fields.h"

#define SLABINFO_FILE_MAX (4 << 20) /* 120 bytes a cache, 200 caches; SLAB had one per memcg and cache */
#define PAGES_FIELD       5
#define SLABS_FIELD       14

/* Parses the word at index `field` of a line. False if it is missing, not a number or too large. */
static bool number_at(struct cursor line, unsigned field, uint64_t max, uint64_t *ret)
{
	cursor_take_blanks(&line);
	for (unsigned i = 0; i < field; i++) {
		line.at += cursor_word(&line);
		cursor_take_blanks(&line);
	}
	return cursor_take_u64(&line, max, ret);
}

static bool parse_cache(struct cursor line, struct host_slab_cache *ret)
{
	const struct cursor name = { line.at, line.at + cursor_word(&line) };
	uint64_t pages, slabs;

	if (!number_at(line, PAGES_FIELD, 1 << 20, &pages) ||
	    !number_at(line, SLABS_FIELD, HOST_VALUE_MAX >> 32, &slabs))
		return false;
	cursor_copy(&name, ret->name, sizeof(ret->name));
	ret->bytes = pages * slabs * (uint64_t)sysconf(_SC_PAGESIZE);
	return true;
}

/* A cache that was merged into another is a symbolic link in sysfs. */
static bool is_reclaimable(const char *name, const struct file_roots *roots)
{
	char path[HOST_PATH_MAX];
	uint64_t value = 0;
	TEXT_ON_STACK(relative, 256);

	if (strchr(name, '/') != NULL)
		return false;
	text_printf(&relative, "/kernel/slab/%s/reclaim_account", name);
	return file_sysfs_path(roots, relative.data, path, sizeof(path)) == 0 &&
	       host_number_read(path, &value, NULL) == 0 && value == 1;
}

/* Keeps the list sorted and drops the smallest if it is full. */
static void add(struct host_slab_caches *caches, const struct host_slab_cache *cache)
{
	size_t place = caches->count;

	while (place > 0 && caches->largest[place - 1].bytes < cache->bytes)
		place--;
	if (place == HOST_SLAB_CACHES_MAX)
		return;
	if (caches->count < HOST_SLAB_CACHES_MAX)
		caches->count++;
	memmove(&caches->largest[place + 1], &caches->largest[place],
		(caches->count - 1 - place) * sizeof(*cache));
	caches->largest[place] = *cache;
}

static bool is_large_enough(const struct host_slab_caches *caches, uint64_t bytes)
{
	return bytes > 0 && (caches->count < HOST_SLAB_CACHES_MAX ||
			     bytes > caches->largest[HOST_SLAB_CACHES_MAX - 1].bytes);
}

static int parse(const char *text, size_t length, const struct file_roots *roots,
		 struct host_slab_caches *ret)
{
	struct cursor rest = { text, text + length }, line;

	if (!cursor_starts(&rest, "slabinfo - version: 2."))
		return -EBADMSG;
	while (cursor_take_until(&rest, '\n', &line)) {
		struct host_slab_cache cache;

		if (!cursor_starts(&line, "#") && parse_cache(line, &cache) &&
		    is_large_enough(ret, cache.bytes) && !is_reclaimable(cache.name, roots))
			add(ret, &cache);
	}
	return 0;
}

int host_slabinfo_read(struct host_slab_caches *ret, const struct file_roots *roots, struct text *error)
{
	AUTO_FREE char *buffer = malloc(SLABINFO_FILE_MAX);
	char path[HOST_PATH_MAX];
	int r = buffer ? file_procfs_path(roots, "/slabinfo", path, sizeof(path)) : -ENOMEM;

	*ret = (struct host_slab_caches){ 0 };
	if (r < 0)
		return host_complain(error, "/slabinfo", r, NULL);
	ssize_t length = host_read(path, buffer, SLABINFO_FILE_MAX, error);
	if (length < 0)
		return (int)length;
	r = parse(buffer, (size_t)length, roots, ret);
	return r < 0 ? host_complain(error, path, r, "not version 2 of slabinfo") : 0;
}
