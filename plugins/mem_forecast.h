/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_PLUGINS_MEM_FORECAST_H
#define OOM_PLUGINS_MEM_FORECAST_H
/* How long what check_mem_available measures will last, from what its earlier
 * runs have measured. */
#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "mem_measure.h"

/*
 * Remembers what is judged, and tells from the runs before this one what of it
 * runs out within horizon_usec.  1; 0 if there were too few runs; a negative errno
 * if nothing can be remembered, so that there will never be enough.  *reason says
 * what is wrong with the memory, also if it could be replaced.
 */
int mem_forecast(struct mem_measured *measured, const struct mem_wish *wish, int64_t horizon_usec,
		 const struct file_roots *roots, struct text *reason);

#endif
