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
	double avg_percent[HOST_AVGS]; /* share of the time in the window */
	uint64_t total_usec;           /* since boot, or since the cgroup was made */
};

struct host_pressure {
	struct host_stall some; /* at least one task was stalled on memory */
	struct host_stall full; /* all tasks that were not idle were */
};

/*
 * Returns 0; -ENODATA, -EBADMSG or -ERANGE for a file that is empty, cut short or garbage; or the
 * negative errno of open or read, see host_pressure_is_off().
 */
int host_pressure_read(struct host_pressure *ret, const struct file_roots *roots, struct text *error);

/*
 * The same for a v2 cgroup, in hybrid mode too. `path` is below the hierarchy's root, or starts
 * with its mount point. Returns -EBADR if there is no such cgroup or no v2, and -EINVAL if the path
 * is empty.
 */
int host_pressure_read_cgroup(struct host_pressure *ret, const struct host_cgroups *cgroups, const char *path,
			      struct text *error);

/*
 * Whether this failure means that PSI is not measured: -EOPNOTSUPP from a kernel that was built
 * with PSI but does not run it (CONFIG_PSI_DEFAULT_DISABLED as in RHEL 8, or psi=0), whether or not
 * the file exists; -ENOENT from a kernel without PSI.
 */
bool host_pressure_is_off(int r);

#endif
