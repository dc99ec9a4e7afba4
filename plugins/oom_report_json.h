/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_PLUGINS_OOM_REPORT_JSON_H
#define OOM_PLUGINS_OOM_REPORT_JSON_H
/*
 * oom_report's JSON: one object, whose names must never change.  Unknown values are null, and
 * unprintable bytes of untrusted names are \xNN as in the kernel's log.
 */
#include <stdio.h>

#include "gather/gather.h"

/* Prints the report.  `unrecorded`: kills that the kernel counted but no log records, printed if
 * the counter could be compared; `complete`: no kill of the window can be missing.  0 or a negative
 * errno.  The caller must flush the stream. */
int oom_report_print_json(FILE *file, const struct gather_request *request,
			  const struct gather_result *result, uint64_t unrecorded, bool complete);

#endif
