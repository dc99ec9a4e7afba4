/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_KLOG_ROTATED_H
#define OOM_KLOG_ROTATED_H
/*
 * A log file with the older ones that logrotate(8), savelog(8) or syslog-ng left beside it; private
 * to this directory.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "klog/text/compressed.h"

/* Enough for a year of daily files; beyond it, the oldest are left out. */
#define KLOG_ROTATED_MAX 400

struct klog_log_file {
	char *name; /* with its directory */
	int fd;     /* -1: see error */
	int error;  /* negative errno of its open or first read */
	enum klog_compression compression;
	off_t size;           /* when it was opened; what is appended later is left to the next run */
	int64_t written_usec; /* mtime, or KLOG_TIME_UNKNOWN */
	dev_t device;
	ino_t inode;
	uint64_t number; /* the number or date in its name */
	bool dated;      /* kern.log-20241122, not kern.log.2 */
	int copy_fd;     /* of the named file: a copy, while copytruncate is at work; or -1 */

	/* klog_rotated_choose(): */
	bool before_window;     /* last changed before the window */
	bool left_out;          /* not read: before the window and over the size limit */
	int64_t reference_usec; /* for dates without a year, as klog_line_init() wants them */
	int64_t latest_usec;
};

struct klog_rotated {
	struct klog_log_file *files; /* oldest first, the named file last */
	size_t count;
	struct klog_failure unlisted; /* error 0: all siblings are listed; else why some may be
	                               * missing */
};

/*
 * Opens path and its siblings at once, so that a file that is renamed, compressed or deleted later
 * can still be read, and no file is read twice. Fails if path itself cannot be opened or all files
 * are empty. A directory that cannot be listed is reported in ret->unlisted. 0, or a negative errno
 * with *failure filled.
 */
int klog_rotated_open(struct klog_rotated *ret, const char *path, struct klog_failure *failure);
void klog_rotated_close(struct klog_rotated *rotated);

/*
 * Decides which files are left out because they were last changed before the window's start
 * (INT64_MIN: no start), and sets the references, corrected for mtimes from a wrong clock.
 */
void klog_rotated_choose(struct klog_rotated *rotated, int64_t from_usec);

/* The remedy for a log that the user may not read. */
#define KLOG_FILE_ACCESS_REMEDY                                                          \
	"add the user to the file's group (adm on Debian and Ubuntu), or grant it read " \
	"access with setfacl"

/* Whether `name` is a rotated sibling of the log file `base`, both without a directory. *ret_number
 * and *ret_dated are as in struct klog_log_file. */
bool klog_rotated_match(const char *base, const char *name, uint64_t *ret_number, bool *ret_dated);

#endif
