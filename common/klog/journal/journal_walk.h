/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_KLOG_JOURNAL_WALK_H
#define OOM_KLOG_JOURNAL_WALK_H
/*
 * Reads a journal by its index: only entries at a match's level are examined, and the records
 * around each hit.
 */
#include "klog/journal/journal_view.h"
#include "klog/source.h"

/* Times at which journald received the entries that libsystemd returned and that contain a match
 * or report a loss. */
struct journal_seen {
	uint64_t *taken_usec;
	size_t count, allocated;
	bool overflow; /* there were more entries than are kept */
};

struct journal_walk {
	const struct klog_filter *filter; /* NULL: every record of the kernel */
	bool named;                       /* the caller named the journal */
	struct klog_window window;        /* of the hits */
	klog_record_fn record_fn;
	void *data;
	struct klog_summary *summary;
	struct klog_failure *failure;

	struct journal_view hits;    /* iterates over the candidates, once */
	struct journal_view context; /* reads around a hit; opened at the first hit */
	int *fds;                    /* of the files, to open it */
	size_t fd_count;
	int64_t started_usec;
	bool kernel;       /* the kernel's records are wanted */
	unsigned levels;   /* bits of the matches' levels; 0: all levels */
	size_t hits_ahead; /* hits that the context has already passed */
	char *last;        /* cursor of the newest record that was yielded around a hit, or NULL */
	int64_t last_taken_usec;
	struct klog_journal_entry entry;
	struct journal_seen seen;
};

/*
 * Yields the records that the walk looks for. `hits` must be open and have no match. Returns 0, the
 * result of the callback, or a negative errno with *failure filled.
 */
int journal_walk(struct journal_walk *walk);
void journal_walk_close(struct journal_walk *walk);

/* journal_context.c: yields walk->entry, or that hit and the records around it; `hits` is positioned
 * at it. Each returns the result of the callback, or a negative errno with *failure filled. */
int journal_context_yield(struct journal_walk *walk);
int journal_context_yield_around(struct journal_walk *walk);

#endif
