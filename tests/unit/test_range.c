/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

#include "plugin/range.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#define KIB 1024.0
#define GIB 1073741824.0

static struct plugin_range range_of(const char *string)
{
	struct plugin_range range = { 0 };

	TEXT_ON_STACK(error, 128);
	if (plugin_range_parse(string, &range, &error) < 0)
		fail_msg("%s: %s", string, error.data);
	return range;
}

static void ranges_of_the_guidelines_are_parsed_with_units(void **state)
{
	static const struct {
		const char *string;
		bool inside;
		double start, end;
		enum number_dimension dimension;
		const char *printed; /* in perfdata */
	} cases[] = {
		{ "10", false, 0, 10, NUMBER_PLAIN, "10" },
		{ "0", false, 0, 0, NUMBER_PLAIN, "0" },
		{ "10:", false, 10, INFINITY, NUMBER_PLAIN, "10:" },
		{ "~:10", false, -INFINITY, 10, NUMBER_PLAIN, "~:10" },
		{ "10:20", false, 10, 20, NUMBER_PLAIN, "10:20" },
		{ "@10:20", true, 10, 20, NUMBER_PLAIN, "@10:20" },
		{ "@10", true, 0, 10, NUMBER_PLAIN, "@10" },
		{ "0:10", false, 0, 10, NUMBER_PLAIN, "10" },
		{ ":10", false, 0, 10, NUMBER_PLAIN, "10" },
		{ "~:", false, -INFINITY, INFINITY, NUMBER_PLAIN, "~:" },
		{ "@~:", true, -INFINITY, INFINITY, NUMBER_PLAIN, "@~:" },
		{ "0:", false, 0, INFINITY, NUMBER_PLAIN, "0:" },
		{ ":", false, 0, INFINITY, NUMBER_PLAIN, "0:" },
		{ "@:", true, 0, INFINITY, NUMBER_PLAIN, "@0:" },
		{ "-0:", false, 0, INFINITY, NUMBER_PLAIN, "0:" },
		{ "-0", false, 0, 0, NUMBER_PLAIN, "0" },
		{ "+5", false, 0, 5, NUMBER_PLAIN, "5" },
		{ "7:7", false, 7, 7, NUMBER_PLAIN, "7:7" },
		{ "-20:-10", false, -20, -10, NUMBER_PLAIN, "-20:-10" },
		{ "~:-0.5", false, -INFINITY, -0.5, NUMBER_PLAIN, "~:-0.5" },
		{ ".5", false, 0, 0.5, NUMBER_PLAIN, "0.5" },
		{ "9007199254740991:", false, 9007199254740991.0, INFINITY, NUMBER_PLAIN,
		  "9007199254740991:" },
		{ "5%:", false, 5, INFINITY, NUMBER_PERCENT, "5:" },
		{ "1.5%", false, 0, 1.5, NUMBER_PERCENT, "1.5" },
		{ "4GiB:", false, 4 * GIB, INFINITY, NUMBER_BYTES, "4294967296:" },
		{ "1:2GiB", false, GIB, 2 * GIB, NUMBER_BYTES, "1073741824:2147483648" },
		{ "4GiB:8GiB", false, 4 * GIB, 8 * GIB, NUMBER_BYTES, "4294967296:8589934592" },
		{ "512KiB:2GiB", false, 512 * KIB, 2 * GIB, NUMBER_BYTES, "524288:2147483648" },
		{ "~:2G", false, -INFINITY, 2 * GIB, NUMBER_BYTES, "~:2147483648" },
		{ ":1kB", false, 0, 1000, NUMBER_BYTES, "1000" },
		{ "@5:10min", true, 300, 600, NUMBER_SECONDS, "@300:600" },
		{ "250ms", false, 0, 0.25, NUMBER_SECONDS, "0.25" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct plugin_range range = range_of(cases[i].string);

		TEXT_ON_STACK(printed, 64);
		plugin_range_append(&printed, &range);
		assert_true(range.set);
		assert_int_equal(range.inside, cases[i].inside);
		assert_true(range.start == cases[i].start);
		assert_true(range.end == cases[i].end);
		assert_int_equal(range.dimension, cases[i].dimension);
		assert_string_equal(printed.data, cases[i].printed);
	}
}

static void wrong_range_gives_a_reason_and_changes_nothing(void **state)
{
	static const struct {
		const char *string, *error;
	} cases[] = {
		{ "", "the range is empty" },
		{ "@", "nothing follows the @" },
		{ "20:10", "start 20 is above end 10" },
		{ "-10", "start 0 is above end -10" },
		{ "2GiB:1GiB", "start 2GiB is above end 1GiB" },
		{ "3:2GiB", "start 3 is above end 2GiB" },
		{ "~", "'~' is not a number" },
		{ "10:~", "'~' is not a number" },
		{ "abc", "'abc' is not a number" },
		{ "nan", "'nan' is not a number" },
		{ "inf", "'inf' is not a number" },
		{ "-inf:", "'-inf' is not a number" },
		{ "--5", "'--5' is not a number" },
		{ " 5", "' 5' is not a number" },
		{ "@@5", "'@5' is not a number" },
		{ "5 ", "' ' is not a unit" },
		{ "1,5", "',5' is not a unit" },
		{ "1e3", "'e3' is not a unit" },
		{ "infinity:", "'infinity' is not a number" },
		{ "~:~", "'~' is not a number" },
		{ "@~", "'~' is not a number" },
		{ ".", "'.' is not a number" },
		{ "1.2.3", "'.3' is not a unit" },
		{ "0x10", "'x10' is not a unit" },
		{ "10kills", "'kills' is not a unit" },
		{ "10%%", "'%%' is not a unit" },
		{ "4GiB5", "'GiB5' is not a unit" },
		{ "1:2:3", "':3' is not a unit" },
		{ "1\n", "'\\x0a' is not a unit" },
		{ "1|", "'\\x7c' is not a unit" },
		{ "99999999999999999999", "'99999999999999999999' is too large" },
		{ "9000000PiB", "'9000000PiB' is too large" },
		{ "5%:10GiB", "start and end have different units" },
		{ "1GiB:2", "start has a unit, but end has none" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct plugin_range range = { .set = true, .start = 1, .end = 2 };

		TEXT_ON_STACK(error, 128);
		assert_int_equal(plugin_range_parse(cases[i].string, &range, &error), -EINVAL);
		assert_string_equal(error.data, cases[i].error);
		assert_true(range.set && range.start == 1 && range.end == 2);
	}
}

static void range_alerts_outside_or_with_an_at_sign_inside(void **state)
{
	static const struct {
		const char *range;
		double value;
		bool alerts;
	} cases[] = {
		{ "10", -0.001, true },
		{ "10", 0, false },
		{ "10", 10, false },
		{ "10", 10.001, true },
		{ "10:", 9.999, true },
		{ "10:", 10, false },
		{ "10:", 1e300, false },
		{ "~:10", -1e300, false },
		{ "~:10", 10, false },
		{ "~:10", 11, true },
		{ "10:20", 9, true },
		{ "10:20", 10, false },
		{ "10:20", 20, false },
		{ "10:20", 21, true },
		{ "@10:20", 9, false },
		{ "@10:20", 10, true },
		{ "@10:20", 20, true },
		{ "@10:20", 21, false },
		{ "~:", -1e300, false },
		{ "~:", 1e300, false },
		{ "@~:", 0, true },
		{ "0", 0, false },
		{ "0", 1, true },
		{ "@0", 0, true },
		{ "@0", 1, false },
		{ "5%:", 4.9, true },
		{ "5%:", 5, false },
		{ "4GiB:", 4 * GIB - 1, true },
		{ "4GiB:", 4 * GIB, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct plugin_range range = range_of(cases[i].range);

		if (plugin_range_alerts(&range, cases[i].value) != cases[i].alerts)
			fail_msg("%s with %g", cases[i].range, cases[i].value);
	}
}

static void unset_range_neither_alerts_nor_prints(void **state)
{
	struct plugin_range range = { 0 };

	TEXT_ON_STACK(printed, 8);
	(void)state;
	plugin_range_append(&printed, &range);
	assert_string_equal(printed.data, "");
	assert_false(plugin_range_alerts(&range, 1));
}

static void critical_is_judged_before_warning(void **state)
{
	struct plugin_range warning = range_of("10"), critical = range_of("20"), unset = { 0 };

	(void)state;
	assert_int_equal(plugin_range_judge(&warning, &critical, 10), PLUGIN_OK);
	assert_int_equal(plugin_range_judge(&warning, &critical, 11), PLUGIN_WARNING);
	assert_int_equal(plugin_range_judge(&warning, &critical, 21), PLUGIN_CRITICAL);
	assert_int_equal(plugin_range_judge(&warning, NULL, 21), PLUGIN_WARNING);
	assert_int_equal(plugin_range_judge(NULL, &critical, 15), PLUGIN_OK);
	assert_int_equal(plugin_range_judge(&unset, &unset, 21), PLUGIN_OK);
}

static void unknown_value_is_unknown(void **state)
{
	struct plugin_range warning = range_of("10:");

	(void)state;
	assert_int_equal(plugin_range_judge(&warning, NULL, NAN), PLUGIN_UNKNOWN);
	assert_int_equal(plugin_range_judge(NULL, NULL, NAN), PLUGIN_UNKNOWN);
}

static void critical_and_warning_outweigh_unknown(void **state)
{
	static const enum plugin_state by_weight[] = { PLUGIN_OK, PLUGIN_UNKNOWN, PLUGIN_WARNING,
						       PLUGIN_CRITICAL };
	static const char *const names[] = { "OK", "UNKNOWN", "WARNING", "CRITICAL" };

	(void)state;
	for (size_t a = 0; a < ARRAY_SIZE(by_weight); a++) {
		assert_string_equal(plugin_state_name(by_weight[a]), names[a]);
		for (size_t b = 0; b < ARRAY_SIZE(by_weight); b++)
			assert_int_equal(plugin_state_worst(by_weight[a], by_weight[b]),
					 by_weight[a > b ? a : b]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ranges_of_the_guidelines_are_parsed_with_units),
		cmocka_unit_test(wrong_range_gives_a_reason_and_changes_nothing),
		cmocka_unit_test(range_alerts_outside_or_with_an_at_sign_inside),
		cmocka_unit_test(unset_range_neither_alerts_nor_prints),
		cmocka_unit_test(critical_is_judged_before_warning),
		cmocka_unit_test(unknown_value_is_unknown),
		cmocka_unit_test(critical_and_warning_outweigh_unknown),
	};

	return cmocka_run_group_tests_name("range", tests, NULL, NULL);
}
