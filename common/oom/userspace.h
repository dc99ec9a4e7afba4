/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_OOM_USERSPACE_H
#define OOM_OOM_USERSPACE_H
/*
 * The lines of OOM killers in userspace, which act before the kernel does, and what systemd reports
 * of units in which an OOM killer killed; private to this directory.
 */
#include "oom/marks.h"
#include "oom/target.h"

struct oom_userspace {
	struct oom_marks marks; /* of systemd-oomd */
	bool earlyoom_pending;
	struct oom_kill earlyoom; /* announced, outcome not known yet; no strings */
};

/* Whether the record is from one of these programs. If so, its kill is added, and *ret is 0 or
 * -ENOMEM. */
bool oom_userspace_feed(struct oom_userspace *userspace, const struct klog_record *record,
			const struct oom_target *target, int *ret);

/* Ends a source: adds a kill whose outcome was not logged. 0 or -ENOMEM. */
int oom_userspace_flush(struct oom_userspace *userspace, const struct oom_target *target);

#endif
