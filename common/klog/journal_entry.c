/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <string.h>

#include "base/number.h"
#include "klog/journal_view.h"

/* What CLOCK_MONOTONIC and the kernel's local_clock() differ by at the most:
 * at boot a second, then NTP's corrections, here 100 ppm of the uptime. */
#define APART_AT_BOOT_USEC   1000000
#define UPTIME_PER_APARTNESS 10000

/*
 * An entry's own time is when journald took it in: good to some ms for what it
 * reads as it comes, wrong for what it found in the ring when it started late.
 * The kernel's clock tells these apart, but is no better for the former, from
 * which it drifts away; and it has been recorded wrong (systemd#33293: v256,
 * ahead of journald's).  So it decides only where it is behind by more than a
 * drift explains.
 */
int64_t journal_record_time(int64_t realtime_usec, int64_t monotonic_usec, int64_t source_usec)
{
	int64_t late_usec = monotonic_usec - source_usec;

	if (source_usec < 0 || late_usec <= APART_AT_BOOT_USEC + monotonic_usec / UPTIME_PER_APARTNESS)
		return realtime_usec;
	return realtime_usec - late_usec;
}

static const char *skip_name(const void *data, size_t *length)
{
	const char *equals = memchr(data, '=', *length);

	if (!equals)
		return NULL;
	*length -= (size_t)(equals + 1 - (const char *)data);
	return equals + 1;
}

int journal_view_message(const struct journal_view *view, const char **ret_text, size_t *ret_length)
{
	const void *data;
	size_t length;
	int r = view->api->get_data(view->journal, "MESSAGE", &data, &length);

	if (r < 0)
		return r;
	*ret_text = skip_name(data, &length);
	*ret_length = length;
	return *ret_text ? 0 : -EBADMSG;
}

/* 1 if the current entry has the field ("NAME=value"), 0 or an error. */
static int has_field(const struct journal_view *view, const char *name, const char *field)
{
	const void *data;
	size_t length;
	int r = view->api->get_data(view->journal, name, &data, &length);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	return length == strlen(field) && memcmp(data, field, length) == 0;
}

int journal_view_is_kmsg(const struct journal_view *view)
{
	return has_field(view, "_TRANSPORT", "_TRANSPORT=kernel");
}

int journal_view_is_kernel(const struct journal_view *view)
{
	int r = journal_view_is_kmsg(view);

	return r <= 0 ? r : has_field(view, "SYSLOG_FACILITY", "SYSLOG_FACILITY=0");
}

/* Bounded, terminated, and without a NUL that would hide what follows it. */
static size_t copy_text(char *buffer, size_t size, const char *text, size_t length)
{
	if (length > size - 1)
		length = size - 1;
	memcpy(buffer, text, length);
	buffer[length] = '\0';
	for (char *nul = buffer; (nul = memchr(nul, '\0', length - (size_t)(nul - buffer))) != NULL;)
		*nul = '?';
	return length;
}

static int64_t number_or(const char *text, size_t length, uint64_t largest, int64_t otherwise)
{
	uint64_t value;
	int taken = number_parse_u64(text, length, &value);

	return taken < 0 || (size_t)taken != length || value > largest ? otherwise : (int64_t)value;
}

/* A field is "NAME=value". */
static bool is_field(const char *data, size_t length, const char *name)
{
	size_t name_length = strlen(name);

	return length > name_length && data[name_length] == '=' && memcmp(data, name, name_length) == 0;
}

static bool is_value(const char *value, size_t length, const char *expected)
{
	return length == strlen(expected) && memcmp(value, expected, length) == 0;
}

static void take_field(struct journal_entry *entry, const char *data, size_t length)
{
	struct klog_record *record = &entry->record;
	size_t size = length;
	const char *value = skip_name(data, &size);

	if (is_field(data, length, "MESSAGE")) {
		record->text_length = copy_text(entry->text, sizeof(entry->text), value, size);
	} else if (is_field(data, length, "PRIORITY")) {
		record->level = (int)number_or(value, size, 7, KLOG_UNKNOWN);
	} else if (is_field(data, length, "SYSLOG_FACILITY")) {
		record->facility = (int)number_or(value, size, 255, KLOG_UNKNOWN);
	} else if (is_field(data, length, "SYSLOG_IDENTIFIER")) {
		copy_text(entry->identifier, sizeof(entry->identifier), value, size);
	} else if (is_field(data, length, "_SOURCE_MONOTONIC_TIMESTAMP")) {
		record->monotonic_usec = number_or(value, size, INT64_MAX / 2, KLOG_TIME_UNKNOWN);
	} else if (is_field(data, length, "_TRANSPORT")) {
		entry->is_kernel = is_value(value, size, "kernel");
		entry->is_driver = is_value(value, size, "driver");
	} else if (is_field(data, length, "_SYSTEMD_UNIT")) {
		copy_text(entry->unit, sizeof(entry->unit), value, size);
	}
}

/*
 * Whoever logs through syslog(3) or sd_journal_send() picks facility and
 * identifier freely: neither may make a service's line pass for the kernel's.
 */
static void mark_userspace(struct journal_entry *entry)
{
	entry->is_kernel = false;
	if (entry->record.facility == KLOG_FACILITY_KERN)
		entry->record.facility = KLOG_UNKNOWN;
	if (entry->identifier[0] == '\0' || strcmp(entry->identifier, "kernel") == 0)
		copy_text(entry->identifier, sizeof(entry->identifier), entry->unit, strlen(entry->unit));
}

static int take_times(const struct journal_view *view, struct journal_entry *entry)
{
	struct klog_record *record = &entry->record;
	uint64_t realtime_usec, monotonic_usec;
	sd_id128_t boot_id;
	int r = view->api->get_realtime_usec(view->journal, &realtime_usec);

	if (r < 0)
		return r;
	r = view->api->get_monotonic_usec(view->journal, &monotonic_usec, &boot_id);
	if (r < 0)
		return r;
	record->has_boot_id = true;
	memcpy(record->boot_id, boot_id.bytes, sizeof(record->boot_id));
	entry->taken_usec = (int64_t)realtime_usec;
	record->realtime_usec = entry->taken_usec;
	if (record->monotonic_usec != KLOG_TIME_UNKNOWN)
		record->realtime_usec = journal_record_time(entry->taken_usec, (int64_t)monotonic_usec,
							    record->monotonic_usec);
	return 0;
}

int journal_view_entry(const struct journal_view *view, struct journal_entry *ret)
{
	const void *data;
	size_t length;
	int r;

	ret->record = (struct klog_record){
		.monotonic_usec = KLOG_TIME_UNKNOWN,
		.sequence = KLOG_SEQUENCE_UNKNOWN,
		.facility = KLOG_UNKNOWN,
		.level = KLOG_UNKNOWN,
		.proven = true, /* _TRANSPORT and _SYSTEMD_UNIT are journald's */
		.identifier = ret->identifier,
		.text = ret->text,
	};
	ret->text[0] = ret->identifier[0] = ret->unit[0] = '\0';
	ret->is_kernel = ret->is_driver = false;
	view->api->restart_data(view->journal);
	while ((r = view->api->enumerate_data(view->journal, &data, &length)) > 0)
		take_field(ret, data, length);
	if (r < 0)
		return r;
	if (!ret->is_kernel || ret->record.facility != KLOG_FACILITY_KERN)
		mark_userspace(ret);
	return take_times(view, ret);
}
