/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "host/trend.h"

#include <math.h>
#include <stdlib.h>

#include "base/array.h"

/* A rate that has just begun counts if it is more than this many times the usual change. */
#define STANDS_OUT 3

struct step {
	double seconds;
	double fall_kb; /* negative if it rose */
};

static int compare_rates(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *rates, size_t count)
{
	qsort(rates, count, sizeof(rates[0]), compare_rates);
	const double middle = rates[count / 2];
	if (count % 2)
		return middle;
	/* Half of the steps fall and half do not, which is not a fall. */
	const double lower = rates[count / 2 - 1];
	return lower <= 0 && middle > 0 ? 0 : (lower + middle) / 2;
}

/* The median of the falls in kB per second; of the changes, up or down, if `either_way`. */
static double median_rate(const struct step *steps, size_t count, bool either_way)
{
	double rates[HOST_TREND_MAX] = { 0 };

	for (size_t i = 0; i < count; i++)
		rates[i] = (either_way ? fabs(steps[i].fall_kb) : steps[i].fall_kb) / steps[i].seconds;
	return median(rates, count);
}

static double rate_without_largest_fall(const struct step *steps, size_t count)
{
	size_t largest = 0;
	double seconds = 0, fall_kb = 0;

	for (size_t i = 1; i < count; i++) {
		if (steps[i].fall_kb > steps[largest].fall_kb)
			largest = i;
	}
	for (size_t i = 0; i < count; i++) {
		if (i == largest)
			continue;
		seconds += steps[i].seconds;
		fall_kb += steps[i].fall_kb;
	}
	return fall_kb / seconds;
}

static uint64_t lowest(const struct host_sample *samples, size_t count)
{
	uint64_t kb = samples[0].kb;

	for (size_t i = 1; i < count; i++) {
		if (samples[i].kb < kb)
			kb = samples[i].kb;
	}
	return kb;
}

/*
 * From the lowest sample of the older half to the lowest of the newer half of the samples from
 * `start` on. The older half includes all samples before `start`.
 */
static double rate_of_lows(const struct host_sample *samples, size_t start, size_t count)
{
	const size_t newer = start + (count - start) / 2;
	const double fall_kb =
		(double)lowest(samples, newer) - (double)lowest(samples + newer, count - newer);

	return fall_kb / ((double)(samples[count - 1].time_usec - samples[newer - 1].time_usec) / 1e6);
}

/* The rate of the samples from `start` on, or 0 if they do not fall, or not fast enough. */
static double pace(const struct host_sample *samples, const struct step *steps, size_t start, size_t count,
		   double reach)
{
	const size_t step_count = count - 1 - start, newest = (step_count + 2) / 3;
	const double watched = (double)(samples[count - 1].time_usec - samples[start].time_usec) / 1e6;
	const double rates[] = {
		median_rate(steps + start, step_count, false),
		median_rate(steps + count - 1 - newest, newest, false),
		rate_without_largest_fall(steps + start, step_count),
		rate_of_lows(samples, start, count),
	};
	double slowest = rates[0];

	for (size_t i = 1; i < ARRAY_SIZE(rates); i++)
		slowest = rates[i] < slowest ? rates[i] : slowest;
	if (slowest <= 0 || (double)samples[count - 1].kb / slowest > reach * watched)
		return 0;
	return slowest;
}

static double pace_that_began(const struct host_sample *samples, const struct step *steps, size_t count,
			      double reach)
{
	const size_t start = count - HOST_TREND_MIN;

	if (start + 1 < HOST_TREND_MIN)
		return 0;
	const double began = pace(samples, steps, start, count, reach);
	return began > STANDS_OUT * median_rate(steps, start, true) ? began : 0;
}

bool host_trend_fall(const struct host_sample *samples, size_t count, double reach, double *ret_kb_per_second)
{
	struct step steps[HOST_TREND_MAX];

	if (count > HOST_TREND_MAX) {
		samples += count - HOST_TREND_MAX;
		count = HOST_TREND_MAX;
	}
	if (count < HOST_TREND_MIN)
		return false;
	for (size_t i = 0; i + 1 < count; i++) {
		steps[i].seconds = (double)(samples[i + 1].time_usec - samples[i].time_usec) / 1e6;
		steps[i].fall_kb = (double)samples[i].kb - (double)samples[i + 1].kb;
		if (steps[i].seconds <= 0)
			return false;
	}
	const double whole = pace(samples, steps, 0, count, reach);
	const double began = pace_that_began(samples, steps, count, reach);
	*ret_kb_per_second = began > whole ? began : whole;
	return true;
}
