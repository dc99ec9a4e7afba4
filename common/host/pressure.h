/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_HOST_PRESSURE_H
#define OOM_HOST_PRESSURE_H
/* Pressure stall information (Documentation/accounting/psi.rst; 4.20). */
#include <stdbool.h>
#include <stdint.h>

#include "base/file.h"
#include "base/text.h"
#include "host/cgroup.h"

enum host_pressure_window { HOST_AVG10, HOST_AVG60, HOST_AVG300, HOST_AVGS }; /* in seconds */

struct host_stall {
	double avg_percent[HOST_AVGS]; /* share of the last seconds */
	uint64_t total_usec;           /* since boot, or since the cgroup was made */
};

struct host_pressure {
	struct host_stall some; /* at least one task stood still for memory */
	struct host_stall full; /* all that were not idle did */
};

/* 0; -ENODATA, -EBADMSG or -ERANGE for a file that is empty, cut short or
 * garbage; or the negative errno of opening or reading it, see below. */
int host_pressure_read(struct host_pressure *ret, const struct file_roots *roots, struct text *error);

/* The same of a v2 cgroup, in hybrid mode too: `path` is below the hierarchy's
 * root, or starts with the place where that is mounted.  -EBADR: there is no
 * such cgroup, or no v2. */
int host_pressure_read_cgroup(struct host_pressure *ret, const struct host_cgroups *cgroups, const char *path,
			      struct text *error);

/*
 * Whether this failure means that nobody measures: -EOPNOTSUPP from a kernel
 * that was built with PSI but does not run it (CONFIG_PSI_DEFAULT_DISABLED as
 * in RHEL 8, or psi=0), the file being there or not; -ENOENT from one without.
 */
bool host_pressure_is_off(int r);

#endif
