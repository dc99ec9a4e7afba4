/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_GATHER_COVERAGE_H
#define OOM_GATHER_COVERAGE_H
/*
 * Internal to gather/.  Determines which part of the window the sources cover, and whether the
 * kernel's counter covers the rest.
 */
#include "gather/gather.h"

/* Reads oom_kill of /proc/vmstat.  0; -ENOENT if the kernel has none (before 4.13); another
 * negative errno if it cannot be read. */
int coverage_counter(const struct file_roots *roots, uint64_t *ret);

/* Whether a source is this boot's ring: /dev/kmsg or syslog(2). */
bool coverage_is_ring(enum klog_kind kind);

/* Sets result->seen_since_usec from the sources read so far. */
void coverage_update(const struct gather_request *request, struct gather_result *result);

/* Whether the window is covered, so that an older source could add nothing. */
bool coverage_complete(const struct gather_request *request, const struct gather_result *result);

/* Whether a named log has an OOM report in the window without the process that was killed. */
bool coverage_is_unfinished(const struct gather_request *request, const struct gather_result *result);

/* Whether a line in the window may be either a kill or a user's text in another record
 * (oom_kill.dubious).  Only the counter can show that no kill is behind it. */
bool coverage_any_dubious(const struct gather_result *result);

/* The Killed lines of this boot that were read. */
struct coverage_lines {
	uint64_t all;
	uint64_t since_past; /* after the past account's newest line */
	/* Kills inferred from a proven report whose Killed line is lost.  Each explains one count
	 * of the kernel's. */
	uint64_t lost;            /* known now */
	uint64_t lost_since_past; /* after the past account's newest line, or known to be lost by an
				   * earlier run */
	uint64_t unproven;        /* kills of this boot known only from lines that any user can write;
				   * they do not explain a count */
	uint64_t found_late;      /* lost in an earlier run, now read although the line is older than the
				   * past account's newest */
	int64_t newest_line_usec; /* kernel time; KLOG_TIME_UNKNOWN: none */
};

/* Whether the counter is higher than the lines read and the past account explain. */
bool coverage_is_ahead(const struct gather_request *request, const struct coverage_lines *lines,
		       const uint8_t boot_id[16], bool ring_whole, const struct gather_result *result);

/* Sets gap, counter_agrees and account once all sources are read. */
void coverage_judge(const struct gather_request *request, const struct coverage_lines *lines,
		    const uint8_t boot_id[16], struct gather_result *result);

#endif
