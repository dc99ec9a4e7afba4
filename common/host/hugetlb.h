/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_HOST_HUGETLB_H
#define OOM_HOST_HUGETLB_H
/*
 * The huge pages that a memory cgroup holds, and whether its memory.current and
 * memory.max include them.
 *
 * No process's RSS has them.  memory.current has them only under cgroup2's mount option
 * memory_hugetlb_accounting (Linux 6.7; systemd sets it from 259 on).  The option is the
 * hierarchy's, so that every mount of it says the same.  But it says too much: pages
 * that were in use before it was set stay outside (Documentation/admin-guide/cgroup-v2.rst).
 * The line `hugetlb` of memory.stat (6.13) counts what is inside, and is there under the
 * option alone.  So where the two disagree, the line is right; without it, on 6.7 to
 * 6.12, the option is all there is.  v1 never has them in its memory.
 */
#include <stdbool.h>
#include <stdint.h>

#include "base/file.h"
#include "base/text.h"
#include "host/cgroup.h"
#include "host/value.h"

struct host_hugetlb {
	char root[HOST_CGROUP_PATH_MAX]; /* where the hugetlb controller is, if it is anywhere */
	bool is_v2;
	bool is_accounted; /* by the mount option */
};

/* 0, or a negative errno where the mounts are there and cannot be read. */
int host_hugetlb_find(struct host_hugetlb *ret, const struct host_cgroups *cgroups,
		      const struct file_roots *roots, struct text *error);

/*
 * What the cgroup and those below it use, in pages of all the sizes for which it has a
 * file: hugetlb.2MB.current, in v1 hugetlb.2MB.usage_in_bytes.  What is reserved and not
 * used is not in it.  HOST_ABSENT where the controller is off or the cgroup has gone: systemd
 * and libvirt do not turn it on.  0 or a negative errno.
 */
int host_hugetlb_used(uint64_t *ret_bytes, const struct host_hugetlb *hugetlb, const char *path,
		      struct text *error);

/* Of `used_bytes` of huge pages, what memory.current includes: `stat_bytes` is
 * host_cgroup_stat's of that cgroup. */
uint64_t host_hugetlb_inside(const struct host_hugetlb *hugetlb, uint64_t stat_bytes, uint64_t used_bytes);

#endif
