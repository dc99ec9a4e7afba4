/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TESTS_FAULTS_ORACLE_H
#define TESTS_FAULTS_ORACLE_H
/* Judges whether the answer of a program is right although one of its system calls failed. */
#include "faults/tracee.h"

#define ORACLE_SIGNATURE_MAX 1024

/* The answer of a run without a fault. */
struct oracle_truth {
	bool is_report; /* oom_report: the first line contains no state */
	int status;     /* exit code, 0..3 */
	char service[64];
	/* Identifies what was counted: the perfdata of check_oom_kills, or the number of kills
	 * in a report. */
	char signature[ORACLE_SIGNATURE_MAX];
};

/* Returns NULL, or the reason why the answer cannot be used as the truth. */
const char *oracle_learn(const struct tracee_end *end, struct oracle_truth *ret);

/* Returns NULL, or what is wrong with the answer of a run in which a call failed. */
const char *oracle_wrong_with_fault(const struct oracle_truth *truth, const struct tracee_end *end);

/* Likewise, for a run in which a call blocked for ever. */
const char *oracle_wrong_with_hang(const struct oracle_truth *truth, const struct tracee_end *end);

/* Likewise, for a run without a fault that follows a run with one. */
const char *oracle_wrong_afterwards(const struct oracle_truth *truth, const struct tracee_end *end);

#endif
