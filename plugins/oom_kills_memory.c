/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where check_oom_kills keeps its memory. */
#include "oom_kills_memory.h"

#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/hash.h"

/* The memory of this host's own log is one, that of named files another: they
 * may be another host's. */
static void name_memory(struct text *name, const struct gather_request *request)
{
	const struct gather_sources *sources = &request->sources;
	uint64_t hash = HASH_OF_NOTHING;

	for (size_t i = 0; i < sources->count; i++) {
		TEXT_ON_STACK(path, 2 * PATH_MAX);

		if (!sources->list[i].path)
			continue;
		file_append_plain_path(&path, sources->list[i].path);
		/* With its terminator, that parts it from the next. */
		hash = hash_add(hash, path.data, path.length + 1);
	}
	/* Which kills are remembered depends on whose are looked for. */
	if (request->any_host || request->host) {
		const char *host = request->host ? request->host : "any";

		hash = hash_add(hash, "host", sizeof("host"));
		hash = hash_add(hash, host, strlen(host) + 1);
	}
	state_name(name, "kills", &request->roots);
	if (hash != HASH_OF_NOTHING)
		text_printf(name, "-%016llx", (unsigned long long)hash);
}

int oom_kills_use_state_of(struct oom_kills_memory *memory, const char *user, struct text *error)
{
	/* cppcheck-suppress getpwnamCalled ; there are no threads */
	const struct passwd *entry = geteuid() == 0 ? getpwnam(user) : NULL;

	if (geteuid() != 0) {
		text_append(error, "only root can work on another user's state");
		return -EPERM;
	}
	if (!entry) {
		text_append(error, "no such user: ");
		text_append_name(error, user);
		return -ENOENT;
	}
	memory->as_user = true;
	memory->uid = entry->pw_uid;
	memory->gid = entry->pw_gid;
	/* With the user as the real one, the effective one can be changed there and back
	 * even after the capabilities have been given up. */
	if (initgroups(user, memory->gid) < 0 || setresgid(memory->gid, 0, 0) < 0 ||
	    setresuid(memory->uid, 0, 0) < 0) {
		text_printf(error, "cannot become user %s", user);
		return -errno;
	}
	return 0;
}

/* Whoever owns the state opens it and writes it.  0 or a negative errno, which is the
 * state's failure then: nobody else's is touched. */
static int become_owner(struct oom_kills_memory *memory)
{
	struct state_failure *failure = &memory->state.failure;

	if (!memory->as_user || (setegid(memory->gid) == 0 && seteuid(memory->uid) == 0))
		return 0;
	const int r = -errno;
	if (failure->error == 0) {
		failure->error = r;
		snprintf(failure->reason, sizeof(failure->reason), "cannot become user %ju: %s",
			 (uintmax_t)memory->uid, strerror(-r));
	}
	return r;
}

static void become_root_again(const struct oom_kills_memory *memory)
{
	if (memory->as_user && (seteuid(0) < 0 || setegid(0) < 0))
		_exit(3); /* cannot happen: the saved ids are root's */
}

bool oom_kills_forgets(const struct oom_kills_memory *memory)
{
	const struct state *state = &memory->state;

	return memory->memory.loss.realtime_usec != 0 || state->found == STATE_NOT_READ ||
	       state->failure.error != 0;
}

void oom_kills_say_why_it_forgets(struct text *text, const struct oom_kills_memory *memory)
{
	const struct state_failure *failure = &memory->state.failure;

	if (memory->memory.loss.realtime_usec != 0) {
		state_append_path(text, &memory->state);
		text_printf(text, "%s check_oom_kills --acknowledge",
			    memory->memory.loss.removed
				    ? " was removed: what it held is lost. Remedy: put it back, or"
				    : ".damaged: what it held is lost. Remedy: look at it, then");
		return;
	}
	text_append(text, failure->reason);
	if (failure->remedy[0])
		text_printf(text, ". Remedy: %s", failure->remedy);
}

static void load(struct oom_kills_memory *memory, struct gather_request *request)
{
	AUTO_FREE char *saved = malloc(MEMORY_TEXT_MAX);

	if (!saved || (state_load(&memory->state, saved, MEMORY_TEXT_MAX) > 0 &&
		       memory_parse(&memory->memory, saved) < 0))
		state_reject(&memory->state, -ENOMEM);
	if (memory->state.found == STATE_DAMAGED || memory->state.found == STATE_LOST)
		memory->memory.loss = (struct memory_loss){
			.realtime_usec = request->now_usec,
			.removed = memory->state.found == STATE_LOST,
		};
	memory_clock_is(&memory->memory, request->now_usec);
	request->memory = &memory->memory;
	request->past = memory->memory.account;
}

void oom_kills_recall(struct oom_kills_memory *memory, struct gather_request *request)
{
	TEXT_ON_STACK(name, STATE_NAME_MAX + 1);

	name_memory(&name, request);
	memory->state.directory_fd = memory->state.lock_fd = -1;
	if (become_owner(memory) == 0)
		state_open(&memory->state, "check_oom_kills", name.data, MEMORY_VERSION);
	load(memory, request);
	become_root_again(memory);
}

void oom_kills_look_at_memory(struct oom_kills_memory *memory, struct gather_request *request)
{
	TEXT_ON_STACK(name, STATE_NAME_MAX + 1);

	name_memory(&name, request);
	memory->state.directory_fd = memory->state.lock_fd = -1;
	const bool is_owner = become_owner(memory) == 0;
	if (is_owner)
		state_open_to_read(&memory->state, "check_oom_kills", name.data, MEMORY_VERSION);
	load(memory, request);
	state_close(&memory->state);
	if (is_owner && notes_read(&memory->notes, &request->roots) == 0)
		request->notes = &memory->notes;
	become_root_again(memory);
}

int oom_kills_save(struct oom_kills_memory *memory)
{
	AUTO_FREE char *buffer = malloc(MEMORY_TEXT_MAX);
	struct text text;

	if (!buffer) {
		state_reject(&memory->state, -ENOMEM);
		return -ENOMEM;
	}
	text_init(&text, buffer, MEMORY_TEXT_MAX);
	memory_print(&memory->memory, &text);
	int r = become_owner(memory);
	if (r == 0)
		r = state_save(&memory->state, text.data, text.length);
	become_root_again(memory);
	return r;
}

void oom_kills_close(struct oom_kills_memory *memory)
{
	state_close(&memory->state);
}
