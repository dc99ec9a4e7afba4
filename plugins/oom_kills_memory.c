/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where check_oom_kills keeps its memory. */
#include "oom_kills_memory.h"

#include <errno.h>
#include <string.h>

#include "base/hash.h"

/* The memory of this host's own log is one, that of named files another: they
 * may be another host's. */
static void name_memory(struct text *name, const struct gather_request *request)
{
	const struct gather_sources *sources = &request->sources;
	uint64_t hash = HASH_OF_NOTHING;

	for (size_t i = 0; i < sources->count; i++) {
		const char *path = sources->list[i].path;

		/* With its terminator, that parts it from the next. */
		if (path)
			hash = hash_add(hash, path, strlen(path) + 1);
	}
	state_name(name, "kills", &request->roots);
	if (hash != HASH_OF_NOTHING)
		text_printf(name, "-%016llx", (unsigned long long)hash);
}

void oom_kills_recall(struct oom_kills_memory *memory, struct gather_request *request)
{
	static char saved[MEMORY_TEXT_MAX];
	TEXT_ON_STACK(name, STATE_NAME_MAX + 1);

	name_memory(&name, request);
	state_open(&memory->state, "check_oom_kills", name.data, MEMORY_VERSION);
	if (state_load(&memory->state, saved, sizeof(saved)) > 0 && memory_parse(&memory->memory, saved) < 0)
		state_reject(&memory->state, -ENOMEM);
	memory_clock_is(&memory->memory, request->now_usec);
	request->memory = &memory->memory;
	request->past = memory->memory.account;
}

int oom_kills_save(struct oom_kills_memory *memory)
{
	static char text_buffer[MEMORY_TEXT_MAX];
	struct text text;

	text_init(&text, text_buffer, sizeof(text_buffer));
	memory_print(&memory->memory, &text);
	int r = state_save(&memory->state, text.data, text.length);
	state_close(&memory->state);
	return r;
}
