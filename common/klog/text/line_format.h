/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_KLOG_LINE_FORMAT_H
#define OOM_KLOG_LINE_FORMAT_H
/*
 * The formats of a line, and what they share; private to this directory. A format is a row of
 * KLOG_FORMATS and a function in line_syslog.c (log daemons, journalctl), line_dmesg.c (the kernel and
 * dmesg) or line_json.c.
 */
#include "klog/text/line.h"

/* Which envelopes have been removed. */
enum klog_seen {
	KLOG_SEEN_CONTAINER = 1, /* a container runtime's */
	KLOG_SEEN_LEVEL = 2,     /* "<6>", "kern  :info  :", kmsg's prefix */
	KLOG_SEEN_DATE = 4,      /* a date of the wall clock */
	KLOG_SEEN_STAMP = 8,     /* a stamp in brackets, as dmesg prints it */
	KLOG_SEEN_TAG = 16,      /* the author: "kernel:" or another tag */
	KLOG_SEEN_WHOLE = 32,    /* record.text is complete: kmsg, journal JSON */
	KLOG_SEEN_BARE = 64,     /* the line had no envelope */
};

struct klog_unwrap {
	struct klog_line_context *context;
	struct cursor rest;
	struct klog_record record;
	unsigned seen;
};

/*
 * All formats, in the order in which they are tried, and the envelopes that may come before each. A
 * message may only look like an envelope: after a tag or a stamp there is no second date.
 *
 * klog_format_NAME() removes its envelope from the front of `rest`, fills `record` from it, adds to
 * `seen` and returns true, or returns false and leaves them unchanged. Its comment shows the format.
 */
#define KLOG_FORMATS(ROW)                                                                  \
	ROW(json, KLOG_SEEN_CONTAINER)                                                     \
	ROW(cri, 0)                                                                        \
	ROW(kmsg, KLOG_SEEN_CONTAINER)                                                     \
	ROW(priority, KLOG_SEEN_CONTAINER | KLOG_SEEN_DATE | KLOG_SEEN_TAG)                \
	ROW(stamp, KLOG_SEEN_CONTAINER | KLOG_SEEN_LEVEL | KLOG_SEEN_DATE | KLOG_SEEN_TAG) \
	ROW(decoded, KLOG_SEEN_CONTAINER)                                                  \
	ROW(rfc5424, KLOG_SEEN_CONTAINER | KLOG_SEEN_LEVEL)                                \
	ROW(iso, KLOG_SEEN_CONTAINER | KLOG_SEEN_LEVEL)                                    \
	ROW(weekday, KLOG_SEEN_CONTAINER | KLOG_SEEN_LEVEL)                                \
	ROW(rfc3164, KLOG_SEEN_CONTAINER | KLOG_SEEN_LEVEL)                                \
	ROW(unknown_month, KLOG_SEEN_CONTAINER)                                            \
	ROW(talos, KLOG_SEEN_CONTAINER)                                                    \
	ROW(unix, KLOG_SEEN_CONTAINER)                                                     \
	ROW(time_only, 0)                                                                  \
	ROW(kernel_tag, 0)

#define KLOG_FORMAT_DECLARE(name, after) bool klog_format_##name(struct klog_unwrap *line);
KLOG_FORMATS(KLOG_FORMAT_DECLARE)

/* line_json.c: the number of brackets that open minus those that close, outside of strings. */
int klog_json_depth(struct cursor text);

/* line_fields.c: the fields that most envelopes share. A function whose name begins with "take"
 * removes what it takes, and takes all of it or nothing. */

/* The number of a facility or level by its name in syslog(3), such as "kern" or "warning";
 * KLOG_UNKNOWN for other names. */
int klog_facility_by_name(const char *name, size_t length);
int klog_level_by_name(const char *name, size_t length);

/* Whether a word is a level's name, in upper or lower case. */
bool klog_is_level(const char *word, size_t length);

void klog_set_identifier(struct klog_line_context *context, struct klog_record *record, const char *name,
			 size_t length);
/* Leaves the host unset if the name is empty or "-". */
void klog_set_host(struct klog_line_context *context, struct klog_record *record, const char *name,
		   size_t length);
void klog_set_realtime(struct klog_unwrap *line, const struct klog_date *date);

/* "kern.err ": rsyslog's %syslogfacility-text%.%syslogseverity-text%, logread */
void klog_take_facility_and_level(struct klog_unwrap *line);

/* "NAME[PID]: " or "kernel: ", and with `any` also "NAME: ". Set `any` only where a tag must
 * follow: a message may begin with a word and a colon. */
bool klog_take_tag(struct klog_unwrap *line, bool any);

/* "HOST kernel: " or "HOST NAME[PID]: ", with `any` also "HOST NAME: "; with or without a facility
 * and level before the tag. */
bool klog_take_host_and_tag(struct klog_unwrap *line, bool any);

/* The same without `any`, and HOST does not end with a colon. */
bool klog_take_certain_host_and_tag(struct klog_unwrap *line);

#endif
