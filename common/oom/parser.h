/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_OOM_PARSER_H
#define OOM_OOM_PARSER_H
/*
 * The parser that turns records into kills. It reads the kernel's OOM reports since 2.6, and the
 * lines of systemd-oomd, earlyoom and systemd.
 */
#include "oom/kill.h"

struct oom_parser;

/* What the parser needs of a log, for klog_query. */
extern const struct klog_filter oom_filter;

/* Kills are added to *list. Returns NULL if out of memory. */
struct oom_parser *oom_parser_new(struct oom_list *list);
/* For a parser whose records are all from another host: its name is stored in the kills. */
void oom_parser_set_host(struct oom_parser *parser, const char *host);
void oom_parser_free(struct oom_parser *parser);

/* Takes one record of a source, oldest first. 0, or -ENOMEM if a kill or a part of it could not be
 * stored. A klog_record_fn; `data` is a struct oom_parser. */
int oom_parser_feed(const struct klog_record *record, void *data);

/* Ends a source: what is pending is decided, and the next record starts afresh. */
int oom_parser_flush(struct oom_parser *parser);

/* The number of proven "Killed process" lines in boot `boot_id`, to be compared with oom_kill in
 * /proc/vmstat. The second line that memory.oom.group prints for a victim is included. A line that
 * several sources yield counts once. */
uint64_t oom_parser_killed_lines(const struct oom_parser *parser, const uint8_t boot_id[16]);

/* Whether more lines were read than can be distinguished, so that the functions above and below may
 * count a line twice. */
bool oom_parser_counter_is_full(const struct oom_parser *parser);

/* The number of these lines whose kernel time is after `monotonic_usec` (KLOG_TIME_UNKNOWN: all).
 * *ret_newest_usec is raised to the time of the newest one. */
uint64_t oom_parser_killed_lines_after(const struct oom_parser *parser, const uint8_t boot_id[16],
				       int64_t monotonic_usec, int64_t *ret_newest_usec);

#endif
