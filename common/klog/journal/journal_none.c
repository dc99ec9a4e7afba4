/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Replaces the reading of journals in a build without systemd/sd-journal.h. Journal files can still
 * be found: if there are none, nothing is missed.
 */
#include "klog/journal/lookup.h"
#include "klog/source.h"

#include <errno.h>
#include <stdlib.h>

#include "klog/journal/journal_files.h"

struct unread_journal {
	struct klog_source base;
	bool named;
	struct journal_files files;
};

static int unread_read(struct klog_source *base, const struct klog_query *query, klog_record_fn record_fn,
		       void *data, struct klog_summary *summary, struct klog_failure *failure)
{
	const struct unread_journal *journal = (const struct unread_journal *)base;
	const struct klog_window window = klog_query_window(query);

	(void)record_fn;
	(void)data;
	(void)summary;
	if (!journal->named && !journal_files_overlap(&journal->files, &window))
		return 0;
	return klog_fail(failure, -ELIBACC, "use --source=kmsg, or build with libsystemd's headers",
			 "journal: not supported by this build");
}

static void unread_close(struct klog_source *base)
{
	struct unread_journal *journal = (struct unread_journal *)base;

	journal_files_close(&journal->files);
	free(journal);
}

int klog_journal_open(struct klog_source **ret, const char *path, const struct file_roots *roots,
		      struct klog_failure *failure)
{
	struct unread_journal *journal = calloc(1, sizeof(*journal));
	int r;

	if (!journal)
		return klog_fail(failure, -ENOMEM, NULL, "journal: out of memory");
	journal->base = (struct klog_source){
		.kind = KLOG_JOURNAL, .name = "journal", .read = unread_read, .close = unread_close
	};
	journal->named = path != NULL;
	r = journal_files_open(&journal->files, path, roots, failure);
	if (r < 0) {
		free(journal);
		return r;
	}
	*ret = &journal->base;
	return 0;
}

int klog_lookup_open(struct klog_lookup **ret, const char *path, const struct file_roots *roots)
{
	(void)ret;
	(void)path;
	(void)roots;
	return -ENOTSUP;
}

void klog_lookup_close(struct klog_lookup *lookup)
{
	(void)lookup;
}

int klog_lookup_find(struct klog_lookup *lookup, const char *const *matches, const char *const *fields,
		     klog_entry_fn entry_fn, void *data)
{
	(void)lookup;
	(void)matches;
	(void)fields;
	(void)entry_fn;
	(void)data;
	return -ENOTSUP;
}
