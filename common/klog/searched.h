/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_KLOG_SEARCHED_H
#define OOM_KLOG_SEARCHED_H
/*
 * What a search of a large text log has found, for a later run: the same file begins with
 * the same bytes, so the same is found there, and only what was appended is left to be
 * searched.  Nothing here knows of time or windows: what is remembered goes the way of what
 * is found, and time decides afterwards.
 *
 * A file is the same if its device, its inode, and the first and the last 4 KiB of what was
 * searched are, and if each text that was found stands where it stood.  A log is appended to,
 * truncated, copied or replaced: all that is seen.  What is not is a file that somebody
 * edits in its middle and leaves in its place.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Searching less takes a few milliseconds. */
#define KLOG_SEARCHED_FILE_MIN   ((off_t)16 * 1024 * 1024)
#define KLOG_SEARCHED_GROWTH_MIN ((off_t)4 * 1024 * 1024)

/* With more nothing is remembered of the file. */
#define KLOG_SEARCHED_HITS_MAX 256

/* A text that was found, by its place in the file and its number among those looked for. */
struct klog_searched_hit {
	int64_t offset;
	int64_t string;
};

struct klog_searched {
	uint64_t device, inode;
	uint64_t strings;    /* hash of what was looked for */
	int64_t bytes;       /* so many, up to the end of a line, were searched */
	uint64_t head, tail; /* hashes of the first and of the last of them */
	size_t hit_count;
	struct klog_searched_hit hits[KLOG_SEARCHED_HITS_MAX]; /* in the order of the file */
};

/* Where that is kept between runs; the caller's, for this room keeps nothing. */
struct klog_search_memory {
	/* What is known of a file, by its device and inode.  False: nothing. */
	bool (*recall)(uint64_t device, uint64_t inode, struct klog_searched *ret, void *data);
	/* Called for a file that was searched to its end, if that is worth a write. */
	void (*keep)(const struct klog_searched *searched, void *data);
	void *data;
};

/* The rest is this room's. */
struct klog_scan;

/* The file as it is before it is searched for these strings.  0 or a negative errno. */
int klog_searched_begin(struct klog_searched *searched, int fd, const struct klog_scan *scan);

/* Whether a file of `size` bytes that begins as `now` says is the one that `past` tells of. */
bool klog_searched_fits(const struct klog_searched *past, const struct klog_searched *now, int fd, off_t size,
			const struct klog_scan *scan);

/* Whether the first `bytes` bytes still begin and end as they did. */
bool klog_searched_is_same(const struct klog_searched *searched, int fd);

/* A text was found and gone to.  What does not fit is noted as well. */
void klog_searched_note(struct klog_searched *searched, off_t offset, size_t string);

/* The file was searched up to `end`: whether that can be remembered. */
bool klog_searched_finish(struct klog_searched *searched, int fd, off_t end);

#endif
