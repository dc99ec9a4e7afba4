/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "klog/journal/journal_match.h"

#include <errno.h>
#include <string.h>

#include "base/array.h"
#include "base/number.h"

static bool holds(const char *text, size_t length, const char *part)
{
	return memmem(text, length, part, strlen(part)) != NULL;
}

static bool is_indexed(const struct klog_match *match)
{
	return match->level != KLOG_NOT_INDEXED;
}

bool journal_match_is_hit(const struct klog_filter *filter, unsigned levels,
			  const struct klog_journal_entry *entry)
{
	const struct klog_record *record = &entry->record;

	if (!entry->is_kernel)
		return false;
	if (levels != 0 && (record->level < 0 || !(levels & 1U << record->level)))
		return false;
	for (size_t i = 0; i < filter->match_count; i++) {
		const struct klog_match *match = &filter->matches[i];

		if (!match->program && is_indexed(match) &&
		    holds(record->text, record->text_length, match->text))
			return true;
	}
	return false;
}

bool journal_match_is_program_hit(const struct klog_filter *filter, const struct klog_record *record)
{
	for (size_t i = 0; i < filter->match_count; i++) {
		const struct klog_match *match = &filter->matches[i];

		if (match->program && klog_record_is_from(record, match->program) &&
		    holds(record->text, record->text_length, match->text))
			return true;
	}
	return false;
}

/* The number after the word that the text starts with; 0 if it does not. */
static uint64_t number_after(const char *text, size_t length, const char *word)
{
	const size_t word_length = strlen(word);
	uint64_t number = 0;

	if (length > word_length && memcmp(text, word, word_length) == 0)
		number_parse_u64(text + word_length, length - word_length, &number);
	return number;
}

uint64_t journal_match_missed(const char *text, size_t length)
{
	return number_after(text, length, "Missed ");
}

uint64_t journal_match_suppressed(const char *text, size_t length)
{
	return number_after(text, length, "Suppressed ");
}

bool journal_match_is_worth_a_look(const struct klog_filter *filter, const char *text, size_t length)
{
	if (!filter || journal_match_missed(text, length) > 0 || journal_match_suppressed(text, length) > 0)
		return true;
	for (size_t i = 0; i < filter->match_count; i++)
		if (holds(text, length, filter->matches[i].text))
			return true;
	return false;
}

/* Whether one match term finds the lines of both. */
static bool same_program(const struct klog_match *a, const struct klog_match *b)
{
	if (a->message_id || b->message_id)
		return a->message_id && b->message_id && strcmp(a->message_id, b->message_id) == 0;
	return strcmp(a->program, b->program) == 0;
}

bool journal_match_is_new_program(const struct klog_filter *filter, size_t match)
{
	const struct klog_match *one = &filter->matches[match];

	for (size_t i = 0; i < match && one->program; i++) {
		const struct klog_match *other = &filter->matches[i];

		if (other->program && other->level == one->level && same_program(other, one))
			return false;
	}
	return one->program && is_indexed(one);
}

/* All lines of a program are looked at. */
static const struct {
	const char *field, *suffix;
} program_forms[] = { { "SYSLOG_IDENTIFIER", "" }, { "_COMM", "" }, { "_SYSTEMD_UNIT", ".service" } };

size_t journal_match_program_forms(const struct klog_match *match)
{
	return match->message_id ? 1 : ARRAY_SIZE(program_forms);
}

int journal_match_program_term(struct text *term, size_t form, const struct klog_match *match)
{
	if (match->message_id)
		text_printf(term, "MESSAGE_ID=%s", match->message_id);
	else
		text_printf(term, "%s=%s%s", program_forms[form].field, match->program,
			    program_forms[form].suffix);
	return term->truncated ? -ENAMETOOLONG : 0;
}
