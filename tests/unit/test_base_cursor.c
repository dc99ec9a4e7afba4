/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

#include "base/cursor.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* A page of text that ends where memory ends: reading on is a SIGSEGV. */
static char *last_page;
static size_t page_size;

static int map_pages(void **state)
{
	(void)state;
	page_size = (size_t)sysconf(_SC_PAGESIZE);
	last_page = mmap(NULL, 2 * page_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return last_page == MAP_FAILED || mprotect(last_page + page_size, page_size, PROT_NONE) < 0 ? -1 : 0;
}

static struct cursor at_the_edge(const char *text, size_t length)
{
	char *start = last_page + page_size - length;

	memcpy(start, text, length);
	return (struct cursor){ start, start + length };
}

static struct cursor edge(const char *string)
{
	return at_the_edge(string, strlen(string));
}

static void numbers_are_taken_as_a_whole_or_not_at_all(void **state)
{
	static const struct {
		const char *text;
		int64_t value; /* -1: none */
		size_t left;
	} cases[] = {
		{ "", -1, 0 },
		{ "x1", -1, 2 },
		{ "-1", -1, 2 },
		{ "+1", -1, 2 },
		{ " 1", -1, 2 },
		{ "0", 0, 0 },
		{ "0x10", 0, 3 },
		{ "12kB", 12, 2 },
		{ "9223372036854775807", INT64_MAX, 0 },
		{ "9223372036854775808", -1, 19 },
		{ "18446744073709551616,", -1, 21 },
		{ "00000000000000000000000000000000007]", 7, 1 },
		{ "99999999999999999999999999999999999999999999", -1, 44 },
		{ "1.5", 1, 2 },
		{ "\xD9\xA3", -1, 2 }, /* a digit, but not of ASCII */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct cursor cursor = edge(cases[i].text);
		int64_t value = -1;

		assert_int_equal(cursor_take_number(&cursor, &value), cases[i].value >= 0);
		assert_true(value == cases[i].value);
		assert_int_equal(cursor_left(&cursor), cases[i].left);
	}
}

static void numbers_keep_their_limits(void **state)
{
	struct cursor cursor = edge("18446744073709551615");
	uint64_t value = 7;
	int64_t number = 7;

	(void)state;
	assert_false(cursor_take_u64(&cursor, UINT64_MAX - 1, &value));
	assert_true(value == 7 && cursor_left(&cursor) == 20);
	assert_true(cursor_take_u64(&cursor, UINT64_MAX, &value));
	assert_true(value == UINT64_MAX && cursor.at == cursor.end);

	cursor = edge("-1000x");
	assert_false(cursor_take_i64(&cursor, -999, 1000, &number));
	assert_true(number == 7 && cursor_left(&cursor) == 6);
	assert_true(cursor_take_i64(&cursor, -1000, 1000, &number));
	assert_true(number == -1000 && cursor_equals(&cursor, "x"));
	cursor = edge("-");
	assert_false(cursor_take_i64(&cursor, INT64_MIN, INT64_MAX, &number));
	cursor = edge("--1");
	assert_false(cursor_take_i64(&cursor, INT64_MIN, INT64_MAX, &number));
	cursor = edge("-9223372036854775808");
	assert_true(cursor_take_i64(&cursor, INT64_MIN, INT64_MAX, &number));
	assert_true(number == INT64_MIN);
}

static void digits_are_counted(void **state)
{
	static const struct {
		const char *text;
		size_t least, most;
		int64_t value; /* -1: none */
	} cases[] = {
		{ "", 1, 2, -1 },
		{ "5", 2, 2, -1 },
		{ "05", 2, 2, 5 },
		{ "005", 2, 2, -1 },
		{ "05:", 1, 2, 5 },
		{ "a", 0, 2, 0 },
		{ "999999999999999999", 1, 18, 999999999999999999 },
		{ "9999999999999999999", 1, 18, -1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct cursor cursor = edge(cases[i].text);
		const size_t digits = cursor_digits(&cursor), left = cursor_left(&cursor);
		int64_t value = -1;

		assert_int_equal(cursor_take_digits(&cursor, cases[i].least, cases[i].most, &value),
				 cases[i].value >= 0);
		assert_true(value == cases[i].value);
		assert_int_equal(cursor_left(&cursor), value < 0 ? left : left - digits);
	}
}

static void strings_are_compared_within_the_text(void **state)
{
	struct cursor cursor = edge("total-vm:");

	(void)state;
	assert_false(cursor_starts(&cursor, "total-vm:1kB"));
	assert_false(cursor_ends(&cursor, "(x) total-vm:"));
	assert_false(cursor_equals(&cursor, "total-vm"));
	assert_false(cursor_take(&cursor, "total-vm: "));
	assert_int_equal(cursor_left(&cursor), 9);
	assert_true(cursor_take_end(&cursor, ":"));
	assert_false(cursor_take_end(&cursor, ":"));
	assert_true(cursor_take(&cursor, "total"));
	assert_true(cursor_take_byte(&cursor, '-'));
	assert_false(cursor_take_byte(&cursor, '-'));
	assert_true(cursor_equals(&cursor, "vm"));
	assert_int_equal(cursor_peek(&cursor, 1), 'm');
	assert_int_equal(cursor_peek(&cursor, 2), '\0');
	assert_int_equal(cursor_peek(&cursor, SIZE_MAX), '\0');
	cursor = edge("");
	assert_true(cursor_starts(&cursor, "") && cursor_equals(&cursor, ""));
	assert_false(cursor_take_byte(&cursor, '\0'));
}

static void a_nul_is_a_byte(void **state)
{
	struct cursor cursor = at_the_edge("a\0b\0c", 5), part;

	(void)state;
	assert_false(cursor_equals(&cursor, "a"));
	assert_int_equal(cursor_word(&cursor), 5);
	assert_true(cursor_find(&cursor, "c") == cursor.end - 1);
	assert_true(cursor_take_until(&cursor, '\0', &part));
	assert_true(cursor_equals(&part, "a"));
	assert_true(cursor_take_byte(&cursor, 'b'));
	assert_true(cursor_take_byte(&cursor, '\0'));
}

static void the_first_and_the_last_occurrence_are_found(void **state)
{
	struct cursor cursor = edge("a) b) c)");

	(void)state;
	assert_true(cursor_find(&cursor, ")") == cursor.at + 1);
	assert_true(cursor_find_last(&cursor, ") ") == cursor.at + 4);
	assert_true(cursor_find_last(&cursor, ")") == cursor.end - 1);
	assert_true(cursor_find_last(&cursor, "a) b) c)") == cursor.at);
	assert_null(cursor_find(&cursor, ") d"));
	assert_null(cursor_find_last(&cursor, "a) b) c) "));
	cursor = edge("aaaa");
	assert_true(cursor_find_last(&cursor, "aaa") == cursor.at + 1);
	cursor = edge("");
	assert_null(cursor_find(&cursor, ")"));
	assert_null(cursor_find_last(&cursor, ")"));
}

static void blanks_are_spaces_and_tabs(void **state)
{
	struct cursor cursor = edge(" \t\nword rest");

	(void)state;
	assert_true(cursor_take_blanks(&cursor));
	assert_false(cursor_take_blanks(&cursor));
	assert_true(cursor_take_byte(&cursor, '\n'));
	assert_int_equal(cursor_word(&cursor), 4);
	cursor = edge(" \t ");
	assert_int_equal(cursor_word(&cursor), 0);
	assert_true(cursor_take_blanks(&cursor));
	assert_true(cursor.at == cursor.end);
}

static void parts_are_taken_in_order(void **state)
{
	static const char *const expected[] = { "", "a", "", "b" };
	struct cursor cursor = edge(",a,,b"), lines, part;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(expected); i++) {
		assert_true(cursor_take_part(&cursor, ',', &part));
		assert_true(cursor_equals(&part, expected[i]));
	}
	assert_false(cursor_take_part(&cursor, ',', &part));
	lines = edge("1\n\n2");
	assert_true(cursor_take_until(&lines, '\n', &part) && cursor_equals(&part, "1"));
	assert_true(cursor_take_until(&lines, '\n', &part) && cursor_equals(&part, ""));
	assert_false(cursor_take_until(&lines, '\n', &part));
	assert_true(cursor_equals(&lines, "2"));
}

static void trimming_ends_at_the_other_end(void **state)
{
	static const struct {
		const char *text, *trimmed;
	} cases[] = {
		{ "", "" }, { " \t ", "" }, { "\r\n", "" }, { "\n a b \t\r\n", "\n a b" }, { "  x", "x" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct cursor text = edge(cases[i].text);
		const struct cursor trimmed = cursor_trimmed(text.at, cursor_left(&text));

		assert_true(cursor_equals(&trimmed, cases[i].trimmed));
	}
}

static void a_copy_is_terminated_and_cut_between_characters(void **state)
{
	const struct cursor none = { NULL, NULL };
	struct cursor cursor = edge("Mai \xE2\x82\xAC");
	char buffer[8] = "before";

	(void)state;
	assert_true(cursor_copy(&cursor, buffer, sizeof(buffer)));
	assert_string_equal(buffer, "Mai \xE2\x82\xAC");
	assert_false(cursor_copy(&cursor, buffer, 7));
	assert_string_equal(buffer, "Mai ");
	assert_false(cursor_copy(&cursor, buffer, 1));
	assert_string_equal(buffer, "");
	assert_true(cursor_copy(&none, buffer, sizeof(buffer)));
	assert_string_equal(buffer, "");
	assert_true(cursor_left(&none) == 0 && cursor_equals(&none, ""));
}

/* Any bytes: no function reads outside, and none moves the cursor backwards. */
static void random_bytes_are_survived(void **state)
{
	static const char alphabet[] = "0123456789 \t\n,:)(-+ab\0\xFF\xC3";

	(void)state;
	srand(1);
	for (int round = 0; round < 20000; round++) {
		char bytes[24], buffer[4];
		const size_t length = (size_t)rand() % (sizeof(bytes) + 1);
		int64_t number;
		uint64_t u;
		struct cursor part;

		for (size_t i = 0; i < length; i++)
			bytes[i] = alphabet[(size_t)rand() % (sizeof(alphabet) - 1)];
		struct cursor cursor = at_the_edge(bytes, length);
		while (cursor.at < cursor.end) {
			const struct cursor before = cursor;
			bool taken = false;

			switch (rand() % 8) {
			case 0:
				taken = cursor_take_number(&cursor, &number);
				break;
			case 1:
				taken = cursor_take_u64(&cursor, 100, &u);
				break;
			case 2:
				taken = cursor_take_i64(&cursor, -9, 9, &number);
				break;
			case 3:
				taken = cursor_take_digits(&cursor, 1, 3, &number);
				break;
			case 4:
				taken = cursor_take_blanks(&cursor);
				break;
			case 5:
				taken = cursor_take_until(&cursor, ',', &part);
				break;
			case 6:
				taken = cursor_take(&cursor, "ab") || cursor_take_end(&cursor, ")");
				break;
			default:
				taken = cursor_take_byte(&cursor, *cursor.at);
			}
			assert_true(cursor.at >= before.at && cursor.end <= before.end &&
				    cursor.at <= cursor.end);
			assert_int_equal(taken, cursor_left(&cursor) < cursor_left(&before));
			cursor_copy(&cursor, buffer, sizeof(buffer));
			(void)cursor_find_last(&cursor, "))");
			(void)cursor_find(&cursor, "))");
			(void)cursor_word(&cursor);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_taken_as_a_whole_or_not_at_all),
		cmocka_unit_test(numbers_keep_their_limits),
		cmocka_unit_test(digits_are_counted),
		cmocka_unit_test(strings_are_compared_within_the_text),
		cmocka_unit_test(a_nul_is_a_byte),
		cmocka_unit_test(the_first_and_the_last_occurrence_are_found),
		cmocka_unit_test(blanks_are_spaces_and_tabs),
		cmocka_unit_test(parts_are_taken_in_order),
		cmocka_unit_test(trimming_ends_at_the_other_end),
		cmocka_unit_test(a_copy_is_terminated_and_cut_between_characters),
		cmocka_unit_test(random_bytes_are_survived),
	};

	return cmocka_run_group_tests_name("base/cursor", tests, map_pages, NULL);
}
