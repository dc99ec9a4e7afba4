/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_KLOG_JOURNAL_OBJECT_H
#define OOM_KLOG_JOURNAL_OBJECT_H
/*
 * The objects of a journal file, read without libsystemd (systemd.io/JOURNAL_FILE_FORMAT). Every
 * offset and size is checked against the file's size. The file may be written at the same time;
 * each read returns its content at that moment. Private to this directory.
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
	bool compact; /* 32-bit offsets */
	bool keyed;   /* hashes are SipHash, keyed with the file's id */
	uint8_t file_id[16];
	bool online; /* being written, or its writer was killed */
	uint64_t entries;
	uint64_t entry_array; /* offset of the first entry array */
	uint64_t data_table, data_buckets, field_table, field_buckets;
	struct {
		uint64_t at; /* UINT64_MAX: empty */
		size_t length;
		unsigned char bytes[JOURNAL_PAGE];
	} pages[JOURNAL_PAGES];
};

/*
 * Reads the header of a file and prepares *bytes for reading from it. The struct owns no memory.
 * Returns 0; -EBADMSG if the header is not valid; -ENOTSUP if the format has unknown features; or
 * another negative errno.
 */
int journal_bytes_open(struct journal_bytes *bytes, int fd);

/* Drops the cached pages, so that later reads return nothing older than this call. */
void journal_bytes_refresh(struct journal_bytes *bytes);

/* Reads `size` bytes at an offset. Returns 0, -EBADMSG beyond the end of the file, or another
 * negative errno. */
int journal_bytes_read(struct journal_bytes *bytes, uint64_t offset, void *buffer, size_t size);

/* The hash that the file uses for these bytes. */
uint64_t journal_bytes_hash(const struct journal_bytes *bytes, const void *data, size_t length);

/* Reads the offset of the first object in the bucket of a hash; 0 if the bucket is empty. Returns 0
 * or a negative errno. */
int journal_bucket_read(struct journal_bytes *bytes, enum journal_object_type type, uint64_t hash,
			uint64_t *ret_offset);

struct journal_data {
	uint64_t offset, hash, next_hash, next_field, entry, entry_array, entries;
	bool compressed;
	uint64_t payload, length; /* its offset in the file and its size in bytes */
};
int journal_data_read(struct journal_bytes *bytes, uint64_t offset, struct journal_data *ret);

/* Maximum size of a payload that is read; a kernel message has 1 KiB. */
#define JOURNAL_PAYLOAD_MAX 16384

/*
 * Reads the payload into `payload`, which has JOURNAL_PAYLOAD_MAX bytes. Returns 1 if it matches
 * its hash, 0 if that cannot be checked here (compressed or longer), -EBADMSG if it does not match,
 * or another negative errno.
 */
int journal_data_payload(struct journal_bytes *bytes, const struct journal_data *data, void *payload);

/* Returns 1 if the payload starts with these bytes, 0 if it does not or is compressed, or a
 * negative errno. */
int journal_data_begins(struct journal_bytes *bytes, const struct journal_data *data, const char *start);

struct journal_field {
	uint64_t offset, hash, next_hash, head_data;
	uint64_t length;
	char name[72]; /* longer ones are cut */
};
/* Reads a field object. -EBADMSG also means that the name does not match its hash. */
int journal_field_read(struct journal_bytes *bytes, uint64_t offset, struct journal_field *ret);

#define JOURNAL_ITEMS_MAX 1280 /* journald accepts 1024 fields and adds its own */

struct journal_items {
	uint64_t realtime_usec, seqnum;
	size_t count;
	uint64_t at[JOURNAL_ITEMS_MAX]; /* offsets of data objects */
};

/* Reads an entry, and its items only if wanted. Returns 0, -E2BIG if it has more than
 * JOURNAL_ITEMS_MAX items, or another negative errno. */
int journal_entry_read(struct journal_bytes *bytes, uint64_t offset, bool with_items,
		       struct journal_items *ret);

/* Iterates over the offsets of the entries of a data object or of the whole file. */
struct journal_chain {
	uint64_t left; /* entries left, according to the owner's count */
	/* the data object's first entry, which is in no array; 0: none, or already returned */
	uint64_t first;
	uint64_t array; /* offset of the array that contains the next entry */
	uint64_t index, capacity;
	uint64_t previous; /* previous offset; offsets ascend */
	size_t read, used; /* counts in items[], which is filled some items at a time */
	uint64_t items[64];
};
void journal_chain_of_data(struct journal_chain *chain, const struct journal_data *data);
void journal_chain_of_file(struct journal_chain *chain, const struct journal_bytes *bytes);

/* Returns 1 and the offset of the next entry, 0 at the end, -EBADMSG if the chain is broken or
 * continues beyond its owner's count, or another negative errno. */
int journal_chain_next(struct journal_bytes *bytes, struct journal_chain *chain, uint64_t *ret_offset);

#endif
