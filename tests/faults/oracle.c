/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "faults/oracle.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/array.h"

#define STATUS_UNKNOWN  3
#define STATUS_NO_START 127 /* exit status of ld.so if it cannot load a library */

static const char *const state_names[] = { "OK", "WARNING", "CRITICAL", "UNKNOWN" };

static size_t count(const char *text, const char *what)
{
	size_t found = 0;

	for (const char *at = text; (at = strstr(at, what)) != NULL; at += strlen(what))
		found++;
	return found;
}

/* Returns the state in "SERVICE STATE - ..." or "SERVICE STATE | ...", or -1. */
static int state_named(const char *line, size_t service_length)
{
	for (size_t i = 0; i < ARRAY_SIZE(state_names); i++) {
		size_t length = strlen(state_names[i]);

		if (strncmp(line + service_length + 1, state_names[i], length) == 0 &&
		    strchr(" \n", line[service_length + 1 + length]))
			return (int)i;
	}
	return -1;
}

/* Returns the exit status (0 to 3) of a run that ended by itself, or -1 with the reason in
 * *ret_why. */
static int ended(const struct tracee_end *end, const char **ret_why)
{
	static char why[64];

	*ret_why = why;
	if (end->timed_out)
		snprintf(why, sizeof(why), "did not end");
	else if (!WIFEXITED(end->status))
		snprintf(why, sizeof(why), "killed by signal %d", WTERMSIG(end->status));
	else if (WEXITSTATUS(end->status) > STATUS_UNKNOWN)
		snprintf(why, sizeof(why), "exit status %d", WEXITSTATUS(end->status));
	else
		return WEXITSTATUS(end->status);
	return -1;
}

/* There is no output if writing to standard output failed. */
static bool may_be_silent(const struct tracee_end *end, int status, bool is_report)
{
	const bool output_failed =
		end->reached && tracee_call_saves(&end->call) && end->call.argument == STDOUT_FILENO;

	/* A report prints errors on standard error. */
	return status == STATUS_UNKNOWN && (is_report || output_failed);
}

static const char *wrong_form(const struct oracle_truth *truth, const struct tracee_end *end, int status)
{
	const size_t service_length = strlen(truth->service);

	if (end->length == 0)
		return may_be_silent(end, status, truth->is_report) ? NULL : "said nothing";
	if (memchr(end->output, '\0', end->length))
		return "said a NUL";
	if (end->output[0] == '\n' || end->output[end->length - 1] != '\n')
		return "no first line, or the last one is cut";
	if (truth->is_report)
		return NULL;
	if (count(end->output, "|") > 1)
		return "more than one |";
	if (strncmp(end->output, truth->service, service_length) != 0 || end->output[service_length] != ' ' ||
	    state_named(end->output, service_length) != status)
		return "the first line's state is not the exit status";
	return NULL;
}

static void sign(const struct tracee_end *end, bool is_report, char signature[ORACLE_SIGNATURE_MAX])
{
	const size_t line_length = strcspn(end->output, "\n");
	const char *perfdata = memchr(end->output, '|', line_length);

	signature[0] = '\0';
	if (is_report && end->output[0] == '{')
		snprintf(signature, ORACLE_SIGNATURE_MAX, "%zu kills",
			 count(end->output, "\"total_vm_kb\":"));
	else if (is_report)
		snprintf(signature, ORACLE_SIGNATURE_MAX, "%.*s", (int)strcspn(end->output, "("),
			 end->output);
	else if (perfdata && strncmp(end->output, "OOM_KILLS ", 10) == 0)
		snprintf(signature, ORACLE_SIGNATURE_MAX, "%.*s",
			 (int)(line_length - (size_t)(perfdata - end->output)), perfdata);
}

const char *oracle_learn(const struct tracee_end *end, struct oracle_truth *ret)
{
	const char *why;
	const size_t word_length = strcspn(end->output, " \n");
	struct oracle_truth truth = { .status = ended(end, &why) };

	if (truth.status < 0)
		return why;
	if (end->length == 0)
		return "said nothing";
	/* The name of a service is in capitals; a report begins with a digit or '{'. */
	truth.is_report = end->output[0] < 'A' || end->output[0] > 'Z';
	if (!truth.is_report)
		snprintf(truth.service, sizeof(truth.service), "%.*s", (int)word_length, end->output);
	sign(end, truth.is_report, truth.signature);
	*ret = truth;
	return wrong_form(ret, end, ret->status);
}

static const char *wrong_status(const struct oracle_truth *truth, int status)
{
	static char why[64];

	if (status == truth->status || status == STATUS_UNKNOWN)
		return NULL;
	snprintf(why, sizeof(why), "%s where %s is true", state_names[status], state_names[truth->status]);
	return why;
}

/* A report must be complete, unless its exit status is UNKNOWN. */
static const char *wrong_report(const struct oracle_truth *truth, const struct tracee_end *end, int status)
{
	char signature[ORACLE_SIGNATURE_MAX];

	if (!truth->is_report || status == STATUS_UNKNOWN)
		return NULL;
	sign(end, true, signature);
	return strcmp(signature, truth->signature) == 0 ? NULL : "a report that lacks kills";
}

const char *oracle_wrong_with_fault(const struct oracle_truth *truth, const struct tracee_end *end)
{
	const char *why;

	/* The program did not start: ld.so exits with 127, or is killed if it gets no memory. */
	if (end->call.loader && !end->timed_out && end->length == 0 &&
	    (!WIFEXITED(end->status) || WEXITSTATUS(end->status) == STATUS_NO_START))
		return NULL;
	const int status = ended(end, &why);
	if (status < 0)
		return why;
	if ((why = wrong_form(truth, end, status)) || (why = wrong_status(truth, status)))
		return why;
	return wrong_report(truth, end, status);
}

const char *oracle_wrong_with_hang(const struct oracle_truth *truth, const struct tracee_end *end)
{
	const char *why = oracle_wrong_with_fault(truth, end);

	if (why)
		return why;
	/* Saving does not belong to the answer. */
	if (tracee_call_saves(&end->call) && end->call.argument > STDERR_FILENO &&
	    WEXITSTATUS(end->status) != truth->status)
		return "UNKNOWN although the verdict stood";
	return NULL;
}

const char *oracle_wrong_afterwards(const struct oracle_truth *truth, const struct tracee_end *end)
{
	const char *why;
	struct oracle_truth now;

	if ((why = oracle_learn(end, &now)))
		return why;
	if (now.status != truth->status)
		return now.status == STATUS_UNKNOWN ? "UNKNOWN in the next run"
						    : wrong_status(truth, now.status);
	return strcmp(now.signature, truth->signature) == 0 ? NULL : "another count in the next run";
}
