/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Makes every system call of a program fail in turn, and judges its answers.
 *
 *     faults [OPTION]... -- PROGRAM [ARGUMENT]...
 *
 *     --name=NAME        the name of this case, for the output
 *     --status=N         the expected exit status without a fault
 *     --state=DIR        the program's state; before each run it is replaced by a
 *                        copy of DIR.saved
 *     --shim=FILE        library to preload, see shim.c
 *     --then=WORD        repeated: the command to run after each fault, instead of
 *                        the program itself
 *     --sample=N         try only N of the faults, chosen by --seed=NUMBER
 *     --hang             block the calls for ever instead, with a timeout of 1 s
 *     --part=I/N         try only the Ith of N parts, counted from 0
 *     --lie              self-test: run a program that gives wrong answers if one
 *                        of its calls fails, and expect that to be found
 *     --lie-forgets      the answer depends on the state: losing it must be found, too
 *     --list             print the system calls and try nothing
 *
 * The last line is "NAME: N tried, N wrong". Exit status 0: no answer is wrong, 1: some
 * are, 2: wrong usage, 4: cannot be tried, 77: programs cannot be traced here.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/array.h"
#include "base/hash.h"
#include "faults/oracle.h"
#include "faults/tracee.h"
#include "faults/tree.h"

#define EXIT_SKIP        77
#define RUN_TIMEOUT_SEC  60 /* for programs with a timeout of 10 s, on a busy machine */
#define HANG_TIMEOUT_SEC 30 /* for programs with -t 1 */
#define LIE_TIMEOUT_SEC  1
#define THEN_WORDS_MAX   32
#define CALLS_MAX        20000
#define LIE_PROBE        0x11e

static const struct {
	const char *name;
	long value;
} faults[] = {
	{ "EIO", -EIO },       { "ENOMEM", -ENOMEM }, { "EACCES", -EACCES }, { "EINTR", -EINTR },
	{ "EAGAIN", -EAGAIN }, { "EMFILE", -EMFILE }, { "ENOSPC", -ENOSPC }, { "end of file", 0 },
};

struct options {
	const char *name, *state, *shim;
	char *then[THEN_WORDS_MAX + 1];
	size_t then_count;
	size_t sample;
	uint64_t seed;
	size_t part, parts;
	int status; /* -1: that of a run without a fault */
	bool hang, lie, lie_forgets, list;
};

/* One fault to try. */
struct trial {
	uint32_t call;
	uint32_t fault; /* index in faults[]; unused with --hang */
};

struct run {
	struct options options;
	struct tracee_command command, then;
	struct oracle_truth truth;       /* of `command` */
	struct oracle_truth then_before; /* of `then` if `command` was not run before */
	struct oracle_truth then_after;  /* of `then` if `command` was run before */
	struct trial *trials;
	size_t trial_count, call_count;
	size_t tried, wrong;
};

static struct tracee_end end;

static _Noreturn void usage_error(const char *what)
{
	fprintf(stderr, "faults: %s\n", what);
	exit(2);
}

static void restore(const struct run *run)
{
	char saved[4096];

	if (!run->options.state)
		return;
	snprintf(saved, sizeof(saved), "%s.saved", run->options.state);
	tree_remove(run->options.state);
	tree_copy(saved, run->options.state);
}

static void run_clean(const struct tracee_command *command)
{
	static const struct tracee_plan nothing = { .action = TRACEE_RUN };

	tracee_run(command, &nothing, &end);
}

static void learn_from(const struct run *run, const struct tracee_command *command, struct oracle_truth *ret)
{
	run_clean(command);
	const char *why = oracle_learn(&end, ret);

	if (!why)
		return;
	fprintf(stderr, "faults: %s: without a fault, %s: %s: %s\n", run->options.name, command->argv[0], why,
		end.output);
	exit(4);
}

static void learn(struct run *run)
{
	restore(run);
	learn_from(run, &run->then, &run->then_before);
	restore(run);
	learn_from(run, &run->command, &run->truth);
	if (run->options.status >= 0 && run->options.status != run->truth.status) {
		printf("%s: wrong: without a fault, the status is %d and not %d: %.*s\n", run->options.name,
		       run->truth.status, run->options.status, (int)strcspn(end.output, "\n"), end.output);
		exit(4);
	}
	learn_from(run, &run->then, &run->then_after);
}

static void add_trial(struct run *run, uint32_t fault)
{
	if (run->trial_count == CALLS_MAX * ARRAY_SIZE(faults))
		usage_error("too many system calls");
	run->trials[run->trial_count++] = (struct trial){ (uint32_t)run->call_count, fault };
}

/* Adds the faults that can be tried with a call. */
static void on_call(const struct tracee_call *call, void *data)
{
	struct run *run = data;

	if (run->options.list)
		printf("%5zu %s%s\n", run->call_count, tracee_call_name(call),
		       call->loader ? " (ld.so)" : "");
	/* With a shim, the calls of ld.so include those for the shim; and nothing hangs before
	 * main(). */
	if (call->loader && (run->options.shim || run->options.hang)) {
		run->call_count++;
		return;
	}
	if (run->options.hang && tracee_call_may_hang(call))
		add_trial(run, 0);
	for (uint32_t i = 0; !run->options.hang && i < ARRAY_SIZE(faults); i++) {
		if (faults[i].value != 0 || tracee_call_reads(call))
			add_trial(run, i);
	}
	run->call_count++;
}

static void plan_trials(struct run *run)
{
	static const struct tracee_plan count = { .action = TRACEE_COUNT };
	struct tracee_command command = run->command;

	run->trials = malloc(CALLS_MAX * ARRAY_SIZE(faults) * sizeof(*run->trials));
	if (!run->trials)
		usage_error("no memory");
	command.on_call = on_call;
	command.data = run;
	restore(run);
	tracee_run(&command, &count, &end);
}

/* SplitMix64, http://prng.di.unimi.it/splitmix64.c */
static uint64_t random_next(uint64_t *state)
{
	uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

/* Moves random trials to the front, and drops the rest. */
static void choose_sample(struct run *run)
{
	uint64_t state =
		hash_add(HASH_OF_NOTHING, run->options.name, strlen(run->options.name)) ^ run->options.seed;

	if (run->options.sample == 0 || run->options.sample >= run->trial_count)
		return;
	for (size_t i = 0; i < run->options.sample; i++) {
		size_t other = i + random_next(&state) % (run->trial_count - i);
		struct trial swapped = run->trials[i];

		run->trials[i] = run->trials[other];
		run->trials[other] = swapped;
	}
	run->trial_count = run->options.sample;
}

static void complain(struct run *run, const struct trial *trial, const struct tracee_call *call,
		     const char *of, const char *why)
{
	run->wrong++;
	printf("%s: wrong: call %u %s %s%s%s: %s: %.*s\n", run->options.name, trial->call,
	       tracee_call_name(call), of, of[0] ? " " : "",
	       run->options.hang ? "hangs" : faults[trial->fault].name, why, (int)strcspn(end.output, "\n"),
	       end.output);
	fflush(stdout);
}

/* If the answer of the run differs from that of a run without a fault, the state may be as
 * before or as after it; otherwise it must be as after it. */
static const char *wrong_afterwards(const struct run *run, bool as_planned)
{
	run_clean(&run->then);
	const char *why = oracle_wrong_afterwards(&run->then_after, &end);

	if (why && !as_planned)
		return oracle_wrong_afterwards(&run->then_before, &end);
	return why;
}

static const char *wrong_with_plan(const struct run *run, const struct tracee_plan *plan)
{
	tracee_run(&run->command, plan, &end);
	/* If --acknowledge cannot read the log, it answers as the check does. */
	if (run->options.then_count > 0 && WIFEXITED(end.status) &&
	    WEXITSTATUS(end.status) == run->then_before.status)
		return oracle_wrong_afterwards(&run->then_before, &end);
	/* A kill is not acknowledged unless that is saved, so UNKNOWN is right if saving hangs. */
	return run->options.hang && run->options.then_count == 0 ? oracle_wrong_with_hang(&run->truth, &end)
								 : oracle_wrong_with_fault(&run->truth, &end);
}

static bool answered_as_planned(const struct run *run)
{
	struct oracle_truth now;

	return !oracle_learn(&end, &now) && now.status == run->truth.status;
}

static void try_one(struct run *run, const struct trial *trial)
{
	const struct tracee_plan plan = {
		.action = run->options.hang ? TRACEE_HOLD : TRACEE_FAIL,
		.at = trial->call,
		.value = faults[trial->fault].value,
	};

	restore(run);
	const char *why = wrong_with_plan(run, &plan);
	const struct tracee_call call = end.call;
	char of[sizeof(end.of)];
	memcpy(of, end.of, sizeof(of));
	const bool as_planned = answered_as_planned(run);
	run->tried++;
	/* Without a state, a run leaves nothing behind. */
	if (!why && run->options.state)
		why = wrong_afterwards(run, as_planned);
	if (why)
		complain(run, trial, &call, of, why);
}

static void try_all(struct run *run)
{
	const struct options *options = &run->options;

	plan_trials(run);
	if (options->list)
		return;
	choose_sample(run);
	for (size_t i = options->part; i < run->trial_count; i += options->parts)
		try_one(run, &run->trials[i]);
}

/* ---- the self-test ---- */

static const char *const lies[] = { "fine", "crash", "bars", "nothing", "other", "two", "hang", "forget" };

/*
 *     faults lie WHICH SERVICE STATUS STATE PROGRAM [ARGUMENT]...
 *
 * Runs the program, unless the call of getpgid(2) fails. SERVICE is "" for a report.
 */
static _Noreturn void lie(char **argv)
{
	const char *which = argv[2], *service = argv[3];
	const int status = atoi(argv[4]);
	const bool is_report = service[0] == '\0';

	if (syscall(SYS_getpgid, LIE_PROBE) < 0 && errno == EIO) {
		if (strcmp(which, "fine") == 0 && is_report)
			puts("4711 OOM kills (all seen)");
		else if (strcmp(which, "fine") == 0)
			printf("%s %s - all is well\n", service, status == 0 ? "CRITICAL" : "OK");
		else if (strcmp(which, "bars") == 0)
			printf("%s UNKNOWN - |a | b\n", is_report ? "|" : service);
		else if (strcmp(which, "two") == 0)
			printf("\n%s UNKNOWN - a\n", service);
		else if (strcmp(which, "other") == 0)
			printf("%s OK - a\n", is_report ? "" : service);
		else if (strcmp(which, "crash") == 0)
			abort();
		else if (strcmp(which, "hang") == 0)
			pause();
		else if (strcmp(which, "forget") == 0 && argv[5][0] != '\0')
			tree_remove(argv[5]);
		fflush(stdout);
		if (strcmp(which, "forget") != 0)
			_exit(strcmp(which, "fine") == 0 ? status == 0 && !is_report ? 2 : 0
			      : is_report                ? 4
							 : 3);
	}
	execv(argv[6], argv + 6);
	_exit(126);
}

static void find_probe(const struct tracee_call *call, void *data)
{
	struct run *run = data;

	if (call->number == SYS_getpgid && call->argument == LIE_PROBE)
		run->trials[0].call = (uint32_t)run->call_count;
	run->call_count++;
}

/* The command, run by this program as the liar. */
static char **liar(const struct run *run, const char *which, char *status)
{
	static char self[4096];
	static char *words[256];
	size_t count = 0;

	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		usage_error("/proc/self/exe");
	words[count++] = self;
	words[count++] = (char *)"lie";
	words[count++] = (char *)which;
	words[count++] = (char *)run->truth.service;
	words[count++] = status;
	words[count++] = (char *)(run->options.state ? run->options.state : "");
	for (char *const *word = run->command.argv; *word && count + 1 < ARRAY_SIZE(words); word++)
		words[count++] = *word;
	words[count] = NULL;
	return words;
}

/* Each wrong answer must be found. */
static void try_lie(struct run *run, const char *which)
{
	static const struct tracee_plan count = { .action = TRACEE_COUNT };
	const struct tracee_command honest = run->command;
	struct trial trial = { 0 };
	char status[8];

	snprintf(status, sizeof(status), "%d", run->truth.status);
	/* cppcheck-suppress autoVariables ; the caller no longer uses it afterwards */
	run->trials = &trial;
	run->call_count = 0;
	run->command.argv = liar(run, which, status);
	run->command.on_call = find_probe;
	run->command.data = run;
	restore(run);
	tracee_run(&run->command, &count, &end);
	run->command.on_call = NULL;
	if (strcmp(which, "hang") == 0)
		run->command.timeout_sec = LIE_TIMEOUT_SEC;

	const size_t wrong_before = run->wrong;
	try_one(run, &trial);
	if (run->wrong == wrong_before) {
		printf("%s: not found: %s\n", run->options.name, which);
		run->wrong = wrong_before + 1;
	} else {
		run->wrong = wrong_before;
	}
	run->command = honest;
}

static void try_lies(struct run *run)
{
	for (size_t i = 0; i < ARRAY_SIZE(lies); i++) {
		if (strcmp(lies[i], "forget") != 0 || run->options.lie_forgets)
			try_lie(run, lies[i]);
	}
}

/* ---- options ---- */

static void read_part(const char *value, struct options *options)
{
	char *slash;

	options->part = strtoul(value, &slash, 10);
	options->parts = *slash == '/' ? strtoul(slash + 1, NULL, 10) : 0;
	if (options->part >= options->parts)
		usage_error("--part=I/N");
}

static int read_options(int argc, char **argv, struct options *options)
{
	static const struct option known[] = {
		{ "name", required_argument, NULL, 'n' },
		{ "state", required_argument, NULL, 's' },
		{ "status", required_argument, NULL, 'c' },
		{ "shim", required_argument, NULL, 'p' },
		{ "then", required_argument, NULL, 't' },
		{ "sample", required_argument, NULL, 'N' },
		{ "seed", required_argument, NULL, 'S' },
		{ "part", required_argument, NULL, 'P' },
		{ "hang", no_argument, NULL, 'h' },
		{ "lie", no_argument, NULL, 'l' },
		{ "lie-forgets", no_argument, NULL, 'f' },
		{ "list", no_argument, NULL, 'L' },
		{ NULL, 0, NULL, 0 },
	};
	int option;

	while ((option = getopt_long(argc, argv, "+", known, NULL)) != -1) {
		switch (option) {
		case 'n':
			options->name = optarg;
			break;
		case 's':
			options->state = optarg;
			break;
		case 'c':
			options->status = atoi(optarg);
			break;
		case 'p':
			options->shim = optarg;
			break;
		case 't':
			if (options->then_count == THEN_WORDS_MAX)
				usage_error("too many --then");
			options->then[options->then_count++] = optarg;
			break;
		case 'N':
			options->sample = strtoul(optarg, NULL, 10);
			break;
		case 'S':
			options->seed = strtoull(optarg, NULL, 10);
			break;
		case 'P':
			read_part(optarg, options);
			break;
		case 'h':
			options->hang = true;
			break;
		case 'l':
			options->lie = true;
			break;
		case 'f':
			options->lie_forgets = true;
			break;
		case 'L':
			options->list = true;
			break;
		default:
			usage_error("unknown option");
		}
	}
	if (optind == argc)
		usage_error("no program named");
	return optind;
}

/* PROGRAM -t 1 ARGUMENT... */
static char **with_timeout(char **argv)
{
	static char *words[256] = { NULL, (char *)"-t", (char *)"1" };

	words[0] = argv[0];
	for (size_t i = 1; argv[i] && i + 3 < ARRAY_SIZE(words); i++)
		words[i + 2] = argv[i];
	return words;
}

int main(int argc, char **argv)
{
	static struct run run = { .options = { .name = "faults", .parts = 1, .status = -1 } };

	if (argc > 6 && strcmp(argv[1], "lie") == 0)
		lie(argv);
	/* expected calls of abort(3) must not leave a core file */
	setrlimit(RLIMIT_CORE, &(struct rlimit){ 0 });
	char **program = argv + read_options(argc, argv, &run.options);
	if (!tracee_supported()) {
		printf("%s: no program can be traced here\n", run.options.name);
		return EXIT_SKIP;
	}
	run.command = (struct tracee_command){ .argv = run.options.hang ? with_timeout(program) : program,
					       .shim = run.options.shim,
					       .timeout_sec = run.options.hang ? HANG_TIMEOUT_SEC
									       : RUN_TIMEOUT_SEC };
	run.then = run.command;
	run.then.timeout_sec = RUN_TIMEOUT_SEC;
	run.then.argv = run.options.then_count > 0 ? run.options.then : program;
	learn(&run);
	if (run.options.lie)
		try_lies(&run);
	else
		try_all(&run);
	printf("%s: %zu tried, %zu wrong\n", run.options.name, run.tried, run.wrong);
	return run.wrong > 0;
}
