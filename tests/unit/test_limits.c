/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

#include <errno.h>
#include <math.h>

#include "plugin/limits.h"

#define GIB 1073741824.0

static struct plugin_limits parse(const char *const values[], size_t count)
{
	struct plugin_limits limits = {
		.count = 1,
		.limits = { { .size = { .set = true, .start = 1e18, .end = INFINITY } } },
	};

	for (size_t i = 0; i < count && values[i]; i++) {
		TEXT_ON_STACK(error, 256);

		assert_int_equal(plugin_option_limits(values[i], &limits, &error), 0);
		assert_string_equal(error.data, "");
	}
	return limits;
}

/* Of a total of 100 GiB. The default limit, which the first option replaces, would always alert. */
static void all_ranges_of_one_limit_or_any_of_several_limits_alert(void **state)
{
	static const struct {
		const char *values[3];
		double gib;
		bool alerts;
	} rows[] = {
		{ { "10%:" }, 9, true },
		{ { "10%:" }, 10, false },
		{ { "8GiB:" }, 7.9, true },
		{ { "10%:,8GiB:" }, 9, false },
		{ { "10%:,8GiB:" }, 7, true },
		{ { "8GiB:,10%:" }, 7, true },
		{ { "5%:,8GiB:" }, 7, false },
		{ { "10%:", "8GiB:" }, 9, true },
		{ { "5%:", "8GiB:" }, 7, true },
		{ { "5%:", "4GiB:" }, 6, false },
		{ { "5%:,4GiB:", "20%:,8GiB:" }, 6, true },
		{ { "@20:30%" }, 25, true },
		{ { "@20:30%" }, 31, false },
		{ { "~:50%" }, 51, true },
		{ { "~:50%" }, 50, false },
		{ { "~:50%,~:60GiB" }, 55, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct plugin_limits limits = parse(rows[i].values, ARRAY_SIZE(rows[i].values));

		assert_int_equal(plugin_limits_alert(&limits, rows[i].gib * GIB, 100 * GIB), rows[i].alerts);
	}
}

/* If there is a range in bytes, it alerts exactly where the limits do. */
static void range_in_bytes_is_equivalent_or_unset(void **state)
{
	static const struct {
		const char *values[3];
		const char *gib; /* the range; NULL: no equivalent range */
	} rows[] = {
		{ { "10%:" }, "10:" },
		{ { "8GiB:" }, "8:" },
		{ { "10%:,8GiB:" }, "8:" },
		{ { "5%:,8GiB:" }, "5:" },
		{ { "10%:", "8GiB:" }, "10:" },
		{ { "8%:", "10GiB:" }, "10:" },
		{ { "5%:,4GiB:", "20%:,8GiB:" }, "8:" },
		{ { "~:90%" }, "~:90" },
		{ { "0:90%" }, "90" },
		{ { "~:90%,~:95GiB" }, "~:95" },
		{ { "~:90%", "~:80GiB" }, "~:80" },
		{ { "10%:", "~:90%" }, "10:90" },
		{ { "10:20%" }, "10:20" },
		{ { "10:20%,15GiB:30GiB" }, "10:30" },
		{ { "@0:5%" }, "@5" },
		{ { "@10:30%,@20GiB:40GiB" }, "@20:30" },
		/* Two parts: no single range is equivalent. */
		{ { "10:20%,30GiB:40GiB" }, NULL },
		{ { "@0:5%", "50%:" }, NULL },
		{ { "@0:5%", "@90:95%" }, NULL },
		{ { "@0:5%,10GiB:" }, NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct plugin_limits limits = parse(rows[i].values, ARRAY_SIZE(rows[i].values));
		struct plugin_range range = plugin_limits_in_bytes(&limits, 100 * GIB);

		assert_int_equal(range.set, rows[i].gib != NULL);
		if (range.set) {
			struct plugin_range gib = range;
			TEXT_ON_STACK(printed, 64);

			gib.start /= GIB;
			gib.end /= GIB;
			plugin_range_append(&printed, &gib);
			assert_string_equal(printed.data, rows[i].gib);
		}
		for (int gib = 0; range.set && gib < 100; gib++)
			assert_int_equal(plugin_range_alerts(&range, gib * GIB),
					 plugin_limits_alert(&limits, gib * GIB, 100 * GIB));
	}
}

static void crossed_limits_are_printed(void **state)
{
	static const struct {
		const char *values[3];
		double gib;
		const char *said;
	} rows[] = {
		{ { "10%:,8GiB:" }, 7, "below 10 % and 8 GiB" },
		{ { "8GiB:,10%:" }, 7, "below 10 % and 8 GiB" },
		{ { "10%:", "8GiB:" }, 7, "below 10 %, below 8 GiB" },
		{ { "10%:", "8GiB:" }, 9, "below 10 %" },
		{ { "7.5%:", "1.5GiB:" }, 7, "below 7.5 %" },
		{ { "1536MiB:" }, 1, "below 1.5 GiB" },
		{ { "~:90%" }, 91, "above 90 %" },
		{ { "~:90%,~:95GiB" }, 96, "above 90 % and 95 GiB" },
		{ { "5%:90%" }, 4, "below 5 %" },
		{ { "5%:90%" }, 91, "above 90 %" },
		{ { "5%:90%,50GiB:" }, 4, "below 5 % and 50 GiB" },
		{ { "~:5%,50GiB:" }, 6, "above 5 % and below 50 GiB" },
		{ { "@5%:10%" }, 7, "within 5 % to 10 %" },
		{ { "@~:10%" }, 7, "not above 10 %" },
		{ { "@10%:" }, 17, "not below 10 %" },
		{ { "@10:20%,@5GiB:30GiB" }, 17, "within 10 % to 20 % and within 5 GiB to 30 GiB" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct plugin_limits limits = parse(rows[i].values, ARRAY_SIZE(rows[i].values));
		TEXT_ON_STACK(said, 128);

		assert_true(plugin_limits_alert(&limits, rows[i].gib * GIB, 100 * GIB));
		plugin_limits_say_crossed(&said, &limits, rows[i].gib * GIB, 100 * GIB);
		assert_string_equal(said.data, rows[i].said);
	}
}

static void huge_percentage_is_not_clamped(void **state)
{
	const struct plugin_limits limits = parse((const char *const[]){ "900000000000000%:" }, 1);
	const struct plugin_range range = plugin_limits_in_bytes(&limits, 100 * GIB);

	(void)state;
	assert_true(range.set && range.start == 9e12 * 100 * GIB);
}

static void default_limit_alerts_and_an_empty_list_never_does(void **state)
{
	const struct plugin_limits none = { 0 };
	const struct plugin_limits preset = parse((const char *const[]){ NULL }, 1);

	(void)state;
	assert_true(plugin_limits_alert(&preset, 1, 2));
	assert_false(plugin_limits_alert(&none, 0, 2));
	assert_false(plugin_limits_in_bytes(&none, 2).set);
}

static void refused_limit_gives_a_reason_and_changes_nothing(void **state)
{
	static const struct {
		const char *value, *error;
	} rows[] = {
		{ "10:", "a range needs % or a unit of size: 10%:,8GiB:" },
		{ "10", "'10' needs a unit: 10%: or 10GiB:?" },
		{ "10%", "'10%' alerts above, not below; use 10%: for below or ~:10% for above" },
		{ "5GiB", "'5GiB' alerts above, not below; use 5GiB: for below or ~:5GiB for above" },
		{ "10%:,8GiB", "'8GiB' alerts above, not below; use 8GiB: for below or ~:8GiB for above" },
		{ "@10:20", "a range needs % or a unit of size: 10%:,8GiB:" },
		{ "1h:", "a range needs % or a unit of size: 10%:,8GiB:" },
		{ "10%:,5%:", "two ranges of the same kind; repeat the option to add a limit" },
		{ "10%:,", "the range is empty" },
		{ "", "the range is empty" },
		{ "20:10%", "start 20 is above end 10%" },
		{ "1111111111111111111111111111111111111111111111111111111111111111111111%:",
		  "the range is too long" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct plugin_limits limits = parse((const char *const[]){ "10%:" }, 1);
		TEXT_ON_STACK(error, 256);

		assert_int_equal(plugin_option_limits(rows[i].value, &limits, &error), -EINVAL);
		assert_string_equal(error.data, rows[i].error);
		assert_int_equal(limits.count, 1);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_ranges_of_one_limit_or_any_of_several_limits_alert),
		cmocka_unit_test(range_in_bytes_is_equivalent_or_unset),
		cmocka_unit_test(crossed_limits_are_printed),
		cmocka_unit_test(huge_percentage_is_not_clamped),
		cmocka_unit_test(default_limit_alerts_and_an_empty_list_never_does),
		cmocka_unit_test(refused_limit_gives_a_reason_and_changes_nothing),
	};

	return cmocka_run_group_tests_name("plugin/limits", tests, NULL, NULL);
}
