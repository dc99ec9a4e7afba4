/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "host/oom_score.h"

#include <math.h>

#define ADJ_UNKILLABLE (-1000)

struct host_badness host_oom_badness(pid_t pid, const struct host_process_status *status, int adj,
				     uint64_t total_kb)
{
	struct host_badness badness = {
		.held_kb = host_or_zero(status->vm_rss_kb) + host_or_zero(status->vm_swap_kb) +
			   host_or_zero(status->vm_pte_kb),
		.unkillable = adj == ADJ_UNKILLABLE || pid == 1 || !host_known(status->vm_rss_kb),
	};

	badness.points_kb = (int64_t)badness.held_kb + adj * (int64_t)(total_kb / 1000);
	return badness;
}

static double not_below_0(double value)
{
	return value > 0 ? value : 0;
}

static double distance(double a, double b)
{
	return a > b ? a - b : b - a;
}

enum host_oom_formula host_oom_formula(const struct host_badness *badness, uint64_t total_kb, uint64_t score)
{
	if (badness->unkillable || total_kb == 0)
		return HOST_OOM_FORMULA_UNKNOWN;
	const double permille = 1000.0 * (double)badness->points_kb / (double)total_kb;
	const double shifted = not_below_0((1000 + permille) * 2 / 3), plain = not_below_0(permille);
	/* They meet at 2000. For a process that an adj near -1000 protects both are about 0. */
	if (distance(shifted, plain) < 20)
		return HOST_OOM_FORMULA_UNKNOWN;
	return distance((double)score, shifted) < distance((double)score, plain) ? HOST_OOM_SHIFTED
										 : HOST_OOM_PERMILLE;
}

double host_oom_score_permille(enum host_oom_formula formula, uint64_t score)
{
	/*
	 * Two values in thousandths give the same even score. The higher one is taken: 666 stands
	 * for 0, not for -1.
	 */
	const uint64_t shifted = score * 3 / 2 + 1;

	switch (formula) {
	case HOST_OOM_PERMILLE:
		return (double)score;
	case HOST_OOM_SHIFTED:
		return (double)shifted - 1000;
	default:
		return NAN;
	}
}
