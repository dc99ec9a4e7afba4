/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_PLUGINS_MEM_FORECAST_H
#define OOM_PLUGINS_MEM_FORECAST_H
/* How long what check_mem_available measures will last, from what its earlier
 * runs have measured. */
#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "mem_measure.h"
#include "state/state.h"

/* One run's history, between reading it and writing it: static, it is large. */
struct mem_history {
	struct state state;
	struct text text; /* as it is to be saved */
	bool enough;      /* runs for a forecast */
	bool is_blind;    /* runs are remembered and could not be read */
};

/*
 * Reads the runs before this one, and tells from them what of *measured runs out
 * within horizon_usec, if there were enough.  Where they could not be read is_blind is
 * set: what they would have told nobody knows, and the check is not OK.
 *
 * mem_forecast_save() writes them back with this run; it may wait for the disk, so the
 * answer is settled before it is called.  It returns 0, or a negative errno if nothing
 * can be remembered, so that there will never be enough.  *reason says what is wrong
 * with the state file, also if it could be replaced.
 */
void mem_forecast(struct mem_history *history, struct mem_measured *measured, const struct mem_wish *wish,
		  int64_t horizon_usec, const struct file_roots *roots);
int mem_forecast_save(struct mem_history *history, struct text *reason);

#endif
