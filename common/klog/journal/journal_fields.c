/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "klog/journal/journal_fields.h"

#include <string.h>

#include "base/array.h"
#include "base/boot_id.h"
#include "base/number.h"

/* Maximum difference between CLOCK_MONOTONIC and the kernel's local_clock(): a second at boot, plus
 * the corrections by NTP, here 100 ppm of the uptime. */
#define APART_AT_BOOT_USEC   1000000
#define UPTIME_PER_APARTNESS 10000

/* Only systemd assigns these UIDs, to services with DynamicUser= ("Users, Groups, UIDs and GIDs on
 * systemd Systems"). */
#define DYNAMIC_UID_MIN 61184
#define DYNAMIC_UID_MAX 65519

/*
 * An entry's own time is when journald received it. It is accurate to some ms for records that
 * journald read as they were written, but wrong for those that it found in the ring buffer because
 * it started late. The kernel's clock distinguishes the two cases. It is not more accurate in the
 * first case, because it drifts, and it has been recorded wrongly (systemd#33293: v256, ahead of
 * journald's clock). So it is used only if it is behind by more than drift explains.
 */
int64_t klog_journal_time(int64_t taken_usec, int64_t monotonic_usec, int64_t source_usec)
{
	int64_t late_usec;

	if (source_usec < 0 || __builtin_sub_overflow(monotonic_usec, source_usec, &late_usec) ||
	    late_usec <= APART_AT_BOOT_USEC + monotonic_usec / UPTIME_PER_APARTNESS)
		return taken_usec;
	return taken_usec - late_usec;
}

void klog_journal_begin(struct klog_journal_entry *entry, bool proven)
{
	entry->record = (struct klog_record){ .realtime_usec = KLOG_TIME_UNKNOWN,
					      .monotonic_usec = KLOG_TIME_UNKNOWN,
					      .sequence = KLOG_SEQUENCE_UNKNOWN,
					      .facility = KLOG_UNKNOWN,
					      .level = KLOG_UNKNOWN,
					      .proven = proven,
					      .identifier = entry->identifier,
					      .text = entry->text };
	entry->taken_usec = entry->taken_monotonic_usec = KLOG_TIME_UNKNOWN;
	entry->transport = KLOG_TRANSPORT_UNKNOWN;
	entry->has_message = entry->is_kernel = false;
	entry->uid = -1;
	entry->has_sender = proven;
	entry->identifier[0] = entry->unit[0] = entry->comm[0] = entry->exe[0] = entry->text[0] = '\0';
}

static int64_t number_or(const char *value, size_t length, int64_t most, int64_t otherwise)
{
	uint64_t number;

	return number_parse_u64(value, length, &number) == (int)length && number <= (uint64_t)most
		       ? (int64_t)number
		       : otherwise;
}

/* Copies a value, cut to the buffer and terminated. NULs within it are replaced, because they would
 * end the string early. */
static size_t copy_value(char *buffer, size_t size, const char *value, size_t length)
{
	if (length > size - 1)
		length = size - 1;
	memcpy(buffer, value, length);
	buffer[length] = '\0';
	for (char *nul = buffer; (nul = memchr(nul, '\0', length - (size_t)(nul - buffer))) != NULL;)
		*nul = '?';
	return length;
}

static enum klog_transport transport_of(const char *value, size_t length)
{
	if (length != 6)
		return KLOG_TRANSPORT_OTHER;
	return memcmp(value, "kernel", length) == 0   ? KLOG_TRANSPORT_KERNEL
	       : memcmp(value, "driver", length) == 0 ? KLOG_TRANSPORT_DRIVER
						      : KLOG_TRANSPORT_OTHER;
}

enum field {
	MESSAGE,
	PRIORITY,
	FACILITY,
	IDENTIFIER,
	HOST,
	TRANSPORT,
	BOOT_ID,
	TAKEN,
	TAKEN_MONOTONIC,
	SOURCE_MONOTONIC,
	UNIT,
	USER,
	COMM,
	EXE,
};

#define NAME(string)                       \
	{                                  \
		string, sizeof(string) - 1 \
	}

static const struct {
	const char *name;
	size_t length;
} fields[] = {
	[MESSAGE] = NAME("MESSAGE"),
	[PRIORITY] = NAME("PRIORITY"),
	[FACILITY] = NAME("SYSLOG_FACILITY"),
	[IDENTIFIER] = NAME("SYSLOG_IDENTIFIER"),
	[HOST] = NAME("_HOSTNAME"),
	[TRANSPORT] = NAME("_TRANSPORT"),
	[BOOT_ID] = NAME("_BOOT_ID"),
	[TAKEN] = NAME("__REALTIME_TIMESTAMP"),
	[TAKEN_MONOTONIC] = NAME("__MONOTONIC_TIMESTAMP"),
	[SOURCE_MONOTONIC] = NAME("_SOURCE_MONOTONIC_TIMESTAMP"),
	[UNIT] = NAME("_SYSTEMD_UNIT"),
	[USER] = NAME("_UID"),
	[COMM] = NAME("_COMM"),
	[EXE] = NAME("_EXE"),
};

/* The sender's fields that only journald can set. */
static void sender_field(struct klog_journal_entry *entry, enum field field, const char *value, size_t length)
{
	entry->has_sender = true;
	if (field == UNIT)
		copy_value(entry->unit, sizeof(entry->unit), value, length);
	else if (field == COMM)
		copy_value(entry->comm, sizeof(entry->comm), value, length);
	else if (field == EXE)
		copy_value(entry->exe, sizeof(entry->exe), value, length);
	else
		entry->uid = number_or(value, length, UINT32_MAX, -1);
}

void klog_journal_field(struct klog_journal_entry *entry, const char *name, size_t name_length,
			const char *value, size_t length)
{
	struct klog_record *record = &entry->record;
	size_t field = 0;

	while (field < ARRAY_SIZE(fields) &&
	       (fields[field].length != name_length || memcmp(fields[field].name, name, name_length) != 0))
		field++;
	switch (field) {
	case MESSAGE:
		record->text_length = copy_value(entry->text, sizeof(entry->text), value, length);
		entry->has_message = true;
		break;
	case PRIORITY:
		record->level = (int)number_or(value, length, 7, KLOG_UNKNOWN);
		break;
	case FACILITY:
		record->facility = (int)number_or(value, length, 255, KLOG_UNKNOWN);
		break;
	case IDENTIFIER:
		copy_value(entry->identifier, sizeof(entry->identifier), value, length);
		break;
	case HOST:
		copy_value(entry->host, sizeof(entry->host), value, length);
		record->host = entry->host[0] != '\0' ? entry->host : NULL;
		break;
	case TRANSPORT:
		entry->transport = transport_of(value, length);
		break;
	case BOOT_ID:
		record->has_boot_id = boot_id_parse(value, length, record->boot_id) == 0;
		break;
	case TAKEN:
		entry->taken_usec = number_or(value, length, INT64_MAX / 2, KLOG_TIME_UNKNOWN);
		break;
	case TAKEN_MONOTONIC:
		entry->taken_monotonic_usec = number_or(value, length, INT64_MAX / 2, KLOG_TIME_UNKNOWN);
		break;
	case SOURCE_MONOTONIC:
		record->monotonic_usec = number_or(value, length, INT64_MAX / 2, KLOG_TIME_UNKNOWN);
		break;
	case UNIT:
	case USER:
	case COMM:
	case EXE:
		sender_field(entry, (enum field)field, value, length);
		break;
	default:
		break;
	}
}

/* The file name of a program in a directory where only root can install, or "". */
static const char *installed_program(char *exe)
{
	static const char *const folders[] = { "/usr/",   "/bin/", "/sbin/",     "/lib/",
					       "/lib64/", "/opt/", "/nix/store/" };
	static const char deleted[] = " (deleted)"; /* replaced by an upgrade while it is running */
	size_t length = strlen(exe);

	if (length > sizeof(deleted) && strcmp(exe + length - (sizeof(deleted) - 1), deleted) == 0)
		exe[length - (sizeof(deleted) - 1)] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		if (strncmp(exe, folders[i], strlen(folders[i])) == 0)
			return strrchr(exe, '/') + 1;
	}
	return "";
}

/*
 * A user can give their processes any name and load code of their own into any program that they
 * run. So the program is only used for processes of root and of services that have a dynamic user.
 * The unit's name is always chosen by root.
 */
static void identify_sender(struct klog_journal_entry *entry)
{
	static const char suffix[] = ".service";
	const size_t unit_length = strlen(entry->unit);
	const bool is_dynamic = entry->uid >= DYNAMIC_UID_MIN && entry->uid <= DYNAMIC_UID_MAX;
	const char *program = installed_program(entry->exe);

	if (entry->uid == 0 && program[0] == '\0')
		program = entry->comm;
	entry->sender.program = entry->uid == 0 || is_dynamic ? program : "";
	entry->sender.service = "";
	if (unit_length > sizeof(suffix) - 1 &&
	    strcmp(entry->unit + unit_length - (sizeof(suffix) - 1), suffix) == 0) {
		entry->unit[unit_length - (sizeof(suffix) - 1)] = '\0';
		entry->sender.service = entry->unit;
	}
	entry->record.sender = entry->has_sender ? &entry->sender : NULL;
}

/* Only journald sets the transport. Without it, in a text with selected fields only, the identifier
 * is all there is. */
static bool is_kernel(const struct klog_journal_entry *entry)
{
	const struct klog_record *record = &entry->record;

	if (entry->transport == KLOG_TRANSPORT_UNKNOWN && !record->proven)
		return strcmp(entry->identifier, "kernel") == 0;
	return entry->transport == KLOG_TRANSPORT_KERNEL &&
	       (record->facility == KLOG_FACILITY_KERN ||
		(record->facility == KLOG_UNKNOWN && !record->proven));
}

/* Whether the entry names its sender. An export can be limited to some fields (journalctl
 * --output-fields=MESSAGE). */
static bool says_whose(const struct klog_journal_entry *entry)
{
	return entry->record.proven || entry->transport != KLOG_TRANSPORT_UNKNOWN || entry->has_sender ||
	       entry->identifier[0] != '\0' || entry->record.facility != KLOG_UNKNOWN;
}

/*
 * Programs that log through syslog(3) or sd_journal_send() choose facility and identifier freely.
 * Neither may make a service's line look like one of the kernel's.
 */
static void mark_userspace(struct klog_journal_entry *entry)
{
	if (entry->record.facility == KLOG_FACILITY_KERN)
		entry->record.facility = KLOG_UNKNOWN;
	if (strcmp(entry->identifier, "kernel") == 0)
		entry->identifier[0] = '\0';
}

bool klog_journal_end(struct klog_journal_entry *entry)
{
	struct klog_record *record = &entry->record;

	/* In a journal the message may have been lost; a text without a message is not an entry. */
	if ((!entry->has_message && !record->proven) || entry->taken_usec == KLOG_TIME_UNKNOWN)
		return false;
	record->realtime_usec = entry->taken_usec;
	if (record->monotonic_usec != KLOG_TIME_UNKNOWN && entry->taken_monotonic_usec != KLOG_TIME_UNKNOWN)
		record->realtime_usec = klog_journal_time(entry->taken_usec, entry->taken_monotonic_usec,
							  record->monotonic_usec);
	record->form = says_whose(entry) ? KLOG_FORM_KNOWN : KLOG_FORM_UNKNOWN;
	entry->is_kernel = is_kernel(entry);
	if (!entry->is_kernel)
		mark_userspace(entry);
	else if (entry->identifier[0] == '\0') /* in an export of some fields: known from the transport */
		copy_value(entry->identifier, sizeof(entry->identifier), "kernel", strlen("kernel"));
	identify_sender(entry);
	return true;
}
