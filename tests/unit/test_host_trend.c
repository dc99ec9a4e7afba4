/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

#include "host/trend.h"

#define MIB 1024

/* One sample a minute, in MiB. */
struct row {
	int mib[12];
	size_t count;
	double mib_per_minute;
};

#define SAMPLES(...) { __VA_ARGS__ }, sizeof((int[]){ __VA_ARGS__ }) / sizeof(int)

static double fall(const struct row *row)
{
	struct host_sample samples[12];
	double kb_per_second = -1;

	for (size_t i = 0; i < row->count; i++)
		samples[i] = (struct host_sample){ (int64_t)i * 60000000, (uint64_t)row->mib[i] * MIB };
	assert_true(host_trend_fall(samples, row->count, &kb_per_second));
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
		/* It wavers on its way. */
		{ SAMPLES(1000, 880, 810, 690, 600, 520, 390), 90 + 0.0 },
	};

	(void)state;
	assert_rows(rows, 2);
	double wavering = fall(&rows[2]);
	assert_true(wavering > 80 && wavering < 120);
}

static void single_jump_is_no_trend(void **state)
{
	static const struct row rows[] = {
		{ SAMPLES(1000, 1000, 1000, 400, 400, 400, 400), 0 }, /* a VM has started */
		{ SAMPLES(1000, 1000, 1000, 1000, 400), 0 },
		{ SAMPLES(1000, 400, 400, 400, 400), 0 },
		{ SAMPLES(1000, 990, 980, 400, 390, 380, 370), 10 }, /* and the fall around it counts */
	};

	(void)state;
	assert_rows(rows, ARRAY_SIZE(rows));
}

static void growing_or_recovered_memory_never_falls(void **state)
{
	static const struct row rows[] = {
		{ SAMPLES(100, 200, 300, 400, 500), 0 },
		{ SAMPLES(500, 500, 500, 500, 500), 0 },
		{ SAMPLES(900, 700, 500, 300, 100, 300, 500, 700), 0 },      /* it is over */
		{ SAMPLES(900, 800, 700, 600, 500, 400, 300, 300, 300), 0 }, /* it has stopped */
	};

	(void)state;
	assert_rows(rows, ARRAY_SIZE(rows));
}

/* A heap that fills and is collected goes nowhere. */
static void sawtooth_is_no_trend(void **state)
{
	static const struct row rows[] = {
		{ SAMPLES(900, 800, 700, 600, 500, 900, 800, 700, 600, 500), 0 },
		{ SAMPLES(900, 800, 700, 900, 800, 700, 900, 800, 700), 0 },
	};

	(void)state;
	assert_rows(rows, ARRAY_SIZE(rows));
}

static void too_little_tells_nothing(void **state)
{
	struct host_sample samples[HOST_TREND_MIN] = {
		{ 0, 500 }, { 1, 400 }, { 2, 300 }, { 3, 200 }, { 4, 100 }
	};
	double rate;

	(void)state;
	assert_false(host_trend_fall(samples, HOST_TREND_MIN - 1, &rate));
	assert_false(host_trend_fall(samples, 0, &rate));
	/* A clock that stood still. */
	samples[3].time_usec = samples[2].time_usec;
	assert_false(host_trend_fall(samples, HOST_TREND_MIN, &rate));
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
	assert_true(host_trend_fall(samples, ARRAY_SIZE(samples), &rate));
	assert_int_equal((int)(rate + 0.5), 10);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(steady_fall_is_measured),
		cmocka_unit_test(single_jump_is_no_trend),
		cmocka_unit_test(growing_or_recovered_memory_never_falls),
		cmocka_unit_test(sawtooth_is_no_trend),
		cmocka_unit_test(too_little_tells_nothing),
		cmocka_unit_test(only_the_newest_samples_count),
	};

	return cmocka_run_group_tests_name("host/trend", tests, NULL, NULL);
}
