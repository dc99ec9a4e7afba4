/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_OOM_UNITS_H
#define OOM_OOM_UNITS_H
/*
 * The scopes in which an OOM killer killed, as reported by systemd. The kernel leaves its report
 * out after ten kills in five seconds; systemd's line is still there.
 */
#include <stdbool.h>

#include "klog/klog.h"

/* The size of a unit's name with its NUL: UNIT_NAME_MAX of systemd. */
#define OOM_UNIT_SIZE 256

/* More than a host has in one window if all of its VMs are killed. Further ones are dropped. */
#define OOM_UNITS_MAX 256

struct oom_unit {
	int64_t realtime_usec;
	bool by_oomd;             /* killed by systemd-oomd; false: by the kernel, as far as known */
	char unit[OOM_UNIT_SIZE]; /* "machine-qemu\\x2d7\\x2dvm1.scope", "105.scope" */
	char host[KLOG_HOST_SIZE];
};

struct oom_units {
	struct oom_unit *units;
	size_t count;
};

/* Adds a scope of which systemd reports a kill, unless it is there already; any other unit is
 * ignored. 0 or -ENOMEM. */
int oom_units_add(struct oom_units *units, const struct oom_unit *unit);

void oom_units_destroy(struct oom_units *units);

#endif
