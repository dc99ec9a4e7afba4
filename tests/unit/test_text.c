/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

#include "base/text.h"

#include <string.h>

static void text_that_does_not_fit_is_cut_and_flagged(void **state)
{
	TEXT_ON_STACK(text, 8);

	(void)state;
	text_printf(&text, "%s", "1234");
	assert_false(text.truncated);
	text_printf(&text, "%s", "56789");
	assert_true(text.truncated);
	assert_string_equal(text.data, "1234567");
	text_append(&text, "x");
	assert_string_equal(text.data, "1234567");
}

static void cut_does_not_split_a_character(void **state)
{
	TEXT_ON_STACK(appended, 6);
	TEXT_ON_STACK(printed, 6);

	(void)state;
	text_append(&appended, "abcd\xc3\xa9");
	assert_string_equal(appended.data, "abcd");
	text_printf(&printed, "abcd%s", "\xe2\x82\xac");
	assert_string_equal(printed.data, "abcd");
}

static void untrusted_bytes_are_escaped(void **state)
{
	static const struct {
		const char *bytes;
		enum text_untrusted how;
		const char *shown;
	} rows[] = {
		{ "qemu-kvm", TEXT_ASCII, "qemu-kvm" },
		{ "a\nOut of memory", TEXT_ASCII, "a\\x0aOut of memory" },
		{ "|\"'\\;=,", TEXT_ASCII, "\\x7c\"'\\;=," },
		{ "\x1b[31m\a\t\rx\x7f", TEXT_ASCII, "\\x1b[31m\\x07\\x09\\x0dx\\x7f" },
		{ "machine-qemu\\x2d1.scope", TEXT_ASCII, "machine-qemu\\x2d1.scope" },
		{ "caf\xc3\xa9", TEXT_ASCII, "caf\\xc3\\xa9" },
		{ "caf\xc3\xa9", TEXT_UTF8, "caf\xc3\xa9" },
		{ "\xf0\x9f\x92\xa9", TEXT_UTF8, "\xf0\x9f\x92\xa9" },
		{ "\xff\xfe\x80", TEXT_UTF8, "\\xff\\xfe\\x80" },
		{ "\xc0\xaf", TEXT_UTF8, "\\xc0\\xaf" },
		{ "\xed\xa0\x80", TEXT_UTF8, "\\xed\\xa0\\x80" },
		{ "\xe2\x80\xae", TEXT_UTF8, "\\xe2\\x80\\xae" },
		{ "\xc2\x85", TEXT_UTF8, "\\xc2\\x85" },
		{ "caf\xc3", TEXT_UTF8, "caf\\xc3" },
		{ "a|\n", TEXT_UTF8 | TEXT_BAR, "a|\\x0a" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		TEXT_ON_STACK(text, 128);

		text_append_untrusted(&text, rows[i].bytes, strlen(rows[i].bytes), rows[i].how);
		assert_string_equal(text.data, rows[i].shown);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_that_does_not_fit_is_cut_and_flagged),
		cmocka_unit_test(cut_does_not_split_a_character),
		cmocka_unit_test(untrusted_bytes_are_escaped),
	};

	return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
