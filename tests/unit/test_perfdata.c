/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

#include "plugin/inside.h"
#include "plugin/plugin.h"

#include <limits.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "child.h"

static void numbers_have_no_exponent_and_no_trailing_zeros(void **state)
{
	static const struct {
		double value;
		const char *printed;
	} cases[] = {
		{ 0, "0" },
		{ -0.0, "0" },
		{ 1, "1" },
		{ -17, "-17" },
		{ 0.5, "0.5" },
		{ -0.25, "-0.25" },
		{ 9.3, "9.3" },
		{ 0.1 + 0.2, "0.3" },
		{ 100.0 / 3, "33.333333" },
		{ 0.000001, "0.000001" },
		{ 0.0000001, "0" },
		{ -0.0000001, "0" },
		{ 1.00001, "1.00001" },
		{ 0.9999999, "1" },
		{ 41.9999996, "42" },
		{ 67108864000.0, "67108864000" },
		{ 9007199254740991.0, "9007199254740991" },
		{ 9007199254740992.0, "9007199254740992" },
		{ 18446744073709551616.0, "18446744073709551616" },
		{ -1e22, "-10000000000000000000000" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		TEXT_ON_STACK(printed, 64);
		number_append_decimal(&printed, cases[i].value);
		assert_string_equal(printed.data, cases[i].printed);
	}
}

static void numbers_do_not_depend_on_the_locale(void **state)
{
	const char *build = getenv("BUILDDIR");
	char locales[PATH_MAX];
	char plain[16];

	(void)state;
	snprintf(locales, sizeof(locales), "%s/tests/locale", build ? build : ".");
	setenv("LOCPATH", locales, 1);
	if (!setlocale(LC_NUMERIC, "de_DE.UTF-8"))
		skip(); /* tests/local.mk could not create a locale with a decimal comma */
	snprintf(plain, sizeof(plain), "%.1f", 0.5);
	assert_string_equal(plain, "0,5"); /* the locale has a decimal comma */

	TEXT_ON_STACK(printed, 64);
	number_append_decimal(&printed, 0.5);
	setlocale(LC_NUMERIC, "C");
	assert_string_equal(printed.data, "0.5");
}

static struct plugin_range range_of(const char *string)
{
	struct plugin_range range = { 0 };

	TEXT_ON_STACK(error, 128);
	if (string && plugin_range_parse(string, &range, &error) < 0)
		fail_msg("%s: %s", string, error.data);
	return range;
}

static void metric_has_value_limits_and_bounds_in_one_unit(void **state)
{
	static const double zero = 0, hundred = 100, gib64 = 68719476736.0, infinite = INFINITY;
	static const struct {
		double value;
		const char *unit, *warning, *critical;
		const double *min, *max;
		const char *perfdata;
	} cases[] = {
		{ 1, "", "0", NULL, &zero, NULL, "m=1;0;;0" },
		{ 0, "", NULL, NULL, &zero, NULL, "m=0;;;0" },
		{ 3, "", NULL, NULL, NULL, NULL, "m=3" },
		{ 42, "c", NULL, "10", NULL, NULL, "m=42c;;10" },
		{ 9.3, "%", "10%:", "5:", &zero, &hundred, "m=9.3%;10:;5:;0;100" },
		{ 6335076761.0, "B", "8GiB:", "4GiB:", &zero, &gib64,
		  "m=6335076761B;8589934592:;4294967296:;0;68719476736" },
		{ 1.5, "s", "2ms", "@1:3", NULL, &infinite, "m=1.5s;0.002;@1:3" },
		/* A limit in percent does not apply to bytes. */
		{ 4096, "B", "10%:", "4GiB:", &zero, NULL, "m=4096B;;4294967296:;0" },
		{ 7, "%", "1GiB:", "5m", NULL, NULL, "m=7%" },
		{ 7, "", "5%", NULL, NULL, NULL, "m=7" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct plugin_range warning = range_of(cases[i].warning);
		struct plugin_range critical = range_of(cases[i].critical);
		struct plugin plugin;

		plugin_init(&plugin, "check_test", "TEST");
		plugin_perfdata(&plugin, "m", cases[i].value, cases[i].unit, &warning,
				cases[i].critical ? &critical : NULL, cases[i].min, cases[i].max);
		assert_string_equal(plugin.perfdata.data, cases[i].perfdata);
	}
}

static void unknown_metric_keeps_its_label_and_limits(void **state)
{
	static const double unknown = NAN, zero = 0;
	const struct plugin_range five = range_of("5");
	struct plugin plugin;

	(void)state;
	plugin_init(&plugin, "check_test", "TEST");
	plugin_perfdata(&plugin, "a", 1, "", NULL, NULL, NULL, NULL);
	plugin_perfdata(&plugin, "b", NAN, "%", &five, NULL, &zero, NULL);
	plugin_perfdata(&plugin, "c", INFINITY, "", NULL, NULL, NULL, NULL);
	plugin_perfdata(&plugin, "d", 2, "", NULL, NULL, &unknown, &unknown);
	assert_string_equal(plugin.perfdata.data, "a=1 b=U;5;;0 c=U d=2");
}

static void metric_that_does_not_fit_is_omitted(void **state)
{
	struct plugin plugin;
	const char *last;

	(void)state;
	plugin_init(&plugin, "check_test", "TEST");
	for (int i = 0; i < 2 * PLUGIN_PERFDATA_MAX; i++)
		plugin_perfdata(&plugin, "some_metric", 1234567, "B", NULL, NULL, NULL, NULL);
	last = strrchr(plugin.perfdata.data, ' ');
	assert_string_equal(last, " some_metric=1234567B");
	assert_in_range(plugin.perfdata.length, PLUGIN_PERFDATA_MAX - 1 - strlen(last),
			PLUGIN_PERFDATA_MAX - 1);
}

static void emit_label(const void *label)
{
	struct plugin plugin;

	plugin_init(&plugin, "check_test", "TEST");
	plugin_perfdata(&plugin, label, 1, "", NULL, NULL, NULL, NULL);
	_exit(0);
}

static void labels_are_lower_case_words(void **state)
{
	static const struct {
		const char *label;
		int status;
	} cases[] = {
		{ "oom_kills", 0 }, { "node0_available", 0 }, { "", -SIGABRT },    { "a b", -SIGABRT },
		{ "A", -SIGABRT },  { "x=y", -SIGABRT },      { "'x'", -SIGABRT },
	};
	struct child child;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		child_run(&child, emit_label, cases[i].label);
		assert_int_equal(child.status, cases[i].status);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_have_no_exponent_and_no_trailing_zeros),
		cmocka_unit_test(numbers_do_not_depend_on_the_locale),
		cmocka_unit_test(metric_has_value_limits_and_bounds_in_one_unit),
		cmocka_unit_test(unknown_metric_keeps_its_label_and_limits),
		cmocka_unit_test(metric_that_does_not_fit_is_omitted),
		cmocka_unit_test(labels_are_lower_case_words),
	};

	return cmocka_run_group_tests_name("perfdata", tests, NULL, NULL);
}
