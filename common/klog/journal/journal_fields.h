/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_KLOG_JOURNAL_FIELDS_H
#define OOM_KLOG_JOURNAL_FIELDS_H
/*
 * A journal entry, parsed field by field (systemd.journal-fields(7)), whether libsystemd reads it
 * or journalctl wrote it as json or export. The same entry yields the same record in each case.
 * Private to klog/.
 */
#include "klog/klog.h"

enum klog_transport {
	KLOG_TRANSPORT_UNKNOWN, /* the entry has no _TRANSPORT */
	KLOG_TRANSPORT_KERNEL,  /* received through /dev/kmsg */
	KLOG_TRANSPORT_DRIVER,  /* written by journald itself */
	KLOG_TRANSPORT_OTHER,
};

struct klog_journal_entry {
	struct klog_record record;
	/* __REALTIME_TIMESTAMP: when journald received it, which determines the order of entries;
	 * or KLOG_TIME_UNKNOWN */
	int64_t taken_usec;
	/* __MONOTONIC_TIMESTAMP: journald's CLOCK_MONOTONIC at that time, or KLOG_TIME_UNKNOWN */
	int64_t taken_monotonic_usec;
	enum klog_transport transport;
	bool has_message;
	bool is_kernel; /* written by the kernel itself */
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

/* `proven`: the entry is read from a journal and not from a text, which anybody can have
 * written. */
void klog_journal_begin(struct klog_journal_entry *entry, bool proven);
void klog_journal_field(struct klog_journal_entry *entry, const char *name, size_t name_length,
			const char *value, size_t length);

/* Returns whether it is an entry: it has a time and, in a text, a message. Its record is then
 * complete and points into *entry. */
bool klog_journal_end(struct klog_journal_entry *entry);

/*
 * Returns the realtime at which a kernel record was written, given the realtime at which it was
 * received. `source_usec` is the kernel's clock in the record and `monotonic_usec` journald's
 * CLOCK_MONOTONIC, both in the same boot.
 */
int64_t klog_journal_time(int64_t taken_usec, int64_t monotonic_usec, int64_t source_usec);

#endif
