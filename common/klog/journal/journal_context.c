/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Yields the records around a hit: those from the report's header on, but at most records_before
 * and none that an earlier hit has yielded; the hit; and records_after records after it, and again
 * as many if there is another hit among them. A task table can be thousands of records long. If the
 * header is further back, it is searched for by its level, and the report's head and tail are
 * yielded without the middle.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/boot_id.h"
#include "base/cleanup.h"
#include "klog/journal/journal_match.h"
#include "klog/journal/journal_walk.h"

enum step { STEP_INSIDE, STEP_OUTSIDE, STEP_HEADER };

int journal_context_yield(struct journal_walk *walk)
{
	const struct klog_record *record = &walk->entry.record;

	/* For records received late, the journal reaches further back than the times of its
	 * entries. */
	if (record->realtime_usec < walk->summary->oldest_usec)
		walk->summary->oldest_usec = record->realtime_usec;
	walk->summary->yielded_records++;
	return walk->record_fn(record, walk->data);
}

/* The times of the hit to which the context belongs. */
static struct journal_times times_of(const struct klog_journal_entry *entry)
{
	struct journal_times times = { .taken_usec = entry->taken_usec,
				       .monotonic_usec = entry->taken_monotonic_usec };

	memcpy(times.boot_id, entry->record.boot_id, sizeof(times.boot_id));
	return times;
}

static int open_context(struct journal_walk *walk)
{
	int r;

	if (walk->context.journal)
		return 0;
	r = journal_view_open(&walk->context, walk->hits.api, walk->fds, walk->fd_count);
	return r < 0 ? r : journal_view_match_kernel(&walk->context, 0);
}

static int take_cursor(const struct journal_view *view, char **ret)
{
	free(*ret);
	*ret = NULL;
	return view->api->get_cursor(view->journal, ret);
}

/* Returns 1 if the view is at the cursor's entry. The caller has already compared the time, which
 * is cheaper. */
static int is_at(const struct journal_view *view, const char *cursor)
{
	AUTO_FREE char *here = NULL;
	int r = take_cursor(view, &here);

	return r < 0 ? r : strcmp(here, cursor) == 0;
}

/* Too far from the hit in time, or from another boot. */
static bool is_apart(const struct journal_walk *walk, const struct journal_times *hit,
		     const struct journal_times *times)
{
	int64_t apart_usec = hit->taken_usec - times->taken_usec;

	return apart_usec > walk->filter->usec_around || apart_usec < -walk->filter->usec_around ||
	       !boot_id_same(hit->boot_id, times->boot_id);
}

/* Classifies the entry at which the context is positioned, on the way back. Returns an enum step or
 * a negative errno. */
static int classify_entry(const struct journal_walk *walk, const struct journal_times *hit)
{
	const struct journal_view *view = &walk->context;
	const char *header = walk->filter->header, *text;
	struct journal_times times;
	size_t length;
	int r = journal_view_times(view, &times);

	if (r < 0)
		return r;
	if (is_apart(walk, hit, &times))
		return STEP_OUTSIDE;
	if (walk->last && times.taken_usec == walk->last_taken_usec) {
		r = is_at(view, walk->last);
		if (r != 0)
			return r < 0 ? r : STEP_OUTSIDE;
	}
	r = journal_view_value(view, "MESSAGE", &text, &length);
	if (r < 0)
		return r == -ENOENT ? STEP_INSIDE : r;
	if (!header || !memmem(text, length, header, strlen(header)))
		return STEP_INSIDE;
	r = journal_view_is_kernel(view);
	return r < 0 ? r : r > 0 ? STEP_HEADER : STEP_INSIDE;
}

/*
 * Steps back from the hit. *ret_back is the number of records before it that belong to it; the
 * context is then at the first of them, or at the hit. Returns 1 if something other than
 * records_before stopped it, 0 if records_before did, or a negative errno.
 */
static int step_back(struct journal_walk *walk, const struct journal_times *hit, size_t *ret_back)
{
	const struct journal_view *view = &walk->context;
	size_t back = 0;
	int r = 0;

	while (back < walk->filter->records_before) {
		r = view->api->previous(view->journal);
		if (r < 0)
			return r;
		if (r == 0) /* already at the oldest entry */
			break;
		r = classify_entry(walk, hit);
		if (r < 0)
			return r;
		if (r == STEP_OUTSIDE) {
			*ret_back = back;
			r = view->api->next(view->journal);
			return r < 0 ? r : 1;
		}
		back++;
		if (r == STEP_HEADER)
			break;
	}
	*ret_back = back;
	return back < walk->filter->records_before || r == STEP_HEADER;
}

/* Goes to the report's header, searched for by its level, if there is one before `from`. Returns 1,
 * 0 or a negative errno. The match is restored. */
static int goto_far_header(struct journal_walk *walk, const struct journal_times *hit, const char *from)
{
	struct journal_view *view = &walk->context;
	AUTO_FREE char *header = NULL;
	int r, step = STEP_INSIDE;

	journal_view_match_clear(view);
	r = journal_view_match_kernel(view, 1U << (walk->filter->header_level & 7));
	if (r >= 0)
		r = view->api->seek_cursor(view->journal, from);
	while (r >= 0 && step == STEP_INSIDE && (r = view->api->previous(view->journal)) > 0) {
		int64_t last_usec = walk->last ? walk->last_taken_usec : INT64_MIN;
		uint64_t taken_usec = 0;

		step = r = classify_entry(walk, hit);
		if (r >= 0)
			r = view->api->get_realtime_usec(view->journal, &taken_usec);
		if ((int64_t)taken_usec < last_usec)
			step = STEP_OUTSIDE;
	}
	if (r >= 0 && step == STEP_HEADER)
		r = take_cursor(view, &header);
	if (r < 0)
		return r;
	journal_view_match_clear(view);
	r = journal_view_match_kernel(view, 0);
	if (r < 0 || !header)
		return r;
	return journal_view_goto(view, header);
}

static int yield_here(struct journal_walk *walk)
{
	int r = journal_view_entry(&walk->context, &walk->entry);

	return r < 0 ? journal_view_fail(walk->failure, r) : journal_context_yield(walk);
}

/* Yields records from the header on: records_before of them, or up to `until`. */
static int yield_head(struct journal_walk *walk, const char *until)
{
	const struct journal_view *view = &walk->context;

	for (unsigned i = 0; i < walk->filter->records_before; i++) {
		int r = is_at(view, until);

		if (r < 0)
			return journal_view_fail(walk->failure, r);
		if (r > 0)
			return 0;
		r = yield_here(walk);
		if (r != 0)
			return r;
		r = view->api->next(view->journal);
		if (r <= 0)
			return r < 0 ? journal_view_fail(walk->failure, r) : 0;
	}
	return 0;
}

/* Yields the report's head if its header is more than records_before records back. The context's
 * position is restored. */
static int yield_far_head(struct journal_walk *walk, const struct journal_times *hit)
{
	AUTO_FREE char *here = NULL;
	int r = take_cursor(&walk->context, &here);

	if (r >= 0)
		r = goto_far_header(walk, hit, here);
	if (r < 0)
		return journal_view_fail(walk->failure, r);
	if (r > 0) {
		r = yield_head(walk, here);
		if (r != 0)
			return r;
	}
	r = journal_view_goto(&walk->context, here);
	return r < 0 ? journal_view_fail(walk->failure, r) : 0;
}

/* Remembers the current record of the context as the newest one yielded. */
static int remember_last(struct journal_walk *walk)
{
	int r = take_cursor(&walk->context, &walk->last);

	walk->last_taken_usec = walk->entry.taken_usec;
	return r < 0 ? journal_view_fail(walk->failure, r) : 0;
}

/* Yields the `back` records before the hit, the hit, and what follows it. */
static int yield_forward(struct journal_walk *walk, struct journal_times hit, size_t back)
{
	const struct journal_view *view = &walk->context;
	size_t left = back + 1 + walk->filter->records_after;

	for (size_t seen = 0;; seen++) {
		int r = yield_here(walk);

		if (r != 0)
			return r;
		if (seen > back && journal_match_is_hit(walk->filter, walk->levels, &walk->entry)) {
			walk->hits_ahead++;
			hit = times_of(&walk->entry);
			left = walk->filter->records_after + 1;
		}
		if (--left == 0)
			return remember_last(walk);
		r = view->api->next(view->journal);
		if (r <= 0)
			return r < 0 ? journal_view_fail(walk->failure, r) : remember_last(walk);
		r = classify_entry(walk, &hit);
		if (r < 0)
			return journal_view_fail(walk->failure, r);
		if (r == STEP_OUTSIDE) {
			r = view->api->previous(view->journal);
			return r < 0 ? journal_view_fail(walk->failure, r) : remember_last(walk);
		}
	}
}

int journal_context_yield_around(struct journal_walk *walk)
{
	struct journal_times hit = times_of(&walk->entry);
	AUTO_FREE char *cursor = NULL;
	size_t back = 0;
	int r = open_context(walk);

	if (r >= 0)
		r = take_cursor(&walk->hits, &cursor);
	if (r >= 0)
		r = journal_view_goto(&walk->context, cursor);
	if (r >= 0)
		r = step_back(walk, &hit, &back);
	if (r < 0)
		return journal_view_fail(walk->failure, r);
	if (r == 0 && walk->filter->header && walk->filter->header_level >= 0) {
		r = yield_far_head(walk, &hit);
		if (r != 0)
			return r;
	}
	return yield_forward(walk, hit, back);
}
