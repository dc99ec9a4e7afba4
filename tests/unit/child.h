/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_TESTS_CHILD_H
#define OOM_TESTS_CHILD_H
/* Runs a function that ends its process, and keeps its output and exit status. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct child {
	int status; /* exit status, or -signal */
	char out[131072];
	char err[4096];
};

static inline void child_slurp(int fd, char *buffer, size_t size)
{
	size_t length = 0;
	ssize_t got;

	while (length < size - 1 && (got = read(fd, buffer + length, size - 1 - length)) > 0)
		length += (size_t)got;
	buffer[length] = '\0';
	close(fd);
}

static inline int child_wait(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

/* Exit status 99 means that body() returned. */
static inline pid_t child_start(void (*body)(const void *), const void *data, int out_fd, int err_fd)
{
	fflush(NULL); /* or the child writes buffered output a second time */
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		dup2(out_fd, STDOUT_FILENO);
		dup2(err_fd, STDERR_FILENO);
		body(data);
		_exit(99);
	}
	return pid;
}

static inline void child_run(struct child *child, void (*body)(const void *), const void *data)
{
	int out[2], err[2];

	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	assert_int_equal(pipe2(err, O_CLOEXEC), 0);
	pid_t pid = child_start(body, data, out[1], err[1]);

	close(out[1]);
	close(err[1]);
	child_slurp(out[0], child->out, sizeof(child->out));
	child_slurp(err[0], child->err, sizeof(child->err));
	child->status = child_wait(pid);
}

#endif
