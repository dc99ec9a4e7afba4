/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "faults/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"

#define OPEN_MAX_DEPTH 16

static _Noreturn void give_up(const char *path)
{
	fprintf(stderr, "faults: %s: %s\n", path, strerror(errno));
	exit(4);
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *place)
{
	(void)status;
	(void)kind;
	(void)place;
	return remove(path);
}

void tree_remove(const char *path)
{
	if (nftw(path, remove_one, OPEN_MAX_DEPTH, FTW_DEPTH | FTW_PHYS) != 0 && errno != ENOENT)
		give_up(path);
}

static const char *copy_from, *copy_to; /* nftw(3) passes no data to its callback */

static void copy_file(const char *from, const char *to, mode_t mode)
{
	char block[65536];
	ssize_t got;

	AUTO_CLOSE int in = open(from, O_RDONLY | O_CLOEXEC);
	AUTO_CLOSE int out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	if (in < 0 || out < 0)
		give_up(to);
	while ((got = read(in, block, sizeof(block))) > 0) {
		if (write(out, block, (size_t)got) != got)
			give_up(to);
	}
	if (got < 0)
		give_up(from);
}

static int copy_one(const char *path, const struct stat *status, int kind, struct FTW *place)
{
	char to[PATH_MAX];

	(void)place;
	if (snprintf(to, sizeof(to), "%s%s", copy_to, path + strlen(copy_from)) >= (int)sizeof(to))
		return -1;
	if (kind == FTW_F)
		copy_file(path, to, status->st_mode & 07777);
	else if (mkdir(to, status->st_mode & 07777) < 0)
		give_up(to);
	return 0;
}

void tree_copy(const char *from, const char *to)
{
	copy_from = from;
	copy_to = to;
	if (nftw(from, copy_one, OPEN_MAX_DEPTH, FTW_PHYS) != 0)
		give_up(from);
}
