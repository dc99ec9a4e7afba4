/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "klog/journal/journal_header.h"

#include <endian.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

static const char signature[8] = { 'L', 'P', 'K', 'S', 'H', 'H', 'R', 'H' };

static int64_t realtime(uint64_t usec)
{
	usec = le64toh(usec);
	return usec > INT64_MAX ? INT64_MAX : (int64_t)usec;
}

static bool is_cut_off(const struct journal_header *header, off_t size)
{
	uint64_t wanted;

	return __builtin_add_overflow(le64toh(header->header_size), le64toh(header->arena_size), &wanted) ||
	       wanted > (uint64_t)size;
}

/* More than the number of objects that a first entry adds; all of them are written before it is
 * counted. */
#define FIRST_OBJECTS_MAX 256

/* Whether the header was never written back: it counts entries but lacks the times of the first and
 * the last, or has those times without entries. A single entry may just be being written. */
static bool is_torn(const struct journal_header *header)
{
	const uint64_t entries = le64toh(header->n_entries);

	if (entries == 0)
		return header->head_entry_realtime != 0 || header->tail_entry_realtime != 0 ||
		       le64toh(header->n_objects) > FIRST_OBJECTS_MAX;
	return entries > 1 && (header->head_entry_realtime == 0 || header->tail_entry_realtime == 0);
}

void journal_header_read(struct journal_file *file, off_t size, int64_t changed_usec)
{
	struct journal_header header;

	file->entries = 0;
	file->tail_offset = 0;
	file->oldest_usec = 0;
	file->newest_usec = changed_usec;
	if (pread(file->fd, &header, sizeof(header), 0) != (ssize_t)sizeof(header)) {
		file->damage = "truncated in its header";
		return;
	}
	if (memcmp(header.signature, signature, sizeof(signature)) != 0 ||
	    le64toh(header.header_size) < sizeof(header)) {
		file->damage = "not a journal file";
		return;
	}
	file->damage = is_torn(&header)            ? "header incomplete"
		       : is_cut_off(&header, size) ? "truncated"
						   : NULL;
	file->entries = le64toh(header.n_entries);
	file->tail_offset = le64toh(header.tail_object_offset);
	if (header.head_entry_realtime == 0 || header.tail_entry_realtime == 0)
		return;
	file->oldest_usec = realtime(header.head_entry_realtime);
	file->newest_usec = realtime(header.tail_entry_realtime);
}
