/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_GATHER_SOURCES_H
#define OOM_GATHER_SOURCES_H
/* Internal to gather/.  Opens the sources of a request and reads their records. */
#include "gather/parsers.h"

/*
 * Reads the named sources, or those that together cover the window, and feeds their records to the
 * parsers.  Sets statuses[], lost_records and seen_since_usec.  0 or -ENOMEM; a source that could not
 * be read is reported in statuses[].
 */
int sources_read(const struct gather_request *request, struct parsers *parsers, gather_progress_fn progress,
		 void *progress_data, struct gather_result *result);

#endif
