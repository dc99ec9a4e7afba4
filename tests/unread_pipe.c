/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Runs a command whose standard output is a pipe of one page that is not read until the
 * command has ended, and then prints the content of the pipe.
 *
 *     unread_pipe [-n] [-f] [-e] [-k MSEC] COMMAND [ARGUMENT]...
 *
 * -n  make the command's end of the pipe non-blocking
 * -f  fill the pipe before the command starts
 * -e  redirect standard error to the same pipe
 * -k  send SIGTERM after this time
 *
 * Exit status: that of the command, 128 plus the number of the signal that ended it, or
 * 124 if it did not end within ten seconds.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PAGE     4096
#define WAIT_SEC 10
#define NEVER    124

struct wanted {
	bool nonblocking, full, errors_too;
	long kill_msec; /* 0: no signal */
};

static long now_msec(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int fail(const char *what)
{
	perror(what);
	return 125;
}

static pid_t start(char **command, int out, bool errors_too)
{
	const pid_t pid = fork();

	if (pid != 0)
		return pid;
	dup2(out, STDOUT_FILENO);
	if (errors_too)
		dup2(out, STDERR_FILENO);
	execvp(command[0], command);
	_exit(fail(command[0]));
}

static int wait_for(pid_t pid, long kill_msec)
{
	const long start_msec = now_msec();
	bool killed = kill_msec == 0;
	int status;

	while (waitpid(pid, &status, WNOHANG) == 0) {
		const long passed_msec = now_msec() - start_msec;

		if (!killed && passed_msec >= kill_msec) {
			kill(pid, SIGTERM);
			killed = true;
		}
		if (passed_msec >= WAIT_SEC * 1000) {
			kill(pid, SIGKILL);
			waitpid(pid, &status, 0);
			return NEVER;
		}
		poll(NULL, 0, 5);
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void print_pipe_content(int in, size_t filler)
{
	char buffer[PAGE];
	ssize_t got;

	while ((got = read(in, buffer, sizeof(buffer))) > 0) {
		const size_t skipped = (size_t)got < filler ? (size_t)got : filler;

		filler -= skipped;
		fwrite(buffer + skipped, 1, (size_t)got - skipped, stdout);
	}
}

static int run(const struct wanted *wanted, char **command)
{
	static char filler[PAGE];
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0 || fcntl(ends[1], F_SETPIPE_SZ, PAGE) != PAGE)
		return fail("pipe");
	memset(filler, 'x', sizeof(filler));
	if (wanted->full && write(ends[1], filler, sizeof(filler)) != sizeof(filler))
		return fail("write");
	if (wanted->nonblocking)
		fcntl(ends[1], F_SETFL, O_NONBLOCK);
	const pid_t pid = start(command, ends[1], wanted->errors_too);
	if (pid < 0)
		return fail("fork");
	close(ends[1]);
	const int status = wait_for(pid, wanted->kill_msec);
	print_pipe_content(ends[0], wanted->full ? PAGE : 0);
	return status;
}

int main(int argc, char **argv)
{
	struct wanted wanted = { 0 };
	int option;

	while ((option = getopt(argc, argv, "+nfek:")) != -1) {
		if (option == 'n')
			wanted.nonblocking = true;
		else if (option == 'f')
			wanted.full = true;
		else if (option == 'e')
			wanted.errors_too = true;
		else if (option == 'k')
			wanted.kill_msec = strtol(optarg, NULL, 10);
		else
			return 125;
	}
	return optind < argc ? run(&wanted, argv + optind) : 125;
}
