/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_KLOG_JOURNAL_HASH_H
#define OOM_KLOG_JOURNAL_HASH_H
/* Inside this room only: the hash that a journal file keeps of a data object's payload. */
#include <stddef.h>
#include <stdint.h>

uint64_t journal_hash_keyed(const uint8_t *data, size_t length, const uint8_t key[16]); /* 246 */
uint64_t journal_hash_jenkins(const uint8_t *data, size_t length);

#endif
