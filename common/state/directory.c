/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "state/inside.h"

/* The first one that is set and not empty is used, as in monitoring-plugins. */
static const char *const variables[] = { "MP_STATE_PATH", "NAGIOS_PLUGIN_STATE_DIRECTORY" };

static const char *base_directory(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(variables); i++) {
		const char *value = secure_getenv(variables[i]);

		if (value && value[0] != '\0')
			return value;
	}
	return STATE_DIRECTORY;
}

/*
 * Suggests the one command that helps whichever directory of the path the user cannot write to.
 * install(1) accepts a numeric user; looking up its name would query NSS.
 */
static void add_remedy(struct state *state, const char *base)
{
	state_suggest(state, "install -d -o %ju -m 700 %s/%ju", (uintmax_t)geteuid(), base,
		      (uintmax_t)geteuid());
}

static int fail_open(struct state *state, int error, int parent_fd, const char *name, int flags)
{
	struct stat status;

	/* With O_DIRECTORY, open(2) reports a symbolic link as ENOTDIR even with O_NOFOLLOW. */
	if (error == -ENOTDIR && (flags & O_NOFOLLOW) &&
	    fstatat(parent_fd, name, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(status.st_mode))
		return state_fail(state, -ELOOP, "%s: refusing to follow a symbolic link", state->directory);
	/* Another file has the directory's name, so nothing was saved there. */
	if (error == -ENOTDIR)
		state->found = STATE_NOTHING;
	if (error == -EACCES && fstatat(parent_fd, name, &status, AT_SYMLINK_NOFOLLOW) == 0)
		state_suggest_access(state, "", &status);
	return state_fail(state, error, "%s: %s", state->directory, strerror(-error));
}

static int open_or_make(struct state *state, int parent_fd, const char *name, int flags, mode_t mode)
{
	flags |= O_DIRECTORY | O_CLOEXEC;
	int fd = openat(parent_fd, name, flags);

	if (fd < 0 && errno == ENOENT && state->reads_only) {
		state->found = STATE_NOTHING;
		return -ENOENT;
	}
	if (fd < 0 && errno == ENOENT) {
		/* EEXIST: another run created it in the meantime. */
		if (mkdirat(parent_fd, name, mode) < 0 && errno != EEXIST) {
			state->found = STATE_NOTHING;
			return state_fail(state, -errno, "%s: does not exist and cannot be created: %s",
					  state->directory, strerror(errno));
		}
		fd = openat(parent_fd, name, flags);
	}
	return fd < 0 ? fail_open(state, -errno, parent_fd, name, flags) : fd;
}

static int fail_examine(struct state *state, int fd)
{
	const int error = -errno;

	close(fd);
	return state_fail(state, error, "%s: %s", state->directory, strerror(-error));
}

/*
 * The first directory belongs to the administrator. It may be a link and may have any owner,
 * because everything below it must belong to us. It need not be readable either.
 */
static int open_base(struct state *state, const char *base)
{
	struct stat status;

	text_copy(state->directory, sizeof(state->directory), base);
	int fd = open_or_make(state, AT_FDCWD, base, O_PATH, 0755);
	if (fd < 0)
		return fd;
	/* In a world-writable directory without the sticky bit, any user could rename or remove the
	 * saved state at any time. */
	if (fstat(fd, &status) < 0)
		return fail_examine(state, fd);
	if ((status.st_mode & (S_IWOTH | S_ISVTX)) == S_IWOTH) {
		close(fd);
		state_suggest(state, "chmod o-w %s", base);
		return state_fail(state, -EPERM, "%s: world-writable", base);
	}
	return fd;
}

static int enter(struct state *state, int parent_fd, const char *name)
{
	struct stat status;
	struct text path = { state->directory, sizeof(state->directory), strlen(state->directory), false };

	text_printf(&path, "/%s", name);
	int fd = open_or_make(state, parent_fd, name, O_RDONLY | O_NOFOLLOW, 0700);
	if (fd < 0)
		return fd;
	if (fstat(fd, &status) < 0)
		return fail_examine(state, fd);
	const char *distrust = state_distrust(&status);
	if (distrust) {
		close(fd);
		state_suggest_access(state, "", &status);
		return state_fail(state, -EPERM, "%s: %s", state->directory, distrust);
	}
	return fd;
}

int state_directory_open(struct state *state, const char *program)
{
	const char *base = base_directory();
	char user[24];

	/* The length is bounded because messages contain the path. A relative path is refused
	 * because its meaning depends on who started the program. */
	if (base[0] != '/' || strlen(base) > 255)
		return state_fail(state, -EINVAL, "%.255s: must be an absolute path of at most 255 bytes",
				  base);
	snprintf(user, sizeof(user), "%ju", (uintmax_t)geteuid());

	AUTO_CLOSE int base_fd = open_base(state, base);
	AUTO_CLOSE int user_fd = base_fd < 0 ? base_fd : enter(state, base_fd, user);
	int fd = user_fd < 0 ? user_fd : enter(state, user_fd, program);
	if ((fd == -ENOENT || fd == -EACCES) && !state->reads_only)
		add_remedy(state, base);
	return fd;
}
