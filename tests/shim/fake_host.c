/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Preloaded into a program under test. Takes the kernel's log and the clocks from these
 * environment variables:
 *
 *     FAKE_KMSG     a file with one record of /dev/kmsg per line; a line "EPIPE" makes a
 *                   read fail, as if the record had been overwritten
 *     FAKE_SYSLOG   a file with the text that syslog(2) returns
 *     FAKE_NOW      CLOCK_REALTIME in microseconds
 *     FAKE_UP       CLOCK_BOOTTIME, CLOCK_MONOTONIC and _RAW in microseconds
 *
 * If a variable is not set, the program sees that of this machine.
 * tests/cli/fake_host.bash sets them. Every path that ends with /dev/kmsg is replaced, so
 * --rootfs can be used as well.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#define KMSG_MAJOR 1
#define KMSG_MINOR 11

#define SYSLOG_READ_ALL    3
#define SYSLOG_SIZE_BUFFER 10

static int kmsg_fd = -1;
static char *ring, *ring_at, *ring_end;

/* Returns the content of a file, or NULL. */
static char *read_whole(int fd, size_t *ret_length)
{
	struct stat status;
	char *data;
	size_t length = 0;
	ssize_t got = 0;

	if (syscall(SYS_fstat, fd, &status) < 0 || (data = malloc((size_t)status.st_size + 1)) == NULL)
		return NULL;
	while (length < (size_t)status.st_size &&
	       (got = syscall(SYS_read, fd, data + length, (size_t)status.st_size - length)) > 0)
		length += (size_t)got;
	*ret_length = length;
	return data;
}

static int open_real(const char *path, int flags, mode_t mode)
{
	return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

static int open_kmsg(void)
{
	size_t length = 0;

	kmsg_fd = open_real(getenv("FAKE_KMSG"), O_RDONLY | O_CLOEXEC, 0);
	if (kmsg_fd < 0)
		return -1;
	free(ring);
	ring = ring_at = read_whole(kmsg_fd, &length);
	ring_end = ring + length;
	return kmsg_fd;
}

static bool is_kmsg(const char *path)
{
	static const char name[] = "/dev/kmsg";
	const size_t length = strlen(path);

	return getenv("FAKE_KMSG") && length >= strlen(name) &&
	       strcmp(path + length - strlen(name), name) == 0;
}

/* glibc's names for open(2), with and without large files and _FORTIFY_SOURCE. */
#define OPEN(name)                                                                 \
	int name(const char *path, int flags, ...);                                \
	int name(const char *path, int flags, ...)                                 \
	{                                                                          \
		mode_t mode = 0;                                                   \
		va_list arguments;                                                 \
                                                                                   \
		va_start(arguments, flags);                                        \
		if (flags & (O_CREAT | __O_TMPFILE))                               \
			mode = (mode_t)va_arg(arguments, int);                     \
		va_end(arguments);                                                 \
		return is_kmsg(path) ? open_kmsg() : open_real(path, flags, mode); \
	}
OPEN(open)
OPEN(open64)
OPEN(__open_2)
OPEN(__open64_2)

static ssize_t read_record(char *buffer, size_t size)
{
	const char *newline = memchr(ring_at, '\n', (size_t)(ring_end - ring_at));
	const char *record = ring_at;
	const size_t length = (size_t)((newline ? newline : ring_end) - record);

	if (ring_at == ring_end) {
		errno = EAGAIN;
		return -1;
	}
	ring_at += length + (newline ? 1 : 0);
	if (length == 5 && memcmp(record, "EPIPE", length) == 0) {
		errno = EPIPE;
		return -1;
	}
	if (length + 1 > size) {
		errno = EINVAL;
		return -1;
	}
	memcpy(buffer, record, length);
	buffer[length] = '\n';
	return (ssize_t)length + 1;
}

ssize_t read(int fd, void *buffer, size_t size)
{
	if (fd >= 0 && fd == kmsg_fd)
		return read_record(buffer, size);
	return syscall(SYS_read, fd, buffer, size);
}

ssize_t __read_chk(int fd, void *buffer, size_t size, size_t buffer_size);
ssize_t __read_chk(int fd, void *buffer, size_t size, size_t buffer_size)
{
	(void)buffer_size;
	return read(fd, buffer, size);
}

int fstat(int fd, struct stat *status)
{
	const int r = (int)syscall(SYS_fstat, fd, status);

	if (r == 0 && fd == kmsg_fd) {
		status->st_mode = S_IFCHR | 0600;
		status->st_rdev = makedev(KMSG_MAJOR, KMSG_MINOR);
	}
	return r;
}

int fstat64(int fd, struct stat64 *status)
{
	return fstat(fd, (struct stat *)status);
}

int close(int fd)
{
	if (fd == kmsg_fd)
		kmsg_fd = -1;
	return (int)syscall(SYS_close, fd);
}

int klogctl(int type, char *buffer, int size)
{
	const char *path = getenv("FAKE_SYSLOG");
	size_t length = 0;

	if (!path)
		return (int)syscall(SYS_syslog, type, buffer, size);
	const int fd = open_real(path, O_RDONLY | O_CLOEXEC, 0);
	char *text = fd < 0 ? NULL : read_whole(fd, &length);
	if (fd >= 0)
		syscall(SYS_close, fd);
	if (!text)
		return -1;
	if (type == SYSLOG_READ_ALL) {
		length = length < (size_t)size ? length : (size_t)size;
		memcpy(buffer, text, length);
	}
	free(text);
	return (int)length;
}

/* The variable that sets a clock, or NULL. */
static const char *variable_of(clockid_t clock)
{
	switch (clock) {
	case CLOCK_REALTIME:
		return "FAKE_NOW";
	case CLOCK_BOOTTIME:
	case CLOCK_MONOTONIC:
	case CLOCK_MONOTONIC_RAW:
		return "FAKE_UP";
	default:
		return NULL;
	}
}

int clock_gettime(clockid_t clock, struct timespec *ret)
{
	const char *variable = variable_of(clock);
	const char *value = variable ? getenv(variable) : NULL;

	if (!value)
		return (int)syscall(SYS_clock_gettime, clock, ret);
	const long long usec = atoll(value);
	ret->tv_sec = usec / 1000000;
	ret->tv_nsec = usec % 1000000 * 1000;
	return 0;
}
