/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_PLUGINS_MEM_WORDS_H
#define OOM_PLUGINS_MEM_WORDS_H
/* The text of check_mem_available for its measurements. */
#include "base/text.h"
#include "host/swaps.h"
#include "mem_measure.h"
#include "plugin/plugin.h"

/* "5.9 GiB (9.3 %) available of 63.1 GiB on node 1" */
void mem_say_subject(struct text *text, const struct mem_options *options, const struct mem_subject *subject);

/* ", exhausted in about 12 min at 510 MiB/min (limit 30 min)"; nothing if the forecast is beyond
 * the horizon.  horizon_usec 0: the limit is not printed. */
void mem_say_forecast(struct text *text, const struct mem_subject *subject, int64_t horizon_usec);

/* ", swap 1.2 GiB of 8.0 GiB used"; nothing if there is no swap. */
void mem_say_swap(struct text *text, const struct host_swaps *swaps);

/* Adds a line of details for each node. */
void mem_list_nodes(struct plugin *plugin, const struct mem_options *options,
		    const struct mem_measured *measured);

/* Adds a line of details for each page size if several are judged together. */
void mem_list_pools(struct plugin *plugin, const struct mem_options *options,
		    const struct mem_measured *measured);

#endif
