/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TESTS_FAULTS_ORACLE_H
#define TESTS_FAULTS_ORACLE_H
/*
 * Whether a program's answer is right although a system call of it failed.
 */
#include "faults/tracee.h"

#define ORACLE_SIGNATURE_MAX 1024

/* What a run without a fault has answered. */
struct oracle_truth {
	bool is_report; /* oom_report: its first line names no state */
	int status;     /* exit code, 0..3 */
	char service[64];
	/* What was counted: the perfdata of check_oom_kills, the number of kills in
	 * a report. */
	char signature[ORACLE_SIGNATURE_MAX];
};

/* NULL, or why the answer cannot serve as one. */
const char *oracle_learn(const struct tracee_end *end, struct oracle_truth *ret);

/* NULL, or what is wrong with the answer of a run in which a call failed. */
const char *oracle_wrong_with_fault(const struct oracle_truth *truth, const struct tracee_end *end);

/* The same of a run in which a call blocked for ever. */
const char *oracle_wrong_with_hang(const struct oracle_truth *truth, const struct tracee_end *end);

/* The same of a run without a fault after one with it. */
const char *oracle_wrong_afterwards(const struct oracle_truth *truth, const struct tracee_end *end);

#endif
