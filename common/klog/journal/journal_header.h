/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_KLOG_JOURNAL_HEADER_H
#define OOM_KLOG_JOURNAL_HEADER_H
/* The header of a journal file (systemd's docs/JOURNAL_FILE_FORMAT.md). */
#include <stdint.h>
#include <sys/types.h>

/* All numbers are little-endian. Later versions append fields; header_size gives the actual size. */
struct journal_header {
	char signature[8];
	uint32_t compatible_flags;
	uint32_t incompatible_flags;
	uint8_t state;
	uint8_t reserved[7];
	uint8_t file_id[16];
	uint8_t machine_id[16];
	uint8_t tail_entry_boot_id[16];
	uint8_t seqnum_id[16];
	uint64_t header_size;
	uint64_t arena_size;
	uint64_t data_hash_table_offset;
	uint64_t data_hash_table_size;
	uint64_t field_hash_table_offset;
	uint64_t field_hash_table_size;
	uint64_t tail_object_offset;
	uint64_t n_objects;
	uint64_t n_entries;
	uint64_t tail_entry_seqnum;
	uint64_t head_entry_seqnum;
	uint64_t entry_array_offset;
	uint64_t head_entry_realtime;
	uint64_t tail_entry_realtime;
	uint64_t tail_entry_monotonic;
};
_Static_assert(sizeof(struct journal_header) == 208, "HEADER_SIZE_MIN of journal-def.h");

struct journal_file {
	int fd;
	dev_t device;
	ino_t inode;
	const char *damage; /* what is wrong with it; NULL if its header shows no damage */
	uint64_t entries;
	uint64_t tail_offset; /* of the object that was the last one when the file was opened; 0: unknown */
	int64_t oldest_usec;  /* realtime when journald received its first and its last entry */
	int64_t newest_usec;
	char *path; /* for messages; by now it may name another file */
};

/*
 * Fills damage, entries, tail_offset and the two times of *file from the file behind its fd. `size`
 * and `changed_usec` (the time of its last change) are from its stat(2). If the header has no
 * times, they are 0 and `changed_usec`.
 */
void journal_header_read(struct journal_file *file, off_t size, int64_t changed_usec);

#endif
