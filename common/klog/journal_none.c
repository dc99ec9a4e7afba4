/* SPDX-License-Identifier: GPL-3.0-or-later */
/* In place of journal*.c where systemd/sd-journal.h was not there to build with. */
#include "klog/lookup.h"
#include "klog/source.h"

#include <errno.h>

int klog_journal_open(struct klog_source **ret, const char *path, const struct file_roots *roots,
		      struct klog_failure *failure)
{
	(void)ret;
	(void)path;
	(void)roots;
	return klog_fail(failure, -ENOTSUP, "use --source=kmsg, or a build with libsystemd's headers",
			 "journal: built without");
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
