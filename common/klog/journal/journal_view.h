/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_KLOG_JOURNAL_VIEW_H
#define OOM_KLOG_JOURNAL_VIEW_H
/*
 * A position in a set of journal files and the match applied to them: sd-journal from a libsystemd
 * that is loaded at run time. Converts its entries to records.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <systemd/sd-journal.h>

#include "base/text.h"
#include "klog/journal/journal_fields.h"
#include "klog/klog.h"

/* The functions of sd-journal.h, without the prefix "sd_journal_". */
struct journal_api {
	void *library;
	__typeof__(sd_journal_open_files_fd) *open_files_fd; /* since systemd 230 */
	__typeof__(sd_journal_close) *close;
	__typeof__(sd_journal_add_match) *add_match;
	__typeof__(sd_journal_add_disjunction) *add_disjunction;
	__typeof__(sd_journal_flush_matches) *flush_matches;
	__typeof__(sd_journal_seek_head) *seek_head;
	__typeof__(sd_journal_seek_tail) *seek_tail;
	__typeof__(sd_journal_seek_realtime_usec) *seek_realtime_usec;
	__typeof__(sd_journal_seek_cursor) *seek_cursor;
	__typeof__(sd_journal_get_cursor) *get_cursor;
	__typeof__(sd_journal_next) *next;
	__typeof__(sd_journal_previous) *previous;
	__typeof__(sd_journal_get_data) *get_data;
	__typeof__(sd_journal_restart_data) *restart_data;
	__typeof__(sd_journal_enumerate_data) *enumerate_data;
	__typeof__(sd_journal_get_realtime_usec) *get_realtime_usec;
	__typeof__(sd_journal_get_monotonic_usec) *get_monotonic_usec;
	__typeof__(sd_journal_get_usage) *get_usage;
};

#define JOURNAL_SONAME "libsystemd.so.0"
/* Returns 0 or the errors of library_open(). */
int journal_api_load(struct journal_api *api, struct text *reason);

/* Fills *failure for an error of a function of this file and returns the error. */
int journal_view_fail(struct klog_failure *failure, int error);

struct journal_view {
	const struct journal_api *api;
	sd_journal *journal;
};

/* Opens a view of `count` files. The caller keeps ownership of the descriptors. Returns 0 or a
 * negative errno. */
int journal_view_open(struct journal_view *view, const struct journal_api *api, const int *fds, size_t count);
void journal_view_close(struct journal_view *view);

/*
 * The match functions; several of them add up. journal_view_match_kernel() matches records that
 * were received through /dev/kmsg, at one of the levels whose bit is set, or at any level if none
 * is. These include records that userspace wrote to it. The facility in the entry identifies those:
 * a third condition in the match makes the search half as expensive again.
 */
void journal_view_match_clear(struct journal_view *view);
int journal_view_match_kernel(struct journal_view *view, unsigned levels);
int journal_view_match_program(struct journal_view *view, const struct klog_match *match);

int journal_view_match_boot(struct journal_view *view, const uint8_t id[16]);
/* journald's own messages about messages that it lost */
int journal_view_match_losses(struct journal_view *view);

/*
 * libsystemd silently drops a damaged file from its iteration and continues (real_journal_next(),
 * in all versions so far). It then leaves the file out of the disk usage too, so that is compared
 * with the usage of the view's files. Returns 0 or -EBADMSG.
 */
int journal_view_check(const struct journal_view *view, const int *fds, size_t count);

/* The value of a field of the current entry, not terminated. Returns 0, -ENOENT or another negative
 * errno. */
int journal_view_value(const struct journal_view *view, const char *name, const char **ret_value,
		       size_t *ret_length);

struct journal_times {
	int64_t taken_usec;     /* realtime when journald received the entry */
	int64_t monotonic_usec; /* CLOCK_MONOTONIC at that time, in that boot */
	uint8_t boot_id[16];
};
/* The times of the current entry. Returns 0 or a negative errno. */
int journal_view_times(const struct journal_view *view, struct journal_times *ret);

/* Return 1 if the current entry was received through /dev/kmsg, or was written by the kernel
 * itself; 0 if not; or a negative errno. */
int journal_view_is_kmsg(const struct journal_view *view);
int journal_view_is_kernel(const struct journal_view *view);
/* Reads the whole entry. Its text is empty if it has no message. */
int journal_view_entry(const struct journal_view *view, struct klog_journal_entry *ret);

/* Goes to the entry of a cursor, which may come from another view, if the entry matches here.
 * Returns 1, 0 or a negative errno, as sd_journal_next(). */
int journal_view_goto(const struct journal_view *view, const char *cursor);

#endif
