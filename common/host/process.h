/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_HOST_PROCESS_H
#define OOM_HOST_PROCESS_H
/*
 * /proc/PID. The cost of scanning 10,000 processes is what is read of each of them: read the comm
 * first (6 us per process), and the rest only for those that matter.
 *
 *     r = host_processes_open(&processes, roots, error);
 *     while ((r = host_processes_next(&processes, &pid, error)) > 0)
 *             if (host_process_comm(&processes, pid, comm) == 0) ...
 *     host_processes_close(&processes);
 *
 * A process may exit between any two calls. Each reader then returns -ESRCH, which is not an error.
 * The readers of one process have no `error` argument: the caller knows the pid and the file.
 */
#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/file.h"
#include "base/text.h"
#include "host/value.h"

#define HOST_COMM_MAX         64 /* a user process has 15 bytes at most, a kernel thread may have more */
#define HOST_CGROUP_PATH_MAX  4096
#define HOST_PROCESS_LINE_MAX 4096

struct host_processes {
	DIR *directory; /* opened by host_processes_open() */
};

/* Returns 0 or a negative errno. Call host_processes_close() only if it returned 0. */
int host_processes_open(struct host_processes *ret, const struct file_roots *roots, struct text *error);
void host_processes_close(struct host_processes *processes);

/* 1 with the next thread group's pid, 0 at the end, or a negative errno. */
int host_processes_next(struct host_processes *processes, pid_t *ret_pid, struct text *error);

/*
 * Whether other users' processes are hidden from us (hidepid=1, 2 or 4 without the group or
 * capability that lifts it). This is tested with pid 1, which exists on every host and belongs to
 * root, and not by the mount's options.
 */
bool host_processes_are_hidden(const struct host_processes *processes);

/*
 * Each returns 0; -ESRCH if the process has gone; -EACCES or -EPERM if it is hidden; -EBADMSG if
 * the file is not what the kernel writes.
 */

/* The comm without its newline; untrusted text that may contain any byte but 0. */
int host_process_comm(const struct host_processes *processes, pid_t pid, char ret_comm[HOST_COMM_MAX]);

/*
 * The arguments of the command line, each ended by \0. What does not fit is cut off and
 * *ret_truncated set. The length is 0 for a kernel thread and for a zombie.
 */
int host_process_cmdline(const struct host_processes *processes, pid_t pid, char *buffer, size_t size,
			 size_t *ret_length, bool *ret_truncated);

/*
 * The path in the hierarchy with the memory controller: v1's "memory" if the process has such a
 * line, otherwise v2's. "/" is the root. The path of a process outside our cgroup namespace begins
 * with "/..".
 */
int host_process_cgroup(const struct host_processes *processes, pid_t pid,
			char ret_path[HOST_CGROUP_PATH_MAX], bool *ret_is_v2);

/*
 * oom_score (0..2000; before 5.9 the kernel computes it differently) and oom_score_adj
 * (-1000..1000).
 */
int host_process_oom_score(const struct host_processes *processes, pid_t pid, uint64_t *ret_score);
int host_process_oom_score_adj(const struct host_processes *processes, pid_t pid, int *ret_adj);

/* /proc/PID/status. The memory fields are absent for kernel threads and zombies. */
struct host_process_status {
	uint64_t vm_rss_kb; /* file pages and shared memory count for every process that maps them */
	uint64_t vm_pte_kb;
	uint64_t vm_swap_kb;
	uint64_t hugetlb_kb; /* 4.4: not part of the RSS, and not of the OOM badness */
	uint64_t threads;    /* follows the memory fields: if it is there, they were not cut off */
};

int host_process_status(const struct host_processes *processes, pid_t pid, struct host_process_status *ret);

/*
 * The start time in /proc/PID/stat, which distinguishes a process from a later one with the same
 * pid: since boot, sysconf(_SC_CLK_TCK) per second.
 */
int host_process_starttime(const struct host_processes *processes, pid_t pid, uint64_t *ret_ticks);

#endif
