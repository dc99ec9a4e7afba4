/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Preloaded into a program (LD_PRELOAD), this library provides a kernel log: /dev/kmsg (any path
 * that ends so) from the file $RING_KMSG, one record per line, and syslog(2) from the file
 * $RING_SYSLOG. A line "EPIPE" in the first is a record that was overwritten.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static int kmsg_fd = -1;

static int open_file(const char *path, int flags, mode_t mode)
{
	static const char device[] = "/dev/kmsg";
	const char *ring = getenv("RING_KMSG");
	size_t length = strlen(path);
	int fd;

	if (!ring || length < sizeof(device) - 1 || strcmp(path + length - (sizeof(device) - 1), device) != 0)
		return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
	fd = (int)syscall(SYS_openat, AT_FDCWD, ring, O_RDONLY | O_CLOEXEC, 0);
	if (fd >= 0)
		kmsg_fd = fd;
	return fd;
}

#define OPEN(name)                                       \
	int name(const char *path, int flags, ...)       \
	{                                                \
		va_list arguments;                       \
		va_start(arguments, flags);              \
		mode_t mode = va_arg(arguments, mode_t); \
		va_end(arguments);                       \
		return open_file(path, flags, mode);     \
	}
OPEN(open)
OPEN(open64)
OPEN(__open_2)
OPEN(__open64_2)

/* One line is one record. */
static ssize_t read_record(char *buffer, size_t size)
{
	size_t length = 0;
	char byte;

	while (syscall(SYS_read, kmsg_fd, &byte, (size_t)1) == 1 && byte != '\n') {
		if (length < size)
			buffer[length] = byte;
		length++;
	}
	errno = length == 0 ? EAGAIN : length > size ? EINVAL : EPIPE;
	if (length == 0 || length > size || (length == 5 && memcmp(buffer, "EPIPE", 5) == 0))
		return -1;
	return (ssize_t)length;
}

ssize_t read(int fd, void *buffer, size_t size)
{
	return fd >= 0 && fd == kmsg_fd ? read_record(buffer, size) : syscall(SYS_read, fd, buffer, size);
}

ssize_t __read_chk(int fd, void *buffer, size_t size, size_t buffer_size)
{
	(void)buffer_size;
	return read(fd, buffer, size);
}

int fstat(int fd, struct stat *status)
{
	int r = (int)syscall(SYS_fstat, fd, status);

	if (fd >= 0 && fd == kmsg_fd) {
		status->st_mode = S_IFCHR | 0600;
		status->st_rdev = makedev(1, 11);
	}
	return r;
}

int fstat64(int fd, struct stat64 *status)
{
	return fstat(fd, (struct stat *)status);
}

int close(int fd)
{
	if (fd >= 0 && fd == kmsg_fd)
		kmsg_fd = -1;
	return (int)syscall(SYS_close, fd);
}

/* SYSLOG_ACTION_READ_ALL and SYSLOG_ACTION_SIZE_BUFFER. */
int klogctl(int type, char *buffer, int size)
{
	const char *ring = getenv("RING_SYSLOG");
	int fd, length = 0;
	ssize_t got;

	if (!ring)
		return (int)syscall(SYS_syslog, type, buffer, size);
	fd = (int)syscall(SYS_openat, AT_FDCWD, ring, O_RDONLY | O_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	if (type == 10) {
		struct stat status;

		syscall(SYS_fstat, fd, &status);
		syscall(SYS_close, fd);
		return (int)status.st_size + 4096;
	}
	while ((got = syscall(SYS_read, fd, buffer + length, (size_t)(size - length))) > 0)
		length += (int)got;
	syscall(SYS_close, fd);
	return length;
}
