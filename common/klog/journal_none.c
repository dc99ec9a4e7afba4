/* SPDX-License-Identifier: GPL-3.0-or-later */
/* In place of journal*.c where systemd/sd-journal.h was not there to build with. */
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
