/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_KLOG_JOURNAL_PROOF_H
#define OOM_KLOG_JOURNAL_PROOF_H
/*
 * Checks whether libsystemd has returned everything that a file contains. libsystemd skips damage,
 * and how differs between versions: where the index is damaged, 262 finds nothing and reports
 * nothing. So the same search is made in the file's index without libsystemd. Private to this
 * directory.
 */
#include "klog/journal/journal_files.h"
#include "klog/journal/journal_walk.h"

/* Sorts the times that the walk recorded, for journal_proof_file(). Call once, after the walk. */
void journal_proof_begin(struct journal_seen *seen);

/*
 * Looks up the terms of the walk's match in the file, both in the index and in the list of the
 * field's values, and iterates over the entries that have them. Those within the window are
 * examined: the walk must have seen each one that contains a match or reports a loss. Returns 0
 * if it has, or if the format has unknown features; -EBADMSG if the file is damaged; or another
 * negative errno if it cannot be read.
 */
int journal_proof_file(const struct journal_file *file, const struct journal_walk *walk);

#endif
