/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

#include "base/library.h"

#include <errno.h>
#include <math.h>

struct functions {
	__typeof__(cos) *cosine;
	__typeof__(sqrt) *root;
};

static const struct library_symbol symbols[] = {
	LIBRARY_SYMBOL(struct functions, cosine, "cos"),
	LIBRARY_SYMBOL(struct functions, root, "sqrt"),
};

static void functions_of_a_library_can_be_called(void **state)
{
	struct functions functions = { 0 };
	void *handle = NULL;

	(void)state;
	assert_int_equal(library_open(&handle, "libm.so.6", symbols, ARRAY_SIZE(symbols), &functions), 0);
	assert_true(functions.root(81) > 8.99 && functions.root(81) < 9.01);
	assert_true(functions.cosine(0) > 0.99);
	library_close(handle);
}

static void missing_libraries_and_symbols_are_told_apart(void **state)
{
	static const struct library_symbol newer[] = {
		LIBRARY_SYMBOL(struct functions, cosine, "cos"),
		LIBRARY_SYMBOL(struct functions, root, "function_of_a_later_release"),
	};
	static const struct {
		const char *soname;
		const struct library_symbol *symbols;
		int result;
	} rows[] = {
		{ "libnotinstalled.so.7", symbols, -ELIBACC },
		{ "libm.so.6", newer, -ENOSYS },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct functions functions;
		void *handle = NULL;

		assert_int_equal(library_open(&handle, rows[i].soname, rows[i].symbols, 2, &functions),
				 rows[i].result);
		assert_null(handle);
		library_close(handle);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(functions_of_a_library_can_be_called),
		cmocka_unit_test(missing_libraries_and_symbols_are_told_apart),
	};

	return cmocka_run_group_tests_name("library", tests, NULL, NULL);
}
