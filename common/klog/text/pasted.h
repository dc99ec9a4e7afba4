/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_KLOG_PASTED_H
#define OOM_KLOG_PASTED_H
/*
 * Lines pasted by people, with text before the envelope that no program wrote, or with two or more
 * records in one line; private to this directory. Used only for lines that hold the words of a
 * record that is looked for but were not understood.
 */
#include "klog/text/line.h"

/* Maximum number of records in such a line. */
#define KLOG_PASTED_MAX 8

struct klog_pasted {
	struct klog_date date; /* the date before the line; year 0: none */
	size_t count;
	struct cursor pieces[KLOG_PASTED_MAX];
};

/* Whether a text can be parsed. With `enveloped`, only if it has an envelope of its own, because
 * unknown words were skipped before it. */
typedef bool (*klog_pasted_fn)(struct cursor text, bool enveloped, void *data);

/*
 * Finds the first place in text[0..length) from which `reads` succeeds, skipping only list marks,
 * arrows, quotes, prompts, line numbers, dates, table fields and HTML tags. Cuts the text there and
 * before each further record into ret->pieces, which point into `text`. HTML entities in `text` are
 * decoded in place. `has_date`: there is a date before the text. Returns false if there is no such
 * place.
 */
bool klog_pasted_find(char *text, size_t length, bool has_date, klog_pasted_fn reads, void *data,
		      struct klog_pasted *ret);

#endif
