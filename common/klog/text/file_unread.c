/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Lines of a file that were not understood. A log in an unknown format must not look like a log
 * without kills.
 */
#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "klog/text/file_reading.h"

static enum klog_grammar grammar_of(const struct klog_reading *reading, const struct klog_record *record)
{
	const struct klog_filter *filter = reading->query->filter;

	return filter != NULL && filter->grammar != NULL ? filter->grammar(record->text, record->text_length)
							 : KLOG_GRAMMAR_NONE;
}

void klog_reading_form(struct klog_reading *reading, const struct klog_record *record)
{
	reading->has_lines = true;
	if (reading->is_known || record->form == KLOG_FORM_UNKNOWN)
		return;
	/* Console output has no envelopes and can only be recognised by the kernel's words. */
	if (record->form == KLOG_FORM_BARE) {
		const enum klog_grammar grammar = grammar_of(reading, record);

		reading->is_known = klog_record_is_kernel(record) &&
				    (grammar == KLOG_GRAMMAR_LINE || grammar == KLOG_GRAMMAR_BESIDE);
		return;
	}
	reading->is_known = true;
}

/* In a line with a known envelope, the words may be a string of a user's that the kernel quotes. A
 * text that begins with a bracket, however, has an unknown stamp: some vendors write
 * "<3>[90000.250000,0] Out of memory: …". */
bool klog_reading_is_unread(const struct klog_reading *reading, const struct klog_record *record)
{
	enum klog_grammar grammar;

	if (record->form != KLOG_FORM_UNKNOWN && !klog_record_is_kernel(record))
		return false;
	grammar = grammar_of(reading, record);
	return grammar == KLOG_GRAMMAR_LINES ||
	       (grammar == KLOG_GRAMMAR_WITHIN &&
		(record->form != KLOG_FORM_KNOWN || record->text[0] == '[')) ||
	       (grammar == KLOG_GRAMMAR_LINE && record->form == KLOG_FORM_UNKNOWN);
}

/* The number, from 1, of the line that ends before `end`; 0 if it could not be determined. */
static uint64_t number_at(int fd, off_t end)
{
	char block[8192]; /* the blocks of the reading are in use */
	struct klog_range range = { .fd = fd, .end = end - 1 };
	uint64_t number = 1;
	ssize_t got;

	while ((got = klog_range_read(&range, block, sizeof(block))) > 0) {
		const char *at = block, *stop = at + got;

		while ((at = memchr(at, '\n', (size_t)(stop - at))) != NULL) {
			number++;
			at++;
		}
	}
	return got < 0 ? 0 : number;
}

void klog_reading_count_unread(struct klog_reading *reading)
{
	struct klog_summary *summary = reading->summary;
	size_t length;

	if (summary->unread_lines++ > 0)
		return;
	length = strlen(reading->name);
	if (length >= sizeof(summary->unread_name))
		length = sizeof(summary->unread_name) - 1;
	text_copy(summary->unread_name, sizeof(summary->unread_name),
		  reading->name + strlen(reading->name) - length);
	summary->unread_number =
		reading->fd >= 0 ? number_at(reading->fd, reading->line_end) : reading->line_number;
}

int klog_reading_tell_unread(const struct klog_reading *reading, const char *name,
			     struct klog_failure *failure)
{
	static const char remedy[] = "read the journal or kmsg instead";
	const struct klog_summary *summary = reading->summary;
	const unsigned long long lines = summary->unread_lines;

	if (lines > 0)
		return klog_fail(failure, -ENOMSG, remedy,
				 "%s:%llu: %llu OOM killer line%s in an unknown format", summary->unread_name,
				 (unsigned long long)summary->unread_number, lines, lines == 1 ? "" : "s");
	if (reading->has_lines && !reading->is_known)
		return klog_fail(failure, -ENOMSG, remedy, "%s: no line is in a known format", name);
	return 0;
}
