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

static int read_value(const struct journal_view *view, const char *name, char value[KLOG_LOOKUP_VALUE])
{
	const char *data;
	size_t length;
	int r = journal_view_value(view, name, &data, &length);

	value[0] = '\0';
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	if (length > KLOG_LOOKUP_VALUE - 1)
		length = KLOG_LOOKUP_VALUE - 1;
	memcpy(value, data, length);
	value[length] = '\0';
	return 0;
}

static int read_entry(const struct journal_view *view, const char *const *fields, struct klog_entry *ret)
{
	struct journal_times times;
	int r = journal_view_times(view, &times);

	for (size_t i = 0; r >= 0 && fields[i] && i < KLOG_LOOKUP_FIELDS; i++)
		r = read_value(view, fields[i], ret->values[i]);
	if (r < 0)
		return r;
	ret->realtime_usec = times.taken_usec;
	memcpy(ret->boot_id, times.boot_id, sizeof(ret->boot_id));
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
