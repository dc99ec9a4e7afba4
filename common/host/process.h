/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_HOST_PROCESS_H
#define OOM_HOST_PROCESS_H
/*
 * /proc/PID.  A scan of 10,000 processes costs what is read of each: read the
 * comm first (6 us a process) and the rest only of those that matter.
 *
 *     r = host_processes_open(&processes, roots, error);
 *     while ((r = host_processes_next(&processes, &pid, error)) > 0)
 *             if (host_process_comm(&processes, pid, comm) == 0) ...
 *     host_processes_close(&processes);
 *
 * A process may vanish between any two calls: each reader then returns -ESRCH,
 * which is no error but the end of that process.  Readers of one process do
 * not complain in words: who failed is the caller's pid and file.
 */
#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/file.h"
#include "base/text.h"
#include "host/value.h"

#define HOST_COMM_MAX         64 /* a user's is 15 bytes, a kernel thread's may be longer */
#define HOST_CGROUP_PATH_MAX  4096
#define HOST_PROCESS_LINE_MAX 4096

struct host_processes {
	DIR *directory; /* opened by host_processes_open() */
};

/* 0 or a negative errno; close it in any case that returned 0. */
int host_processes_open(struct host_processes *ret, const struct file_roots *roots, struct text *error);
void host_processes_close(struct host_processes *processes);

/* 1 with the next thread group's pid, 0 at the end, or a negative errno. */
int host_processes_next(struct host_processes *processes, pid_t *ret_pid, struct text *error);

/*
 * Whether other users' processes are kept from us (hidepid=1, 2 or 4 without
 * the group or capability that lifts it), by what it does and not by what the
 * mount says: pid 1 is there on every host and belongs to root.
 */
bool host_processes_are_hidden(const struct host_processes *processes);

/* Each returns 0, -ESRCH for a process that has gone, -EACCES or -EPERM where
 * it is hidden, -EBADMSG where the file is not what the kernel writes. */

/* The comm, without its newline; foreign text that may hold any byte but 0. */
int host_process_comm(const struct host_processes *processes, pid_t pid, char ret_comm[HOST_COMM_MAX]);

/* The command line as its arguments, each ended by \0; what is beyond size is
 * cut off and *ret_truncated set.  A kernel thread's and a zombie's has length 0. */
int host_process_cmdline(const struct host_processes *processes, pid_t pid, char *buffer, size_t size,
			 size_t *ret_length, bool *ret_truncated);

/* The path in the hierarchy that has the memory controller: v1's "memory" if
 * the process has such a line, else v2's.  "/" is the root; a process outside
 * our cgroup namespace has "/.." in front. */
int host_process_cgroup(const struct host_processes *processes, pid_t pid,
			char ret_path[HOST_CGROUP_PATH_MAX], bool *ret_is_v2);

/* oom_score (0..2000, the kernel's own arithmetic differs before 5.9) and
 * oom_score_adj (-1000..1000). */
int host_process_oom_score(const struct host_processes *processes, pid_t pid, uint64_t *ret_score);
int host_process_oom_score_adj(const struct host_processes *processes, pid_t pid, int *ret_adj);

/* /proc/PID/status.  Memory is absent for kernel threads and zombies. */
struct host_process_status {
	uint64_t vm_rss_kb; /* file pages and shared memory count for each sharer */
	uint64_t vm_pte_kb;
	uint64_t vm_swap_kb;
	uint64_t hugetlb_kb; /* 4.4: not in the RSS, and not in the OOM badness */
	uint64_t threads;    /* stands behind the memory: what has it was not cut before */
};

int host_process_status(const struct host_processes *processes, pid_t pid, struct host_process_status *ret);

/* What distinguishes a pid from the same pid used again, of /proc/PID/stat:
 * since boot, in sysconf(_SC_CLK_TCK). */
int host_process_starttime(const struct host_processes *processes, pid_t pid, uint64_t *ret_ticks);

#endif
