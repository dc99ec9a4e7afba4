/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "host/zoneinfo.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/cursor.h"
#include "host/fields.h"

#define CHUNK 16384

/* The zone that is being read, in pages. */
struct zone {
	struct host_watermarks *node; /* NULL before the first zone */
	uint64_t low, high, managed, protection;
};

struct reader {
	struct host_watermarks *watermarks;
	size_t max;
	uint64_t page_kb;
	struct zone zone;
	bool any;
};

static void begin_zone(struct zone *zone, struct host_watermarks *node)
{
	/* `managed` exists since 3.9. */
	*zone = (struct zone){ .node = node, .managed = HOST_VALUE_MAX };
}

/*
 * calculate_totalreserve_pages(): the high watermark and the largest protection from allocations
 * that prefer a higher zone, but at most the pages that the zone has.
 */
static void end_zone(struct reader *reader)
{
	const struct zone *zone = &reader->zone;
	uint64_t reserve = zone->protection + zone->high;

	if (!zone->node)
		return;
	zone->node->low_kb += zone->low * reader->page_kb;
	zone->node->reserve_kb += (reserve < zone->managed ? reserve : zone->managed) * reader->page_kb;
}

static int take_number(struct cursor *line, uint64_t *ret)
{
	/* In kB this is at most HOST_VALUE_MAX, also with pages of 64 KiB. */
	return cursor_take_u64(line, HOST_VALUE_MAX >> 10, ret) ? 0 : -EBADMSG;
}

/* "Node 0, zone   Normal" */
static int parse_heading(struct reader *reader, struct cursor line)
{
	uint64_t node;
	int r = take_number(&line, &node);

	if (r < 0)
		return r;
	if (node >= reader->max)
		return -ERANGE;
	end_zone(reader);
	begin_zone(&reader->zone, &reader->watermarks[node]);
	reader->any = true;
	return 0;
}

/* "(0, 0, 1280, 1280, 1280)": the largest counts. */
static int parse_protection(struct zone *zone, struct cursor line)
{
	while (line.at < line.end) {
		uint64_t pages;

		if (!cursor_is_digit(*line.at)) {
			line.at++;
			continue;
		}
		int r = take_number(&line, &pages);
		if (r < 0)
			return r;
		if (pages > zone->protection)
			zone->protection = pages;
	}
	return 0;
}

static int parse_line(struct reader *reader, struct cursor line)
{
	const struct {
		const char *name;
		uint64_t *value;
	} wanted[] = {
		{ "low ", &reader->zone.low },
		{ "high ", &reader->zone.high }, /* not "high:" of a CPU */
		{ "managed ", &reader->zone.managed },
	};

	if (cursor_take(&line, "Node "))
		return parse_heading(reader, line);
	cursor_take_blanks(&line);
	if (cursor_take(&line, "protection:"))
		return parse_protection(&reader->zone, line);
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
		if (cursor_take(&line, wanted[i].name)) {
			cursor_take_blanks(&line);
			return take_number(&line, wanted[i].value);
		}
	}
	return 0;
}

/* Parses the whole lines in the buffer and moves the rest to its front. */
static int parse_chunk(struct reader *reader, char *buffer, size_t *length)
{
	struct cursor rest = { buffer, buffer + *length }, line;

	while (cursor_take_until(&rest, '\n', &line)) {
		int r = parse_line(reader, line);

		if (r < 0)
			return r;
	}
	*length = cursor_left(&rest);
	memmove(buffer, rest.at, *length);
	return *length < CHUNK ? 0 : -EBADMSG;
}

static int read_all(struct reader *reader, int fd)
{
	char buffer[CHUNK];
	size_t length = 0;

	for (;;) {
		ssize_t got = read(fd, buffer + length, CHUNK - length);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (got == 0)
			break;
		length += (size_t)got;
		int r = parse_chunk(reader, buffer, &length);
		if (r < 0)
			return r;
	}
	end_zone(reader);
	return reader->any && length == 0 ? 0 : -EBADMSG;
}

int host_zoneinfo_read(struct host_watermarks *watermarks, size_t max, const struct file_roots *roots,
		       struct text *error)
{
	struct reader reader = {
		.watermarks = watermarks,
		.max = max,
		.page_kb = (uint64_t)sysconf(_SC_PAGESIZE) / 1024,
	};
	char path[HOST_PATH_MAX];
	int r = file_procfs_path(roots, "/zoneinfo", path, sizeof(path));

	if (r < 0)
		return host_complain(error, "/zoneinfo", r, NULL);
	memset(watermarks, 0, max * sizeof(watermarks[0]));
	AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return host_complain(error, path, -errno, NULL);
	r = read_all(&reader, fd);
	if (r == -EBADMSG)
		return host_complain(error, path, r, "truncated or in an unknown format");
	return r < 0 ? host_complain(error, path, r, NULL) : 0;
}

static uint64_t all_but_the_needed(uint64_t cache_kb, uint64_t low_kb)
{
	return cache_kb - (cache_kb / 2 < low_kb ? cache_kb / 2 : low_kb);
}

uint64_t host_available_estimate(const struct host_watermarks *watermarks, uint64_t free_kb,
				 uint64_t file_lru_kb, uint64_t slab_reclaimable_kb)
{
	const uint64_t caches = all_but_the_needed(file_lru_kb, watermarks->low_kb) +
				all_but_the_needed(slab_reclaimable_kb, watermarks->low_kb);

	/* Free memory may be below the reserve; the caches then make up for it. */
	return host_subtract(free_kb + caches, watermarks->reserve_kb);
}
