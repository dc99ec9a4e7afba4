/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "klog/line_journal.h"

#include <string.h>

#include "base/array.h"
#include "base/boot_id.h"
#include "base/number.h"
#include "klog/line_cursor.h"

void klog_journal_begin(struct klog_journal_entry *entry)
{
	entry->record = (struct klog_record){ .realtime_usec = KLOG_TIME_UNKNOWN,
					      .monotonic_usec = KLOG_TIME_UNKNOWN,
					      .sequence = KLOG_SEQUENCE_UNKNOWN,
					      .facility = KLOG_UNKNOWN,
					      .level = KLOG_UNKNOWN };
	entry->received_usec = entry->received_monotonic_usec = KLOG_TIME_UNKNOWN;
	entry->has_message = entry->has_transport = entry->from_kernel = false;
	entry->identifier[0] = '\0';
}

static int64_t time_value(const char *value, size_t length)
{
	int64_t usec;

	return number_parse_i64(value, length, &usec) == (int)length ? usec : KLOG_TIME_UNKNOWN;
}

static int small_value(const char *value, size_t length, int most)
{
	uint64_t number;

	return number_parse_u64(value, length, &number) == (int)length && number <= (uint64_t)most
		       ? (int)number
		       : KLOG_UNKNOWN;
}

static void set_message(struct klog_journal_entry *entry, const char *value, size_t length)
{
	size_t kept = 0;

	for (size_t i = 0; i < length && kept < sizeof(entry->text) - 1; i++) {
		if (value[i] != '\0')
			entry->text[kept++] = value[i];
	}
	entry->text[kept] = '\0';
	entry->record.text = entry->text;
	entry->record.text_length = kept;
	entry->has_message = true;
}

static void set_identifier(struct klog_journal_entry *entry, const char *value, size_t length)
{
	if (length >= sizeof(entry->identifier))
		length = sizeof(entry->identifier) - 1;
	memcpy(entry->identifier, value, length);
	entry->identifier[length] = '\0';
}

void klog_journal_field(struct klog_journal_entry *entry, const char *name, size_t name_length,
			const char *value, size_t length)
{
	enum field {
		MESSAGE,
		PRIORITY,
		FACILITY,
		IDENTIFIER,
		TRANSPORT,
		BOOT_ID,
		RECEIVED,
		RECEIVED_MONOTONIC,
		SOURCE_MONOTONIC,
	};
	static const char *const names[] = {
		[MESSAGE] = "MESSAGE",
		[PRIORITY] = "PRIORITY",
		[FACILITY] = "SYSLOG_FACILITY",
		[IDENTIFIER] = "SYSLOG_IDENTIFIER",
		[TRANSPORT] = "_TRANSPORT",
		[BOOT_ID] = "_BOOT_ID",
		[RECEIVED] = "__REALTIME_TIMESTAMP",
		[RECEIVED_MONOTONIC] = "__MONOTONIC_TIMESTAMP",
		[SOURCE_MONOTONIC] = "_SOURCE_MONOTONIC_TIMESTAMP",
	};
	size_t field = 0;

	while (field < ARRAY_SIZE(names) &&
	       (strlen(names[field]) != name_length || memcmp(names[field], name, name_length) != 0))
		field++;
	switch (field) {
	case MESSAGE:
		set_message(entry, value, length);
		break;
	case PRIORITY:
		entry->record.level = small_value(value, length, 7);
		break;
	case FACILITY:
		entry->record.facility = small_value(value, length, 127);
		break;
	case IDENTIFIER:
		set_identifier(entry, value, length);
		break;
	case TRANSPORT:
		entry->has_transport = true;
		entry->from_kernel = length == 6 && memcmp(value, "kernel", 6) == 0;
		break;
	case BOOT_ID:
		entry->record.has_boot_id = boot_id_parse(value, length, entry->record.boot_id) == 0;
		break;
	case RECEIVED:
		entry->received_usec = time_value(value, length);
		break;
	case RECEIVED_MONOTONIC:
		entry->received_monotonic_usec = time_value(value, length);
		break;
	case SOURCE_MONOTONIC:
		entry->record.monotonic_usec = time_value(value, length);
		break;
	}
}

bool klog_journal_end(struct klog_journal_entry *entry)
{
	struct klog_record *record = &entry->record;
	bool claims_kernel = strcmp(entry->identifier, "kernel") == 0;

	if (!entry->has_message || entry->received_usec == KLOG_TIME_UNKNOWN)
		return false;
	/* The kernel's own time: a journald that starts late, or again, dates what
	 * it finds in the ring when it reads it.  A stamp from after the arrival
	 * is one of systemd 256's bad ones (systemd#33293). */
	record->realtime_usec = entry->received_usec;
	if (record->monotonic_usec != KLOG_TIME_UNKNOWN &&
	    entry->received_monotonic_usec != KLOG_TIME_UNKNOWN && record->monotonic_usec >= 0 &&
	    record->monotonic_usec <= entry->received_monotonic_usec)
		record->realtime_usec -= entry->received_monotonic_usec - record->monotonic_usec;
	/* Any program may call itself "kernel". */
	if (claims_kernel && entry->has_transport && !entry->from_kernel)
		entry->identifier[0] = '\0';
	if (strcmp(entry->identifier, "kernel") != 0 && record->facility == KLOG_FACILITY_KERN)
		record->facility = KLOG_UNKNOWN;
	record->identifier = entry->identifier;
	return true;
}
