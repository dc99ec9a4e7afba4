/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_HOST_OOM_SCORE_H
#define OOM_HOST_OOM_SCORE_H
/*
 * The OOM killer's arithmetic (mm/oom_kill.c, oom_badness()): a process's badness is its RSS, swap
 * and page tables, plus oom_score_adj thousandths of all RAM and swap. Huge pages do not count.
 */
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "host/process.h"

struct host_badness {
	uint64_t held_kb;  /* without the adjustment */
	int64_t points_kb; /* with it; the process with the most is killed; may be negative */
	bool unkillable;   /* adj -1000, init, a kernel thread or zombie */
};

struct host_badness host_oom_badness(pid_t pid, const struct host_process_status *status, int adj,
				     uint64_t total_kb);

/*
 * What /proc/PID/oom_score means: up to 5.8 thousandths of RAM and swap, since 5.9 (9066e5cfb73c)
 * (1000 + thousandths) * 2/3. Vendors backport such changes, so the kernel's version does not
 * decide this; the score of a process with a known badness does.
 */
enum host_oom_formula { HOST_OOM_FORMULA_UNKNOWN, HOST_OOM_PERMILLE, HOST_OOM_SHIFTED };

enum host_oom_formula host_oom_formula(const struct host_badness *badness, uint64_t total_kb, uint64_t score);

/*
 * The score in thousandths of RAM and swap, adjustment included. The division by 3 leaves steps of
 * 1.5, so VMs of one flavor have the same score and cannot be ranked by it. NaN if the formula is
 * not known.
 */
double host_oom_score_permille(enum host_oom_formula formula, uint64_t score);

#endif
