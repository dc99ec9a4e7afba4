/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "host/sight.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "host/fields.h"

/* include/linux/proc_ns.h: PROC_PID_INIT_INO */
#define INITIAL_PID_NAMESPACE "pid:[4026531836]"

enum answer { NO, YES, NOT_TOLD };

/* For a process whose namespaces we may see: our own, or with CAP_SYS_PTRACE any. */
static enum answer is_in_initial_namespace(const struct host_processes *processes, const char *link)
{
	char target[64];
	ssize_t length = readlinkat(dirfd(processes->directory), link, target, sizeof(target) - 1);

	if (length < 0)
		return NOT_TOLD;
	target[length] = '\0';
	return strcmp(target, INITIAL_PID_NAMESPACE) == 0 ? YES : NO;
}

static ssize_t read_status(const struct host_processes *processes, const char *name, char *buffer,
			   size_t size)
{
	AUTO_CLOSE int fd = openat(dirfd(processes->directory), name, O_RDONLY | O_CLOEXEC);
	ssize_t length = fd < 0 ? -errno : file_read_fd(fd, buffer, size - 1);

	if (length >= 0)
		buffer[length] = '\0';
	return length;
}

/*
 * NSpid (4.1) lists our pid in each namespace from the mount's to our own. A single entry means
 * that the two are the same, and we may see our own.
 */
static enum answer is_our_own_namespace(const struct host_processes *processes)
{
	static const char name[] = "\nNSpid:\t";
	char status[HOST_PROCESS_LINE_MAX];

	if (read_status(processes, "self/status", status, sizeof(status)) < 0)
		return NOT_TOLD;
	const char *pids = strstr(status, name);
	if (!pids)
		return NOT_TOLD;
	pids += strlen(name);
	return pids[strcspn(pids, "\t\n")] == '\n' ? YES : NO;
}

/*
 * Kernel threads exist only in the initial namespace. kthreadd is its second process and has no
 * parent (kernel/kthread.c, init/main.c rest_init()).
 */
static enum answer has_kernel_threads(const struct host_processes *processes)
{
	char status[HOST_PROCESS_LINE_MAX];

	if (read_status(processes, "2/status", status, sizeof(status)) < 0)
		return NO;
	return strncmp(status, "Name:\tkthreadd\n", 15) == 0 && strstr(status, "\nPPid:\t0\n") &&
			       !strstr(status, "\nVmSize:")
		       ? YES
		       : NO;
}

static bool is_recorded(const struct host_processes *processes)
{
	struct statfs status;

	return fstatfs(dirfd(processes->directory), &status) == 0 && status.f_type != PROC_SUPER_MAGIC;
}

static enum answer is_of_the_host(const struct host_processes *processes)
{
	enum answer answer = is_in_initial_namespace(processes, "1/ns/pid");

	if (answer == NOT_TOLD && is_recorded(processes))
		return YES;
	if (answer == NOT_TOLD && is_our_own_namespace(processes) == YES)
		answer = is_in_initial_namespace(processes, "self/ns/pid");
	return answer == NOT_TOLD ? has_kernel_threads(processes) : answer;
}

int host_sight_namespace(const struct host_processes *processes, struct text *error)
{
	if (is_of_the_host(processes) == YES)
		return 0;
	text_append(error, "only processes in this container's pid namespace are visible: use --procfs with "
			   "a mount of the host's /proc, or share the host's pid namespace (docker "
			   "--pid=host, Kubernetes hostPID: true)");
	return -EACCES;
}

int host_sight(const struct host_processes *processes, struct text *error)
{
	if (!host_processes_are_hidden(processes))
		return host_sight_namespace(processes, error);
	text_append(error, "/proc is mounted with hidepid, which hides other users' processes: add this user "
			   "to the group in the mount's gid= option, mount /proc with hidepid=0, or use "
			   "--procfs with another mount of it");
	return -EACCES;
}
