/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TESTS_FAULTS_TRACEE_H
#define TESTS_FAULTS_TRACEE_H
/* Runs a program under ptrace(2), counts its system calls and changes one of them. The change is
 * made at the entry of the call, so the kernel does not execute the call. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define TRACEE_OUTPUT_MAX 65536

/* The shim (shim.c) makes this call when its fake sources are ready. */
#define TRACEE_MARK_CALL 0x0fa17

enum tracee_action {
	TRACEE_RUN,   /* examine no call */
	TRACEE_COUNT, /* examine all calls, change none */
	TRACEE_FAIL,  /* the call returns `value` */
	TRACEE_HOLD,  /* the call blocks until a signal comes */
};

struct tracee_call {
	long number;       /* SYS_... */
	uint64_t argument; /* the first one */
	bool loader;       /* made by ld.so, before main() */
};

struct tracee_plan {
	enum tracee_action action;
	size_t at;  /* which call, from 0 */
	long value; /* 0 or a negative errno */
};

struct tracee_command {
	char *const *argv;
	const char *shim;     /* NULL: none is preloaded */
	unsigned timeout_sec; /* then the program is killed */
	/* Called for each system call in order, if not NULL. */
	void (*on_call)(const struct tracee_call *call, void *data);
	void *data;
};

struct tracee_end {
	bool timed_out;
	bool reached; /* the planned call was made */
	struct tracee_call call;
	char of[160]; /* the file that the call was about, "" if none */
	int status;   /* as from waitpid(2) */
	double seconds;
	size_t length;                      /* of output, which is terminated */
	char output[TRACEE_OUTPUT_MAX + 1]; /* standard output */
};

/* Exits with an error message if the program cannot be traced. */
void tracee_run(const struct tracee_command *command, const struct tracee_plan *plan, struct tracee_end *end);

/* Whether programs can be traced on this system; changing registers is implemented for x86-64
 * only. */
bool tracee_supported(void);

/* "openat", or "call 123" for a call that has no name here. */
const char *tracee_call_name(const struct tracee_call *call);

/* Calls that write to a disk: the answer must not change if one hangs. */
bool tracee_call_saves(const struct tracee_call *call);
/* Calls that may block for ever on a broken disk. */
bool tracee_call_may_hang(const struct tracee_call *call);
/* Calls that return 0 at the end of a file. */
bool tracee_call_reads(const struct tracee_call *call);

#endif
