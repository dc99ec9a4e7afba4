/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_KLOG_SEARCHED_H
#define OOM_KLOG_SEARCHED_H
/*
 * Remembers what a search of a large text log has found. As long as the file starts with the same
 * bytes, a later run finds the same in them, so it only searches what was appended. Times and
 * windows play no part here: what was remembered is treated as if it had just been found, and is
 * compared with the window afterwards.
 *
 * A file is the same if its device, its inode, and the first and the last 4 KiB of what was
 * searched are the same, and if each text that was found is still in its place. This detects a log
 * that was truncated, copied or replaced. It does not detect an edit in the middle of the file.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Searching less than this takes only a few milliseconds. */
#define KLOG_SEARCHED_FILE_MIN   ((off_t)16 * 1024 * 1024)
#define KLOG_SEARCHED_GROWTH_MIN ((off_t)4 * 1024 * 1024)

/* If there are more hits, nothing is remembered about the file. */
#define KLOG_SEARCHED_HITS_MAX 256

/* A hit: its place in the file and the index of the string. */
struct klog_searched_hit {
	int64_t offset;
	int64_t string;
};

struct klog_searched {
	uint64_t device, inode;
	uint64_t strings;    /* hash of the strings that were looked for */
	int64_t bytes;       /* number of bytes searched, up to the end of a line */
	uint64_t head, tail; /* hashes of their first and last 4 KiB */
	size_t hit_count;
	struct klog_searched_hit hits[KLOG_SEARCHED_HITS_MAX]; /* in file order */
};

/* Where this is kept between runs; implemented by the caller. */
struct klog_search_cache {
	/* Looks up a file by its device and inode. Returns false if nothing is known about it. */
	bool (*lookup)(uint64_t device, uint64_t inode, struct klog_searched *ret, void *data);
	/* Called for a file that was searched to its end, if saving it is worthwhile. */
	void (*keep)(const struct klog_searched *searched, void *data);
	void *data;
};

/* The rest is private to this directory. */
struct klog_scan;

/* Records the file's identity before it is searched for these strings. Returns 0 or a negative
 * errno. */
int klog_searched_begin(struct klog_searched *searched, int fd, const struct klog_scan *scan);

/* Whether a file of `size` bytes, whose identity is `now`, is the one that `past` describes. */
bool klog_searched_fits(const struct klog_searched *past, const struct klog_searched *now, int fd, off_t size,
			const struct klog_scan *scan);

/* Whether the first `bytes` bytes still start and end with the same content. */
bool klog_searched_is_same(const struct klog_searched *searched, int fd);

/* Records a hit. Hits beyond KLOG_SEARCHED_HITS_MAX are only counted. */
void klog_searched_note(struct klog_searched *searched, off_t offset, size_t string);

/* The file was searched up to `end`. Returns whether that can be remembered. */
bool klog_searched_finish(struct klog_searched *searched, int fd, off_t end);

#endif
