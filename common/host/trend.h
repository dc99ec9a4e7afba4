/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_HOST_TREND_H
#define OOM_HOST_TREND_H
/* Whether an amount of memory is being used up, from a few samples of it. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HOST_TREND_MIN 5  /* samples: fewer tell nothing */
#define HOST_TREND_MAX 64 /* samples that are looked at, the newest */

struct host_sample {
	int64_t time_usec;
	uint64_t kb;
};

/*
 * The samples are in the order of time, rising.  Returns whether there are
 * enough; then *ret_kb_per_second is how fast the amount falls, 0 if it does
 * not.  All samples tell a pace, and so do the newest HOST_TREND_MIN, for what
 * has just begun may not last until half of the samples have seen it; the faster
 * counts.  Either is the slowest of four measures:
 *   the median of the steps, so that no one step decides (a VM that started,
 *   or one that ended);
 *   the median of the newest third, so that what is over does not count;
 *   the way from the first to the last without the largest fall, so that what
 *   goes down slowly and comes back at once does not count;
 *   the way from the lowest before to the newer half's lowest, so that it does
 *   not count either if it is just going down again.
 * A pace is none if at it the amount would last more than `reach` times as long
 * as it was watched.  The newest few must be faster than what came before usually
 * wavers.
 */
bool host_trend_fall(const struct host_sample *samples, size_t count, double reach,
		     double *ret_kb_per_second);

#endif
