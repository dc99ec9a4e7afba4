/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>

#include "base/cleanup.h"

static int join(char *buffer, size_t size, const char *root, const char *middle, const char *path)
{
	int length = snprintf(buffer, size, "%s%s%s", root, middle, path);

	return length < 0 || (size_t)length >= size ? -ENAMETOOLONG : 0;
}

static const char *or_empty(const char *string)
{
	return string ? string : "";
}

int file_path(const struct file_roots *roots, const char *path, char *buffer, size_t size)
{
	return join(buffer, size, or_empty(roots->rootfs), "", path);
}

int file_procfs_path(const struct file_roots *roots, const char *path, char *buffer, size_t size)
{
	return roots->procfs ? join(buffer, size, roots->procfs, "", path)
			     : join(buffer, size, or_empty(roots->rootfs), "/proc", path);
}

int file_sysfs_path(const struct file_roots *roots, const char *path, char *buffer, size_t size)
{
	return roots->sysfs ? join(buffer, size, roots->sysfs, "", path)
			    : join(buffer, size, or_empty(roots->rootfs), "/sys", path);
}

ssize_t file_read_fd(int fd, char *buffer, size_t size)
{
	size_t length = 0;

	while (length < size) {
		ssize_t got = read(fd, buffer + length, size - length);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (got == 0)
			break;
		length += (size_t)got;
	}
	return (ssize_t)length;
}

ssize_t file_read(const char *path, char *buffer, size_t size)
{
	AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	ssize_t length = file_read_fd(fd, buffer, size);
	if (length < 0)
		return length;
	const bool fits = (size_t)length < size;
	buffer[fits ? (size_t)length : size - 1] = '\0';
	return fits ? length : -EFBIG;
}

static void skip_written(struct iovec **parts, int *count, size_t written)
{
	while (*count > 0 && written >= (*parts)->iov_len) {
		written -= (*parts)->iov_len;
		++*parts;
		--*count;
	}
	if (*count > 0) {
		(*parts)->iov_base = (char *)(*parts)->iov_base + written;
		(*parts)->iov_len -= written;
	}
}

int file_write_fd(int fd, struct iovec *parts, int count)
{
	while (count > 0) {
		ssize_t written = writev(fd, parts, count);

		if (written >= 0) {
			skip_written(&parts, &count, (size_t)written);
		} else if (errno == EAGAIN) {
			/* A monitoring system's event loop may have handed us a
			 * non-blocking pipe. */
			struct pollfd writable = { .fd = fd, .events = POLLOUT };

			poll(&writable, 1, -1);
		} else if (errno != EINTR) {
			return -errno;
		}
	}
	return 0;
}
