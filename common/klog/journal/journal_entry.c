/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <string.h>

#include "klog/journal/journal_view.h"

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

/* Returns 1 if the current entry has the field ("NAME=value"), 0 if not, or a negative errno. */
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

static int take_times(const struct journal_view *view, struct klog_journal_entry *entry)
{
	uint64_t realtime_usec, monotonic_usec;
	sd_id128_t boot_id;
	int r = view->api->get_realtime_usec(view->journal, &realtime_usec);

	if (r >= 0)
		r = view->api->get_monotonic_usec(view->journal, &monotonic_usec, &boot_id);
	if (r < 0)
		return r;
	entry->record.has_boot_id = true;
	memcpy(entry->record.boot_id, boot_id.bytes, sizeof(entry->record.boot_id));
	entry->taken_usec = (int64_t)realtime_usec;
	entry->taken_monotonic_usec = (int64_t)monotonic_usec;
	return 0;
}

int journal_view_entry(const struct journal_view *view, struct klog_journal_entry *ret)
{
	const void *data;
	size_t length;
	int r;

	klog_journal_begin(ret, true);
	view->api->restart_data(view->journal);
	while ((r = view->api->enumerate_data(view->journal, &data, &length)) > 0) {
		size_t size = length;
		const char *value = skip_name(data, &size);

		if (value)
			klog_journal_field(ret, data, length - size - 1, value, size);
	}
	if (r >= 0)
		r = take_times(view, ret);
	if (r < 0)
		return r;
	klog_journal_end(ret);
	return 0;
}
