/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_OOM_WRAPPED_H
#define OOM_OOM_WRAPPED_H
/*
 * A killed line that was wrapped: who pasted it from a mail or a terminal may have it
 * on two lines or more.  The kernel's own records are whole.
 */
#include <stdbool.h>

#include "klog/klog.h"

struct oom_wrapped {
	char text[512];            /* the line so far */
	struct klog_record record; /* its first part's, with that text */
};

/*
 * Keeps the line, which has no sizes.  The record may be the kept one.  False: nothing
 * was kept, for the record is proven to be whole or is too long.
 */
bool oom_wrapped_keep(struct oom_wrapped *wrapped, const struct klog_record *record);

/* Appends the line to the kept one, if it goes on there.  False: it is another line. */
bool oom_wrapped_join(struct oom_wrapped *wrapped, const struct klog_record *record);

#endif
