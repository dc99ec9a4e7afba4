/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_OOM_UNITS_H
#define OOM_OOM_UNITS_H
/*
 * Scopes of which systemd said that an OOM killer killed in them.  The kernel leaves its
 * report out after ten kills in five seconds; systemd's line does not.
 */
#include <stdbool.h>

#include "klog/klog.h"

/* A unit's name and its NUL: UNIT_NAME_MAX of systemd. */
#define OOM_UNIT_SIZE 256

/* More than a host with all its VMs killed has in one window; further ones are dropped. */
#define OOM_UNITS_MAX 256

struct oom_unit {
	int64_t realtime_usec;
	bool by_oomd;             /* systemd-oomd killed in it; false: the kernel, as far as is known */
	char unit[OOM_UNIT_SIZE]; /* "machine-qemu\\x2d7\\x2dvm1.scope", "105.scope" */
	char host[KLOG_HOST_SIZE];
};

struct oom_units {
	struct oom_unit *units;
	size_t count;
};

/* Adds the scope that a line of systemd's names, once.  0 or -ENOMEM. */
int oom_units_add(struct oom_units *units, const struct klog_record *record, const char *host);

void oom_units_destroy(struct oom_units *units);

#endif
