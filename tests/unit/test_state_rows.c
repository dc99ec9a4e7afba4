/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "state/rows.h"

static void string_is_restored(void **data)
{
	static const struct {
		const char *string, *row;
	} cases[] = {
		{ "instance-0000002a", "vm instance-0000002a 7\n" },
		{ "", "vm  7\n" },
		{ " ", "vm \\x20 7\n" },
		{ "web 01", "vm web\\x2001 7\n" },
		{ "a\nb", "vm a\\x0ab 7\n" },
		{ "\\x20", "vm \\x5cx20 7\n" },
		{ "machine-qemu\\x2d1.scope", "vm machine-qemu\\x5cx2d1.scope 7\n" },
		{ "caf\xc3\xa9 \xff|\x7f", "vm caf\\xc3\\xa9\\x20\\xff|\\x7f 7\n" },
	};

	(void)data;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		TEXT_ON_STACK(text, 256);
		struct rows_row row;
		int64_t number;

		rows_begin(&text, "vm");
		rows_string(&text, cases[i].string);
		rows_number(&text, 7);
		rows_end(&text);
		assert_string_equal(text.data, cases[i].row);

		char *cursor = text.data;
		assert_int_equal(rows_next(&cursor, &row), 1);
		assert_int_equal(row.count, 3);
		assert_string_equal(row.fields[0], "vm");
		assert_string_equal(row.fields[1], cases[i].string);
		assert_int_equal(rows_get_number(&row, 2, &number), 0);
		assert_int_equal(number, 7);
		assert_int_equal(rows_next(&cursor, &row), 0);
	}
}

static void number_must_be_a_whole_field(void **data)
{
	static const struct {
		const char *field;
		int r;
		int64_t number;
	} cases[] = {
		{ "0", 0, 0 },
		{ "9223372036854775807", 0, INT64_MAX },
		{ "-9223372036854775808", 0, INT64_MIN },
		{ "9223372036854775808", -ERANGE, 0 },
		{ "12x", -EINVAL, 0 },
		{ "x", -EINVAL, 0 },
		{ "", -EINVAL, 0 },
	};

	(void)data;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct rows_row row = { .count = 2, .fields = { "key", cases[i].field } };
		int64_t number = 42;

		assert_int_equal(rows_get_number(&row, 1, &number), cases[i].r);
		assert_int_equal(number, cases[i].r == 0 ? cases[i].number : 42);
	}
}

static void number_of_any_size_is_restored(void **data)
{
	static const int64_t numbers[] = { INT64_MIN, -1, 0, 1, INT64_MAX };

	(void)data;
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		TEXT_ON_STACK(text, 64);
		struct rows_row row;
		int64_t number;

		rows_begin(&text, "n");
		rows_number(&text, numbers[i]);
		rows_end(&text);
		char *cursor = text.data;
		assert_int_equal(rows_next(&cursor, &row), 1);
		assert_int_equal(rows_get_number(&row, 1, &number), 0);
		assert_int_equal(number, numbers[i]);
	}
}

static void missing_field_is_empty_and_not_a_number(void **data)
{
	struct rows_row row = { .count = 1, .fields = { "key" } };
	int64_t number;

	(void)data;
	assert_string_equal(rows_get_string(&row, 1), "");
	assert_int_equal(rows_get_number(&row, 1, &number), -EINVAL);
}

static void malformed_row_is_skipped(void **data)
{
	static const char *const rows[] = {
		"a \\\n",
		"a \\x\n",
		"a \\x4\n",
		"a \\xzz\n",
		"a \\x4G\n",
		"a \\x00\n",
		"a \\X41\n",
		"a \\n41\n",
		"1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32 33\n",
	};

	(void)data;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char text[256];
		char *cursor = text;
		struct rows_row row;

		snprintf(text, sizeof(text), "%snext 1\n", rows[i]);
		assert_int_equal(rows_next(&cursor, &row), -EBADMSG);
		assert_int_equal(rows_next(&cursor, &row), 1);
		assert_string_equal(row.fields[0], "next");
		assert_int_equal(rows_next(&cursor, &row), 0);
	}
}

static void row_without_a_newline_is_an_error(void **data)
{
	char text[] = "first 1\nsecond 2";
	char *cursor = text;
	struct rows_row row;

	(void)data;
	assert_int_equal(rows_next(&cursor, &row), 1);
	assert_int_equal(rows_next(&cursor, &row), -EBADMSG);
	assert_int_equal(rows_next(&cursor, &row), 0);
}

static void row_that_does_not_fit_is_removed(void **data)
{
	char buffer[16];
	struct text text;
	size_t end = 0;

	(void)data;
	text_init(&text, buffer, sizeof(buffer));
	rows_begin(&text, "a");
	rows_end(&text);
	assert_true(rows_keep_whole(&text, &end));
	rows_begin(&text, "b");
	rows_string(&text, "too long to fit");
	rows_end(&text);
	assert_false(rows_keep_whole(&text, &end));
	assert_string_equal(text.data, "a\n");
	assert_int_equal(text.length, 2);
	rows_begin(&text, "c");
	rows_end(&text);
	assert_true(rows_keep_whole(&text, &end));
	assert_string_equal(text.data, "a\nc\n");
}

static void small_number_out_of_bounds_is_0(void **data)
{
	char text[] = "key 0 3 4 -1 x\n";
	static const int64_t expected[] = { 0, 3, 0, 0, 0, 0 };
	char *cursor = text;
	struct rows_row row;

	(void)data;
	assert_int_equal(rows_next(&cursor, &row), 1);
	for (size_t i = 0; i < ARRAY_SIZE(expected); i++)
		assert_int_equal(rows_get_small(&row, i + 1, 3), expected[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(string_is_restored),
		cmocka_unit_test(number_must_be_a_whole_field),
		cmocka_unit_test(number_of_any_size_is_restored),
		cmocka_unit_test(missing_field_is_empty_and_not_a_number),
		cmocka_unit_test(malformed_row_is_skipped),
		cmocka_unit_test(row_without_a_newline_is_an_error),
		cmocka_unit_test(row_that_does_not_fit_is_removed),
		cmocka_unit_test(small_number_out_of_bounds_is_0),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
