/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_KLOG_JOURNAL_FILES_H
#define OOM_KLOG_JOURNAL_FILES_H
/*
 * The files of a journal, opened and looked at by ourselves: for libsystemd a
 * journal whose files are missing, unreadable or cut off is one without
 * entries, and for a check that would be a host without kills.
 */
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/file.h"
#include "klog/klog.h"
#include "klog/source.h"

struct journal_file {
	int fd;
	dev_t device;
	ino_t inode;
	const char *damage; /* what is wrong with it, NULL: nothing that its header shows */
	uint64_t entries;
	uint64_t tail_offset; /* of the object that was the last when it was opened; 0: unknown */
	int64_t oldest_usec;  /* realtime of its first and last entry: when journald took it in */
	int64_t newest_usec;
	char *path; /* for messages; another file may be there by now */
};

struct journal_files {
	struct journal_file *at;
	size_t count;
	size_t allocated;
};

/*
 * Opens all files that can hold the kernel's records: system journals, live
 * and archived, no user's.  `path` is a directory (with folders of machines in
 * it or not), one file, or NULL for the system's own: rootfs/var/log/journal
 * and rootfs/run/log/journal, of this machine.
 * 0, or a negative errno with *failure filled: -ENOENT where there is none,
 * -EACCES where one of them may not be read.  A damaged one is no failure yet,
 * it may lie outside the window.  Close with journal_files_close().
 */
int journal_files_open(struct journal_files *files, const char *path, const struct file_roots *roots,
		       struct klog_failure *failure);
void journal_files_close(struct journal_files *files);

/* Whether the file can hold an entry of the window.  A damaged one can, if it
 * was written to since the window's start. */
bool journal_file_overlaps(const struct journal_file *file, const struct klog_window *window);
bool journal_files_overlap(const struct journal_files *files, const struct klog_window *window);

#endif
