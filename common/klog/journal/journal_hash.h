/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_KLOG_JOURNAL_HASH_H
#define OOM_KLOG_JOURNAL_HASH_H
/* The hash that a journal file stores of a data object's payload. Private to this directory. */
#include <stddef.h>
#include <stdint.h>

/* Used since systemd 246. */
uint64_t journal_hash_keyed(const uint8_t *data, size_t length, const uint8_t key[16]);
uint64_t journal_hash_jenkins(const uint8_t *data, size_t length);

#endif
