/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_PLUGINS_MEM_FORECAST_H
#define OOM_PLUGINS_MEM_FORECAST_H
/* How long what check_mem_available measures will last, from what its earlier
 * runs have measured. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

/* One amount: what is known of it now, and what is foretold. */
struct mem_forecast {
	int node; /* -1: the host */
	uint64_t available_kb;
	double fall_kb_per_second; /* 0: it does not fall, or nobody knows */
	bool known;                /* there was enough history */
};

/*
 * Remembers the amounts under `name`, which stands for the options that change
 * them, and foretells each from the runs before this one.  Where nothing can be
 * remembered `reason` says why; nothing is then foretold.
 */
void mem_forecast(struct mem_forecast *amounts, size_t count, const char *name, int64_t horizon_usec,
		  struct text *reason);

#endif
