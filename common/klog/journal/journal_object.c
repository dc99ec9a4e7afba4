/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "klog/journal/journal_object.h"

#include <endian.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "klog/journal/journal_hash.h"
#include "klog/journal/journal_header.h"

/* HEADER_INCOMPATIBLE_* of journal-def.h. The flags for compression by xz, lz4 and zstd (1, 2, 8)
 * affect payloads only. */
#define FLAG_KEYED   4U
#define FLAG_COMPACT 16U
#define FLAGS_KNOWN  31U

#define STATE_ONLINE 1

#define OBJECT_COMPRESSED 7U /* compression flags of an object */

#define OBJECT_HEADER 16
#define FIELD_HEADER  40
#define ENTRY_HEADER  64
#define ARRAY_HEADER  24
#define BUCKET        16

int journal_bytes_read(struct journal_bytes *bytes, uint64_t offset, void *buffer, size_t size)
{
	char *to = buffer;

	if (offset > bytes->size || size > bytes->size - offset)
		return -EBADMSG;
	while (size > 0) {
		const uint64_t at = offset / JOURNAL_PAGE * JOURNAL_PAGE;
		const size_t within = (size_t)(offset - at);
		size_t part = JOURNAL_PAGE - within;
		__typeof__(bytes->pages[0]) *page = &bytes->pages[at / JOURNAL_PAGE % JOURNAL_PAGES];

		if (page->at != at) {
			ssize_t got = pread(bytes->fd, page->bytes, sizeof(page->bytes), (off_t)at);

			page->at = got < 0 ? UINT64_MAX : at;
			if (got < 0)
				return -errno;
			page->length = (size_t)got;
		}
		if (part > size)
			part = size;
		if (within + part > page->length)
			return -EBADMSG; /* truncated in the meantime */
		memcpy(to, page->bytes + within, part);
		to += part;
		offset += part;
		size -= part;
	}
	return 0;
}

static uint64_t number(const unsigned char *bytes, size_t offset)
{
	uint64_t value;

	memcpy(&value, bytes + offset, sizeof(value));
	return le64toh(value);
}

static int read_header(struct journal_bytes *bytes)
{
	struct journal_header header;
	int r = journal_bytes_read(bytes, 0, &header, sizeof(header));
	uint32_t flags;

	if (r < 0)
		return r;
	flags = le32toh(header.incompatible_flags);
	if (flags & ~FLAGS_KNOWN)
		return -ENOTSUP;
	bytes->compact = flags & FLAG_COMPACT;
	bytes->keyed = flags & FLAG_KEYED;
	bytes->online = header.state == STATE_ONLINE;
	memcpy(bytes->file_id, header.file_id, sizeof(bytes->file_id));
	bytes->data_table = le64toh(header.data_hash_table_offset);
	bytes->data_buckets = le64toh(header.data_hash_table_size) / BUCKET;
	bytes->field_table = le64toh(header.field_hash_table_offset);
	bytes->field_buckets = le64toh(header.field_hash_table_size) / BUCKET;
	bytes->entries = le64toh(header.n_entries);
	bytes->entry_array = le64toh(header.entry_array_offset);
	return bytes->data_buckets > 0 && bytes->field_buckets > 0 && bytes->data_table >= sizeof(header) &&
			       bytes->field_table >= sizeof(header)
		       ? 0
		       : -EBADMSG;
}

void journal_bytes_refresh(struct journal_bytes *bytes)
{
	struct stat status;

	if (fstat(bytes->fd, &status) == 0)
		bytes->size = (uint64_t)status.st_size;
	for (size_t i = 0; i < JOURNAL_PAGES; i++)
		bytes->pages[i].at = UINT64_MAX;
}

int journal_bytes_open(struct journal_bytes *bytes, int fd)
{
	bytes->fd = fd;
	bytes->size = 0;
	journal_bytes_refresh(bytes);
	return read_header(bytes);
}

uint64_t journal_bytes_hash(const struct journal_bytes *bytes, const void *data, size_t length)
{
	return bytes->keyed ? journal_hash_keyed(data, length, bytes->file_id)
			    : journal_hash_jenkins(data, length);
}

int journal_bucket_read(struct journal_bytes *bytes, enum journal_object_type type, uint64_t hash,
			uint64_t *ret_offset)
{
	const bool data = type == JOURNAL_DATA;
	const uint64_t bucket = hash % (data ? bytes->data_buckets : bytes->field_buckets);
	const uint64_t table = data ? bytes->data_table : bytes->field_table;
	int r = bucket > bytes->size / BUCKET || table > bytes->size
			? -EBADMSG
			: journal_bytes_read(bytes, table + bucket * BUCKET, ret_offset, sizeof(*ret_offset));

	if (r >= 0)
		*ret_offset = le64toh(*ret_offset);
	return r;
}

/* Reads the first `length` bytes of an object. It must be of that type and larger than that. */
static int read_object(struct journal_bytes *bytes, uint64_t offset, enum journal_object_type type,
		       unsigned char *object, size_t length)
{
	int r = offset % 8 != 0 || offset == 0 ? -EBADMSG : journal_bytes_read(bytes, offset, object, length);

	if (r < 0)
		return r;
	return object[0] == type && number(object, 8) > length && number(object, 8) <= bytes->size - offset
		       ? 0
		       : -EBADMSG;
}

int journal_data_read(struct journal_bytes *bytes, uint64_t offset, struct journal_data *ret)
{
	unsigned char object[72] = { 0 };
	const size_t header = bytes->compact ? 72 : 64;
	int r = read_object(bytes, offset, JOURNAL_DATA, object, header);

	if (r < 0)
		return r;
	*ret = (struct journal_data){
		.offset = offset,
		.hash = number(object, 16),
		.next_hash = number(object, 24),
		.next_field = number(object, 32),
		.entry = number(object, 40),
		.entry_array = number(object, 48),
		.entries = number(object, 56),
		.compressed = object[1] & OBJECT_COMPRESSED,
		.payload = offset + header,
		.length = number(object, 8) - header,
	};
	/* libsystemd rejects such data and skips it when it reads entries. */
	return (ret->entry == 0) == (ret->entries == 0) ? 0 : -EBADMSG;
}

int journal_data_payload(struct journal_bytes *bytes, const struct journal_data *data, void *payload)
{
	int r;

	if (data->compressed || data->length > JOURNAL_PAYLOAD_MAX)
		return 0;
	r = journal_bytes_read(bytes, data->payload, payload, (size_t)data->length);
	if (r < 0)
		return r;
	return journal_bytes_hash(bytes, payload, (size_t)data->length) == data->hash ? 1 : -EBADMSG;
}

int journal_data_begins(struct journal_bytes *bytes, const struct journal_data *data, const char *start)
{
	const size_t length = strlen(start);
	char payload[64];
	int r;

	if (data->compressed || length > sizeof(payload) || data->length < length)
		return 0;
	r = journal_bytes_read(bytes, data->payload, payload, length);
	return r < 0 ? r : memcmp(payload, start, length) == 0;
}

int journal_field_read(struct journal_bytes *bytes, uint64_t offset, struct journal_field *ret)
{
	unsigned char object[FIELD_HEADER] = { 0 };
	int r = read_object(bytes, offset, JOURNAL_FIELD, object, sizeof(object));

	if (r < 0)
		return r;
	*ret = (struct journal_field){
		.offset = offset,
		.hash = number(object, 16),
		.next_hash = number(object, 24),
		.head_data = number(object, 32),
		.length = number(object, 8) - FIELD_HEADER,
	};
	if (ret->length >= sizeof(ret->name))
		return 0; /* a name has at most 64 bytes, so this one is never looked for */
	r = journal_bytes_read(bytes, offset + FIELD_HEADER, ret->name, (size_t)ret->length);
	if (r < 0)
		return r;
	return journal_bytes_hash(bytes, ret->name, (size_t)ret->length) == ret->hash ? 0 : -EBADMSG;
}

/* Size of an item of an entry array, in bytes. */
static size_t item_size(const struct journal_bytes *bytes)
{
	return bytes->compact ? sizeof(uint32_t) : sizeof(uint64_t);
}

/* Reads an offset: 64 bits, or 32 in the compact format. */
static int read_offset(struct journal_bytes *bytes, uint64_t at, uint64_t *ret)
{
	uint64_t value = 0;
	int r = journal_bytes_read(bytes, at, &value, item_size(bytes));

	/* In both sizes the low bytes come first. */
	*ret = le64toh(value);
	return r;
}

int journal_entry_read(struct journal_bytes *bytes, uint64_t offset, bool with_items,
		       struct journal_items *ret)
{
	const uint64_t step = bytes->compact ? 4 : 16; /* 16: 8 bytes of offset, 8 of the data's hash */
	unsigned char object[ENTRY_HEADER] = { 0 };
	int r = read_object(bytes, offset, JOURNAL_ENTRY, object, sizeof(object));
	uint64_t count;

	if (r < 0)
		return r;
	count = (number(object, 8) - ENTRY_HEADER) / step;
	ret->seqnum = number(object, 16);
	ret->realtime_usec = number(object, 24);
	ret->count = 0;
	if (ret->seqnum == 0 || ret->realtime_usec == 0 || ret->realtime_usec > INT64_MAX || count == 0)
		return -EBADMSG;
	if (!with_items)
		return 0;
	if (count > JOURNAL_ITEMS_MAX)
		return -E2BIG;
	for (size_t i = 0; i < count; i++) {
		r = read_offset(bytes, offset + ENTRY_HEADER + i * step, &ret->at[i]);
		if (r < 0)
			return r;
	}
	ret->count = (size_t)count;
	return 0;
}

void journal_chain_of_data(struct journal_chain *chain, const struct journal_data *data)
{
	*chain = (struct journal_chain){ .left = data->entries,
					 .first = data->entry,
					 .array = data->entry_array };
}

void journal_chain_of_file(struct journal_chain *chain, const struct journal_bytes *bytes)
{
	*chain = (struct journal_chain){ .left = bytes->entries, .array = bytes->entry_array };
}

/* *ret is 0 after the last array. */
static int read_next_array(struct journal_bytes *bytes, const struct journal_chain *chain, uint64_t *ret)
{
	int r = journal_bytes_read(bytes, chain->array + OBJECT_HEADER, ret, sizeof(*ret));

	*ret = le64toh(*ret);
	return r;
}

/* Enters the array, or the next one if it is used up. */
static int enter_array(struct journal_bytes *bytes, struct journal_chain *chain)
{
	unsigned char object[ARRAY_HEADER] = { 0 };
	uint64_t next = chain->array;
	int r = chain->capacity > 0 ? read_next_array(bytes, chain, &next) : 0;

	if (r >= 0) /* the next array must be at a higher offset, so that the loop ends */
		r = chain->capacity > 0 && next <= chain->array
			    ? -EBADMSG
			    : read_object(bytes, next, JOURNAL_ENTRY_ARRAY, object, sizeof(object));
	if (r < 0)
		return r;
	chain->array = next;
	chain->index = 0;
	chain->capacity = (number(object, 8) - ARRAY_HEADER) / item_size(bytes);
	return chain->capacity > 0 ? 0 : -EBADMSG;
}

static int read_items(struct journal_bytes *bytes, struct journal_chain *chain)
{
	const size_t size = item_size(bytes);
	unsigned char items[sizeof(chain->items)] = { 0 };
	size_t count = ARRAY_SIZE(chain->items);
	int r = chain->index == chain->capacity ? enter_array(bytes, chain) : 0;

	if (r < 0)
		return r;
	if (count > chain->left)
		count = (size_t)chain->left;
	if (count > chain->capacity - chain->index)
		count = (size_t)(chain->capacity - chain->index);
	r = journal_bytes_read(bytes, chain->array + ARRAY_HEADER + chain->index * size, items, count * size);
	if (r < 0)
		return r;
	for (size_t i = 0; i < count; i++) {
		uint64_t value = 0;

		memcpy(&value, items + i * size, size);
		chain->items[i] = le64toh(value);
	}
	chain->index += count;
	chain->read = count;
	chain->used = 0;
	return 0;
}

/*
 * Checks that the chain does not continue beyond its owner's count. If the file is online, there
 * may be one more entry by now, or permanently if the writer was killed before it updated the
 * count.
 */
static int check_end(struct journal_bytes *bytes, const struct journal_chain *chain)
{
	uint64_t more = 0;
	int r = 0;

	if (bytes->online || chain->capacity == 0)
		return 0;
	if (chain->index < chain->capacity)
		r = read_offset(bytes, chain->array + ARRAY_HEADER + chain->index * item_size(bytes), &more);
	else
		r = read_next_array(bytes, chain, &more);
	return r < 0 ? r : more != 0 ? -EBADMSG : 0;
}

int journal_chain_next(struct journal_bytes *bytes, struct journal_chain *chain, uint64_t *ret_offset)
{
	int r = 0;

	if (chain->left == 0)
		return check_end(bytes, chain);
	if (chain->first != 0) {
		*ret_offset = chain->first;
		chain->first = 0;
	} else {
		if (chain->used == chain->read)
			r = read_items(bytes, chain);
		if (r < 0)
			return r;
		*ret_offset = chain->items[chain->used++];
	}
	/* Equal offsets are valid: in old files, an entry that has a field twice is listed
	 * twice. */
	if (*ret_offset == 0 || *ret_offset < chain->previous)
		return -EBADMSG;
	chain->previous = *ret_offset;
	chain->left--;
	return 1;
}
