/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_HOST_CGROUP_H
#define OOM_HOST_CGROUP_H
/*
 * Memory cgroups below /sys/fs/cgroup, in any of the three layouts that systemd mounts there: v2
 * only, v1 only, or hybrid (the controllers in v1, and in `unified` a v2 hierarchy without
 * controllers, which still has memory.pressure).
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/file.h"
#include "base/text.h"
#include "host/process.h"
#include "host/value.h"

struct host_cgroups {
	bool memory_is_v2;
	char memory[HOST_CGROUP_PATH_MAX];  /* the hierarchy with the memory controller; "" if none */
	char unified[HOST_CGROUP_PATH_MAX]; /* the v2 hierarchy; "" if none */
};

/* 0; -ENOENT if neither is mounted; or another negative errno. */
int host_cgroups_find(struct host_cgroups *ret, const struct file_roots *roots, struct text *error);

/*
 * One memory cgroup. A value that this version of cgroups or the kernel lacks is HOST_ABSENT. A
 * limit that is not set is HOST_UNLIMITED.
 */
struct host_cgroup_memory {
	uint64_t current_bytes;
	uint64_t max_bytes;
	uint64_t high_bytes;         /* v2 */
	uint64_t swap_current_bytes; /* v2; v1 counts memory and swap together */
};

/*
 * `path` is as in /proc/PID/cgroup, "/machine.slice/…". Returns 0; -ENOENT for a cgroup that has
 * gone, and in v2 for the root, which has no such files; or another negative errno.
 */
int host_cgroup_memory(struct host_cgroup_memory *ret, const struct host_cgroups *cgroups, const char *path,
		       struct text *error);

/*
 * Its max_bytes alone: one file instead of four. HOST_ABSENT where the kernel has no such file.
 * Returns the same as host_cgroup_memory().
 */
int host_cgroup_max(uint64_t *ret_bytes, const struct host_cgroups *cgroups, const char *path,
		    struct text *error);

/* Parts of a memory cgroup's current_bytes. */
struct host_cgroup_stat {
	/*
	 * Page cache and slab that the kernel reclaims before it kills: file pages on the LRU (not
	 * tmpfs, and so not a guest's shared memory) and reclaimable slab.
	 */
	uint64_t reclaimable_bytes;
	/*
	 * Huge pages: in v2 since 6.13, if mounted with memory_hugetlb_accounting (hugetlb.h).
	 * Otherwise HOST_ABSENT, although there may be some.
	 */
	uint64_t hugetlb_bytes;
};

/* Returns the same as host_cgroup_memory(). */
int host_cgroup_stat(struct host_cgroup_stat *ret, const struct host_cgroups *cgroups, const char *path,
		     struct text *error);

/*
 * How many processes in the cgroup and below it the OOM killer has killed: oom_kill in
 * memory.events, or in v1 in memory.oom_control; HOST_ABSENT before 4.13. Returns the same as
 * host_cgroup_memory().
 */
int host_cgroup_oom_kills(uint64_t *ret, const struct host_cgroups *cgroups, const char *path,
			  struct text *error);

enum host_walk {
	HOST_WALK_DESCEND, /* continue with its children */
	HOST_WALK_PASS,    /* skip its children */
	HOST_WALK_LEAVE,   /* skip its children and the rest of its siblings */
	HOST_WALK_STOP,    /* end the walk */
};

/* `path` is below the hierarchy's root, "/machine.slice"; `name` its last part. */
typedef enum host_walk (*host_cgroup_fn)(const char *path, const char *name, void *data);

/*
 * Calls fn for every cgroup below `path` ("" is the root), parents first. Cgroups that vanish
 * meanwhile are skipped. Those deeper than HOST_WALK_DEPTH are not visited, and if fn wanted to
 * descend to one, the walk fails with -E2BIG. Returns 0, or the negative errno of the first cgroup,
 * `path` included, that could not be read; the others are visited nevertheless.
 */
#define HOST_WALK_DEPTH 16
int host_cgroup_walk(const struct host_cgroups *cgroups, const char *path, host_cgroup_fn fn, void *data,
		     struct text *error);

/*
 * Lists the processes in the cgroup and below it: libvirt puts a VM's processes one level deeper
 * ("libvirt"), or into the scope itself (before 7.1), and a helper such as swtpm beside them.
 * Processes outside our pid namespace have the pid 0 in v2 and are missing in v1. Returns 0; -E2BIG
 * if there are more than `max`; or the negative errno of the first cgroup, `path` included, that
 * could not be read. *ret_count is set in any case.
 */
int host_cgroup_pids(const struct host_cgroups *cgroups, const char *path, pid_t *pids, size_t max,
		     size_t *ret_count, struct text *error);

#endif
