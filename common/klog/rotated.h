/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_KLOG_ROTATED_H
#define OOM_KLOG_ROTATED_H
/*
 * Inside this room only: a log file together with the older ones that
 * logrotate(8), savelog(8) or syslog-ng left beside it.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "klog/compressed.h"

/* A year of daily files fits; the oldest are left out beyond it. */
#define KLOG_ROTATED_MAX 400

struct klog_log_file {
	char *name; /* with its directory */
	int fd;     /* -1: see error */
	int error;  /* negative errno of its open or first read */
	enum klog_compression compression;
	off_t size;           /* when it was opened: what is appended later is the next run's */
	int64_t written_usec; /* mtime, or KLOG_TIME_UNKNOWN */
	dev_t device;
	ino_t inode;
	uint64_t number; /* the part of its name that tells its age */
	bool dated;      /* kern.log-20241122, not kern.log.2 */
	int copy_fd;     /* of the named file: its copy while copytruncate is at work, or -1 */

	/* klog_rotated_choose(): */
	bool before_window;     /* its last change says so */
	bool left_out;          /* and it is too large to be read all the same */
	int64_t reference_usec; /* for dates without a year, as klog_line_init() wants them */
	int64_t latest_usec;
};

struct klog_rotated {
	struct klog_log_file *files; /* oldest first, the named file last */
	size_t count;
	struct klog_failure unlisted; /* error 0: all siblings are there; else why some may not be */
};

/*
 * Opens path and its siblings, all at once: what is renamed, compressed or
 * deleted from then on stays readable, and none is there twice.  Only a path
 * that cannot be opened itself is a failure; a directory that cannot be listed
 * is in ret->unlisted.
 */
int klog_rotated_open(struct klog_rotated *ret, const char *path, struct klog_failure *failure);
void klog_rotated_close(struct klog_rotated *rotated);

/*
 * Decides which files are left out, their last change being before the window's start
 * (INT64_MIN: it has none), and completes what a clock that was wrong has left in their
 * last changes.
 */
void klog_rotated_choose(struct klog_rotated *rotated, int64_t from_usec);

/* A remedy for a log that the user may not read. */
#define KLOG_FILE_ACCESS_REMEDY                                                          \
	"add the user to the file's group (adm on Debian and Ubuntu), or grant it read " \
	"access with setfacl"

/* Whether `name` is a rotated sibling of the log file `base`, both without
 * their directory; what tells its age. */
bool klog_rotated_match(const char *base, const char *name, uint64_t *ret_number, bool *ret_dated);

#endif
