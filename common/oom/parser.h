/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_OOM_PARSER_H
#define OOM_OOM_PARSER_H
/*
 * Records in, kills out: the parser of the kernel's OOM reports from 2.6 on,
 * and of the lines of systemd-oomd and earlyoom.
 */
#include "oom/kill.h"

struct oom_parser;

/* What the parser needs to see of a log, for klog_query. */
extern const struct klog_interest oom_interest;

/* Kills go into *list.  NULL: out of memory. */
struct oom_parser *oom_parser_new(struct oom_list *list);
/* All records are another host's, which its kills are given. */
void oom_parser_set_host(struct oom_parser *parser, const char *host);
void oom_parser_free(struct oom_parser *parser);

/* Feeds one record of a source, oldest first.  0; -ENOMEM if a kill or a part
 * of it could not be kept.  Has the shape of a klog_record_fn; `data` is a
 * struct oom_parser. */
int oom_parser_feed(const struct klog_record *record, void *data);

/* Ends a source: what is pending is decided, the next record starts afresh. */
int oom_parser_flush(struct oom_parser *parser);

/* "Killed process" lines of proven facility in boot `boot_id`: what
 * /proc/vmstat's oom_kill counts, doubles of memory.oom.group included.  A line
 * that several sources yield counts once. */
uint64_t oom_parser_killed_lines(const struct oom_parser *parser, const uint8_t boot_id[16]);

/* More lines than can be told apart were read: the two functions around this one may count
 * one twice. */
bool oom_parser_counter_is_full(const struct oom_parser *parser);

/* Those of them whose kernel time is after `monotonic_usec`
 * (KLOG_TIME_UNKNOWN: all); *ret_newest_usec is raised to the newest one's. */
uint64_t oom_parser_killed_lines_after(const struct oom_parser *parser, const uint8_t boot_id[16],
				       int64_t monotonic_usec, int64_t *ret_newest_usec);

#endif
