/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The lock is a separate file that is never replaced. The state's own file is replaced on each
 * save, which would lose a lock on it. On NFS an exclusive lock needs a file that is open for
 * writing, so the directory cannot be locked either.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "state/inside.h"

#define POLL_MSEC 5

static int fail(struct state *state, int fd, int error, const char *file)
{
	close(fd);
	if (error != -EWOULDBLOCK)
		return state_fail_file(state, error, file);
	state_suggest(state, "fuser -v %s/%s", state->directory, file);
	return state_fail(state, -EBUSY, "%s/%s: locked by another run for more than %d s; state not saved",
			  state->directory, file, STATE_LOCK_WAIT_MSEC / 1000);
}

static int open_lock(struct state *state, const char *file)
{
	struct stat status;
	/* O_NONBLOCK: do not block if there is a FIFO of that name. */
	int fd = openat(state->directory_fd, file, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC,
			0600);

	if (fd < 0)
		return state_fail_file(state, -errno, file);
	if (fstat(fd, &status) < 0)
		return fail(state, fd, -errno, file);
	const char *distrust = S_ISREG(status.st_mode) ? state_distrust(&status) : "not a regular file";
	if (distrust) {
		close(fd);
		if (S_ISREG(status.st_mode))
			state_suggest_access(state, file, &status);
		return state_fail(state, -EPERM, "%s/%s: %s", state->directory, file, distrust);
	}
	return fd;
}

/* Polls, because flock(2) has no timeout and SIGALRM belongs to the program. */
static int wait_for_lock(int fd, int *waited_msec)
{
	while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		const struct timespec pause = { .tv_nsec = POLL_MSEC * 1000000L };

		if ((errno != EWOULDBLOCK && errno != EINTR) || *waited_msec >= STATE_LOCK_WAIT_MSEC)
			return -errno;
		nanosleep(&pause, NULL);
		*waited_msec += POLL_MSEC;
	}
	return 0;
}

/* Whether the locked file still has the name that other runs will lock. */
static bool is_in_place(const struct state *state, int fd, const char *file)
{
	struct stat locked, named;

	return fstat(fd, &locked) == 0 &&
	       fstatat(state->directory_fd, file, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
	       locked.st_ino == named.st_ino && locked.st_dev == named.st_dev;
}

int state_lock(struct state *state)
{
	char file[STATE_NAME_MAX + 8];
	int waited_msec = 0;

	snprintf(file, sizeof(file), "%s.lock", state->name);
	for (;;) {
		int fd = open_lock(state, file);
		if (fd < 0)
			return fd;
		int r = wait_for_lock(fd, &waited_msec);
		if (r < 0)
			return fail(state, fd, r, file);
		if (is_in_place(state, fd, file))
			return fd;
		/* The lock file was removed in the meantime. */
		waited_msec += POLL_MSEC;
		if (waited_msec >= STATE_LOCK_WAIT_MSEC)
			return fail(state, fd, -EWOULDBLOCK, file);
		close(fd);
	}
}
