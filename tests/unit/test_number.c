/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

#include "base/number.h"

#include <errno.h>
#include <string.h>

static void integer_overflow_is_an_error(void **state)
{
	uint64_t u;
	int64_t i;

	(void)state;
	assert_int_equal(number_parse_u64("18446744073709551615x", 21, &u), 20);
	assert_true(u == UINT64_MAX);
	assert_int_equal(number_parse_u64("18446744073709551616", 20, &u), -ERANGE);
	assert_int_equal(number_parse_u64("12", 1, &u), 1);
	assert_int_equal(u, 1);
	assert_int_equal(number_parse_u64("", 0, &u), -EINVAL);
	assert_int_equal(number_parse_u64("-1", 2, &u), -EINVAL);
	assert_int_equal(number_parse_i64("-9223372036854775808", 20, &i), 20);
	assert_true(i == INT64_MIN);
	assert_int_equal(number_parse_i64("9223372036854775808", 19, &i), -ERANGE);
	assert_int_equal(number_parse_hex("0x140dca(", 9, &u), 8);
	assert_int_equal(u, 0x140dca);
}

static void sizes_and_durations_are_parsed(void **state)
{
	static const struct {
		const char *text;
		int result;
		uint64_t bytes;
	} sizes[] = {
		{ "512", 0, 512 },     { "4GiB", 0, 4ULL << 30 }, { "4G", 0, 4ULL << 30 },
		{ "1.5kB", 0, 1500 },  { "4gib", -EINVAL, 0 },    { "-1", -EINVAL, 0 },
		{ "1e3", -EINVAL, 0 }, { "4GiB ", -EINVAL, 0 },   { "9000000000000000000", -ERANGE, 0 },
	};
	static const struct {
		const char *text;
		int result;
		int64_t usec;
	} durations[] = {
		{ "90", 0, 90000000 },     { "24h", 0, 86400000000 }, { "7d", 0, 604800000000 },
		{ "1.5h", 0, 5400000000 }, { "15min", 0, 900000000 }, { "24x", -EINVAL, 0 },
		{ "", -EINVAL, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		uint64_t bytes = 0;

		assert_int_equal(number_parse_bytes(sizes[i].text, &bytes), sizes[i].result);
		assert_true(bytes == sizes[i].bytes);
	}
	for (size_t i = 0; i < ARRAY_SIZE(durations); i++) {
		int64_t usec = 0;

		assert_int_equal(number_parse_duration(durations[i].text, &usec), durations[i].result);
		assert_true(usec == durations[i].usec);
	}
}

static void sizes_and_durations_are_printed(void **state)
{
	static const struct {
		uint64_t bytes;
		const char *shown;
	} sizes[] = {
		{ 0, "0 B" },
		{ 1023, "1023 B" },
		{ 1024, "1 KiB" },
		{ 524288, "512 KiB" },
		{ 1048064, "1.0 MiB" },
		{ 25100288, "23.9 MiB" },
		{ 16177283072, "15.1 GiB" },
		{ 107374182400, "100 GiB" },
		{ UINT64_MAX, "16.0 EiB" },
	};
	static const struct {
		int64_t seconds;
		const char *shown;
	} durations[] = {
		{ 0, "0 s" },       { 1, "1 s" },      { 90, "90 s" },       { 120, "2 min" },
		{ 5400, "90 min" }, { 86400, "24 h" }, { 259200, "3 days" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		TEXT_ON_STACK(text, 32);
		number_append_bytes(&text, sizes[i].bytes);
		assert_string_equal(text.data, sizes[i].shown);
	}
	for (size_t i = 0; i < ARRAY_SIZE(durations); i++) {
		TEXT_ON_STACK(text, 32);
		number_append_duration(&text, durations[i].seconds * 1000000);
		assert_string_equal(text.data, durations[i].shown);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(integer_overflow_is_an_error),
		cmocka_unit_test(sizes_and_durations_are_parsed),
		cmocka_unit_test(sizes_and_durations_are_printed),
	};

	return cmocka_run_group_tests_name("number", tests, NULL, NULL);
}
