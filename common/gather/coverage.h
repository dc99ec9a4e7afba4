/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_GATHER_COVERAGE_H
#define OOM_GATHER_COVERAGE_H
/*
 * Inside this room only: how much of the window the sources have seen, and who
 * vouches for the rest.
 */
#include "gather/gather.h"

/* /proc/vmstat's oom_kill.  0; -ENOENT where this kernel has none (before 4.13); or
 * another negative errno where it cannot be read. */
int coverage_counter(const struct file_roots *roots, uint64_t *ret);

/* Whether a source is this boot's ring: /dev/kmsg or syslog(2). */
bool coverage_is_ring(enum klog_kind kind);

/* Sets result->seen_since_usec from the sources read so far. */
void coverage_update(const struct gather_request *request, struct gather_result *result);

/* Whether an older source could add nothing more. */
bool coverage_complete(const struct gather_request *request, const struct gather_result *result);

/* Whether a named log has a report in the window, and not whom the kernel killed then. */
bool coverage_is_unfinished(const struct gather_request *request, const struct gather_result *result);

/* Whether a line in the window may be a kill or a user's text in another record
 * (oom_kill.dubious): only the counter can show that no kill is behind it. */
bool coverage_any_dubious(const struct gather_result *result);

/* The Killed lines of this boot that were read. */
struct coverage_lines {
	uint64_t all;
	uint64_t since_past; /* after the past account's newest line */
	/* Kills inferred from a proven report whose Killed line is lost: each explains one
	 * more count of the kernel's. */
	uint64_t lost;            /* that are known now */
	uint64_t lost_since_past; /* after the past account's newest line, or known as such by
	                           * an earlier run */
	uint64_t unproven;        /* kills of this boot that lines tell which anybody may have
	                           * written: they explain nothing */
	uint64_t found_late;      /* lost then, and now their line was read, although it is older
	                           * than the past account's newest */
	int64_t newest_line_usec; /* kernel time, KLOG_TIME_UNKNOWN: none */
};

/* Whether the counter has more than the ring's lines and the past explain. */
bool coverage_is_ahead(const struct gather_request *request, const struct coverage_lines *lines,
		       const uint8_t boot_id[16], bool ring_whole, const struct gather_result *result);

/* Sets gap, counter_agrees and account once all is read. */
void coverage_judge(const struct gather_request *request, const struct coverage_lines *lines,
		    const uint8_t boot_id[16], struct gather_result *result);

#endif
