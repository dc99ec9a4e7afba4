/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_KLOG_SOURCE_H
#define OOM_KLOG_SOURCE_H
/*
 * What each kind of source has to provide; private to klog/. A kind is one file (kmsg.c,
 * syslog.c, journal.c, file.c) with one open function. klog.c selects it by enum klog_kind.
 */
#include <limits.h>

#include "base/cursor.h"
#include "base/file.h"
#include "klog/klog.h"

struct klog_source {
	enum klog_kind kind;
	char name[PATH_MAX]; /* returned by klog_source_name() */
	const struct klog_search_cache *cache;
	/* All members of *ret_summary are preset to "unknown" or 0. */
	int (*read)(struct klog_source *source, const struct klog_query *query, klog_record_fn record_fn,
		    void *data, struct klog_summary *ret_summary, struct klog_failure *failure);
	void (*close)(struct klog_source *source); /* also frees the source */
};

int klog_kmsg_open(struct klog_source **ret, const struct file_roots *roots, struct klog_failure *failure);
int klog_syslog_open(struct klog_source **ret, const struct file_roots *roots, struct klog_failure *failure);
int klog_journal_open(struct klog_source **ret, const char *path, const struct file_roots *roots,
		      struct klog_failure *failure);
int klog_file_open(struct klog_source **ret, const char *path, struct klog_failure *failure);

/* Fills *failure (the reason from the format) and returns error. */
int klog_fail(struct klog_failure *failure, int error, const char *remedy, const char *reason_format, ...)
	__attribute__((format(printf, 4, 5)));

/* klog_fail_remedy() replaces the remedy; klog_fail_because() appends to the reason. */
void klog_fail_remedy(struct klog_failure *failure, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void klog_fail_because(struct klog_failure *failure, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Path of the running program, for a setcap(8) command; "this program" if /proc does not provide
 * it. */
const char *klog_program_path(char *buffer, size_t size);

/*
 * A query's window in realtime, both ends included, widened by usec_around if there is a filter.
 * INT64_MIN and INT64_MAX stand for an open end.
 */
struct klog_window {
	int64_t from_usec;
	int64_t to_usec;
};
struct klog_window klog_query_window(const struct klog_query *query);

/* The current boot, for the sources that the running kernel feeds. */
struct klog_boot {
	bool has_id;
	uint8_t id[16];
	int64_t realtime_usec; /* when local_clock() was 0, see boot.c */
};
void klog_boot_read(struct klog_boot *ret, const struct file_roots *roots);

/*
 * Parses one raw record "PRIO,SEQ,USEC,FLAGS;text": one line, without its newline. The caller
 * leaves out the " KEY=value" lines after it. Unescapes \xNN once into `buffer`, which *ret then
 * points into; an escaped NUL stays \x00. Leaves the realtime unknown and `proven` false. Returns 0
 * or -EINVAL.
 */
int klog_kmsg_parse(const char *record, size_t length, char *buffer, size_t size, struct klog_record *ret);

/* The two halves of klog_kmsg_parse(). The first parses only the header and returns its length or
 * -EINVAL; most records of a ring buffer are outside the window and need no more than that. */
int klog_kmsg_parse_header(const char *record, size_t length, struct klog_record *ret);
void klog_kmsg_unescape(const char *text, size_t length, char *buffer, size_t size, struct klog_record *ret);

/* Opens the kernel's log device under this path. Returns the descriptor, -ENODEV if the path is
 * another file, or the negative errno of open(2). */
int klog_kmsg_open_device(const char *path);

/* Whether the path leads to the kernel's log device, even if the caller may not open it. */
bool klog_kmsg_is_device(const char *path);

/* A source that reads /dev/kmsg from an open descriptor, which it then owns. */
int klog_kmsg_open_fd(struct klog_source **ret, int fd, const struct file_roots *roots,
		      struct klog_failure *failure);

/*
 * Parses one line of the text of syslog(2), "<PRIO>[ SECS.USEC][ CALLER] text", without its
 * newline. *ret points into it. Returns 0 or -EINVAL.
 */
int klog_syslog_parse(const char *line, size_t length, struct klog_record *ret);

/* Two parts of that prefix, which text logs contain as well: "<PRIO>", and the caller, "[ T123]" (a
 * thread) or "[  C0]" (a CPU). Each returns false and takes nothing if it is not at the cursor. */
bool klog_syslog_priority(struct cursor *cursor, struct klog_record *record);
bool klog_syslog_caller(struct cursor *cursor);

/* A source that reads a text of many such lines. It then owns the text (from malloc), including the
 * byte text[length], where it writes a NUL. */
int klog_syslog_open_text(struct klog_source **ret, char *text, size_t length, const struct file_roots *roots,
			  struct klog_failure *failure);

/* Reads everything that syslog(2) returns from the ring buffer. The caller frees it. Returns 0 or a
 * negative errno. */
int klog_syslog_read_all(char **ret, size_t *ret_length);

#endif
