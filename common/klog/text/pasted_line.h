/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_KLOG_PASTED_LINE_H
#define OOM_KLOG_PASTED_LINE_H
/*
 * What people and their tools change in each line of a log: grep, mails, bug reports, terminals,
 * Windows, another language; private to this directory.
 */
#include "base/cursor.h"

/*
 * Removes from a line, which need not be valid text: colour sequences, NUL bytes (of UTF-16 or a hole
 * in the file), a byte order mark of UTF-8 or UTF-16, the record separator of RFC 7464 (journalctl -o
 * json-seq) and carriage returns. If there is no space at all, another program has replaced the
 * spaces: other blanks become spaces. A changed line is in buffer[0..KLOG_LINE_MAX). Returns the number
 * of bytes in it, 0 if the line is still in its place.
 */
size_t klog_pasted_clean(struct cursor *line, char *buffer);

/* Skips the quoting of mails ("> ", ">> ") and the code markup of bug reports (indentation, a
 * backtick). */
void klog_pasted_unquote(struct cursor *line);

/* Moves *offset, which begins at 0, to the next place in the line that can be behind what grep -n, -H
 * and -C print: "123:", "/var/log/kern.log:", "kern.log-123-". Returns false if there is none. */
bool klog_pasted_skip_grep(const struct cursor *line, size_t *offset);

/* Whether a line starts like data (JSON, SQL), a patch or kubectl's table of events. */
bool klog_pasted_is_data(const struct cursor *line);

/* pasted_months.c: the number, 1..12, of a month by its name in one of the languages of the table
 * there, abbreviated or in full; 0 for any other word. */
int klog_pasted_month(const char *word, size_t length);

#endif
