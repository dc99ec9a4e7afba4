/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

#include "base/array.h"
#include "base/library.h"
#include "child.h"

#include <errno.h>
#include <math.h>
#include <sys/resource.h>

struct functions {
	__typeof__(cos) *cosine;
	__typeof__(sqrt) *root;
};

static const struct library_symbol symbols[] = {
	LIBRARY_SYMBOL(struct functions, cosine, "cos"),
	LIBRARY_SYMBOL(struct functions, root, "sqrt"),
};

static void library_functions_can_be_called(void **state)
{
	TEXT_ON_STACK(reason, 256);
	struct functions functions = { 0 };
	void *handle = NULL;

	(void)state;
	assert_int_equal(
		library_open(&handle, "libm.so.6", symbols, ARRAY_SIZE(symbols), &functions, &reason), 0);
	assert_true(functions.root(81) > 8.99 && functions.root(81) < 9.01);
	assert_true(functions.cosine(0) > 0.99);
	library_close(handle);
}

static void missing_library_and_missing_symbol_are_different_errors(void **state)
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
		{ "libnotinstalled.so.7", symbols, -ENOENT },
		{ "libm.so.6", newer, -ENOSYS },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		TEXT_ON_STACK(reason, 256);
		struct functions functions;
		void *handle = NULL;

		assert_int_equal(
			library_open(&handle, rows[i].soname, rows[i].symbols, 2, &functions, &reason),
			rows[i].result);
		assert_null(handle);
		library_close(handle);
	}
}

static void missing_optional_function_is_null(void **state)
{
	static const struct library_symbol some[] = {
		LIBRARY_SYMBOL_OPTIONAL(struct functions, cosine, "function_of_a_later_release"),
		LIBRARY_SYMBOL_OPTIONAL(struct functions, root, "sqrt"),
	};
	TEXT_ON_STACK(reason, 256);
	struct functions functions;
	void *handle = NULL;

	(void)state;
	memset(&functions, 0xff, sizeof(functions));
	assert_int_equal(library_open(&handle, "libm.so.6", some, ARRAY_SIZE(some), &functions, &reason), 0);
	assert_true(functions.cosine == NULL);
	assert_true(functions.root(81) > 8.99);
	library_close(handle);
}

enum limit { NO_DESCRIPTORS, NO_MEMORY };

/* Grows the stack in advance: it cannot grow once the limit is set. */
static __attribute__((noinline)) void grow_stack(void)
{
	volatile char stack[256 * 1024];

	for (size_t i = 0; i < sizeof(stack); i += 1024)
		stack[i] = 0;
}

/* Runs in a child, because no library can be loaded any more once the limit is set. */
static void load_under(const void *data)
{
	static const struct rlimit limits[] = { [NO_DESCRIPTORS] = { 0, 0 }, [NO_MEMORY] = { 1, 1 } };
	const enum limit limit = *(const enum limit *)data;
	TEXT_ON_STACK(reason, 256);
	struct functions functions;
	void *handle = NULL;

	grow_stack();
	setrlimit(limit == NO_DESCRIPTORS ? RLIMIT_NOFILE : RLIMIT_AS, &limits[limit]);
	/* A library of glibc that is not loaded yet. */
	int r = library_open(&handle, "libthread_db.so.1", symbols, 2, &functions, &reason);
	_exit(r == -ELIBACC && !handle && strstr(reason.data, "libthread_db.so.1") ? 0 : 1);
}

/* gcc defines a macro, clang has a feature test. */
#ifdef __SANITIZE_ADDRESS__
#define ADDRESS_SANITIZER
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ADDRESS_SANITIZER
#endif
#endif

static void library_that_cannot_be_loaded_is_not_absent(void **state)
{
	static const enum limit limits[] = { NO_DESCRIPTORS, NO_MEMORY };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(limits); i++) {
		struct child child;

#ifdef ADDRESS_SANITIZER /* ASan ends the process if an allocation fails */
		if (limits[i] == NO_MEMORY)
			continue;
#endif

		child_run(&child, load_under, &limits[i]);
		assert_int_equal(child.status, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(library_functions_can_be_called),
		cmocka_unit_test(missing_library_and_missing_symbol_are_different_errors),
		cmocka_unit_test(missing_optional_function_is_null),
		cmocka_unit_test(library_that_cannot_be_loaded_is_not_absent),
	};

	return cmocka_run_group_tests_name("library", tests, NULL, NULL);
}
