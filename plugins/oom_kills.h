/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_PLUGINS_OOM_KILLS_H
#define OOM_PLUGINS_OOM_KILLS_H
/* What check_oom_kills found, between judging it and saying it. */
#include <stdbool.h>
#include <stdint.h>

#include "gather/gather.h"
#include "gather/memory.h"
#include "plugin/plugin.h"

struct oom_kills {
	const struct gather_kill **list; /* those that count, newest first, then the others */
	uint64_t kills, vm_kills, host_kills, memcg_kills;
	uint64_t others; /* listed, but not counted: */
	uint64_t acknowledged, unconfirmed;
	uint64_t ignored;
	bool has_unrecorded; /* the counter could be held against the log */
	uint64_t unrecorded;
};

bool oom_kills_is_vm(const struct gather_kill *kill);

/* Sets the first line and the details; the state is judged already. */
void oom_kills_say(struct plugin *plugin, const struct gather_request *request,
		   const struct gather_result *result, const struct oom_kills *found);

#endif
