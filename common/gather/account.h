/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_GATHER_ACCOUNT_H
#define OOM_GATHER_ACCOUNT_H
/*
 * Internal to gather/.  Compares the kernel's counter of kills with the Killed lines that were
 * read: a kill that was counted and has no line is unrecorded.
 */
#include "gather/gather.h"
#include "oom/parser.h"

/* The journal's first entry of a boot is written within this time after the boot.  The wall time of
 * a boot, computed anew in each run, differs by less. */
#define ACCOUNT_BOOT_SLACK_USEC 120000000

/* Reads this boot's id and the counter into *result. */
void account_read_counter(const struct gather_request *request, struct gather_result *result);

/* The Killed lines of this boot that were read. */
struct account_lines {
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

/* Counts the lines that `parser` has read, and the kills in result->list whose line is lost. */
struct account_lines account_lines_read(const struct gather_request *request,
					const struct gather_result *result, const struct oom_parser *parser);

/* The same while the logs are being read, when the list does not contain the remembered kills
 * yet. */
struct account_lines account_lines_so_far(const struct gather_request *request,
					  const struct gather_result *result,
					  const struct oom_parser *parser);

/* Whether the counter is higher than the lines read and the past account explain. */
bool account_is_ahead(const struct gather_request *request, const struct gather_result *result,
		      const struct account_lines *lines, bool ring_whole);

/* Sets result->account and counter_agrees.  All proven lines of this boot were read since
 * `read_since_usec` (INT64_MAX: none were). */
void account_update(const struct gather_request *request, const struct account_lines *lines,
		    int64_t read_since_usec, struct gather_result *result);

#endif
