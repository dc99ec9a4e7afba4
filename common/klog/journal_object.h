/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_KLOG_JOURNAL_OBJECT_H
#define OOM_KLOG_JOURNAL_OBJECT_H
/*
 * Inside this room only: a journal file's objects as they lie in it, read without
 * libsystemd (systemd.io/JOURNAL_FILE_FORMAT).  Every offset and size is held against
 * the file's size.  It may be written meanwhile: what is read is what was there then.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum journal_object_type {
	JOURNAL_DATA = 1,
	JOURNAL_FIELD = 2,
	JOURNAL_ENTRY = 3,
	JOURNAL_ENTRY_ARRAY = 6,
};

#define JOURNAL_PAGE  4096
#define JOURNAL_PAGES 32

struct journal_bytes {
	int fd;
	uint64_t size;
	bool compact; /* offsets of 32 bits */
	bool keyed;   /* hashes by SipHash, keyed with the file's id */
	uint8_t file_id[16];
	bool online; /* being written, or its writer died */
	uint64_t entries;
	uint64_t entry_array; /* offset of the first */
	uint64_t data_table, data_buckets, field_table, field_buckets;
	struct {
		uint64_t at; /* UINT64_MAX: empty */
		size_t length;
		unsigned char bytes[JOURNAL_PAGE];
	} pages[JOURNAL_PAGES];
};

/*
 * Reads the header of a file whose bytes the struct then gives; it holds no memory of
 * its own.  0; -EBADMSG where the header makes no sense; -ENOTSUP where the format has
 * features that are not known here; another negative errno.
 */
int journal_bytes_open(struct journal_bytes *bytes, int fd);

/* Forgets what was read: what is read from now on is not older than this call. */
void journal_bytes_refresh(struct journal_bytes *bytes);

/* Bytes at an offset.  0, -EBADMSG beyond the file's end, or another negative errno. */
int journal_bytes_read(struct journal_bytes *bytes, uint64_t offset, void *buffer, size_t size);

/* The hash that the file has of such bytes. */
uint64_t journal_bytes_hash(const struct journal_bytes *bytes, const void *data, size_t length);

/* The first object of the bucket that a hash belongs to, 0 if there is none. */
int journal_bucket_read(struct journal_bytes *bytes, enum journal_object_type type, uint64_t hash,
			uint64_t *ret_offset);

struct journal_data {
	uint64_t offset, hash, next_hash, next_field, entry, entry_array, entries;
	bool compressed;
	uint64_t payload, length; /* where it is in the file */
};
int journal_data_read(struct journal_bytes *bytes, uint64_t offset, struct journal_data *ret);

/* The longest payload that is looked at; a kernel's message has 1 KiB. */
#define JOURNAL_PAYLOAD_MAX 16384

/*
 * Reads the payload into `payload` of JOURNAL_PAYLOAD_MAX bytes.  1 if it is what its hash
 * was made of, 0 if nobody but libsystemd can tell (compressed, or longer), -EBADMSG if it
 * is not, or another negative errno.
 */
int journal_data_payload(struct journal_bytes *bytes, const struct journal_data *data, void *payload);

/* Whether the payload begins with these bytes (1, 0), or a negative errno; 0 of one that is
 * compressed. */
int journal_data_begins(struct journal_bytes *bytes, const struct journal_data *data, const char *start);

struct journal_field {
	uint64_t offset, hash, next_hash, head_data;
	uint64_t length;
	char name[72]; /* longer ones are cut */
};
/* The same, and whether the name is what its hash was made of. */
int journal_field_read(struct journal_bytes *bytes, uint64_t offset, struct journal_field *ret);

#define JOURNAL_ITEMS_MAX 1280 /* journald takes 1024 fields and adds its own */

struct journal_items {
	uint64_t realtime_usec, seqnum;
	size_t count;
	uint64_t at[JOURNAL_ITEMS_MAX]; /* offsets of data objects */
};

/* An entry; its items only if wanted.  -E2BIG where it has more than fit. */
int journal_entry_read(struct journal_bytes *bytes, uint64_t offset, bool with_items,
		       struct journal_items *ret);

/* The offsets of entries one after the other: of a data object, or of the whole file. */
struct journal_chain {
	uint64_t left;  /* entries to come, as its owner counts them */
	uint64_t first; /* the data object's, which is in no array; 0: none (any more) */
	uint64_t array; /* offset of the array in which the next one is */
	uint64_t index, capacity;
	uint64_t previous; /* offset: they ascend */
	size_t read, used; /* of items, which are read some at a time */
	uint64_t items[64];
};
void journal_chain_of_data(struct journal_chain *chain, const struct journal_data *data);
void journal_chain_of_file(struct journal_chain *chain, const struct journal_bytes *bytes);

/* 1 and the next entry's offset, 0 at the end, -EBADMSG where the chain is broken before
 * it, or goes on behind what its owner counts, or another negative errno. */
int journal_chain_next(struct journal_bytes *bytes, struct journal_chain *chain, uint64_t *ret_offset);

#endif
