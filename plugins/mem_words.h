/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_PLUGINS_MEM_WORDS_H
#define OOM_PLUGINS_MEM_WORDS_H
/* The words of check_mem_available for what it measured. */
#include "base/text.h"
#include "host/swaps.h"
#include "mem_measure.h"
#include "plugin/plugin.h"

/* "5.9 GiB (9.3 %) available of 63.1 GiB on node 1" */
void mem_say_subject(struct text *text, const struct mem_wish *wish, const struct mem_subject *subject);

/* ", exhausted in about 12 min at 510 MiB/min (limit 30 min)", or nothing where that
 * is not near enough to be judged; 0: no limit is said. */
void mem_say_forecast(struct text *text, const struct mem_subject *subject, int64_t horizon_usec);

/* ", swap 1.2 GiB of 8.0 GiB used", or nothing where there is no swap. */
void mem_say_swap(struct text *text, const struct host_swaps *swaps);

/* A line for each node, in the long output. */
void mem_list_nodes(struct plugin *plugin, const struct mem_wish *wish, const struct mem_measured *measured);

/* A line for each page size, where several are judged as one. */
void mem_list_pools(struct plugin *plugin, const struct mem_wish *wish, const struct mem_measured *measured);

#endif
