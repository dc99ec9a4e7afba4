/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_KLOG_JOURNAL_MATCH_H
#define OOM_KLOG_JOURNAL_MATCH_H
/*
 * What a klog_filter means in a journal: the terms ("NAME=value") by which the index finds
 * candidates, and the tests that select the wanted entries from them. Both the reading through
 * libsystemd and the check of the files without it use them. Private to this directory.
 */
#include "base/text.h"
#include "klog/journal/journal_fields.h"
#include "klog/klog.h"

/* Of journald's own messages: "Missed N kernel messages", "Suppressed N messages from UNIT" */
#define JOURNAL_ID_MISSED  "MESSAGE_ID=e9bf28e6e834481bb6f48f548ad13606" /* SD_MESSAGE_JOURNAL_MISSED */
#define JOURNAL_ID_DROPPED "MESSAGE_ID=a596d6fe7bfa4994828e72309e95d61e" /* SD_MESSAGE_JOURNAL_DROPPED */

/* The terms for a program's match, one for each form in which the program's name can appear.
 * journal_match_program_term() returns 0 or -ENAMETOOLONG. */
size_t journal_match_program_forms(const struct klog_match *match);
int journal_match_program_term(struct text *term, size_t form, const struct klog_match *match);

/* Whether the match is the first one with its program (or message id) and level. Only this one
 * adds terms. */
bool journal_match_is_new_program(const struct klog_filter *filter, size_t match);

/* A cheap test for every candidate: whether its message contains a match or reports a loss, so
 * that its entry is worth parsing. */
bool journal_match_is_worth_a_look(const struct klog_filter *filter, const char *text, size_t length);

/* Whether the entry is a kernel record that contains an indexed match. `levels`: bits of the
 * matches' levels; 0: all levels. */
bool journal_match_is_hit(const struct klog_filter *filter, unsigned levels,
			  const struct klog_journal_entry *entry);

/* Whether the record was sent by a match's program and contains the match. */
bool journal_match_is_program_hit(const struct klog_filter *filter, const struct klog_record *record);

/* The number of messages that journald's own message reports as lost; 0 if the text is another. */
uint64_t journal_match_missed(const char *text, size_t length);
uint64_t journal_match_suppressed(const char *text, size_t length);

#endif
