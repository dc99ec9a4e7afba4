/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_KLOG_LINE_H
#define OOM_KLOG_LINE_H
/*
 * Parses one line of a text log into a record. The line may come from a syslog daemon, dmesg,
 * journalctl or a container runtime, and may have passed through grep or a mail. The table of
 * formats is KLOG_FORMATS in line_format.h.
 */
#include "klog/journal/journal_fields.h"
#include "klog/klog.h"
#include "klog/text/line_time.h"

/* Maximum length of a raw line in bytes; longer lines are cut. A JSON array of numbers takes up to
 * four bytes for each byte of a record's text. */
#define KLOG_LINE_MAX (4 * KLOG_RECORD_MAX)

/* State of the line parser, one for each file: what the meaning of a line depends on besides the
 * line itself, and the memory that the latest record points into. */
struct klog_line_context {
	struct klog_clock clock;
	int64_t order_usec; /* order of the latest line: its realtime, else its monotonic time, else
	                     * its time of day; ascends in a log that was written in order */
	bool kmsg;          /* the latest line was a raw kmsg record: " KEY=value" lines belong to it */
	bool inherits;      /* a line without an envelope continues `latest` */
	bool enveloped;     /* lines of the file have envelopes: a line without one may be the rest
	                     * of a record */
	struct klog_record latest;
	struct klog_journal_entry journal;
	size_t decoded_length;
	char decoded[KLOG_LINE_MAX]; /* decoded JSON or binary field, or a line that had to be
	                              * cleaned */
	char identifier[64];
	char host[KLOG_HOST_SIZE];
	char text[KLOG_RECORD_MAX];
};

/* Starts a file. Both times are used for dates without a year: `reference_usec` is when the file
 * was last written to, `latest_usec` the latest time that a line of it can have. See struct
 * klog_clock. */
void klog_line_init(struct klog_line_context *context, int64_t reference_usec, int64_t latest_usec);

/* Goes to another place in the same file, where the line above is not known. */
void klog_line_restart(struct klog_line_context *context);

/*
 * Parses line[0..length), without its newline. Returns false if it is not a record: an empty line,
 * journalctl's "-- Boot …", a dictionary line of kmsg. *ret is valid until the next call.
 *
 * If the author is not the kernel, or the envelope is unknown, the identifier is not "kernel" (""
 * if the author is unknown), so klog_record_is_kernel() is false: an application that quotes a
 * kernel message is never mistaken for the kernel.
 */
bool klog_line_parse(struct klog_line_context *context, const char *line, size_t length,
		     struct klog_record *ret);

#endif
