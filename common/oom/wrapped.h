/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_OOM_WRAPPED_H
#define OOM_OOM_WRAPPED_H
/*
 * A Killed line that was wrapped: pasted from a mail or a terminal, it may be on two lines or more.
 * The kernel's own records are never wrapped.
 */
#include <stdbool.h>

#include "klog/klog.h"

struct oom_wrapped {
	char text[512];            /* the line so far */
	struct klog_record record; /* that of its first part, with that text */
};

/*
 * Keeps a line that has no sizes. The record may be the kept one. Returns false and keeps nothing
 * if the record is proven, and so not wrapped, or too long.
 */
bool oom_wrapped_keep(struct oom_wrapped *wrapped, const struct klog_record *record);

/* Appends the line to the kept one if it continues that. False: it does not, or is too long. */
bool oom_wrapped_join(struct oom_wrapped *wrapped, const struct klog_record *record);

#endif
