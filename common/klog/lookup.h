/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_KLOG_LOOKUP_H
#define OOM_KLOG_LOOKUP_H
/*
 * Entries of the journal that are no kernel records, by the fields that a
 * service gave them: found by the journal's index, whatever its size.
 */
#include <stddef.h>
#include <stdint.h>

#include "base/file.h"

#define KLOG_LOOKUP_FIELDS 4   /* asked for at the most */
#define KLOG_LOOKUP_VALUE  256 /* longer values are cut */

struct klog_entry {
	int64_t realtime_usec; /* when journald took it in */
	uint8_t boot_id[16];
	char values[KLOG_LOOKUP_FIELDS][KLOG_LOOKUP_VALUE]; /* of the fields asked for, "" where
	                                                     * it has none */
};

struct klog_lookup;

/*
 * Opens the journal, with `path` as for klog_open(): NULL is the system's own.
 * 0 or a negative errno; a damaged file among the journal's makes it fail.
 */
int klog_lookup_open(struct klog_lookup **ret, const char *path, const struct file_roots *roots);
void klog_lookup_close(struct klog_lookup *lookup); /* NULL is fine */

/* Non-zero ends the search and is returned by klog_lookup_find(). */
typedef int (*klog_entry_fn)(const struct klog_entry *entry, void *data);

/*
 * Calls entry_fn for each entry, oldest first, that has these fields ("NAME=value",
 * up to the NULL): of the same name one is enough, of different names all.  Only
 * a name that begins with '_' is journald's word; the others are the writer's.
 * `fields` are the names of the values asked for, up to a NULL.
 * 0, what entry_fn returned, or a negative errno.
 */
int klog_lookup_find(struct klog_lookup *lookup, const char *const *matches, const char *const *fields,
		     klog_entry_fn entry_fn, void *data);

#endif
