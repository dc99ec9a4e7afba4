/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_KLOG_JOURNAL_WALK_H
#define OOM_KLOG_JOURNAL_WALK_H
/*
 * Reading a journal by its index: only entries at an anchor's level are looked
 * at, and around a hit those that belong to it.
 */
#include "klog/journal_view.h"
#include "klog/source.h"

/* When journald took in what libsystemd showed and what held an anchor. */
struct journal_seen {
	uint64_t *taken_usec;
	size_t count, allocated;
	bool overflow; /* there was more of it than is kept */
};

struct journal_walk {
	const struct klog_interest *interest; /* NULL: every record of the kernel */
	bool named;                           /* the journal was, by the caller */
	struct klog_window window;            /* of the hits */
	klog_record_fn record_fn;
	void *data;
	struct klog_summary *summary;
	struct klog_failure *failure;

	struct journal_view hits;    /* goes over the candidates, once */
	struct journal_view context; /* goes around a hit; opened at the first one */
	int *fds;                    /* of the files, for that */
	size_t fd_count;
	int64_t started_usec;
	bool kernel;       /* the kernel's records are wanted */
	unsigned levels;   /* bits of the anchors' levels; 0: all */
	size_t hits_ahead; /* hits that the context has been over already */
	char *last;        /* cursor of the newest record yielded around a hit, or NULL */
	int64_t last_taken_usec;
	struct klog_journal_entry entry;
	struct journal_seen seen;
};

/*
 * Yields what the walk is after, from hits on.  0, what the callback returned,
 * or a negative errno with *failure filled.
 */
int journal_walk(struct journal_walk *walk);
void journal_walk_close(struct journal_walk *walk);

/* In journal_context.c: yields what is around the hit that walk->entry holds
 * and hits is at, and the hit. */
int journal_walk_context(struct journal_walk *walk);

/* Whether a message is of interest: it holds an anchor or tells of a loss. */
bool journal_walk_is_worth_a_look(const struct klog_interest *interest, const char *text, size_t length);

/* Whether the anchor is the first of its program (or id) and level, by which it is looked for. */
bool journal_walk_is_new_program(const struct klog_interest *interest, size_t anchor);

/* Whether the entry is a record of the kernel that holds an indexed anchor. */
bool journal_walk_is_hit(const struct journal_walk *walk, const struct klog_journal_entry *entry);

/* Fills *failure and returns error. */
int journal_walk_fail(const struct journal_walk *walk, int error);

int journal_walk_yield(struct journal_walk *walk);

#endif
