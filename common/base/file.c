/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/array.h"
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

static void append_plain_parts(struct text *text, const char *path)
{
	for (const char *part = path + strspn(path, "/"); *part; part += strspn(part, "/")) {
		const size_t length = strcspn(part, "/");

		if (length != 1 || part[0] != '.') {
			text_append(text, "/");
			text_append_bytes(text, part, length);
		}
		part += length;
	}
}

void file_append_plain_path(struct text *text, const char *path)
{
	char directory[PATH_MAX];

	if (path[0] != '/' && getcwd(directory, sizeof(directory)))
		append_plain_parts(text, directory);
	append_plain_parts(text, path);
}

static bool is_kernels(const struct statfs *status)
{
	static const unsigned long kernels[] = { PROC_SUPER_MAGIC, SYSFS_MAGIC, TRACEFS_MAGIC,
						 DEBUGFS_MAGIC };

	for (size_t i = 0; i < ARRAY_SIZE(kernels); i++) {
		if ((unsigned long)status->f_type == kernels[i])
			return true;
	}
	return false;
}

bool file_is_kernels(int fd)
{
	struct statfs status;

	return fstatfs(fd, &status) == 0 && is_kernels(&status);
}

static int check_is_data(const struct stat *status, bool kernels)
{
	if (S_ISDIR(status->st_mode))
		return -EISDIR;
	if (!S_ISREG(status->st_mode))
		return -EINVAL;
	return kernels ? -EXDEV : 0;
}

/* The checks of file_open_regular(), made on the path, before anything is opened. */
static int check_path(const char *path)
{
	struct stat status;
	struct statfs system;

	if (stat(path, &status) < 0)
		return -errno;
	return check_is_data(&status, statfs(path, &system) == 0 && is_kernels(&system));
}

int file_open_regular(const char *path, struct stat *ret_status)
{
	struct stat status;
	int r = check_path(path);

	if (r < 0)
		return r;
	/* O_NONBLOCK: the path may have been replaced since the check, for instance by a FIFO. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return -errno;
	r = fstat(fd, &status) < 0 ? -errno : check_is_data(&status, file_is_kernels(fd));
	if (r < 0) {
		close(fd);
		return r;
	}
	if (ret_status)
		*ret_status = status;
	return fd;
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
			/* Standard output may be a non-blocking pipe if the monitoring system uses
			 * an event loop. */
			struct pollfd writable = { .fd = fd, .events = POLLOUT };

			poll(&writable, 1, -1);
		} else if (errno != EINTR) {
			return -errno;
		}
	}
	return 0;
}
