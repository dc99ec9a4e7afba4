/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_KLOG_JOURNAL_VIEW_H
#define OOM_KLOG_JOURNAL_VIEW_H
/*
 * A place in some journal files and what is looked for there: sd-journal with
 * libsystemd loaded at run time, and its entries as records.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <systemd/sd-journal.h>

#include "base/text.h"
#include "klog/journal_fields.h"
#include "klog/klog.h"

/* As in sd-journal.h, without "sd_journal_". */
struct journal_api {
	void *library;
	__typeof__(sd_journal_open_files_fd) *open_files_fd; /* 230 */
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
/* 0, or as library_open(). */
int journal_api_load(struct journal_api *api, struct text *reason);

struct journal_view {
	const struct journal_api *api;
	sd_journal *journal;
};

/* Opens a view of `count` files; the descriptors stay the caller's. */
int journal_view_open(struct journal_view *view, const struct journal_api *api, const int *fds, size_t count);
void journal_view_close(struct journal_view *view);

/*
 * Matches: what came in by /dev/kmsg, at one of the levels whose bit is set,
 * or any where none is.  What userspace wrote there is among it: its facility
 * tells, in the entry, for a third condition costs the index half as much
 * again.  Several journal_view_match_…() add up.
 */
void journal_view_match_clear(struct journal_view *view);
int journal_view_match_kernel(struct journal_view *view, unsigned levels);
int journal_view_match_program(struct journal_view *view, const struct klog_anchor *anchor);

/* The terms that find what a program's anchor stands for: one a form, of which there are so
 * many.  0 or -ENAMETOOLONG. */
size_t journal_program_forms(const struct klog_anchor *anchor);
int journal_program_term(struct text *term, size_t form, const struct klog_anchor *anchor);

int journal_view_match_boot(struct journal_view *view, const uint8_t id[16]);
/* journald: "Missed N kernel messages", "Suppressed N messages from UNIT" */
#define JOURNAL_ID_MISSED  "MESSAGE_ID=e9bf28e6e834481bb6f48f548ad13606" /* SD_MESSAGE_JOURNAL_MISSED */
#define JOURNAL_ID_DROPPED "MESSAGE_ID=a596d6fe7bfa4994828e72309e95d61e" /* SD_MESSAGE_JOURNAL_DROPPED */
int journal_view_match_losses(struct journal_view *view);

/*
 * libsystemd drops a damaged file from its iteration and goes on without a
 * word (real_journal_next(), to this day).  But it then leaves it out of the
 * disk usage as well, which is compared with that of the view's files.
 * 0 or -EBADMSG.
 */
int journal_view_check(const struct journal_view *view, const int *fds, size_t count);

/* The message of the current entry, not terminated.  0, -ENOENT or an error. */
int journal_view_message(const struct journal_view *view, const char **ret_text, size_t *ret_length);
/* 1 if it came in by /dev/kmsg, and if it is the kernel's own. */
int journal_view_is_kmsg(const struct journal_view *view);
int journal_view_is_kernel(const struct journal_view *view);
/* All of it, with an empty text where it has none. */
int journal_view_entry(const struct journal_view *view, struct klog_journal_entry *ret);

/* Goes to the entry of a cursor (another view's too), if it matches here.  1, 0
 * or an error, as sd_journal_next(). */
int journal_view_goto(const struct journal_view *view, const char *cursor);

#endif
