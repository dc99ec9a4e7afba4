/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_KLOG_LINE_JOURNAL_H
#define OOM_KLOG_LINE_JOURNAL_H
/*
 * Inside this room only: an entry of the journal as journalctl's json, export
 * and verbose formats spell it, field by field (systemd.journal-fields(7)).
 */
#include "klog/klog.h"

struct klog_journal_entry {
	struct klog_record record;
	int64_t received_usec;           /* __REALTIME_TIMESTAMP */
	int64_t received_monotonic_usec; /* __MONOTONIC_TIMESTAMP */
	bool has_message;
	bool has_transport;
	bool from_kernel; /* _TRANSPORT=kernel, which journald sets and nobody else can */
	char identifier[64];
	char text[KLOG_RECORD_MAX];
};

void klog_journal_begin(struct klog_journal_entry *entry);
void klog_journal_field(struct klog_journal_entry *entry, const char *name, size_t name_length,
			const char *value, size_t length);

/* Whether it is an entry (there is a message and a time); its record then is
 * complete and points into *entry. */
bool klog_journal_end(struct klog_journal_entry *entry);

#endif
