/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_HOST_HUGETLB_H
#define OOM_HOST_HUGETLB_H
/*
 * The huge pages that a memory cgroup holds, and whether its memory.current and memory.max include
 * them.
 *
 * A process's RSS never includes them. memory.current includes them only with cgroup2's mount
 * option memory_hugetlb_accounting (Linux 6.7; systemd sets it since 259). The option belongs to
 * the hierarchy, so every mount shows the same. It is not exact: pages that were in use before it
 * was set are not included (Documentation/admin-guide/cgroup-v2.rst). The line `hugetlb` in
 * memory.stat (6.13) counts what is included, and exists only with the option. If the two disagree,
 * the line is right. Without it, on 6.7 to 6.12, only the option is known. In v1 the memory
 * controller never includes huge pages.
 */
#include <stdbool.h>
#include <stdint.h>

#include "base/file.h"
#include "base/text.h"
#include "host/cgroup.h"
#include "host/value.h"

struct host_hugetlb {
	char root[HOST_CGROUP_PATH_MAX]; /* the hierarchy with the hugetlb controller, which may not exist */
	bool is_v2;
	bool is_accounted; /* memory.current includes huge pages, according to the mount option */
};

/* Returns 0, or a negative errno if the list of mounts exists and cannot be read. */
int host_hugetlb_find(struct host_hugetlb *ret, const struct host_cgroups *cgroups,
		      const struct file_roots *roots, struct text *error);

/*
 * The memory that the cgroup and those below it use in pages of all sizes for which it has a file:
 * hugetlb.2MB.current, in v1 hugetlb.2MB.usage_in_bytes. Pages that are reserved but not used are
 * not included. HOST_ABSENT if the controller is off (systemd and libvirt do not turn it on) or the
 * cgroup has gone. Returns 0 or a negative errno.
 */
int host_hugetlb_used(uint64_t *ret_bytes, const struct host_hugetlb *hugetlb, const char *path,
		      struct text *error);

/*
 * The part of `used_bytes` of huge pages that memory.current includes. `stat_bytes` is
 * hugetlb_bytes from the cgroup's struct host_cgroup_stat.
 */
uint64_t host_hugetlb_inside(const struct host_hugetlb *hugetlb, uint64_t stat_bytes, uint64_t used_bytes);

#endif
