/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_KLOG_JOURNAL_HEADER_H
#define OOM_KLOG_JOURNAL_HEADER_H
/* The head of a journal file (systemd's docs/JOURNAL_FILE_FORMAT.md). */
#include "klog/journal_files.h"

/*
 * Fills damage, entries and the two times of *file from what is behind its fd;
 * the size and the time of the last change are the file's.  Where the header
 * is beyond reading, the times are 0 and that of the last change.
 */
void journal_header_read(struct journal_file *file, off_t size, int64_t changed_usec);

#endif
