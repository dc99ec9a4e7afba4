/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_KLOG_SCAN_H
#define OOM_KLOG_SCAN_H
/*
 * Inside this room only: any of several strings in a large text, in one pass
 * at about the speed that memory is read with.
 */
#include <stdbool.h>
#include <stddef.h>

#define KLOG_SCAN_MAX 32 /* strings; and pairs of bytes */

/*
 * A pair of neighbouring bytes from each string, as few and as rare pairs as
 * will do.  A vector's width of text is compared with all of them at once, and
 * only where a pair stands, the strings that it was taken from.
 */
struct klog_scan {
	size_t pair_count;
	unsigned char pairs[KLOG_SCAN_MAX][2];
	size_t string_count;
	struct {
		const char *bytes;
		size_t length;
		size_t offset; /* of its pair in the string */
		size_t next;   /* from 1 on: the next one whose pair begins with the same byte; 0: none */
	} strings[KLOG_SCAN_MAX];
	unsigned char by_first[256]; /* from 1 on: the first such, by that byte */
	size_t longest;              /* bytes */
	/* For the search by AVX2: half of a pair's first and of its second byte, to bits. */
	unsigned char low[2][32], high[2][32];
};

/* Adds a string, which must live as long as *scan (zeroed before the first).
 * False if there is no room for it, or it has less than two bytes. */
bool klog_scan_add(struct klog_scan *scan, const char *string);

/* Chooses the pairs, after the last string and before the first search. */
void klog_scan_prepare(struct klog_scan *scan);

/* A place where one of them stands, or NULL: of all that do, the one whose
 * pair comes first.  *ret_string: which, as they were added; NULL: never mind. */
const char *klog_scan_find(const struct klog_scan *scan, const char *text, size_t length, size_t *ret_string);

#endif
