/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

#include <math.h>

#include "host/oom_score.h"

#define GIB_KB (UINT64_C(1024) * 1024)

static struct host_process_status status_of(uint64_t rss_kb, uint64_t swap_kb, uint64_t pte_kb)
{
	return (struct host_process_status){
		.vm_rss_kb = rss_kb, .vm_swap_kb = swap_kb, .vm_pte_kb = pte_kb, .hugetlb_kb = 100 * GIB_KB
	};
}

static void badness_is_rss_swap_page_tables_and_adj(void **state)
{
	static const struct {
		uint64_t rss_kb, swap_kb, pte_kb;
		int adj;
		uint64_t held_kb;
		int64_t points_kb;
	} rows[] = {
		{ 1000, 200, 30, 0, 1230, 1230 },    { 1000, HOST_ABSENT, HOST_ABSENT, 0, 1000, 1000 },
		{ 1000, 0, 0, 500, 1000, 501000 },   { 1000, 0, 0, -500, 1000, -499000 },
		{ 1000, 0, 0, 1000, 1000, 1001000 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct host_process_status status =
			status_of(rows[i].rss_kb, rows[i].swap_kb, rows[i].pte_kb);
		const struct host_badness badness = host_oom_badness(2, &status, rows[i].adj, 1000 * 1000);

		assert_int_equal(badness.held_kb, rows[i].held_kb);
		assert_int_equal(badness.points_kb, rows[i].points_kb);
		assert_false(badness.unkillable);
	}
}

static void unkillable_processes_are_recognised(void **state)
{
	static const struct {
		pid_t pid;
		uint64_t rss_kb;
		int adj;
		bool unkillable;
	} rows[] = {
		{ 2, 1000, 0, false }, { 2, 1000, -999, false },    { 2, 1000, -1000, true },
		{ 1, 1000, 0, true },  { 2, HOST_ABSENT, 0, true }, { 2, 0, 0, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct host_process_status status = status_of(rows[i].rss_kb, 0, 0);

		assert_int_equal(host_oom_badness(rows[i].pid, &status, rows[i].adj, GIB_KB).unkillable,
				 rows[i].unkillable);
	}
}

/* Scores that kernels reported, or would report according to their source. */
static void formula_is_derived_from_a_known_process(void **state)
{
	static const struct {
		const char *what;
		uint64_t total_kb, rss_kb;
		int adj;
		uint64_t score;
		enum host_oom_formula formula;
	} rows[] = {
		{ "6.1, a small process", 204152, 132, 0, 666, HOST_OOM_SHIFTED },
		{ "6.1, a third of RAM", 204152, 66284, 0, 882, HOST_OOM_SHIFTED },
		{ "6.1, java", 204152, 74480, 0, 909, HOST_OOM_SHIFTED },
		{ "5.4, a small process", 204152, 132, 0, 0, HOST_OOM_PERMILLE },
		{ "5.4, a third of RAM", 204152, 66284, 0, 324, HOST_OOM_PERMILLE },
		{ "6.x, adj -500", 16 * GIB_KB, 1000, -500, 333, HOST_OOM_SHIFTED },
		{ "5.4, adj -500", 16 * GIB_KB, 1000, -500, 0, HOST_OOM_PERMILLE },
		{ "6.x, adj 1000", 16 * GIB_KB, 1000, 1000, 1333, HOST_OOM_SHIFTED },
		{ "5.4, adj 1000", 16 * GIB_KB, 1000, 1000, 1000, HOST_OOM_PERMILLE },
		{ "any, adj -999", 16 * GIB_KB, 1000, -999, 0, HOST_OOM_FORMULA_UNKNOWN },
		{ "any, adj -1000", 16 * GIB_KB, 1000, -1000, 0, HOST_OOM_FORMULA_UNKNOWN },
		{ "any, all memory and adj 1000", GIB_KB, GIB_KB, 1000, 2000, HOST_OOM_FORMULA_UNKNOWN },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct host_process_status status = status_of(rows[i].rss_kb, 0, 0);
		const struct host_badness badness =
			host_oom_badness(2, &status, rows[i].adj, rows[i].total_kb);
		const enum host_oom_formula formula =
			host_oom_formula(&badness, rows[i].total_kb, rows[i].score);

		if (formula != rows[i].formula)
			print_error("%s\n", rows[i].what);
		assert_int_equal(formula, rows[i].formula);
	}
}

static void score_converts_back_within_its_rounding(void **state)
{
	(void)state;
	assert_true(isnan(host_oom_score_permille(HOST_OOM_FORMULA_UNKNOWN, 666)));
	for (uint64_t permille = 0; permille <= 2000; permille++) {
		const double undone = host_oom_score_permille(HOST_OOM_SHIFTED, (1000 + permille) * 2 / 3);

		assert_in_range((int64_t)undone + 1 - (int64_t)permille, 0, 2);
		assert_true(host_oom_score_permille(HOST_OOM_PERMILLE, permille) == (double)permille);
	}
	assert_true(host_oom_score_permille(HOST_OOM_SHIFTED, 666) == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(badness_is_rss_swap_page_tables_and_adj),
		cmocka_unit_test(unkillable_processes_are_recognised),
		cmocka_unit_test(formula_is_derived_from_a_known_process),
		cmocka_unit_test(score_converts_back_within_its_rounding),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
