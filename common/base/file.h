/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_BASE_FILE_H
#define OOM_BASE_FILE_H
/*
 * Paths below the configured roots, and the project's one reader and one writer of small files. A
 * containerised agent reads its host's /proc through another root, and the tests read recorded
 * trees, all through `struct file_roots`.
 */
#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>

#include "base/text.h"

struct file_roots {
	const char *rootfs; /* "" on the host itself, "/host" in an agent's container */
	const char *procfs; /* NULL: rootfs/proc */
	const char *sysfs;  /* NULL: rootfs/sys */
};

/*
 * Each writes ROOT + path into buffer. The path starts with '/'; for procfs and sysfs it is the
 * part below /proc and /sys. Returns 0 or -ENAMETOOLONG.
 */
int file_path(const struct file_roots *roots, const char *path, char *buffer, size_t size);
int file_procfs_path(const struct file_roots *roots, const char *path, char *buffer, size_t size);
int file_sysfs_path(const struct file_roots *roots, const char *path, char *buffer, size_t size);

/*
 * Appends the path, made absolute and without redundant slashes and "." parts, so that it can be
 * compared as a string: "/mnt//a/." becomes "/mnt/a", and "/" becomes "". Links and ".." are not
 * resolved: /proc/1/root is a link to "/" and yet another root.
 */
void file_append_plain_path(struct text *text, const char *path);

/*
 * Reads a whole small file and terminates it. It is opened once and read to its end, as files of
 * /proc and /sys require. Returns the number of bytes read, -EFBIG if the file did not fit (the
 * buffer then holds the first size-1 bytes), or the negative errno of open(2) or read(2).
 */
ssize_t file_read(const char *path, char *buffer, size_t size);

/*
 * Whether the file belongs to procfs, sysfs, tracefs or debugfs, wherever that is mounted and
 * whichever link led to it. Reading some of these files consumes data: /proc/kmsg and trace_pipe
 * return each record to one reader only.
 */
bool file_is_kernels(int fd);

/*
 * Opens a regular file for reading and fills *ret_status, which may be NULL. No other kind of file
 * is opened: a FIFO would block until it has a writer, and opening a device can have side effects
 * (/dev/watchdog starts a timer). Returns the descriptor or a negative errno: -EISDIR for a
 * directory, -EINVAL for anything else that is not a regular file, -EXDEV if file_is_kernels().
 */
int file_open_regular(const char *path, struct stat *ret_status);

/*
 * Reads from fd until end of file or until the buffer is full. Returns the number of bytes read, or
 * a negative errno. The buffer is not terminated.
 */
ssize_t file_read_fd(int fd, char *buffer, size_t size);

/*
 * Writes all parts, in one call if possible, and consumes them. Waits if the descriptor is
 * non-blocking and cannot take more. Returns 0 or a negative errno.
 */
int file_write_fd(int fd, struct iovec *parts, int count);

#endif
