/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vm/regular_file.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

int vm_regular_file_open(const char *path, struct stat *ret_status)
{
	/* Opening a FIFO would wait for its writer. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat status;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode)) {
		close(fd);
		return -EINVAL;
	}
	if (ret_status)
		*ret_status = status;
	return fd;
}
