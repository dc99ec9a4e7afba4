/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_KLOG_JOURNAL_PROOF_H
#define OOM_KLOG_JOURNAL_PROOF_H
/*
 * Inside this room only: whether libsystemd has shown what a file holds.  It passes over
 * damage, each version in its own way: where the index is damaged, 262 finds nothing and
 * says nothing.  So the same question is put to the file's index without libsystemd.
 */
#include "klog/journal_files.h"
#include "klog/journal_walk.h"

/* Sorts what the walk has noted, for journal_proof_file(); once, after the walk. */
void journal_proof_begin(struct journal_seen *seen);

/*
 * Looks in the file for the terms that the walk's filter has, by the index and by the
 * list of the field's values, and goes over the entries that have them.  Those within
 * the window are looked at: one that holds an anchor must have been seen by the walk.
 * 0 if nothing is amiss, or if the format has features that are not known here;
 * -EBADMSG if something is; another negative errno where the file cannot be read.
 */
int journal_proof_file(const struct journal_file *file, const struct journal_walk *walk);

#endif
