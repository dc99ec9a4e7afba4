/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_GATHER_COVERAGE_H
#define OOM_GATHER_COVERAGE_H
/*
 * Internal to gather/.  Determines which part of the window the sources cover, and whether the
 * kernel's counter covers the rest.
 */
#include "gather/account.h"

/* Whether a source is this boot's ring: /dev/kmsg or syslog(2). */
bool coverage_is_ring(enum klog_kind kind);

/* Whether a source could not be opened because there is none. */
bool coverage_is_absent(const struct gather_source_status *status);

/* Sets result->seen_since_usec from the sources read so far. */
void coverage_update(const struct gather_request *request, struct gather_result *result);

/* Whether the window is covered, so that an older source could add nothing. */
bool coverage_complete(const struct gather_request *request, const struct gather_result *result);

/* Whether a named log has an OOM report in the window without the process that was killed. */
bool coverage_is_unfinished(const struct gather_request *request, const struct gather_result *result);

/* Whether a line in the window may be either a kill or a user's text in another record
 * (oom_kill.dubious).  Only the counter can show that no kill is behind it. */
bool coverage_any_dubious(const struct gather_result *result);

/* Sets gap, counter_agrees and account once all sources are read. */
void coverage_judge(const struct gather_request *request, const struct account_lines *lines,
		    struct gather_result *result);

#endif
