/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_HOST_CGROUP_H
#define OOM_HOST_CGROUP_H
/*
 * Memory cgroups below /sys/fs/cgroup, whichever of the three layouts systemd
 * mounts there: v2 alone, v1 alone, or hybrid (the controllers in v1, an
 * empty-handed v2 in `unified`, which still has memory.pressure).
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
	char memory[HOST_CGROUP_PATH_MAX];  /* the hierarchy with the memory controller; "" none */
	char unified[HOST_CGROUP_PATH_MAX]; /* the v2 hierarchy; "" none */
};

/* 0, or -ENOENT where neither is mounted, or another negative errno. */
int host_cgroups_find(struct host_cgroups *ret, const struct file_roots *roots, struct text *error);

/* One memory cgroup.  What the hierarchy's version or the kernel lacks is
 * HOST_ABSENT, a limit that is none HOST_UNLIMITED. */
struct host_cgroup_memory {
	uint64_t current_bytes;
	uint64_t max_bytes;
	uint64_t high_bytes;         /* v2 */
	uint64_t swap_current_bytes; /* v2; v1 counts memory and swap in one */
};

/* `path` as /proc/PID/cgroup has it, "/machine.slice/…"; -ENOENT for a cgroup
 * that has gone and for the root, which has no such files in v2. */
int host_cgroup_memory(struct host_cgroup_memory *ret, const struct host_cgroups *cgroups, const char *path,
		       struct text *error);

/* What a memory cgroup's current_bytes consist of, as far as it matters here. */
struct host_cgroup_stat {
	/* Page cache and slab that the kernel takes back before it kills: file pages on the
	 * LRU (tmpfs, hence a guest's shared memory, is not among them) and reclaimable slab. */
	uint64_t reclaimable_bytes;
	/* Huge pages: v2 on 6.13, mounted with memory_hugetlb_accounting (hugetlb.h).  Else
	 * HOST_ABSENT, and there may be some. */
	uint64_t hugetlb_bytes;
};

/* 0 or as host_cgroup_memory(). */
int host_cgroup_stat(struct host_cgroup_stat *ret, const struct host_cgroups *cgroups, const char *path,
		     struct text *error);

/* The processes in the cgroup and below it that the OOM killer has killed:
 * oom_kill of memory.events, or in v1 of memory.oom_control; HOST_ABSENT before
 * 4.13.  0 or as host_cgroup_memory(). */
int host_cgroup_oom_kills(uint64_t *ret, const struct host_cgroups *cgroups, const char *path,
			  struct text *error);

enum host_walk {
	HOST_WALK_DESCEND, /* go on into its children */
	HOST_WALK_PASS,    /* go on beside it */
	HOST_WALK_STOP,    /* enough */
};

/* `path` is below the hierarchy's root, "/machine.slice"; `name` its last part. */
typedef enum host_walk (*host_cgroup_fn)(const char *path, const char *name, void *data);

/*
 * Calls fn for every cgroup below `path` ("" the root), parents first.  What
 * vanishes meanwhile is skipped; deeper than HOST_WALK_DEPTH is not looked at, and
 * fails with -E2BIG where fn wished to descend to it.
 * 0, or the negative errno of the first cgroup, `path` included, that could not be
 * looked into; the others have been visited all the same.
 */
#define HOST_WALK_DEPTH 16
int host_cgroup_walk(const struct host_cgroups *cgroups, const char *path, host_cgroup_fn fn, void *data,
		     struct text *error);

/*
 * The processes in the cgroup and below it: libvirt puts a VM's
 * one level deeper ("libvirt"), or into the scope itself (before 7.1), and a
 * helper such as swtpm beside it.  Those outside of our pid namespace have the pid
 * 0 in v2 and are left out in v1.  0, or the negative errno of the first cgroup,
 * `path` included, that could not be read, -E2BIG where there are more than `max`;
 * *ret_count is set in any case.
 */
int host_cgroup_pids(const struct host_cgroups *cgroups, const char *path, pid_t *pids, size_t max,
		     size_t *ret_count, struct text *error);

#endif
