/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "klog/journal/journal_walk.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "klog/journal/journal_match.h"

/* journald reads the ring buffer as it is written. It receives records later only if it was
 * stopped. Records received more than this after the window are outside it. */
#define LATE_MAX_USEC (INT64_C(3600) * 1000000)

/* Maximum number of seen entries that are remembered. */
#define SEEN_MAX 65536

/*
 * Whether the lines that journald suppressed are wanted. It never suppresses the kernel's, which
 * have no unit (server_dispatch_message()). In a journal named by the caller all are wanted,
 * because it is not known which of its units matter.
 */
static bool is_wanted(const struct journal_walk *walk, const struct klog_record *record)
{
	static const char from[] = " messages from ";
	const char *unit = strstr(record->text, from);

	if (walk->named || !unit || !walk->filter || !walk->filter->units)
		return true;
	unit += sizeof(from) - 1;
	for (size_t i = 0; walk->filter->units[i]; i++) {
		if (strcmp(walk->filter->units[i], unit) == 0)
			return true;
	}
	return false;
}

static void count_losses(struct journal_walk *walk)
{
	const struct klog_record *record = &walk->entry.record;
	const uint64_t dropped = journal_match_suppressed(record->text, record->text_length);

	walk->summary->lost_records += journal_match_missed(record->text, record->text_length);
	if (dropped > 0 && is_wanted(walk, record))
		walk->summary->lost_records += dropped;
	else
		walk->summary->suppressed += dropped;
}

/* Handles the entry at which `hits` is positioned. */
static int look(struct journal_walk *walk)
{
	const struct klog_record *record = &walk->entry.record;
	bool inside;
	int r = journal_view_entry(&walk->hits, &walk->entry);

	if (r < 0)
		return journal_view_fail(walk->failure, r);
	inside = record->realtime_usec >= walk->window.from_usec &&
		 record->realtime_usec <= walk->window.to_usec;
	if (walk->filter && journal_match_is_hit(walk->filter, walk->levels, &walk->entry)) {
		if (walk->hits_ahead > 0) {
			walk->hits_ahead--;
			return 0;
		}
		return inside ? journal_context_yield_around(walk) : 0;
	}
	if (!inside)
		return 0;
	if (walk->entry.transport == KLOG_TRANSPORT_DRIVER) {
		count_losses(walk);
		return 0;
	}
	if (walk->filter ? journal_match_is_program_hit(walk->filter, record) : walk->entry.is_kernel)
		return journal_context_yield(walk);
	return 0;
}

/* Adds the terms by which the index finds the programs' matches. */
static int match_programs(struct journal_walk *walk)
{
	const struct klog_filter *filter = walk->filter;

	for (size_t i = 0; i < filter->match_count; i++) {
		const struct klog_match *match = &filter->matches[i];
		int r = journal_match_is_new_program(filter, i)
				? journal_view_match_program(&walk->hits, match)
				: 0;

		if (r < 0)
			return r;
	}
	return 0;
}

static int apply_filter(struct journal_walk *walk)
{
	const struct klog_filter *filter = walk->filter;
	bool any_level = false;
	int r = 0;

	for (size_t i = 0; i < filter->match_count; i++) {
		if (filter->matches[i].program || filter->matches[i].level == KLOG_NOT_INDEXED)
			continue;
		any_level |= filter->matches[i].level == KLOG_UNKNOWN;
		walk->levels |= 1U << (filter->matches[i].level & 7);
	}
	walk->kernel = any_level || walk->levels != 0;
	if (walk->kernel) {
		walk->levels = any_level ? 0 : walk->levels;
		r = journal_view_match_kernel(&walk->hits, walk->levels);
	}
	return r < 0 ? r : match_programs(walk);
}

static int start(struct journal_walk *walk)
{
	const struct journal_api *api = walk->hits.api;
	int r = walk->filter ? apply_filter(walk) : journal_view_match_kernel(&walk->hits, 0);

	if (r >= 0)
		r = journal_view_match_losses(&walk->hits);
	if (r < 0)
		return r;
	/* No entry is received before it is written. */
	if (walk->window.from_usec > 0)
		return api->seek_realtime_usec(walk->hits.journal, (uint64_t)walk->window.from_usec);
	return api->seek_head(walk->hits.journal);
}

static bool is_past_window(const struct journal_walk *walk, uint64_t taken_usec)
{
	return walk->window.to_usec < INT64_MAX - LATE_MAX_USEC &&
	       (int64_t)taken_usec > walk->window.to_usec + LATE_MAX_USEC;
}

static void note_seen(struct journal_seen *seen, uint64_t taken_usec)
{
	if (seen->count == seen->allocated && !seen->overflow) {
		const size_t allocated = seen->allocated ? 2 * seen->allocated : 64;
		uint64_t *grown = allocated > SEEN_MAX
					  ? NULL
					  : realloc(seen->taken_usec, allocated * sizeof(*seen->taken_usec));

		seen->overflow = grown == NULL;
		if (!grown)
			return;
		seen->taken_usec = grown;
		seen->allocated = allocated;
	}
	if (!seen->overflow)
		seen->taken_usec[seen->count++] = taken_usec;
}

int journal_walk(struct journal_walk *walk)
{
	const struct journal_api *api = walk->hits.api;
	int r;

	walk->started_usec = clock_usec(CLOCK_REALTIME);
	r = start(walk);
	if (r < 0)
		return journal_view_fail(walk->failure, r);
	while ((r = api->next(walk->hits.journal)) > 0) {
		const char *text;
		size_t length;
		uint64_t taken_usec;

		r = api->get_realtime_usec(walk->hits.journal, &taken_usec);
		if (r < 0 || is_past_window(walk, taken_usec))
			break;
		r = journal_view_value(&walk->hits, "MESSAGE", &text, &length);
		if (r == -ENOENT) {
			/* Other senders may omit it. If a kernel record has none, it was lost: it
			 * is damaged, which libsystemd skips, or journald could not parse it. */
			r = journal_view_is_kmsg(&walk->hits);
			if (r < 0)
				break;
			walk->summary->lost_records += r > 0;
			continue;
		}
		if (r < 0)
			break;
		if (!journal_match_is_worth_a_look(walk->filter, text, length))
			continue;
		note_seen(&walk->seen, taken_usec);
		r = look(walk);
		if (r != 0)
			return r;
	}
	if (r >= 0)
		r = journal_view_check(&walk->hits, walk->fds, walk->fd_count);
	if (r >= 0 && walk->context.journal)
		r = journal_view_check(&walk->context, walk->fds, walk->fd_count);
	return r < 0 ? journal_view_fail(walk->failure, r) : 0;
}

void journal_walk_close(struct journal_walk *walk)
{
	journal_view_close(&walk->hits);
	journal_view_close(&walk->context);
	free(walk->last);
	walk->last = NULL;
	free(walk->seen.taken_usec);
	walk->seen = (struct journal_seen){ 0 };
}
