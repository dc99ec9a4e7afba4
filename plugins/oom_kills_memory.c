/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads and saves the memory of check_oom_kills. */
#include "oom_kills_memory.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/hash.h"

/* Named files have a memory separate from that of this host's own log, because they may be another
 * host's. */
static void name_memory(struct text *name, const struct gather_request *request)
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
	if (state_is_lost(&memory->state))
		memory->memory.loss = (struct memory_loss){
			.realtime_usec = request->now_usec,
			.removed = memory->state.found == STATE_LOST,
		};
	memory_clock_is(&memory->memory, request->now_usec);
	request->memory = &memory->memory;
	request->past = memory->memory.account;
}

void oom_kills_recall(struct oom_kills_memory *memory, struct gather_request *request,
		      enum oom_kills_recall how)
{
	const struct state_owner *owner = &memory->owner;
	TEXT_ON_STACK(name, STATE_NAME_MAX + 1);

	name_memory(&name, request);
	memory->state.directory_fd = memory->state.lock_fd = -1;
	const bool is_owner = state_owner_become(owner, &memory->state) == 0;
	if (is_owner && how == OOM_KILLS_TO_LOOK)
		state_open_to_read(&memory->state, "check_oom_kills", name.data, MEMORY_VERSION);
	else if (is_owner)
		state_open(&memory->state, "check_oom_kills", name.data, MEMORY_VERSION);
	load(memory, request);
	if (how == OOM_KILLS_TO_LOOK)
		state_close(&memory->state);
	/* Read the notes as their owner.  gather_name_vms() would read them later, as root. */
	if (is_owner && (how == OOM_KILLS_TO_LOOK || owner->is_another) &&
	    notes_read(&memory->notes, &request->roots) == 0)
		request->notes = &memory->notes;
	state_owner_leave(owner);
}

bool oom_kills_lacks(const struct oom_kills_memory *memory, const struct gather_request *request)
{
	const struct memory_loss *loss = &memory->memory.loss;

	return memory->state.found == STATE_NOT_READ ||
	       (loss->realtime_usec != 0 && loss->realtime_usec >= request->since_usec &&
		!gather_sources_are_files(&request->sources));
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
	int r = state_owner_become(&memory->owner, &memory->state);
	if (r == 0)
		r = state_save(&memory->state, text.data, text.length);
	state_owner_leave(&memory->owner);
	return r;
}

void oom_kills_close(struct oom_kills_memory *memory)
{
	state_close(&memory->state);
}
