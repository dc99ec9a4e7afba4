/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "klog/journal/lookup.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/library.h"
#include "klog/journal/journal_files.h"
#include "klog/journal/journal_view.h"

struct klog_lookup {
	struct journal_api api;
	struct journal_files files;
	struct journal_view view;
};

static int open_view(struct klog_lookup *lookup)
{
	const struct journal_files *files = &lookup->files;
	AUTO_FREE int *fds = calloc(files->count, sizeof(*fds));
	size_t count = 0;

	if (!fds)
		return -ENOMEM;
	for (size_t i = 0; i < files->count; i++)
		if (!files->at[i].damage && files->at[i].entries > 0)
			fds[count++] = files->at[i].fd;
	return count > 0 ? journal_view_open(&lookup->view, &lookup->api, fds, count) : -ENODATA;
}

int klog_lookup_open(struct klog_lookup **ret, const char *path, const struct file_roots *roots)
{
	struct klog_lookup *lookup = calloc(1, sizeof(*lookup));
	TEXT_ON_STACK(reason, 256);
	struct klog_failure failure;
	int r;

	if (!lookup)
		return -ENOMEM;
	r = journal_files_open(&lookup->files, path, roots, &failure);
	if (r == 0)
		r = journal_api_load(&lookup->api, &reason);
	if (r == 0)
		r = open_view(lookup);
	if (r < 0) {
		klog_lookup_close(lookup);
		return r;
	}
	*ret = lookup;
	return 0;
}

void klog_lookup_close(struct klog_lookup *lookup)
{
	if (!lookup)
		return;
	journal_view_close(&lookup->view);
	journal_files_close(&lookup->files);
	library_close(lookup->api.library);
	free(lookup);
}

/* A field has the form "NAME=value". */
static int read_value(const struct journal_view *view, const char *name, char value[KLOG_LOOKUP_VALUE])
{
	const size_t skipped = strlen(name) + 1;
	const char *data;
	size_t length;
	int r = view->api->get_data(view->journal, name, (const void **)&data, &length);

	value[0] = '\0';
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	if (length < skipped)
		return -EBADMSG;
	length -= skipped;
	if (length > KLOG_LOOKUP_VALUE - 1)
		length = KLOG_LOOKUP_VALUE - 1;
	memcpy(value, data + skipped, length);
	value[length] = '\0';
	return 0;
}

static int read_entry(const struct journal_view *view, const char *const *fields, struct klog_entry *ret)
{
	uint64_t realtime_usec, monotonic_usec;
	sd_id128_t boot_id;
	int r = view->api->get_realtime_usec(view->journal, &realtime_usec);

	if (r >= 0)
		r = view->api->get_monotonic_usec(view->journal, &monotonic_usec, &boot_id);
	for (size_t i = 0; r >= 0 && fields[i] && i < KLOG_LOOKUP_FIELDS; i++)
		r = read_value(view, fields[i], ret->values[i]);
	if (r < 0)
		return r;
	ret->realtime_usec = (int64_t)realtime_usec;
	memcpy(ret->boot_id, boot_id.bytes, sizeof(ret->boot_id));
	return 0;
}

int klog_lookup_find(struct klog_lookup *lookup, const char *const *matches, const char *const *fields,
		     klog_entry_fn entry_fn, void *data)
{
	struct journal_view *view = &lookup->view;
	int r = 0;

	journal_view_match_clear(view);
	for (; r >= 0 && *matches; matches++)
		r = view->api->add_match(view->journal, *matches, 0);
	if (r >= 0)
		r = view->api->seek_head(view->journal);
	while (r >= 0 && (r = view->api->next(view->journal)) > 0) {
		struct klog_entry entry = { 0 };

		r = read_entry(view, fields, &entry);
		if (r >= 0)
			r = entry_fn(&entry, data);
		if (r != 0)
			return r;
	}
	return r;
}
