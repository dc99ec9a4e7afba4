/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "state/state.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/hash.h"
#include "base/retry.h"
#include "base/text.h"
#include "state/inside.h"

void state_name(struct text *name, const char *stem, const struct file_roots *roots)
{
	static const struct {
		int (*find)(const struct file_roots *roots, const char *path, char *buffer, size_t size);
		const char *of_this_host;
	} cases[] = { { file_path, "" }, { file_procfs_path, "/proc" }, { file_sysfs_path, "/sys" } };
	uint64_t hash = HASH_OF_NOTHING;
	bool is_this_host = true;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char path[PATH_MAX] = "";
		TEXT_ON_STACK(plain, 2 * PATH_MAX);

		cases[i].find(roots, "", path, sizeof(path));
		file_append_plain_path(&plain, path[0] ? path : "/");
		is_this_host &= strcmp(plain.data, cases[i].of_this_host) == 0;
		/* Include the terminator, to separate the path from the next one. */
		hash = hash_add(hash, plain.data, plain.length + 1);
	}
	text_append(name, stem);
	if (!is_this_host)
		text_printf(name, "-%016llx", (unsigned long long)hash);
}

void state_append_path(struct text *text, const struct state *state)
{
	text_printf(text, "%s/%s", state->directory, state->name);
}

bool state_is_lost(const struct state *state)
{
	return state->found == STATE_LOST || state->found == STATE_DAMAGED;
}

void state_append_loss(struct text *text, const struct state *state, bool removed)
{
	text_append(text, removed ? "the state was removed: " : "the state was damaged: ");
	state_append_path(text, state);
}

void state_reject(struct state *state, int error)
{
	state->found = STATE_NOT_READ;
	state_fail_file(state, error, state->name);
}

/* No '/'; no '.' either, because NAME.lock and NAME.new are used here. */
static bool name_is_valid(const char *name)
{
	size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-");

	return length > 0 && length <= STATE_NAME_MAX && name[length] == '\0';
}

/* Returns 0 or a negative errno. */
static int open_directory(struct state *state, const char *program, const char *name)
{
	if (!name_is_valid(program) || !name_is_valid(name))
		return state_fail(state, -EINVAL, "invalid state name: %s/%s", program, name);
	memcpy(state->name, name, strlen(name) + 1);
	state->directory_fd = state_directory_open(state, program);
	return state->directory_fd < 0 ? state->directory_fd : 0;
}

static int open_and_lock(struct state *state, const char *program, const char *name)
{
	int r = open_directory(state, program, name);

	if (r < 0 || state->reads_only)
		return r;
	state->lock_fd = state_lock(state);
	return state->lock_fd < 0 ? state->lock_fd : 0;
}

static int open_state(struct state *state, const char *program, const char *name)
{
	const struct state closed = *state;
	struct retry retry = RETRY_ONCE;
	int r;

	do {
		state_close(state);
		*state = closed;
		r = open_and_lock(state, program, name);
	} while (state->found != STATE_NOTHING && retry_again(&retry, r));
	return r;
}

int state_open(struct state *state, const char *program, const char *name, unsigned version)
{
	*state = (struct state){ .directory_fd = -1, .lock_fd = -1, .version = version };
	return open_state(state, program, name);
}

int state_open_to_read(struct state *state, const char *program, const char *name, unsigned version)
{
	*state = (struct state){ .reads_only = true, .directory_fd = -1, .lock_fd = -1, .version = version };
	return open_state(state, program, name);
}

void state_close(struct state *state)
{
	if (state->lock_fd >= 0)
		close(state->lock_fd);
	if (state->directory_fd >= 0)
		close(state->directory_fd);
	state->lock_fd = state->directory_fd = -1;
}
