/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_KLOG_SCAN_H
#define OOM_KLOG_SCAN_H
/*
 * Searches a large text for several strings in one pass, at about the speed of memory. Private to
 * this directory.
 */
#include <stdbool.h>
#include <stddef.h>

#define KLOG_SCAN_MAX 32 /* strings; also pairs of bytes */

/* The number of pairs that are compared at once. With more, the search is by the byte. */
#define KLOG_SCAN_PAIRS 16

/*
 * The search uses one pair of adjacent bytes from each string, which several strings can share. A
 * vector of text is compared with all pairs at once. The strings themselves are compared only where a
 * pair was found, so a pair should be rare in logs.
 */
struct klog_scan {
	size_t pair_count;
	unsigned char pairs[KLOG_SCAN_MAX][2];
	size_t string_count;
	struct {
		const char *bytes;
		size_t length;
		size_t offset; /* of its pair within the string */
		size_t next;   /* next string whose pair starts with the same byte: index + 1; 0: none */
	} strings[KLOG_SCAN_MAX];
	unsigned char by_first[256]; /* first such string for that byte: index + 1; 0: none */
	size_t longest;              /* bytes */
	/* For the AVX2 search: maps the low and the high half of a pair's first and second byte to
	 * bits. */
	unsigned char low[2][32], high[2][32];
};

/* Adds a string, which must live as long as *scan, and its pair: two bytes that it contains, or NULL
 * for its first two. Zero *scan before the first one. Returns false if there is no room for it or it
 * does not contain the pair. */
bool klog_scan_add(struct klog_scan *scan, const char *string, const char *pair);

/* Fills the tables. Call after the last string and before the first search. */
void klog_scan_prepare(struct klog_scan *scan);

/* Returns the place of one of the strings, or NULL: of all that are found, the one whose pair comes
 * first. *ret_string is its index, in the order of klog_scan_add(); may be NULL. */
const char *klog_scan_find(const struct klog_scan *scan, const char *text, size_t length, size_t *ret_string);

#endif
