/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_PLUGINS_OOM_KILLS_MEMORY_H
#define OOM_PLUGINS_OOM_KILLS_MEMORY_H
/*
 * What check_oom_kills remembers from run to run, and the file that it is in.
 * `state.failure` says what went wrong, and the check goes on; only with
 * --window=until-acknowledged does the verdict depend on it.
 */
#include "gather/gather.h"
#include "gather/memory.h"
#include "machines/notes.h"
#include "state/owner.h"
#include "state/state.h"

struct oom_kills_memory {
	struct memory memory;
	struct state state;
	struct notes notes;
	struct state_owner owner; /* set by the caller */
};

enum oom_kills_recall {
	OOM_KILLS_TO_SAVE, /* with oom_kills_save() */
	OOM_KILLS_TO_LOOK, /* with the notes; takes no lock, makes no directory, saves nothing */
};

/* Opens and reads the memory of the sources that are asked for, and lets the
 * request know of it. */
void oom_kills_recall(struct oom_kills_memory *memory, struct gather_request *request,
		      enum oom_kills_recall how);

/* Whether kills of the window may be missing that only the state held: it could not be
 * read, or one was lost since.  Named files hold their kills themselves. */
bool oom_kills_lacks(const struct oom_kills_memory *memory, const struct gather_request *request);

/* Writes it, unless it is as it was.  0, or a negative errno where what was saved before
 * is still there. */
int oom_kills_save(struct oom_kills_memory *memory);

/* Gives up its lock. */
void oom_kills_close(struct oom_kills_memory *memory);

/* Whether unacknowledged kills may have been forgotten: the state could not be read or
 * cannot be kept, or one was damaged or removed and nobody has acknowledged that. */
bool oom_kills_forgets(const struct oom_kills_memory *memory);

/* Why, and what can be done about it: "PATH: reason. Remedy: command". */
void oom_kills_say_why_it_forgets(struct text *text, const struct oom_kills_memory *memory);

#endif
