/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads and saves the state of check_oom_kills. */
#include "oom_kills_state.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/hash.h"

/* Named files have a state separate from that of this host's own log, because they may be another
 * host's. */
static void name_state(struct text *name, const struct gather_request *request)
{
	const struct gather_sources *sources = &request->sources;
	uint64_t hash = HASH_OF_NOTHING;

	for (size_t i = 0; i < sources->count; i++) {
		TEXT_ON_STACK(path, 2 * PATH_MAX);

		if (!sources->list[i].path)
			continue;
		file_append_plain_path(&path, sources->list[i].path);
		/* Including the NUL, which separates it from the next. */
		hash = hash_add(hash, path.data, path.length + 1);
	}
	/* The remembered kills depend on the host whose kills count. */
	if (request->any_host || request->host) {
		const char *host = request->host ? request->host : "any";

		hash = hash_add(hash, "host", sizeof("host"));
		hash = hash_add(hash, host, strlen(host) + 1);
	}
	state_name(name, "kills", &request->roots);
	if (hash != HASH_OF_NOTHING)
		text_printf(name, "-%016llx", (unsigned long long)hash);
}

bool oom_kills_forgets(const struct oom_kills_state *saved)
{
	const struct state *state = &saved->state;

	return saved->saved.loss.realtime_usec != 0 || state->found == STATE_NOT_READ ||
	       state->failure.error != 0;
}

void oom_kills_say_why_it_forgets(struct text *text, const struct oom_kills_state *saved)
{
	const struct state_failure *failure = &saved->state.failure;

	if (saved->saved.loss.realtime_usec != 0) {
		state_append_path(text, &saved->state);
		text_printf(text, "%s check_oom_kills --acknowledge",
			    saved->saved.loss.removed
				    ? " was removed, its contents are lost. Remedy: restore it, or"
				    : ".damaged: its contents are lost. Remedy: inspect it, then");
		return;
	}
	text_append(text, failure->reason);
	if (failure->remedy[0])
		text_printf(text, ". Remedy: %s", failure->remedy);
}

static void read_saved(struct oom_kills_state *saved, struct gather_request *request)
{
	AUTO_FREE char *content = malloc(SAVED_TEXT_MAX);

	if (!content || (state_load(&saved->state, content, SAVED_TEXT_MAX) > 0 &&
			 saved_parse(&saved->saved, content) < 0))
		state_reject(&saved->state, -ENOMEM);
	if (state_is_lost(&saved->state))
		saved->saved.loss = (struct saved_loss){
			.realtime_usec = request->now_usec,
			.removed = saved->state.found == STATE_LOST,
		};
	saved_clock_is(&saved->saved, request->now_usec);
	request->saved = &saved->saved;
	request->past = saved->saved.account;
}

void oom_kills_load(struct oom_kills_state *saved, struct gather_request *request, enum oom_kills_purpose how)
{
	const struct state_owner *owner = &saved->owner;
	TEXT_ON_STACK(name, STATE_NAME_MAX + 1);

	name_state(&name, request);
	saved->state.directory_fd = saved->state.lock_fd = -1;
	const bool is_owner = state_owner_become(owner, &saved->state) == 0;
	if (is_owner && how == OOM_KILLS_TO_LOOK)
		state_open_to_read(&saved->state, "check_oom_kills", name.data, SAVED_VERSION);
	else if (is_owner)
		state_open(&saved->state, "check_oom_kills", name.data, SAVED_VERSION);
	read_saved(saved, request);
	if (how == OOM_KILLS_TO_LOOK)
		state_close(&saved->state);
	/* Read the notes as their owner.  gather_name_vms() would read them later, as root. */
	if (is_owner && (how == OOM_KILLS_TO_LOOK || owner->is_another) &&
	    notes_read(&saved->notes, &request->roots) == 0)
		request->notes = &saved->notes;
	state_owner_leave(owner);
}

bool oom_kills_lacks(const struct oom_kills_state *saved, const struct gather_request *request)
{
	const struct saved_loss *loss = &saved->saved.loss;

	return saved->state.found == STATE_NOT_READ ||
	       (loss->realtime_usec != 0 && loss->realtime_usec >= request->since_usec &&
		!gather_sources_are_files(&request->sources));
}

int oom_kills_save(struct oom_kills_state *saved)
{
	AUTO_FREE char *buffer = malloc(SAVED_TEXT_MAX);
	struct text text;

	if (!buffer) {
		state_reject(&saved->state, -ENOMEM);
		return -ENOMEM;
	}
	text_init(&text, buffer, SAVED_TEXT_MAX);
	saved_print(&saved->saved, &text);
	int r = state_owner_become(&saved->owner, &saved->state);
	if (r == 0)
		r = state_save(&saved->state, text.data, text.length);
	state_owner_leave(&saved->owner);
	return r;
}

void oom_kills_close(struct oom_kills_state *saved)
{
	state_close(&saved->state);
}
