/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_KLOG_PASTED_H
#define OOM_KLOG_PASTED_H
/*
 * Inside this room only: lines as people paste them, with something before the envelope
 * that no program put there, or two records in one line.  Asked only about lines that hold
 * the grammar of what is looked for and were not understood.
 */
#include "klog/line.h"

/* What such a line may hold: pieces of one text, each a line to parse. */
#define KLOG_PASTED_MAX 8

struct klog_pasted {
	struct klog_date date; /* that stood before it; .year 0: none */
	size_t count;
	struct klog_cursor pieces[KLOG_PASTED_MAX];
};

/* Whether a text can be read as it stands; with `enveloped` only if it has an envelope of its
 * own, for words were passed over that may be anything. */
typedef bool (*klog_pasted_fn)(struct klog_cursor text, bool enveloped, void *data);

/*
 * Finds the first place in text[0..length) from which it `reads`, behind list marks, arrows,
 * quotes, prompts, line numbers, dates, fields of a table and tags of HTML and nothing else,
 * and cuts it there, and before each further record.  `text` is changed: entities of HTML are
 * decoded in place.  `has_date`: one stood before it.  False: there is none.
 */
bool klog_pasted_find(char *text, size_t length, bool has_date, klog_pasted_fn reads, void *data,
		      struct klog_pasted *ret);

#endif
