/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_PLUGINS_OOM_KILLS_MEMORY_H
#define OOM_PLUGINS_OOM_KILLS_MEMORY_H
/*
 * What check_oom_kills remembers from run to run, and the file that it is in.
 * As all memory it is a help: `state.failure` says what went wrong, and the
 * check goes on.
 */
#include "gather/gather.h"
#include "gather/memory.h"
#include "state/state.h"

struct oom_kills_memory {
	struct memory memory;
	struct state state;
};

/* Opens and reads the memory of the sources that are asked for, and lets the
 * request know of it. */
void oom_kills_recall(struct oom_kills_memory *memory, struct gather_request *request);

/* Writes it, and gives up its lock: once.  0, or a negative errno where what was
 * saved before is still there. */
int oom_kills_save(struct oom_kills_memory *memory);

#endif
