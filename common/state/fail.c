/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

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
	/* open(2) with O_NOFOLLOW reports a symbolic link as ELOOP. */
	if (error == -ELOOP)
		return state_fail(state, error, "%s/%s: refusing to follow a symbolic link", state->directory,
				  file);
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

void state_suggest_access(struct state *state, const char *file, const struct stat *status)
{
	const bool is_directory = S_ISDIR(status->st_mode);
	const char *slash = file[0] ? "/" : "";

	if (status->st_uid != geteuid())
		state_suggest(state, "chown %s%ju %s%s%s", is_directory ? "-R " : "", (uintmax_t)geteuid(),
			      state->directory, slash, file);
	else
		state_suggest(state, "chmod %s %s%s%s", is_directory ? "700" : "600", state->directory, slash,
			      file);
}

const char *state_distrust(const struct stat *status)
{
	if (status->st_uid != geteuid() && status->st_uid != 0)
		return "owned by another user";
	if (status->st_mode & S_IWOTH)
		return "world-writable";
	return NULL;
}
