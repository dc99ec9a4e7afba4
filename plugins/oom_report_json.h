/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_PLUGINS_OOM_REPORT_JSON_H
#define OOM_PLUGINS_OOM_REPORT_JSON_H
/*
 * oom_report's JSON: one object, whose names are fixed for ever.  What is not
 * known is null, and a foreign name's unprintable bytes are \xNN, as the
 * kernel's log shows them.
 */
#include <stdio.h>

#include "gather/gather.h"

/* `unrecorded` kills the kernel counted and no log tells, where it could be found out;
 * `complete`: no kill of the window can be missing.  0 or a negative errno; what the
 * stream still holds is the caller's to flush. */
int oom_report_print_json(FILE *file, const struct gather_request *request,
			  const struct gather_result *result, uint64_t unrecorded, bool complete);

#endif
