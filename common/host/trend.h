/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_HOST_TREND_H
#define OOM_HOST_TREND_H
/* Whether an amount of memory is being used up, from a few samples. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HOST_TREND_MIN 5  /* samples; fewer are not enough */
#define HOST_TREND_MAX 64 /* only the newest samples are used */

struct host_sample {
	int64_t time_usec;
	uint64_t kb;
};

/*
 * The samples are in ascending order of time. Returns whether there are enough of them. Then
 * *ret_kb_per_second is how fast the amount falls, or 0 if it does not.
 *
 * The rate is computed from all samples and from the newest HOST_TREND_MIN, and the higher one is
 * returned: a fall that has just begun may exhaust the memory before half of the samples show it.
 * Either rate is the lowest of four:
 *   - the median of the steps, so that no single step decides (a VM that started or ended);
 *   - the median of the newest third, so that a fall that is over does not count;
 *   - the change from the first to the last sample without the largest fall, so that an amount
 *     that falls slowly and recovers at once does not count;
 *   - the change from the lowest sample of the older half to the lowest of the newer half, so that
 *     such an amount does not count while it falls again.
 * Rates that would take longer than `reach` times the observed time to exhaust the memory are
 * reported as 0. The rate of the newest samples must clearly exceed the usual variation of the
 * earlier ones.
 */
bool host_trend_fall(const struct host_sample *samples, size_t count, double reach,
		     double *ret_kb_per_second);

#endif
