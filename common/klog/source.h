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
	const struct klog_search_memory *memory;
	/* *ret_summary comes with everything unknown or 0. */
	int (*read)(struct klog_source *source, const struct klog_query *query, klog_record_fn record_fn,
		    void *data, struct klog_summary *ret_summary, struct klog_failure *failure);
	void (*close)(struct klog_source *source); /* frees the source as well */
};

int klog_kmsg_open(struct klog_source **ret, const struct file_roots *roots, struct klog_failure *failure);
int klog_syslog_open(struct klog_source **ret, const struct file_roots *roots, struct klog_failure *failure);
int klog_journal_open(struct klog_source **ret, const char *path, const struct file_roots *roots,
		      struct klog_failure *failure);
int klog_file_open(struct klog_source **ret, const char *path, struct klog_failure *failure);

/* Fills *failure (reason by format) and returns error. */
int klog_fail(struct klog_failure *failure, int error, const char *remedy, const char *reason_format, ...)
	__attribute__((format(printf, 4, 5)));

/* Replaces the remedy, where it has something to print, or adds to the reason. */
void klog_fail_remedy(struct klog_failure *failure, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void klog_fail_because(struct klog_failure *failure, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Path of the running program, as setcap(8) wants it; "this program" where
 * /proc does not say. */
const char *klog_program_path(char *buffer, size_t size);

/*
 * A query's window in realtime, ends included, widened by usec_around where
 * there is an interest; INT64_MIN and INT64_MAX where it is open.
 */
struct klog_window {
	int64_t from_usec;
	int64_t to_usec;
};
struct klog_window klog_query_window(const struct klog_query *query);

/* This boot: for the sources that the running kernel feeds. */
struct klog_boot {
	bool has_id;
	uint8_t id[16];
	int64_t realtime_usec; /* when local_clock() was 0, see boot.c */
};
void klog_boot_read(struct klog_boot *ret, const struct file_roots *roots);

/*
 * Parses one raw record "PRIO,SEQ,USEC,FLAGS;text" (one line, without its
 * newline; " KEY=value" lines are the caller's to leave out), unescaping \xNN
 * once into `buffer`, which *ret then points into; an escaped NUL stays \x00.
 * realtime is left unknown, proven false.  0 or -EINVAL.
 */
int klog_kmsg_parse(const char *record, size_t length, char *buffer, size_t size, struct klog_record *ret);

/* The two halves of it: the header alone, which says how long it is, and the
 * text.  Most records of a ring lie outside the window. */
int klog_kmsg_parse_header(const char *record, size_t length, struct klog_record *ret);
void klog_kmsg_unescape(const char *text, size_t length, char *buffer, size_t size, struct klog_record *ret);

/* Opens /dev/kmsg under this path.  The descriptor, -ENODEV where another file is
 * there, or the open's negative errno. */
int klog_kmsg_open_device(const char *path);

/* Whether the path leads to that device, be it one that may be opened or not. */
bool klog_kmsg_is_device(const char *path);

/* /dev/kmsg behind an open descriptor, which the source then owns. */
int klog_kmsg_open_fd(struct klog_source **ret, int fd, const struct file_roots *roots,
		      struct klog_failure *failure);

/*
 * Parses one line of syslog(2)'s text, "<PRIO>[ SECS.USEC][ CALLER] text",
 * without its newline.  *ret points into it.  0 or -EINVAL.
 */
int klog_syslog_parse(const char *line, size_t length, struct klog_record *ret);

/* The same over a text of many lines, which the source then owns (malloc) and
 * terminates at text[length]. */
int klog_syslog_open_text(struct klog_source **ret, char *text, size_t length, const struct file_roots *roots,
			  struct klog_failure *failure);

/* All that syslog(2) gives of the ring, which the caller then owns.  0 or a negative
 * errno. */
int klog_syslog_read_all(char **ret, size_t *ret_length);

#endif
