/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_KLOG_LINE_FORMAT_H
#define OOM_KLOG_LINE_FORMAT_H
/*
 * The formats that line.c tries in order; private to this directory. Each removes its envelope from
 * the front of `rest`, fills `record` from it and returns true, or returns false and leaves both
 * unchanged.
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
	struct klog_cursor rest;
	struct klog_record record;
	unsigned seen;
};

typedef bool (*klog_format_fn)(struct klog_unwrap *line);

/* line_dmesg.c: the kernel's own formats */
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

/* Helpers that several formats share. */

/* Takes "[HOST ]NAME[PID]: " or "[HOST ]kernel: ", with a "facility.severity " before HOST or
 * before the tag, RFC 5424's fields, or a netconsole message. The author of any other text is
 * unknown. */
void klog_take_host_and_tag(struct klog_unwrap *line);

/* Takes "NAME[PID]: " or "kernel: ", and with `any` also "NAME: ". Set `any` only where a tag must
 * follow: a message may begin with a word and a colon. */
bool klog_take_tag(struct klog_unwrap *line, bool any);

/* Takes "HOST kernel: " or "HOST NAME[PID]: ". */
bool klog_take_certain_host_and_tag(struct klog_unwrap *line);

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

#endif
