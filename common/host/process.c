/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "host/process.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/cursor.h"
#include "base/number.h"
#include "host/fields.h"

int host_processes_open(struct host_processes *ret, const struct file_roots *roots, struct text *error)
{
	char path[HOST_PATH_MAX];
	int r = file_procfs_path(roots, "", path, sizeof(path));

	if (r < 0)
		return host_complain(error, "/proc", r, NULL);
	ret->directory = opendir(path);
	return ret->directory ? 0 : host_complain(error, path, -errno, NULL);
}

void host_processes_close(struct host_processes *processes)
{
	closedir(processes->directory);
}

static bool parse_pid(const char *name, pid_t *ret)
{
	const size_t length = strlen(name);
	uint64_t pid;

	if (number_parse_u64(name, length, &pid) != (int)length || pid == 0 || pid > INT_MAX)
		return false;
	*ret = (pid_t)pid;
	return true;
}

int host_processes_next(struct host_processes *processes, pid_t *ret_pid, struct text *error)
{
	const struct dirent *entry;

	do {
		errno = 0;
		entry = readdir(processes->directory);
		if (!entry)
			return errno ? host_complain(error, "/proc", -errno, NULL) : 0;
	} while (!parse_pid(entry->d_name, ret_pid));
	return 1;
}

#define PID_DIGITS_MAX 10 /* of INT_MAX */

/* `name` is at most as long as "oom_score_adj". */
static int open_of(const struct host_processes *processes, pid_t pid, const char *name)
{
	char buffer[PID_DIGITS_MAX + sizeof("/oom_score_adj")], *path = buffer + PID_DIGITS_MAX;

	/* 0 stands for a process outside our pid namespace. */
	if (pid <= 0)
		return -ESRCH;
	/*
	 * "PID/name", digits from the last to the first: the cost of snprintf() is noticeable if
	 * 10,000 files are opened.
	 */
	*path = '/';
	memcpy(path + 1, name, strlen(name) + 1);
	for (pid_t rest = pid; rest > 0; rest /= 10)
		*--path = (char)('0' + rest % 10);
	int fd = openat(dirfd(processes->directory), path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? -ESRCH : -errno;
	return fd;
}

/*
 * Reads PID/name by one read(2), which returns all of a file of one line, and of "status"
 * (seq_file.c, single_open()): with 10,000 processes a second one, for the end of the file, takes
 * noticeable time.
 */
static ssize_t read_once_of(const struct host_processes *processes, pid_t pid, const char *name, char *buffer,
			    size_t size)
{
	AUTO_CLOSE int fd = open_of(processes, pid, name);
	ssize_t length;

	if (fd < 0)
		return fd;
	do {
		length = read(fd, buffer, size - 1);
	} while (length < 0 && errno == EINTR);
	if (length < 0)
		return -errno;
	buffer[length] = '\0';
	return length;
}

/* Reads PID/name until the buffer is full; the rest is left unread. */
static ssize_t read_of(const struct host_processes *processes, pid_t pid, const char *name, char *buffer,
		       size_t size)
{
	AUTO_CLOSE int fd = open_of(processes, pid, name);
	ssize_t length;

	if (fd < 0)
		return fd;
	length = file_read_fd(fd, buffer, size - 1);
	if (length < 0)
		return length;
	buffer[length] = '\0';
	return length;
}

bool host_processes_are_hidden(const struct host_processes *processes)
{
	char comm[HOST_COMM_MAX];

	return host_process_comm(processes, 1, comm) < 0;
}

int host_process_comm(const struct host_processes *processes, pid_t pid, char ret_comm[HOST_COMM_MAX])
{
	const ssize_t length = read_once_of(processes, pid, "comm", ret_comm, HOST_COMM_MAX);

	if (length < 0)
		return (int)length;
	if (length == 0) /* every process has at least the newline */
		return -EBADMSG;
	if (ret_comm[length - 1] == '\n')
		ret_comm[length - 1] = '\0';
	return 0;
}

int host_process_cmdline(const struct host_processes *processes, pid_t pid, char *buffer, size_t size,
			 size_t *ret_length, bool *ret_truncated)
{
	ssize_t length = read_of(processes, pid, "cmdline", buffer, size);

	if (length < 0)
		return (int)length;
	*ret_length = (size_t)length;
	*ret_truncated = (size_t)length == size - 1;
	return 0;
}

/* Whether the controllers ("cpu,cpuacct") in a line of /proc/PID/cgroup include memory. */
static bool has_memory(struct cursor controllers)
{
	struct cursor name;

	while (cursor_take_part(&controllers, ',', &name)) {
		if (cursor_equals(&name, "memory"))
			return true;
	}
	return false;
}

/*
 * hierarchy-ID:controller-list:path, one hierarchy per line; v2 is "0::path" (cgroups(7)). The path
 * is the rest of the line and may contain colons.
 */
static bool parse_cgroup_line(struct cursor line, struct cursor *ret_path, bool *ret_is_v2)
{
	struct cursor hierarchy, controllers;

	*ret_is_v2 = cursor_starts(&line, "0::");
	if (!cursor_take_until(&line, ':', &hierarchy) || !cursor_take_until(&line, ':', &controllers) ||
	    !cursor_starts(&line, "/"))
		return false;
	*ret_path = line;
	return *ret_is_v2 || has_memory(controllers);
}

int host_process_cgroup(const struct host_processes *processes, pid_t pid,
			char ret_path[HOST_CGROUP_PATH_MAX], bool *ret_is_v2)
{
	/* A dozen v1 hierarchies may repeat the same long path. */
	char buffer[4 * HOST_CGROUP_PATH_MAX];
	ssize_t length = read_of(processes, pid, "cgroup", buffer, sizeof(buffer));
	struct cursor line, found = { NULL, NULL };

	if (length < 0)
		return (int)length;
	struct cursor rest = { buffer, buffer + length };
	while (cursor_take_until(&rest, '\n', &line)) {
		struct cursor path;
		bool is_v2;

		if (!parse_cgroup_line(line, &path, &is_v2) || (found.at && is_v2))
			continue;
		found = path;
		*ret_is_v2 = is_v2;
	}
	if (!found.at)
		return -EBADMSG;
	return cursor_copy(&found, ret_path, HOST_CGROUP_PATH_MAX) ? 0 : -ENAMETOOLONG;
}

int host_process_oom_score(const struct host_processes *processes, pid_t pid, uint64_t *ret_score)
{
	char buffer[32];
	ssize_t length = read_once_of(processes, pid, "oom_score", buffer, sizeof(buffer));

	return length < 0 ? (int)length : host_number_parse(buffer, (size_t)length, ret_score);
}

int host_process_oom_score_adj(const struct host_processes *processes, pid_t pid, int *ret_adj)
{
	char buffer[32];
	ssize_t length = read_once_of(processes, pid, "oom_score_adj", buffer, sizeof(buffer));
	int64_t adj;

	if (length < 0)
		return (int)length;
	if (!cursor_take_i64(&(struct cursor){ buffer, buffer + length }, -1000, 1000, &adj))
		return -EBADMSG;
	*ret_adj = (int)adj;
	return 0;
}

#define STATUS(member) offsetof(struct host_process_status, member)

int host_process_status(const struct host_processes *processes, pid_t pid, struct host_process_status *ret)
{
	static const struct host_field fields[] = {
		{ "VmRSS", STATUS(vm_rss_kb), false },   { "VmPTE", STATUS(vm_pte_kb), false },
		{ "VmSwap", STATUS(vm_swap_kb), false }, { "HugetlbPages", STATUS(hugetlb_kb), false },
		{ "Threads", STATUS(threads), true },
	};
	static const struct host_table table = HOST_TABLE(HOST_COLON, fields);
	char buffer[HOST_PROCESS_LINE_MAX];
	TEXT_ON_STACK(why, 128);
	ssize_t length = read_once_of(processes, pid, "status", buffer, sizeof(buffer));

	if (length < 0)
		return (int)length;
	/*
	 * On a large host the lists of allowed CPUs and nodes at the end may be cut off. All lines
	 * that are needed come before them.
	 */
	while (length > 0 && buffer[length - 1] != '\n')
		length--;
	return host_fields_parse(&table, "", buffer, (size_t)length, ret, &why);
}

/* Takes the next of the numbers that follow the comm. */
static bool take_number(struct cursor *stat, uint64_t *ret)
{
	cursor_take_blanks(stat);
	cursor_take_byte(stat, '-');
	return cursor_take_u64(stat, UINT64_MAX, ret);
}

int host_process_starttime(const struct host_processes *processes, pid_t pid, uint64_t *ret_ticks)
{
	/*
	 * "pid (comm) state ppid ...", with the field numbers of proc(5). The last ')' ends the
	 * comm, which may contain ") R 1" itself.
	 */
	enum { STAT_PPID = 4, STAT_STARTTIME = 22 };
	char buffer[HOST_PROCESS_LINE_MAX];
	ssize_t length = read_of(processes, pid, "stat", buffer, sizeof(buffer));
	uint64_t number;

	if (length < 0)
		return (int)length;
	struct cursor stat = { buffer, buffer + length };
	const char *bracket = cursor_find_last(&stat, ")");
	if (!bracket || stat.end - bracket < 4)
		return -EBADMSG;
	stat.at = bracket + 3;
	for (int i = STAT_PPID; i <= STAT_STARTTIME; i++) {
		if (!take_number(&stat, &number))
			return -EBADMSG;
	}
	*ret_ticks = number;
	return 0;
}
