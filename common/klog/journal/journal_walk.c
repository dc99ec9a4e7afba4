/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "klog/journal/journal_walk.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/number.h"

/* journald reads the ring buffer as it is written. It receives records later only if it was
 * stopped. Records received more than this after the window are outside it. */
#define LATE_MAX_USEC (INT64_C(3600) * 1000000)

/* Maximum number of seen entries that are remembered. */
#define SEEN_MAX 65536

int journal_walk_fail(const struct journal_walk *walk, int error)
{
	return klog_fail(walk->failure, error,
			 error == -EBADMSG
				 ? "run journalctl --verify to find the damaged file, and move it away"
				 : NULL,
			 "journal: %s", strerror(-error));
}

int journal_walk_yield(struct journal_walk *walk)
{
	const struct klog_record *record = &walk->entry.record;

	/* For records received late, the journal reaches further back than the times of its
	 * entries. */
	if (record->realtime_usec < walk->summary->oldest_usec)
		walk->summary->oldest_usec = record->realtime_usec;
	walk->summary->yielded_records++;
	return walk->record_fn(&walk->entry.record, walk->data);
}

static bool holds(const char *text, size_t length, const char *part)
{
	return memmem(text, length, part, strlen(part)) != NULL;
}

static bool is_indexed(const struct klog_match *match)
{
	return match->level != KLOG_NOT_INDEXED;
}

bool journal_walk_is_hit(const struct journal_walk *walk, const struct klog_journal_entry *entry)
{
	const struct klog_filter *filter = walk->filter;
	const struct klog_record *record = &entry->record;

	if (!entry->is_kernel)
		return false;
	if (walk->levels != 0 && (record->level < 0 || !(walk->levels & 1U << record->level)))
		return false;
	for (size_t i = 0; i < filter->match_count; i++) {
		const struct klog_match *match = &filter->matches[i];

		if (!match->program && is_indexed(match) &&
		    holds(record->text, record->text_length, match->text))
			return true;
	}
	return false;
}

static bool is_program_hit(const struct klog_filter *filter, const struct klog_record *record)
{
	for (size_t i = 0; i < filter->match_count; i++) {
		const struct klog_match *match = &filter->matches[i];

		if (match->program && klog_record_is_from(record, match->program) &&
		    holds(record->text, record->text_length, match->text))
			return true;
	}
	return false;
}

/* "Missed 12 kernel messages", "Suppressed 12 messages from nginx.service" */
static const char missed[] = "Missed ", suppressed[] = "Suppressed ";

static bool begins(const char *text, size_t length, const char *start, size_t start_length)
{
	return length > start_length && memcmp(text, start, start_length) == 0;
}

/* A cheap test for every candidate: whether its entry is worth parsing. */
bool journal_walk_is_worth_a_look(const struct klog_filter *filter, const char *text, size_t length)
{
	if (!filter || begins(text, length, missed, sizeof(missed) - 1) ||
	    begins(text, length, suppressed, sizeof(suppressed) - 1))
		return true;
	for (size_t i = 0; i < filter->match_count; i++)
		if (holds(text, length, filter->matches[i].text))
			return true;
	return false;
}

/* The number after the word that the text starts with; 0 if it does not. */
static uint64_t number_behind(const struct klog_record *record, const char *word, size_t length)
{
	uint64_t number;

	return begins(record->text, record->text_length, word, length) &&
			       number_parse_u64(record->text + length, record->text_length - length,
						&number) > 0
		       ? number
		       : 0;
}

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
	const uint64_t dropped = number_behind(record, suppressed, sizeof(suppressed) - 1);

	walk->summary->lost_records += number_behind(record, missed, sizeof(missed) - 1);
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
		return journal_walk_fail(walk, r);
	inside = record->realtime_usec >= walk->window.from_usec &&
		 record->realtime_usec <= walk->window.to_usec;
	if (walk->filter && journal_walk_is_hit(walk, &walk->entry)) {
		if (walk->hits_ahead > 0) {
			walk->hits_ahead--;
			return 0;
		}
		return inside ? journal_walk_context(walk) : 0;
	}
	if (!inside)
		return 0;
	if (walk->entry.transport == KLOG_TRANSPORT_DRIVER) {
		count_losses(walk);
		return 0;
	}
	if (walk->filter ? is_program_hit(walk->filter, &walk->entry.record) : walk->entry.is_kernel)
		return journal_walk_yield(walk);
	return 0;
}

/* Whether one match term finds the lines of both. */
static bool same_program(const struct klog_match *a, const struct klog_match *b)
{
	if (a->message_id || b->message_id)
		return a->message_id && b->message_id && strcmp(a->message_id, b->message_id) == 0;
	return strcmp(a->program, b->program) == 0;
}

bool journal_walk_is_new_program(const struct klog_filter *filter, size_t match)
{
	const struct klog_match *one = &filter->matches[match];

	for (size_t i = 0; i < match && one->program; i++) {
		const struct klog_match *other = &filter->matches[i];

		if (other->program && other->level == one->level && same_program(other, one))
			return false;
	}
	return one->program && is_indexed(one);
}

/* Adds the matches for the programs' matches. */
static int match_programs(struct journal_walk *walk)
{
	const struct klog_filter *filter = walk->filter;

	for (size_t i = 0; i < filter->match_count; i++) {
		const struct klog_match *match = &filter->matches[i];
		int r = journal_walk_is_new_program(filter, i)
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
		if (filter->matches[i].program || !is_indexed(&filter->matches[i]))
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
		return journal_walk_fail(walk, r);
	while ((r = api->next(walk->hits.journal)) > 0) {
		const char *text;
		size_t length;
		uint64_t taken_usec;

		r = api->get_realtime_usec(walk->hits.journal, &taken_usec);
		if (r < 0 || is_past_window(walk, taken_usec))
			break;
		r = journal_view_message(&walk->hits, &text, &length);
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
		if (!journal_walk_is_worth_a_look(walk->filter, text, length))
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
	return r < 0 ? journal_walk_fail(walk, r) : 0;
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
