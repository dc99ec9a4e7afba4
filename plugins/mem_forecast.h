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
 * runs out within horizon_usec.  Returns whether there were enough of them.
 * Where nothing can be remembered `reason` says why.
 */
bool mem_forecast(struct mem_measured *measured, const struct mem_wish *wish, int64_t horizon_usec,
		  const struct file_roots *roots, struct text *reason);

#endif
