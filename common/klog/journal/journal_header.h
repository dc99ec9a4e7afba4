/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_KLOG_JOURNAL_HEADER_H
#define OOM_KLOG_JOURNAL_HEADER_H
/* The header of a journal file (systemd's docs/JOURNAL_FILE_FORMAT.md). */
#include "klog/journal/journal_files.h"

/*
 * Fills damage, entries, tail_offset and the two times of *file from the file behind its fd. `size`
 * and `changed_usec` (the time of its last change) are from its stat(2). If the header has no
 * times, they are 0 and `changed_usec`.
 */
void journal_header_read(struct journal_file *file, off_t size, int64_t changed_usec);

#endif
