/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Preloaded into a program under test. Replaces the kernel's log by two files, and the
 * clocks by fixed times:
 *
 *     FAULTS_KMSG     a file with one record of /dev/kmsg per line
 *     FAULTS_SYSLOG   a file with the text that syslog(2) returns
 *     FAULTS_CLOCK    "REALTIME BOOTTIME" in microseconds
 *
 * If one of the first two is not set, access to that source is denied. Each replaced call
 * makes exactly one system call and returns its failure, so that a fault injected there
 * reaches the program as if it had come from the real source.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include "faults/tracee.h"

#define SYSLOG_FD   250
#define READ_ALL    3
#define SIZE_BUFFER 10

static char ring[1 << 20];
static size_t ring_length, ring_at;
static int kmsg_fd = -1;
static bool has_kmsg, has_syslog, has_clock;
static long long realtime_usec, boottime_usec;
static int (*real_clock_gettime)(clockid_t clock, struct timespec *ret);

static void load_ring(const char *path)
{
	long fd = syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
	long got = fd < 0 ? -1 : syscall(SYS_read, fd, ring, sizeof(ring));

	if (got < 0)
		abort();
	ring_length = (size_t)got;
	syscall(SYS_close, fd);
}

static void open_syslog(const char *path)
{
	long fd = syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || syscall(SYS_dup3, fd, SYSLOG_FD, O_CLOEXEC) < 0)
		abort();
	syscall(SYS_close, fd);
}

__attribute__((constructor)) static void prepare(void)
{
	const char *kmsg = getenv("FAULTS_KMSG"), *log = getenv("FAULTS_SYSLOG");
	const char *clock = getenv("FAULTS_CLOCK");
	char *blank;

	real_clock_gettime = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
	has_kmsg = kmsg != NULL;
	has_syslog = log != NULL;
	if (kmsg)
		load_ring(kmsg);
	if (log)
		open_syslog(log);
	if (clock) {
		has_clock = true;
		realtime_usec = strtoll(clock, &blank, 10);
		boottime_usec = strtoll(blank, NULL, 10);
	}
	syscall(SYS_getpgid, TRACEE_MARK_CALL);
}

static bool is_kmsg(const char *path)
{
	static const char device[] = "/dev/kmsg";
	size_t length = strlen(path);

	return length >= sizeof(device) - 1 && strcmp(path + length - (sizeof(device) - 1), device) == 0;
}

static int open_path(int directory, const char *path, int flags, mode_t mode)
{
	if (!is_kmsg(path))
		return (int)syscall(SYS_openat, directory, path, flags, mode);
	if (!has_kmsg) {
		errno = EPERM;
		return -1;
	}
	int fd = (int)syscall(SYS_openat, AT_FDCWD, getenv("FAULTS_KMSG"), O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		kmsg_fd = fd;
		ring_at = 0;
	}
	return fd;
}

#define OPEN(name)                                             \
	int name(const char *path, int flags, ...);            \
	int name(const char *path, int flags, ...)             \
	{                                                      \
		va_list arguments;                             \
		va_start(arguments, flags);                    \
		mode_t mode = va_arg(arguments, mode_t);       \
		va_end(arguments);                             \
		return open_path(AT_FDCWD, path, flags, mode); \
	}
#define OPENAT(name)                                               \
	int name(int directory, const char *path, int flags, ...); \
	int name(int directory, const char *path, int flags, ...)  \
	{                                                          \
		va_list arguments;                                 \
		va_start(arguments, flags);                        \
		mode_t mode = va_arg(arguments, mode_t);           \
		va_end(arguments);                                 \
		return open_path(directory, path, flags, mode);    \
	}
OPEN(open)
OPEN(open64)
OPEN(__open_2)
OPEN(__open64_2)
OPENAT(openat)
OPENAT(openat64)
OPENAT(__openat_2)
OPENAT(__openat64_2)

/* Returns one record per call, and EAGAIN after the last. */
static ssize_t read_kmsg(void *buffer, size_t size)
{
	const char *end = memchr(ring + ring_at, '\n', ring_length - ring_at);
	size_t length = end ? (size_t)(end - (ring + ring_at)) + 1 : ring_length - ring_at;
	long got = syscall(SYS_read, kmsg_fd, buffer, length == 0 ? 1 : length < size ? length : size);

	if (got < 0)
		return -1;
	if (got == 0 && length == 0) {
		errno = EAGAIN;
		return -1;
	}
	ring_at += (size_t)got;
	return got;
}

ssize_t read(int fd, void *buffer, size_t size);
ssize_t read(int fd, void *buffer, size_t size)
{
	return fd >= 0 && fd == kmsg_fd ? read_kmsg(buffer, size) : syscall(SYS_read, fd, buffer, size);
}

ssize_t __read_chk(int fd, void *buffer, size_t size, size_t room);
ssize_t __read_chk(int fd, void *buffer, size_t size, size_t room)
{
	(void)room;
	return read(fd, buffer, size);
}

off_t lseek(int fd, off_t offset, int whence);
off_t lseek(int fd, off_t offset, int whence)
{
	long at = syscall(SYS_lseek, fd, offset, whence);

	if (at >= 0 && fd == kmsg_fd)
		ring_at = (size_t)at;
	return at;
}

off64_t lseek64(int fd, off64_t offset, int whence);
off64_t lseek64(int fd, off64_t offset, int whence)
{
	return lseek(fd, offset, whence);
}

static int stat_fd(int fd, struct stat *status)
{
	int r = (int)syscall(SYS_fstat, fd, status);

	if (r == 0 && fd == kmsg_fd) {
		status->st_mode = S_IFCHR | 0600;
		status->st_rdev = makedev(1, 11);
	}
	return r;
}

int fstat(int fd, struct stat *status)
{
	return stat_fd(fd, status);
}

int fstat64(int fd, struct stat64 *status)
{
	return stat_fd(fd, (struct stat *)status);
}

int __fxstat(int version, int fd, struct stat *status);
int __fxstat(int version, int fd, struct stat *status)
{
	(void)version;
	return stat_fd(fd, status);
}

int __fxstat64(int version, int fd, struct stat64 *status);
int __fxstat64(int version, int fd, struct stat64 *status)
{
	(void)version;
	return stat_fd(fd, (struct stat *)status);
}

int klogctl(int action, char *buffer, int size);
int klogctl(int action, char *buffer, int size)
{
	struct stat status;

	if (!has_syslog || (action != READ_ALL && action != SIZE_BUFFER)) {
		errno = EPERM;
		return -1;
	}
	if (action == READ_ALL)
		return (int)syscall(SYS_pread64, SYSLOG_FD, buffer, (size_t)size, (off_t)0);
	return syscall(SYS_fstat, SYSLOG_FD, &status) < 0 ? -1 : (int)status.st_size;
}

int close(int fd)
{
	if (fd == kmsg_fd)
		kmsg_fd = -1;
	return (int)syscall(SYS_close, fd);
}

int clock_gettime(clockid_t clock, struct timespec *ret)
{
	const long long usec = clock == CLOCK_REALTIME ? realtime_usec : boottime_usec;

	if (!has_clock) /* the vDSO's, which makes no system call */
		return real_clock_gettime(clock, ret);
	*ret = (struct timespec){ .tv_sec = usec / 1000000, .tv_nsec = usec % 1000000 * 1000 };
	return 0;
}
