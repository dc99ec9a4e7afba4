/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

#include "klog/host.h"

static void host_names_match_with_or_without_domain(void **state)
{
	static const char *const same[][2] = {
		{ "hv1", "hv1" },
		{ "hv1", "HV1" },
		{ "hv1", "hv1.example.net" },
		{ "hv1.example.net", "Hv1.Example.net" },
		{ "hv1.dc2", "hv1.dc2.example.net" },
		{ "hv1", "src@hv1/relay" },
		{ "src@hv1.example.net", "hv1/relay/other" },
		{ "192.0.2.7", "192.0.2.7" },
		{ "fe80::1", "FE80::1" },
	};
	static const char *const different[][2] = {
		{ "hv1", "hv10" },
		{ "hv1", "hv10.example.net" },
		{ "hv1", "hv" },
		{ "hv1.dc1.example.net", "hv1.dc2.example.net" },
		{ "hv1.example.net", "hv1.example.network" },
		{ "192.0.2", "192.0.2.7" },
		{ "192.0.2.7", "192.0.2.70" },
		{ "relay", "src@hv1/relay" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(same); i++) {
		assert_true(klog_host_same(same[i][0], same[i][1]));
		assert_true(klog_host_same(same[i][1], same[i][0]));
	}
	for (size_t i = 0; i < ARRAY_SIZE(different); i++) {
		assert_false(klog_host_same(different[i][0], different[i][1]));
		assert_false(klog_host_same(different[i][1], different[i][0]));
	}
}

static void localhost_and_the_like_are_no_names(void **state)
{
	static const char *const nameless[] = {
		NULL,         "",          "-",   "localhost", "localhost.localdomain",
		"localhost6", "127.0.0.1", "::1", "(none)",    "LOCALHOST"
	};
	static const char *const names[] = { "hv1",  "localhost1", "192.0.2.7", "127.0.0.1.example",
					     "none", "fe80::1" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(nameless); i++)
		assert_true(klog_host_is_nameless(nameless[i]));
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		assert_false(klog_host_is_nameless(names[i]));
}

static void addresses_are_recognised(void **state)
{
	(void)state;
	assert_true(klog_host_is_address("192.0.2.7"));
	assert_true(klog_host_is_address("fe80::1"));
	assert_false(klog_host_is_address("hv1"));
	assert_false(klog_host_is_address("10.example.net"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(host_names_match_with_or_without_domain),
		cmocka_unit_test(localhost_and_the_like_are_no_names),
		cmocka_unit_test(addresses_are_recognised),
	};

	return cmocka_run_group_tests_name("klog_host", tests, NULL, NULL);
}
