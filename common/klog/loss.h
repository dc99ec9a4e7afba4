/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_KLOG_LOSS_H
#define OOM_KLOG_LOSS_H
/*
 * Inside this room only: what log daemons and the kernel's console write where
 * messages were lost.  What was lost may have been a kill.
 */
#include "klog/klog.h"

/* How many messages the record says were lost: 0 if it says nothing of the kind, 1 if
 * it does not say how many. */
uint64_t klog_loss_of(const struct klog_record *record);

/* A string that each such record holds, by number; NULL after the last.  For a search. */
const char *klog_loss_text(size_t number);

#endif
