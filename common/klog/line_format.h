/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_KLOG_LINE_FORMAT_H
#define OOM_KLOG_LINE_FORMAT_H
/*
 * Inside this room only: the formats that line.c tries in order.  Each takes
 * its envelope off the front of `rest`, enters what it says into `record`, and
 * returns true; or returns false and leaves both alone.
 */
#include "klog/line.h"

/* Which envelopes are off already. */
enum klog_seen {
	KLOG_SEEN_CONTAINER = 1, /* a container runtime's */
	KLOG_SEEN_LEVEL = 2,     /* "<6>", "kern  :info  :", kmsg's prefix */
	KLOG_SEEN_DATE = 4,      /* of a wall clock */
	KLOG_SEEN_STAMP = 8,     /* dmesg's bracket */
	KLOG_SEEN_TAG = 16,      /* who wrote it, "kernel:" or another */
	KLOG_SEEN_WHOLE = 32,    /* record.text is complete: kmsg, journal JSON */
	KLOG_SEEN_BARE = 64,     /* there was none */
};

struct klog_unwrap {
	struct klog_line_context *context;
	struct klog_cursor rest;
	struct klog_record record;
	unsigned seen;
};

typedef bool (*klog_format_fn)(struct klog_unwrap *line);

/* line_dmesg.c: the kernel's own */
bool klog_format_kmsg(struct klog_unwrap *line);
bool klog_format_priority(struct klog_unwrap *line);
bool klog_format_stamp(struct klog_unwrap *line);
bool klog_format_decoded(struct klog_unwrap *line);
bool klog_format_talos(struct klog_unwrap *line);

/* line_syslog.c: syslog daemons, logread, journalctl */
bool klog_format_cri(struct klog_unwrap *line);
bool klog_format_rfc5424(struct klog_unwrap *line);
bool klog_format_iso(struct klog_unwrap *line);
bool klog_format_weekday(struct klog_unwrap *line);
bool klog_format_rfc3164(struct klog_unwrap *line);
bool klog_format_unknown_month(struct klog_unwrap *line);
bool klog_format_unix(struct klog_unwrap *line);
bool klog_format_time_only(struct klog_unwrap *line);
bool klog_format_kernel_tag(struct klog_unwrap *line);

/* line_json.c: container runtimes, journalctl -o json */
bool klog_format_json(struct klog_unwrap *line);

/* What several of them need. */

/* "[HOST ]NAME[PID]: ", "[HOST ]kernel: "; any other text is by an unknown
 * author.  Either may stand before a "facility.severity ". */
void klog_take_host_and_tag(struct klog_unwrap *line);

/* "NAME[PID]: ", "kernel: " or, if any, "NAME: "; `any` or not is the caller's
 * to know: what looks like a tag may be the message. */
bool klog_take_tag(struct klog_unwrap *line, bool any);

/* "HOST kernel: " or "HOST NAME[PID]: ". */
bool klog_take_certain_host_and_tag(struct klog_unwrap *line);

/* Names as syslog(3) has them, "kern", "warning"; KLOG_UNKNOWN for others. */
int klog_facility_by_name(const char *name, size_t length);
int klog_level_by_name(const char *name, size_t length);

/* Whether a word is a level's name, in capitals too. */
bool klog_is_level(const char *word, size_t length);

void klog_set_identifier(struct klog_line_context *context, struct klog_record *record, const char *name,
			 size_t length);
/* "-" is no host. */
void klog_set_host(struct klog_line_context *context, struct klog_record *record, const char *name,
		   size_t length);
void klog_set_realtime(struct klog_unwrap *line, const struct klog_date *date);

#endif
