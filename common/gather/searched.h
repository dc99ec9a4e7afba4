/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_GATHER_SEARCHED_H
#define OOM_GATHER_SEARCHED_H
/*
 * What earlier runs found in large log files (klog/text/searched.h), kept in a state of its own,
 * "searched".  It is read when the first such file is opened, and written by searched_save().  It
 * is only an optimisation: a file is searched whole if it is unknown or has changed, or if the
 * state is missing or unreadable.  So a failure here is not a failure of the check.
 */
#include "base/file.h"
#include "base/text.h"
#include "klog/text/searched.h"

#define SEARCHED_VERSION   1
#define SEARCHED_FILES_MAX 16 /* those saved last */
#define SEARCHED_TEXT_MAX  131072

struct searched {
	struct klog_search_cache cache; /* for gather_request.searches */
	const struct file_roots *roots;
	bool is_loaded;
	size_t kept; /* the first `kept` entries are from this run */
	size_t count;
	struct klog_searched files[SEARCHED_FILES_MAX]; /* latest first */
};

/* Sets up *searched; searched->cache points into it.  Nothing is read yet. */
void searched_init(struct searched *searched, const struct file_roots *roots);

/* Merges the files that this run has kept into the saved state.  Does nothing if there are none.
 * The reason for a failure is appended to *failure. */
void searched_save(const struct searched *searched, struct text *failure);

/* The saved format.  searched_parse() works in place; text that searched_print() cannot have
 * written gives no entries. */
void searched_print(const struct searched *searched, struct text *text);
void searched_parse(struct searched *searched, char *saved);

#endif
