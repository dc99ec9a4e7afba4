/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "klog/text/searched.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/hash.h"
#include "klog/text/file_lines.h"
#include "klog/text/scan.h"

/* Size of the hashed parts at both ends. The end of the last line is also looked for in that many
 * bytes. */
#define END_BYTES 4096

/* Maximum length of a string that is looked for. */
#define STRING_MAX 256

/* Reads all of file[offset..offset + length), or returns false. */
static bool read_all(int fd, off_t offset, char *to, size_t length)
{
	struct klog_range range = { .fd = fd, .offset = offset, .end = offset + (off_t)length };

	while (range.offset < range.end) {
		const ssize_t got = klog_range_read(&range, to + (range.offset - offset),
						    (size_t)(range.end - range.offset));

		if (got <= 0)
			return false;
	}
	return true;
}

static bool hash_of(int fd, off_t offset, uint64_t *ret)
{
	char bytes[END_BYTES] = { 0 };

	if (offset < 0 || !read_all(fd, offset, bytes, sizeof(bytes)))
		return false;
	*ret = hash_add(HASH_OF_NOTHING, bytes, sizeof(bytes));
	return true;
}

static uint64_t hash_of_strings(const struct klog_scan *scan)
{
	uint64_t hash = HASH_OF_NOTHING;

	/* Include the terminator, to separate the string from the next one. */
	for (size_t i = 0; i < scan->string_count; i++)
		hash = hash_add(hash, scan->strings[i].bytes, scan->strings[i].length + 1);
	return hash;
}

int klog_searched_begin(struct klog_searched *searched, int fd, const struct klog_scan *scan)
{
	struct stat status;

	searched->bytes = 0;
	searched->hit_count = 0;
	if (fstat(fd, &status) < 0)
		return -errno;
	searched->device = status.st_dev;
	searched->inode = status.st_ino;
	searched->strings = hash_of_strings(scan);
	return hash_of(fd, 0, &searched->head) ? 0 : -EIO;
}

static bool stands_there(const struct klog_searched_hit *hit, int fd, const struct klog_scan *scan)
{
	char bytes[STRING_MAX];
	const size_t length = scan->strings[hit->string].length;

	return length <= sizeof(bytes) && read_all(fd, hit->offset, bytes, length) &&
	       memcmp(bytes, scan->strings[hit->string].bytes, length) == 0;
}

bool klog_searched_fits(const struct klog_searched *past, const struct klog_searched *now, int fd, off_t size,
			const struct klog_scan *scan)
{
	int64_t before = -1;

	if (past->device != now->device || past->inode != now->inode || past->strings != now->strings ||
	    past->head != now->head || past->bytes > size || past->hit_count > KLOG_SEARCHED_HITS_MAX)
		return false;
	for (size_t i = 0; i < past->hit_count; i++) {
		const struct klog_searched_hit *hit = &past->hits[i];

		if (hit->offset <= before || hit->offset >= past->bytes || hit->string < 0 ||
		    (size_t)hit->string >= scan->string_count || !stands_there(hit, fd, scan))
			return false;
		before = hit->offset;
	}
	return klog_searched_is_same(past, fd);
}

bool klog_searched_is_same(const struct klog_searched *searched, int fd)
{
	uint64_t head, tail;

	return hash_of(fd, 0, &head) && head == searched->head &&
	       hash_of(fd, searched->bytes - END_BYTES, &tail) && tail == searched->tail;
}

void klog_searched_note(struct klog_searched *searched, off_t offset, size_t string)
{
	if (searched->hit_count < KLOG_SEARCHED_HITS_MAX)
		searched->hits[searched->hit_count] = (struct klog_searched_hit){ offset, (int64_t)string };
	searched->hit_count++;
}

/* Ends at the last complete line: the rest may be part of a text. */
bool klog_searched_finish(struct klog_searched *searched, int fd, off_t end)
{
	char bytes[END_BYTES];
	const off_t from = end - END_BYTES;
	const char *newline;

	if (searched->hit_count > KLOG_SEARCHED_HITS_MAX || from < 0 ||
	    !read_all(fd, from, bytes, sizeof(bytes)))
		return false;
	newline = memrchr(bytes, '\n', sizeof(bytes));
	if (newline == NULL)
		return false;
	searched->bytes = from + (newline + 1 - bytes);
	while (searched->hit_count > 0 && searched->hits[searched->hit_count - 1].offset >= searched->bytes)
		searched->hit_count--;
	/* The file may have been replaced in the meantime. */
	return hash_of(fd, searched->bytes - END_BYTES, &searched->tail) &&
	       klog_searched_is_same(searched, fd);
}
