/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_PLUGINS_MEM_FORECAST_H
#define OOM_PLUGINS_MEM_FORECAST_H
/* Forecasts when the memory that check_mem_available measures is used up, from its earlier runs. */
#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "mem_measure.h"
#include "state/state.h"

/* The history, between reading and saving it.  It is large: make it static. */
struct mem_history {
	struct state state;
	struct text text; /* to be saved */
	bool enough;      /* there are enough runs for a forecast */
	bool is_blind;    /* earlier runs could not be read */
};

/*
 * Reads the earlier runs and, if there are enough, sets which parts of *measured run out within
 * horizon_usec.  If they could not be read, is_blind is set; the forecast is then unknown and the
 * check must not be OK.
 *
 * mem_forecast_save() saves them with this run.  It may wait for the disk, so settle the answer
 * before calling it.  It returns 0, or a negative errno if nothing can be saved, so that there will
 * never be enough runs.  *reason gets what is wrong with the state file, even if it could be
 * replaced.
 */
void mem_forecast(struct mem_history *history, struct mem_measured *measured,
		  const struct mem_options *options, int64_t horizon_usec, const struct file_roots *roots);
int mem_forecast_save(struct mem_history *history, struct text *reason);

#endif
