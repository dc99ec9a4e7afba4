/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "host/trend.h"

#include <stdlib.h>

struct step {
	double seconds;
	double fall_kb; /* negative: it rose */
};

static int compare_rates(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* In kB a second. */
static double median_rate(const struct step *steps, size_t count)
{
	double rates[HOST_TREND_MAX] = { 0 };

	for (size_t i = 0; i < count; i++)
		rates[i] = steps[i].fall_kb / steps[i].seconds;
	qsort(rates, count, sizeof(rates[0]), compare_rates);
	return count % 2 ? rates[count / 2] : (rates[count / 2 - 1] + rates[count / 2]) / 2;
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

static double rate_of_lows(const struct host_sample *samples, size_t count)
{
	const size_t half = count / 2;
	const double older = (double)lowest(samples, half);
	const double newer = (double)lowest(samples + half, count - half);

	return (older - newer) / ((double)(samples[count - 1].time_usec - samples[half - 1].time_usec) / 1e6);
}

bool host_trend_fall(const struct host_sample *samples, size_t count, double *ret_kb_per_second)
{
	struct step steps[HOST_TREND_MAX];
	double slowest = 0;

	if (count > HOST_TREND_MAX) {
		samples += count - HOST_TREND_MAX;
		count = HOST_TREND_MAX;
	}
	if (count < HOST_TREND_MIN)
		return false;
	const size_t step_count = count - 1, newest = (step_count + 2) / 3;
	for (size_t i = 0; i < step_count; i++) {
		steps[i].seconds = (double)(samples[i + 1].time_usec - samples[i].time_usec) / 1e6;
		steps[i].fall_kb = (double)samples[i].kb - (double)samples[i + 1].kb;
		if (steps[i].seconds <= 0)
			return false;
	}
	const double rates[] = {
		median_rate(steps, step_count),
		median_rate(steps + step_count - newest, newest),
		rate_without_largest_fall(steps, step_count),
		rate_of_lows(samples, count),
	};
	for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		if (i == 0 || rates[i] < slowest)
			slowest = rates[i];
	}
	*ret_kb_per_second = slowest > 0 ? slowest : 0;
	return true;
}
