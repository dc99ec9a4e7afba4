/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_BASE_FILE_H
#define OOM_BASE_FILE_H
/*
 * Where the system is read from, the one reader of its small files and the one
 * writer.
 * A containerised agent reads its host's /proc through another root, and the
 * tests read recorded trees, all by the same three strings.
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
 * Each writes ROOT + path (path starts with '/', for procfs and sysfs it is
 * the part below /proc and /sys) into buffer.  0 or -ENAMETOOLONG.
 */
int file_path(const struct file_roots *roots, const char *path, char *buffer, size_t size);
int file_procfs_path(const struct file_roots *roots, const char *path, char *buffer, size_t size);
int file_sysfs_path(const struct file_roots *roots, const char *path, char *buffer, size_t size);

/*
 * Appends the path absolute and without redundant slashes and "." parts, so that it
 * can be compared as a string: "/mnt//a/." as "/mnt/a", "/" as "".  Links and ".." are
 * not resolved: /proc/1/root is a link to "/" and yet another root.
 */
void file_append_plain_path(struct text *text, const char *path);

/*
 * Reads a small file whole (as /proc and /sys give them: one open, reads until
 * the end) and terminates it.  Returns the bytes read, -EFBIG if the buffer
 * could not hold it (it then holds the first size-1 bytes), or the open's or
 * read's negative errno.
 */
ssize_t file_read(const char *path, char *buffer, size_t size);

/*
 * Whether the file is one of procfs, sysfs, tracefs or debugfs, wherever it is
 * mounted and whatever link led to it.  Reading some of them takes something away:
 * /proc/kmsg and trace_pipe give each record once, to one reader.
 */
bool file_is_kernels(int fd);

/*
 * Opens a regular file for reading and fills *ret_status, which may be NULL.
 * Nothing else is opened: a FIFO would wait for its writer, and opening a device may
 * do something (/dev/watchdog starts a timer).  Returns the descriptor or a negative
 * errno: -EISDIR; -EINVAL where it is no regular file; -EXDEV where file_is_kernels().
 */
int file_open_regular(const char *path, struct stat *ret_status);

/*
 * Reads from fd to its end or until the buffer is full.  Returns the bytes
 * read, which are not terminated, or a negative errno.
 */
ssize_t file_read_fd(int fd, char *buffer, size_t size);

/*
 * Writes all of the parts, with one call where the other end takes it, and uses
 * them up.  Waits where the descriptor is non-blocking and full.  0 or a
 * negative errno.
 */
int file_write_fd(int fd, struct iovec *parts, int count);

#endif
