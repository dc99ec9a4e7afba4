/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_KLOG_JOURNAL_FILES_H
#define OOM_KLOG_JOURNAL_FILES_H
/*
 * The files of a journal, opened and examined without libsystemd. libsystemd treats a journal whose
 * files are missing, unreadable or cut off like one without entries, and the check would then
 * report a host without kills.
 */
#include <stdbool.h>
#include <stddef.h>

#include "base/file.h"
#include "klog/journal/journal_header.h"
#include "klog/klog.h"
#include "klog/source.h"

struct journal_files {
	struct journal_file *at;
	size_t count;
	size_t allocated;
};

/*
 * Opens all files that can contain kernel records: system journals, live and archived, but no
 * users' journals. `path` is a directory (with or without subdirectories of machines), one file, or
 * NULL for the system's own journal: the files of this machine in rootfs/var/log/journal and
 * rootfs/run/log/journal.
 *
 * Returns 0, or a negative errno with *failure filled: -ENOENT if there is no file, -EACCES if one
 * of them is not readable. A damaged file is not a failure yet, because it may be outside the
 * window. Close with journal_files_close().
 */
int journal_files_open(struct journal_files *files, const char *path, const struct file_roots *roots,
		       struct klog_failure *failure);
void journal_files_close(struct journal_files *files);

/* Whether the file can contain an entry of the window. A damaged file can if it was written to
 * since the window's start. */
bool journal_file_overlaps(const struct journal_file *file, const struct klog_window *window);
bool journal_files_overlap(const struct journal_files *files, const struct klog_window *window);

#endif
