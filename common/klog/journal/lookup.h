/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_KLOG_LOOKUP_H
#define OOM_KLOG_LOOKUP_H
/*
 * Looks up journal entries that are not kernel records, by fields that a service has set. The
 * journal's index makes this fast regardless of its size.
 */
#include <stddef.h>
#include <stdint.h>

#include "base/file.h"

#define KLOG_LOOKUP_FIELDS 4   /* maximum number of requested fields */
#define KLOG_LOOKUP_VALUE  256 /* longer values are cut */

struct klog_entry {
	int64_t realtime_usec; /* when journald received it */
	uint8_t boot_id[16];
	/* of the requested fields; "" if the entry does not have the field */
	char values[KLOG_LOOKUP_FIELDS][KLOG_LOOKUP_VALUE];
};

struct klog_lookup;

/*
 * Opens the journal. `path` is as for klog_open(); NULL is the system's own journal. Files whose
 * header shows damage are skipped; a file that libsystemd cannot open makes it fail. Returns 0 or a
 * negative errno.
 */
int klog_lookup_open(struct klog_lookup **ret, const char *path, const struct file_roots *roots);
void klog_lookup_close(struct klog_lookup *lookup); /* NULL is fine */

/* A non-zero result ends the search and is returned by klog_lookup_find(). */
typedef int (*klog_entry_fn)(const struct klog_entry *entry, void *data);

/*
 * Calls entry_fn, oldest first, for each entry that matches. `matches` are "NAME=value", up to a
 * NULL: one of those with the same name must match, and all of those with different names. Only a
 * name that starts with '_' was set by journald; other fields are set by the writer. `fields` are
 * the names of the requested values, up to a NULL. Returns 0, the result of entry_fn, or a negative
 * errno.
 */
int klog_lookup_find(struct klog_lookup *lookup, const char *const *matches, const char *const *fields,
		     klog_entry_fn entry_fn, void *data);

#endif
