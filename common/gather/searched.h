/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_GATHER_SEARCHED_H
#define OOM_GATHER_SEARCHED_H
/*
 * What earlier runs have found in large log files (klog/searched.h), kept in a state of
 * its own, "searched".  It is read when the first such file is met, and written by
 * searched_save().  It decides nothing: a file that is not known, or another than is
 * remembered, is searched whole, and so it is without a state, or where it cannot be read.
 * So what fails here is no failure of the check.
 */
#include "base/file.h"
#include "base/text.h"
#include "klog/searched.h"

#define SEARCHED_VERSION   1
#define SEARCHED_FILES_MAX 16 /* those that were kept last */
#define SEARCHED_TEXT_MAX  131072

struct searched {
	struct klog_search_memory memory; /* for gather_request.searches */
	const struct file_roots *roots;
	bool is_loaded;
	size_t kept; /* so many are of this run, the first ones */
	size_t count;
	struct klog_searched files[SEARCHED_FILES_MAX]; /* the latest first */
};

/* The memory points into *searched.  Nothing is read yet. */
void searched_init(struct searched *searched, const struct file_roots *roots);

/* Saves what this run has kept, if it has, beside what others have kept meanwhile.  Why it
 * cannot is appended to *failure. */
void searched_save(const struct searched *searched, struct text *failure);

/* As it is saved.  Text that searched_print() cannot have written holds nothing; it is
 * taken apart in place. */
void searched_print(const struct searched *searched, struct text *text);
void searched_parse(struct searched *searched, char *saved);

#endif
