/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_KLOG_LOSS_H
#define OOM_KLOG_LOSS_H
/*
 * Messages of log daemons and of the kernel's console which report that messages were lost. A kill
 * may be among those. Private to klog/.
 */
#include "klog/klog.h"

/* How many messages the record reports as lost: 0 if it is not such a record, 1 if it contains no
 * number. */
uint64_t klog_loss_of(const struct klog_record *record);

/* The strings to search for: each such record contains one of them. NULL after the last number.
 * *ret_pair is as in struct klog_match. */
const char *klog_loss_text(size_t number, const char **ret_pair);

#endif
