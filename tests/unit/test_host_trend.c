/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

#include <math.h>

#include "host/trend.h"

#define MIB 1024

/* One sample a minute, in MiB. */
struct row {
	int mib[20];
	size_t count;
	double mib_per_minute;
};

#define SAMPLES(...) { __VA_ARGS__ }, sizeof((int[]){ __VA_ARGS__ }) / sizeof(int)

static double fall(const struct row *row)
{
	struct host_sample samples[20];
	double kb_per_second = -1;

	for (size_t i = 0; i < row->count; i++)
		samples[i] = (struct host_sample){ (int64_t)i * 60000000, (uint64_t)row->mib[i] * MIB };
	assert_true(host_trend_fall(samples, row->count, INFINITY, &kb_per_second));
	return kb_per_second * 60 / MIB;
}

static void assert_rows(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		assert_int_equal((int)(fall(&rows[i]) * 10 + 0.5), (int)(rows[i].mib_per_minute * 10 + 0.5));
}

static void steady_fall_is_measured(void **state)
{
	static const struct row rows[] = {
		{ SAMPLES(1000, 900, 800, 700, 600), 100 },
		{ SAMPLES(1000, 900, 800, 700, 600, 500, 400, 300), 100 },
		/* with fluctuations */
		{ SAMPLES(1000, 880, 810, 690, 600, 520, 390), 96 },
	};

	(void)state;
	assert_rows(rows, ARRAY_SIZE(rows));
}

static void single_jump_is_no_trend(void **state)
{
	static const struct row rows[] = {
		{ SAMPLES(1000, 1000, 1000, 400, 400, 400, 400), 0 }, /* a VM was started */
		{ SAMPLES(1000, 1000, 1000, 1000, 400), 0 },
		{ SAMPLES(1000, 400, 400, 400, 400), 0 },
		{ SAMPLES(1000, 990, 980, 400, 390, 380, 370), 10 }, /* the slope around the jump counts */
	};

	(void)state;
	assert_rows(rows, ARRAY_SIZE(rows));
}

static void growing_or_recovered_memory_never_falls(void **state)
{
	static const struct row rows[] = {
		{ SAMPLES(100, 200, 300, 400, 500), 0 },
		{ SAMPLES(500, 500, 500, 500, 500), 0 },
		{ SAMPLES(900, 700, 500, 300, 100, 300, 500, 700), 0 },      /* recovered */
		{ SAMPLES(900, 800, 700, 600, 500, 400, 300, 300, 300), 0 }, /* stopped falling */
	};

	(void)state;
	assert_rows(rows, ARRAY_SIZE(rows));
}

/* A heap that fills and is garbage-collected has no trend. */
static void sawtooth_is_no_trend(void **state)
{
	static const struct row rows[] = {
		{ SAMPLES(900, 800, 700, 600, 500, 900, 800, 700, 600, 500), 0 },
		{ SAMPLES(900, 800, 700, 900, 800, 700, 900, 800, 700), 0 },
	};

	(void)state;
	assert_rows(rows, ARRAY_SIZE(rows));
}

/* After 15 minutes of calm, a new fall is recognised in less time than that. */
static void recent_fall_after_calm_is_a_trend(void **state)
{
	static const struct row rows[] = {
		{ SAMPLES(1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000, 900, 800, 700), 66.67 },
		{ SAMPLES(1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000, 900, 800, 700, 600), 100 },
		/* A VM that starts during two runs is no trend yet. */
		{ SAMPLES(1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000, 800, 600), 0 },
		/* It always fluctuates this much: the slow overall slope counts. */
		{ SAMPLES(1000, 900, 1000, 900, 1000, 900, 1000, 900, 1000, 950, 880, 800), 10 },
		/* It falls back to its earlier level. */
		{ SAMPLES(600, 600, 600, 600, 600, 1000, 1000, 1000, 1000, 900, 800, 700), 0 },
		/* Too few samples before the fall to know what is normal. */
		{ SAMPLES(1000, 1000, 1000, 1000, 900, 800, 700), 0 },
	};

	(void)state;
	assert_rows(rows, ARRAY_SIZE(rows));
}

/* Samples one second apart do not predict the next hour. */
static void fall_beyond_the_reach_is_no_trend(void **state)
{
	static const struct {
		uint64_t last_kb;
		double reach, rate;
	} rows[] = {
		/* Observed for 4 s at a fall of 10 kB/s. */
		{ 790, 20, 10 }, /* lasts 79 s, less than 20 times 4 s */
		{ 810, 20, 0 },
		{ 810, 21, 10 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct host_sample samples[HOST_TREND_MIN];
		double rate = -1;

		for (size_t j = 0; j < ARRAY_SIZE(samples); j++)
			samples[j] =
				(struct host_sample){ (int64_t)j * 1000000,
						      rows[i].last_kb + 10 * (ARRAY_SIZE(samples) - 1 - j) };
		assert_true(host_trend_fall(samples, ARRAY_SIZE(samples), rows[i].reach, &rate));
		assert_true(rate == rows[i].rate);
	}
}

static void too_few_samples_give_no_trend(void **state)
{
	struct host_sample samples[HOST_TREND_MIN] = {
		{ 0, 500 }, { 1, 400 }, { 2, 300 }, { 3, 200 }, { 4, 100 }
	};
	double rate;

	(void)state;
	assert_false(host_trend_fall(samples, HOST_TREND_MIN - 1, INFINITY, &rate));
	assert_false(host_trend_fall(samples, 0, INFINITY, &rate));
	/* the clock stood still */
	samples[3].time_usec = samples[2].time_usec;
	assert_false(host_trend_fall(samples, HOST_TREND_MIN, INFINITY, &rate));
}

static void only_the_newest_samples_count(void **state)
{
	struct host_sample samples[3 * HOST_TREND_MAX];
	double rate;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(samples); i++)
		samples[i] = (struct host_sample){
			(int64_t)i * 1000000,
			i < 2 * HOST_TREND_MAX ? 1000000 : 1000000 - 10 * (i - 2 * HOST_TREND_MAX),
		};
	assert_true(host_trend_fall(samples, ARRAY_SIZE(samples), INFINITY, &rate));
	assert_int_equal((int)(rate + 0.5), 10);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(steady_fall_is_measured),
		cmocka_unit_test(single_jump_is_no_trend),
		cmocka_unit_test(growing_or_recovered_memory_never_falls),
		cmocka_unit_test(sawtooth_is_no_trend),
		cmocka_unit_test(recent_fall_after_calm_is_a_trend),
		cmocka_unit_test(fall_beyond_the_reach_is_no_trend),
		cmocka_unit_test(too_few_samples_give_no_trend),
		cmocka_unit_test(only_the_newest_samples_count),
	};

	return cmocka_run_group_tests_name("host/trend", tests, NULL, NULL);
}
