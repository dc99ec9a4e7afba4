/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_KLOG_SOURCE_H
#define OOM_KLOG_SOURCE_H
/*
 * Inside this room only: what a kind of source has to provide.  A kind is one
 * file (kmsg.c, syslog.c, journal.c, file.c) with one open function; klog.c
 * picks it by enum klog_kind and checks the common parts.
 */
#include <limits.h>

#include "base/file.h"
#include "klog/klog.h"

struct klog_source {
	enum klog_kind kind;
	char name[PATH_MAX]; /* as klog_source_name() gives it */
	int (*read)(struct klog_source *source, const struct klog_query *query, klog_record_fn record_fn,
		    void *data, struct klog_summary *ret_summary, struct klog_failure *failure);
	void (*close)(struct klog_source *source); /* frees the source as well */
};

int klog_kmsg_open(struct klog_source **ret, const struct file_roots *roots, struct klog_failure *failure);
int klog_syslog_open(struct klog_source **ret, const struct file_roots *roots, struct klog_failure *failure);
int klog_journal_open(struct klog_source **ret, const char *path, const struct file_roots *roots,
		      struct klog_failure *failure);
int klog_file_open(struct klog_source **ret, const char *path, struct klog_failure *failure);

/* Fills *failure (reason and remedy by format) and returns error. */
int klog_fail(struct klog_failure *failure, int error, const char *remedy, const char *reason_format, ...)
	__attribute__((format(printf, 4, 5)));

/*
 * Parses one raw record "PRIO,SEQ,USEC,FLAGS;text" (one line, without its
 * newline; " KEY=value" lines are the caller's to leave out), unescaping \xNN
 * once into `buffer`, which *ret then points into.  realtime is left unknown.
 * 0 or -EINVAL.
 */
int klog_kmsg_parse(const char *record, size_t length, char *buffer, size_t size, struct klog_record *ret);

#endif
