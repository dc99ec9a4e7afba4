/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "state/state.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/text.h"
#include "state/inside.h"

int state_fail(struct state *state, int error, const char *format, ...)
{
	struct state_failure *failure = &state->failure;
	va_list arguments;
	struct text reason;

	if (failure->error != 0)
		return error;
	failure->error = error;
	text_init(&reason, failure->reason, sizeof(failure->reason));
	va_start(arguments, format);
	text_vprintf(&reason, format, arguments);
	va_end(arguments);
	return error;
}

int state_fail_file(struct state *state, int error, const char *file)
{
	/* What O_NOFOLLOW makes of a link (open(2)). */
	if (error == -ELOOP)
		return state_fail(state, error, "%s/%s: is a symbolic link, which is not followed",
				  state->directory, file);
	return state_fail(state, error, "%s/%s: %s", state->directory, file, strerror(-error));
}

void state_suggest(struct state *state, const char *format, ...)
{
	struct text remedy;
	va_list arguments;

	if (state->failure.remedy[0] != '\0')
		return;
	text_init(&remedy, state->failure.remedy, sizeof(state->failure.remedy));
	va_start(arguments, format);
	text_vprintf(&remedy, format, arguments);
	va_end(arguments);
}

const char *state_distrust(const struct stat *status)
{
	if (status->st_uid != geteuid() && status->st_uid != 0)
		return "belongs to another user";
	if (status->st_mode & S_IWOTH)
		return "everybody may write to it";
	return NULL;
}

/* Appends a path without redundant slashes: "/mnt//a/" as "/mnt/a", "/" as "". */
static void append_plain_path(struct text *text, const char *path)
{
	for (const char *part = path; *part;) {
		const size_t slashes = strspn(part, "/"), length = strcspn(part + slashes, "/");

		if (slashes > 0 && length > 0)
			text_append(text, "/");
		text_append_bytes(text, part + slashes, length);
		part += slashes + length;
	}
}

void state_name(struct text *name, const char *stem, const struct file_roots *roots)
{
	static const char this_host[] = " /proc /sys";
	char paths_buffer[3 * PATH_MAX], path[PATH_MAX];
	struct text paths;

	text_init(&paths, paths_buffer, sizeof(paths_buffer));
	append_plain_path(&paths, roots->rootfs ? roots->rootfs : "");
	text_append(&paths, " ");
	if (file_procfs_path(roots, "", path, sizeof(path)) == 0)
		append_plain_path(&paths, path);
	text_append(&paths, " ");
	if (file_sysfs_path(roots, "", path, sizeof(path)) == 0)
		append_plain_path(&paths, path);
	text_append(name, stem);
	if (strcmp(paths.data, this_host) != 0)
		text_printf(name, "-%016llx",
			    (unsigned long long)hash_add(HASH_OF_NOTHING, paths.data, paths.length));
}

void state_append_path(struct text *text, const struct state *state)
{
	text_printf(text, "%s/%s", state->directory, state->name);
}

void state_reject(struct state *state, int error)
{
	state->found = STATE_NOT_READ;
	state_fail_file(state, error, state->name);
}

/* No '/', and no '.' either: NAME.lock and NAME.new are this room's. */
static bool name_is_valid(const char *name)
{
	size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-");

	return length > 0 && length <= STATE_NAME_MAX && name[length] == '\0';
}

/* 0 or a negative errno. */
static int open_directory(struct state *state, const char *program, const char *name)
{
	if (!name_is_valid(program) || !name_is_valid(name))
		return state_fail(state, -EINVAL, "no name for a memory: %s/%s", program, name);
	memcpy(state->name, name, strlen(name) + 1);
	state->directory_fd = state_directory_open(state, program);
	return state->directory_fd < 0 ? state->directory_fd : 0;
}

int state_open(struct state *state, const char *program, const char *name, unsigned version)
{
	*state = (struct state){ .directory_fd = -1, .lock_fd = -1, .version = version };
	int r = open_directory(state, program, name);

	if (r < 0)
		return r;
	state->lock_fd = state_lock(state);
	return state->lock_fd < 0 ? state->lock_fd : 0;
}

int state_open_to_read(struct state *state, const char *program, const char *name, unsigned version)
{
	*state = (struct state){ .reads_only = true, .directory_fd = -1, .lock_fd = -1, .version = version };
	return open_directory(state, program, name);
}

void state_close(struct state *state)
{
	if (state->lock_fd >= 0)
		close(state->lock_fd);
	if (state->directory_fd >= 0)
		close(state->directory_fd);
	state->lock_fd = state->directory_fd = -1;
}
