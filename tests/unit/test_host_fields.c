/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

#include <errno.h>
#include <string.h>

#include "host/fields.h"

struct numbers {
	uint64_t first, second, third;
};

#define FIELD(name, member, required)                            \
	{                                                        \
		name, offsetof(struct numbers, member), required \
	}

static const struct host_field fields[] = {
	FIELD("First", first, true),
	FIELD("Second(file)", second, false),
	FIELD("Third", third, false),
};

struct row {
	const char *text;
	int result;
	struct numbers numbers;
	const char *why;
};

static void assert_rows(enum host_format format, const char *prefix, const struct row *rows, size_t count)
{
	const struct host_table table = { format, fields, ARRAY_SIZE(fields) };

	for (size_t i = 0; i < count; i++) {
		struct numbers numbers = { 0 };
		TEXT_ON_STACK(why, 128);
		int r = host_fields_parse(&table, prefix, rows[i].text, strlen(rows[i].text), &numbers, &why);

		assert_string_equal(why.data, rows[i].why ? rows[i].why : "");
		assert_int_equal(r, rows[i].result);
		if (r < 0)
			continue;
		assert_true(numbers.first == rows[i].numbers.first);
		assert_true(numbers.second == rows[i].numbers.second);
		assert_true(numbers.third == rows[i].numbers.third);
	}
}

static void absent_line_is_not_zero(void **state)
{
	static const struct row rows[] = {
		{ "First: 1 kB\nSecond(file): 2 kB\nThird: 3\n", 0, { 1, 2, 3 }, NULL },
		{ "First: 0 kB\n", 0, { 0, HOST_ABSENT, HOST_ABSENT }, NULL },
		{ "First:\t7\t8\t9\n", 0, { 7, HOST_ABSENT, HOST_ABSENT }, NULL },
		/* another kernel's order, unknown lines, names with a common start */
		{ "Third: 3\nOther: x\nFirst: 1\nFirstborn: 9\nFir: 9\n\nno colon\n",
		  0,
		  { 1, HOST_ABSENT, 3 },
		  NULL },
		{ "First: 9007199254740992 kB\n", 0, { 9007199254740992, HOST_ABSENT, HOST_ABSENT }, NULL },
	};

	(void)state;
	assert_rows(HOST_COLON, "", rows, ARRAY_SIZE(rows));
}

static void malformed_number_is_an_error(void **state)
{
	static const struct row rows[] = {
		{ "First: 1 kB", -EBADMSG, { 0 }, "truncated: the last line is incomplete" },
		{ "", -EBADMSG, { 0 }, "First is missing" },
		{ "Third: 1\n", -EBADMSG, { 0 }, "First is missing" },
		{ "First:\n", -EBADMSG, { 0 }, "First is not a number" },
		{ "First: -1\n", -EBADMSG, { 0 }, "First is not a number" },
		{ "First: 1x\n", -EBADMSG, { 0 }, "First is not a number" },
		{ "First: 9007199254740993\n", -ERANGE, { 0 }, "First is too large" },
		{ "First: 99999999999999999999\n", -ERANGE, { 0 }, "First is too large" },
	};

	(void)state;
	assert_rows(HOST_COLON, "", rows, ARRAY_SIZE(rows));
}

static void each_format_has_its_separators(void **state)
{
	static const struct row colon[] = { { "Node 1 First: 5 kB\nNode 11 Third: 6 kB\nThird: 7\n",
					      0,
					      { 5, HOST_ABSENT, HOST_ABSENT },
					      NULL } };
	static const struct row space[] = {
		{ "First 5\nThird 6\nSecond 7\n", 0, { 5, HOST_ABSENT, 6 }, NULL }
	};
	static const struct row kstat[] = {
		{ "1 1 0x01 3\nname   type data\nFirst   4    5\nThird 4 6\n",
		  0,
		  { 5, HOST_ABSENT, 6 },
		  NULL },
		{ "First 4\n", -EBADMSG, { 0 }, "First is not a number" },
	};

	(void)state;
	assert_rows(HOST_COLON, "Node 1 ", colon, ARRAY_SIZE(colon));
	assert_rows(HOST_SPACE, "", space, ARRAY_SIZE(space));
	assert_rows(HOST_KSTAT, "", kstat, ARRAY_SIZE(kstat));
}

static void line_with_a_nul_byte_is_ignored(void **state)
{
	static const char text[] = "First: 1\nSecond(file)\0: 5\nThird\0: 6\n";
	const struct host_table table = HOST_TABLE(HOST_COLON, fields);
	struct numbers numbers;
	TEXT_ON_STACK(why, 128);

	(void)state;
	assert_int_equal(host_fields_parse(&table, "", text, sizeof(text) - 1, &numbers, &why), 0);
	assert_true(numbers.second == HOST_ABSENT && numbers.third == HOST_ABSENT);
}

static void single_number_file_is_parsed(void **state)
{
	static const struct {
		const char *text;
		int result;
		uint64_t number;
	} rows[] = {
		{ "0\n", 0, 0 },           { "4096\n", 0, 4096 },
		{ "4096", -EBADMSG, 0 },   { "", -EBADMSG, 0 },
		{ "\n", -EBADMSG, 0 },     { "max\n", -EBADMSG, 0 },
		{ "1\n2\n", -EBADMSG, 0 }, { "18446744073709551616\n", -ERANGE, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uint64_t number = 0;

		assert_int_equal(host_number_parse(rows[i].text, strlen(rows[i].text), &number),
				 rows[i].result);
		assert_int_equal(number, rows[i].number);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(absent_line_is_not_zero),
		cmocka_unit_test(malformed_number_is_an_error),
		cmocka_unit_test(each_format_has_its_separators),
		cmocka_unit_test(line_with_a_nul_byte_is_ignored),
		cmocka_unit_test(single_number_file_is_parsed),
	};

	return cmocka_run_group_tests_name("host/fields", tests, NULL, NULL);
}
