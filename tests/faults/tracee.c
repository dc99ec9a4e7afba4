/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "faults/tracee.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/array.h"

#define SYSCALL_STOP (SIGTRAP | 0x80) /* with PTRACE_O_TRACESYSGOOD */

struct tracee {
	pid_t pid;
	bool inside;             /* a call was entered and has not returned */
	bool loader;             /* main() has not begun yet */
	bool marked;             /* the shim marks the beginning of main() */
	uint64_t ld_from, ld_to; /* where ld.so is mapped */
	size_t calls;
	bool changed_at_exit; /* the current call was changed, and its result must be set */
	uint64_t argument;    /* the argument with which it was entered */
};

static const struct {
	long number;
	const char *name;
	bool reads, saves, may_hang;
} known_calls[] = {
	{ SYS_read, "read", true, false, true },
	{ SYS_pread64, "pread64", true, false, true },
	{ SYS_write, "write", false, true, true },
	{ SYS_writev, "writev", false, true, true },
	{ SYS_pwrite64, "pwrite64", false, true, true },
	{ SYS_fsync, "fsync", false, true, true },
	{ SYS_fdatasync, "fdatasync", false, true, true },
	{ SYS_rename, "rename", false, true, true },
	{ SYS_renameat, "renameat", false, true, true },
	{ SYS_renameat2, "renameat2", false, true, true },
	{ SYS_openat, "openat", false, false, true },
	{ SYS_getdents64, "getdents64", false, false, true },
	{ SYS_newfstatat, "newfstatat", false, false, true },
	{ SYS_unlinkat, "unlinkat", false, false, true },
	{ SYS_mkdirat, "mkdirat", false, false, true },
	{ SYS_fstat, "fstat", false, false, false },
	{ SYS_lseek, "lseek", false, false, false },
	{ SYS_close, "close", false, false, false },
	{ SYS_mmap, "mmap", false, false, false },
	{ SYS_munmap, "munmap", false, false, false },
	{ SYS_mprotect, "mprotect", false, false, false },
	{ SYS_brk, "brk", false, false, false },
	{ SYS_flock, "flock", false, false, false },
	{ SYS_fcntl, "fcntl", false, false, false },
	{ SYS_ioctl, "ioctl", false, false, false },
	{ SYS_getrandom, "getrandom", false, false, false },
	{ SYS_rt_sigaction, "rt_sigaction", false, false, false },
	{ SYS_rt_sigprocmask, "rt_sigprocmask", false, false, false },
	{ SYS_prlimit64, "prlimit64", false, false, false },
	{ SYS_statx, "statx", false, false, false },
	{ SYS_getpgid, "getpgid", false, false, false },
};

static __typeof__(&known_calls[0]) known(const struct tracee_call *call)
{
	static const __typeof__(known_calls[0]) none = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(known_calls); i++) {
		if (known_calls[i].number == call->number)
			return &known_calls[i];
	}
	return &none;
}

const char *tracee_call_name(const struct tracee_call *call)
{
	static char number[32];
	const char *name = known(call)->name;

	if (name)
		return name;
	snprintf(number, sizeof(number), "call %ld", call->number);
	return number;
}

bool tracee_call_reads(const struct tracee_call *call)
{
	return known(call)->reads;
}

bool tracee_call_saves(const struct tracee_call *call)
{
	return known(call)->saves;
}

bool tracee_call_may_hang(const struct tracee_call *call)
{
	return known(call)->may_hang;
}

/* Calls that cannot fail in the way they are used (glibc aborts if futex(2) fails), and calls
 * that do not return or start the program. */
static const long never_fail[] = {
	SYS_exit_group, SYS_exit,   SYS_execve,  SYS_rt_sigreturn,  SYS_restart_syscall, SYS_geteuid,
	SYS_getuid,     SYS_getgid, SYS_getegid, SYS_getpid,        SYS_getppid,         SYS_gettid,
	SYS_umask,      SYS_futex,  SYS_alarm,   SYS_clock_gettime,
};

static bool can_fail(const struct tracee_call *call)
{
	for (size_t i = 0; i < ARRAY_SIZE(never_fail); i++) {
		if (call->number == never_fail[i])
			return false;
	}
	/* brk(0) only queries the break. */
	return call->number != SYS_brk || call->argument != 0;
}

static _Noreturn void give_up(const char *what)
{
	fprintf(stderr, "faults: %s: %s\n", what, strerror(errno));
	exit(4);
}

#ifdef __x86_64__
static void get_registers(const struct tracee *tracee, struct user_regs_struct *regs)
{
	struct iovec part = { regs, sizeof(*regs) };

	if (ptrace(PTRACE_GETREGSET, tracee->pid, NT_PRSTATUS, &part) < 0)
		give_up("PTRACE_GETREGSET");
}

static void set_registers(const struct tracee *tracee, struct user_regs_struct *regs)
{
	struct iovec part = { regs, sizeof(*regs) };

	if (ptrace(PTRACE_SETREGSET, tracee->pid, NT_PRSTATUS, &part) < 0)
		give_up("PTRACE_SETREGSET");
}

/* AT_BASE: the address at which the kernel mapped ld.so, 0 if the program needs no ld.so. */
static uint64_t interpreter_base(pid_t pid)
{
	char path[64];
	Elf64_auxv_t entry;
	uint64_t base = 0;

	snprintf(path, sizeof(path), "/proc/%d/auxv", (int)pid);
	FILE *file = fopen(path, "re");
	if (!file)
		give_up(path);
	while (fread(&entry, sizeof(entry), 1, file) == 1 && entry.a_type != AT_NULL) {
		if (entry.a_type == AT_BASE)
			base = entry.a_un.a_val;
	}
	fclose(file);
	return base;
}

static void find_interpreter(struct tracee *tracee)
{
	const uint64_t base = interpreter_base(tracee->pid);
	unsigned long from, to, inode, of_base = 0;
	char path[64], line[4096];

	tracee->ld_from = tracee->ld_to = base;
	snprintf(path, sizeof(path), "/proc/%d/maps", (int)tracee->pid);
	FILE *file = fopen(path, "re");
	if (!file)
		give_up(path);
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%lx-%lx %*s %*x %*s %lu", &from, &to, &inode) != 3 || inode == 0)
			continue;
		if (from == base)
			of_base = inode;
		if (of_base != 0 && inode == of_base)
			tracee->ld_to = to;
	}
	fclose(file);
}

/* ld.so makes all calls before main(); it makes more for dlopen(3) later. */
static void see_phase(struct tracee *tracee, const struct tracee_call *call, uint64_t at)
{
	if (!tracee->loader)
		return;
	if (!tracee->marked)
		tracee->loader = at >= tracee->ld_from && at < tracee->ld_to;
	else if (call->number == SYS_getpgid && call->argument == TRACEE_MARK_CALL)
		tracee->loader = false;
}

static void change_call(struct tracee *tracee, const struct tracee_plan *plan, struct user_regs_struct *regs)
{
	tracee->changed_at_exit = plan->action == TRACEE_FAIL;
	tracee->argument = regs->rdi;
	if (plan->action == TRACEE_HOLD)
		regs->orig_rax = SYS_pause;
	else if (regs->orig_rax == SYS_brk)
		regs->rdi = 0; /* brk(2) reports failure by returning the unchanged break, as brk(0) does */
	else
		regs->orig_rax = (unsigned long long)-1; /* no system call */
	set_registers(tracee, regs);
}

static bool takes_path(long number)
{
	return number == SYS_openat || number == SYS_newfstatat || number == SYS_unlinkat ||
	       number == SYS_mkdirat || number == SYS_renameat || number == SYS_renameat2;
}

/* Finds the file that the call uses: the path in its second argument, or the file of the
 * descriptor in its first. */
static void read_file_of_call(const struct tracee *tracee, const struct user_regs_struct *regs, char *of,
			      size_t size)
{
	struct iovec local = { of, size - 1 }, remote = { (void *)(uintptr_t)regs->rsi, size - 1 };
	char link[64];
	ssize_t length;

	memset(of, 0, size);
	snprintf(link, sizeof(link), "/proc/%d/fd/%d", (int)tracee->pid, (int)regs->rdi);
	if (takes_path((long)regs->orig_rax))
		length = process_vm_readv(tracee->pid, &local, 1, &remote, 1, 0);
	else
		length = readlink(link, of, size - 1);
	/* An empty path means the descriptor itself, as for fstat(3). */
	if (length > 0 && of[0] == '\0') {
		memset(of, 0, size);
		length = readlink(link, of, size - 1);
	}
	of[strcspn(of, "\n")] = '\0';
	if (length < 0)
		of[0] = '\0';
}

/* Returns true if the rest of the run need not be traced. */
static bool enter_call(struct tracee *tracee, const struct tracee_command *command,
		       const struct tracee_plan *plan, struct tracee_end *end)
{
	struct user_regs_struct regs;

	get_registers(tracee, &regs);
	struct tracee_call call = { .number = (long)regs.orig_rax, .argument = regs.rdi };
	see_phase(tracee, &call, regs.rip);
	if (!can_fail(&call))
		return false;
	call.loader = tracee->loader;
	if (command->on_call)
		command->on_call(&call, command->data);
	if (tracee->calls++ != plan->at || plan->action == TRACEE_COUNT)
		return false;
	end->reached = true;
	end->call = call;
	read_file_of_call(tracee, &regs, end->of, sizeof(end->of));
	change_call(tracee, plan, &regs);
	return plan->action == TRACEE_HOLD;
}

static bool leave_call(struct tracee *tracee, const struct tracee_plan *plan)
{
	struct user_regs_struct regs;

	if (!tracee->changed_at_exit)
		return false;
	get_registers(tracee, &regs);
	if (regs.orig_rax != SYS_brk)
		regs.rax = (unsigned long long)plan->value;
	regs.rdi = tracee->argument; /* the program expects the register to be preserved */
	set_registers(tracee, &regs);
	return true;
}

/* Traces until the program has ended or the planned call was changed. Returns true if it has
 * ended. */
static bool trace(struct tracee *tracee, const struct tracee_command *command, const struct tracee_plan *plan,
		  struct tracee_end *end)
{
	int signal_number = 0;

	for (;;) {
		if (ptrace(PTRACE_SYSCALL, tracee->pid, 0, signal_number) < 0 && errno != ESRCH)
			give_up("PTRACE_SYSCALL");
		while (waitpid(tracee->pid, &end->status, 0) < 0) {
			if (errno != EINTR)
				give_up("waitpid");
		}
		if (!WIFSTOPPED(end->status))
			return true;
		signal_number = WSTOPSIG(end->status);
		if (signal_number != SYSCALL_STOP) {
			if (signal_number == SIGTRAP)
				signal_number = 0; /* PTRACE_EVENT_EXEC */
			continue;
		}
		signal_number = 0;
		tracee->inside = !tracee->inside;
		if (tracee->inside ? enter_call(tracee, command, plan, end) : leave_call(tracee, plan))
			return false;
	}
}
#else
static void find_interpreter(struct tracee *tracee)
{
	(void)tracee;
}

static bool trace(struct tracee *tracee, const struct tracee_command *command, const struct tracee_plan *plan,
		  struct tracee_end *end)
{
	(void)tracee;
	(void)command;
	(void)plan;
	(void)end;
	errno = ENOTSUP;
	give_up("trace");
}
#endif

static _Noreturn void become(const struct tracee_command *command, int output_fd)
{
	const int null_fd = open("/dev/null", O_RDWR);

	dup2(null_fd, STDIN_FILENO);
	dup2(output_fd, STDOUT_FILENO);
	dup2(null_fd, STDERR_FILENO);
	if (command->shim)
		setenv("LD_PRELOAD", command->shim, 1);
	if (ptrace(PTRACE_TRACEME, 0, 0, 0) < 0)
		_exit(125);
	raise(SIGSTOP);
	execv(command->argv[0], command->argv);
	_exit(126);
}

/* Starts the program and stops it at its first instruction. */
static bool start(struct tracee *tracee, const struct tracee_command *command, int output_fd)
{
	int status;

	tracee->pid = fork();
	if (tracee->pid < 0)
		give_up("fork");
	if (tracee->pid == 0)
		become(command, output_fd);
	if (waitpid(tracee->pid, &status, 0) < 0 || !WIFSTOPPED(status))
		return false;
	if (ptrace(PTRACE_SETOPTIONS, tracee->pid, 0,
		   PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL) < 0 ||
	    ptrace(PTRACE_CONT, tracee->pid, 0, 0) < 0 || waitpid(tracee->pid, &status, 0) < 0 ||
	    !WIFSTOPPED(status))
		return false;
	tracee->inside = true; /* within execve(2) */
	return true;
}

static volatile pid_t watched_pid;
static volatile sig_atomic_t watch_ended;

static void kill_watched(int signal_number)
{
	(void)signal_number;
	watch_ended = 1;
	kill(watched_pid, SIGKILL);
}

static void watch(pid_t pid, unsigned timeout_sec)
{
	const struct sigaction action = { .sa_handler = kill_watched };

	watched_pid = pid;
	watch_ended = 0;
	sigaction(SIGALRM, &action, NULL);
	alarm(timeout_sec);
}

static double now_sec(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

void tracee_run(const struct tracee_command *command, const struct tracee_plan *plan, struct tracee_end *end)
{
	static int output_fd = -1;
	struct tracee tracee = { .loader = true, .marked = command->shim != NULL };

	if (output_fd < 0)
		output_fd = memfd_create("output", MFD_CLOEXEC);
	if (output_fd < 0 || ftruncate(output_fd, 0) < 0 || lseek(output_fd, 0, SEEK_SET) < 0)
		give_up("memfd_create");
	end->timed_out = end->reached = false;
	end->call = (struct tracee_call){ 0 };
	const double begin = now_sec();
	if (!start(&tracee, command, output_fd))
		give_up(command->argv[0]);
	watch(tracee.pid, command->timeout_sec);
	find_interpreter(&tracee);
	if (plan->action == TRACEE_RUN || !trace(&tracee, command, plan, end)) {
		ptrace(PTRACE_DETACH, tracee.pid, 0, 0);
		while (waitpid(tracee.pid, &end->status, 0) < 0 && errno == EINTR)
			;
	}
	alarm(0);
	end->timed_out = watch_ended != 0;
	end->seconds = now_sec() - begin;
	ssize_t got = pread(output_fd, end->output, TRACEE_OUTPUT_MAX, 0);
	end->length = got > 0 ? (size_t)got : 0;
	end->output[end->length] = '\0';
}

bool tracee_supported(void)
{
	static char *const argv[] = { (char *)"/bin/true", NULL };
	const struct tracee_command command = { .argv = argv };
	struct tracee tracee = { 0 };
	int status;

#ifndef __x86_64__
	return false;
#endif
	if (!start(&tracee, &command, STDERR_FILENO))
		return false;
	kill(tracee.pid, SIGKILL);
	return waitpid(tracee.pid, &status, 0) == tracee.pid;
}
