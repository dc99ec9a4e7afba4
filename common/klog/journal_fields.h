/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_KLOG_JOURNAL_FIELDS_H
#define OOM_KLOG_JOURNAL_FIELDS_H
/*
 * Inside this room only: an entry of the journal, field by field
 * (systemd.journal-fields(7)), whether libsystemd reads it or journalctl wrote it
 * out as json or export.  The same entry is the same record in all of them.
 */
#include "klog/klog.h"

enum klog_transport {
	KLOG_TRANSPORT_UNKNOWN, /* the entry does not say */
	KLOG_TRANSPORT_KERNEL,  /* came in by /dev/kmsg */
	KLOG_TRANSPORT_DRIVER,  /* is journald's own */
	KLOG_TRANSPORT_OTHER,
};

struct klog_journal_entry {
	struct klog_record record;
	int64_t taken_usec;           /* __REALTIME_TIMESTAMP: when journald took it in, by which
	                               * entries are ordered; or KLOG_TIME_UNKNOWN */
	int64_t taken_monotonic_usec; /* __MONOTONIC_TIMESTAMP: journald's CLOCK_MONOTONIC then */
	enum klog_transport transport;
	bool has_message;
	bool is_kernel; /* the kernel's own record */
	int64_t uid;    /* _UID, or -1 */
	bool has_sender;
	struct klog_sender sender;
	char identifier[128];
	char host[KLOG_HOST_SIZE]; /* _HOSTNAME */
	char unit[256];            /* _SYSTEMD_UNIT */
	char comm[64];
	char exe[512];
	char text[KLOG_RECORD_MAX];
};

/* `proven`: read from a journal and not from a text, which anybody can have made. */
void klog_journal_begin(struct klog_journal_entry *entry, bool proven);
void klog_journal_field(struct klog_journal_entry *entry, const char *name, size_t name_length,
			const char *value, size_t length);

/* Whether it is an entry (there is a time and, in a text, a message); its record
 * then is complete and points into *entry. */
bool klog_journal_end(struct klog_journal_entry *entry);

/*
 * When a kernel record was written, from the time it was taken in.
 * `source_usec` is the kernel's clock in the record, `monotonic_usec` journald's
 * CLOCK_MONOTONIC, both of the same boot.
 */
int64_t klog_journal_time(int64_t taken_usec, int64_t monotonic_usec, int64_t source_usec);

#endif
