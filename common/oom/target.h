/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_OOM_TARGET_H
#define OOM_OOM_TARGET_H
/* Where a parser adds its kills, and from which host they are; private to this directory. */
#include <string.h>

#include "oom/kill.h"

struct oom_target {
	struct oom_list *list;
	char host[KLOG_HOST_SIZE]; /* of every kill; "": this host or unknown */
};

/* Takes over *kill in any case. 0 or -ENOMEM. */
static inline int oom_target_add(const struct oom_target *target, struct oom_kill *kill)
{
	memcpy(kill->host, target->host, sizeof(kill->host));
	const int r = oom_list_add(target->list, kill);

	if (r < 0)
		oom_kill_destroy(kill);
	return r;
}

#endif
