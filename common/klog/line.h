/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_KLOG_LINE_H
#define OOM_KLOG_LINE_H
/*
 * One line of a text log to one record, whatever wrote the line: syslog
 * daemons, dmesg, journalctl, container runtimes, grep and mail in between.
 * The table of formats is in line.c.
 */
#include "klog/journal_fields.h"
#include "klog/klog.h"
#include "klog/line_time.h"

/* A raw line; what is longer is cut.  A record's text, as JSON numbers. */
#define KLOG_LINE_MAX (4 * KLOG_RECORD_MAX)

/* One a file: what a line's meaning depends on besides itself, and the memory
 * that the latest record points into. */
struct klog_line_context {
	struct klog_clock clock;
	int64_t order_usec; /* of the latest line: ascends in a log that was written in order; its
	                     * realtime, else monotonic time, else time of day */
	bool kmsg;          /* the latest line was a raw kmsg record: " KEY=value" belongs to it */
	bool inherits;      /* `latest` is what a line without an envelope continues */
	bool enveloped;     /* lines of the file have envelopes: one without is no record of its own */
	struct klog_record latest;
	struct klog_journal_entry journal;
	size_t decoded_length;
	char decoded[KLOG_LINE_MAX]; /* of JSON */
	char identifier[64];
	char host[KLOG_HOST_SIZE];
	char text[KLOG_RECORD_MAX];
};

/* For dates without a year: when the file was last written by its own account, and
 * the latest time that a line of it can have. */
void klog_line_init(struct klog_line_context *context, int64_t reference_usec, int64_t latest_usec);

/*
 * Parses line[0..length), without its newline.  Returns whether it is a record
 * (not so: empty lines, journalctl's "-- Boot …", kmsg's dictionary lines),
 * which stays good until the next call.
 *
 * Text from an author other than the kernel, or in an envelope that nothing
 * here knows, has an identifier that is not "kernel" ("" if unknown), so that
 * klog_record_is_kernel() is false for it: an application that quotes a kernel
 * message is never taken for the kernel.
 */
bool klog_line_parse(struct klog_line_context *context, const char *line, size_t length,
		     struct klog_record *ret);

#endif
