/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

#include <errno.h>
#include <string.h>

#include "base/boot_id.h"
#include "host_tree.h"

static void boot_id_is_parsed_with_and_without_dashes(void **state)
{
	static const uint8_t expected[16] = { 0x6f, 0x1c, 0x2d, 0x3e, 0x4a, 0x5b, 0x6c, 0x7d,
					      0x8e, 0x9f, 0x00, 0x11, 0x22, 0x33, 0x44, 0xff };
	static const struct {
		const char *text;
		int result;
	} rows[] = {
		{ "6f1c2d3e-4a5b-6c7d-8e9f-0011223344ff", 0 },
		{ "6f1c2d3e4a5b6c7d8e9f0011223344ff", 0 },
		{ "6f1c2d3e4a5b6c7d8e9f0011223344f", -EINVAL },
		{ "6f1c2d3e4a5b6c7d8e9f0011223344ff0", -EINVAL },
		{ "6f1c2d3e4a5b6c7d8e9f0011223344fg", -EINVAL },
		{ "", -EINVAL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uint8_t id[16] = { 0 };

		assert_int_equal(boot_id_parse(rows[i].text, strlen(rows[i].text), id), rows[i].result);
		if (rows[i].result == 0)
			assert_memory_equal(id, expected, sizeof(id));
	}
}

static void printing_a_boot_id_reverses_parsing(void **state)
{
	static const char text[] = "6f1c2d3e4a5b6c7d8e9f0011223344ff";
	char printed[BOOT_ID_TEXT_MAX];
	uint8_t id[16];

	(void)state;
	assert_int_equal(boot_id_parse(text, strlen(text), id), 0);
	boot_id_print(id, printed);
	assert_string_equal(printed, text);
}

static void current_boot_id_is_read_or_an_error_is_returned(void **state)
{
	static const struct {
		const char *content; /* NULL: no file */
		int result;
	} rows[] = {
		{ "12237401-aa9c-4b34-bf70-363244b75367\n", 0 },
		{ "12237401-aa9c-4b34-bf70-363244b75367", 0 },
		{ NULL, -ENOENT },
		{ "", -EINVAL },
		{ "12237401-aa9c\n", -EINVAL },
	};
	static const uint8_t first[4] = { 0x12, 0x23, 0x74, 0x01 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uint8_t id[16] = { 0 };
		struct tree tree;

		tree_make(&tree);
		if (rows[i].content)
			tree_put(&tree, "/proc/sys/kernel/random/boot_id", rows[i].content);
		assert_int_equal(boot_id_read(&tree.roots, id), rows[i].result);
		if (rows[i].result == 0)
			assert_memory_equal(id, first, sizeof(first));
		tree_remove(&tree);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(boot_id_is_parsed_with_and_without_dashes),
		cmocka_unit_test(printing_a_boot_id_reverses_parsing),
		cmocka_unit_test(current_boot_id_is_read_or_an_error_is_returned),
	};

	return cmocka_run_group_tests_name("boot_id", tests, NULL, NULL);
}
