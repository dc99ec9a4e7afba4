/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * For tests/bench/start.sh and scan.sh:
 *
 *	start_tool RUNS "COMMAND ARGUMENT…"…
 *
 * runs the commands in turns, so that what else the machine does is shared by
 * all, and prints of each the median wall time, the median CPU time (which a
 * busy machine disturbs less) and the largest RSS, all as ratios to the first
 * command's too.
 */
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define COMMANDS_MAX  8
#define ARGUMENTS_MAX 16
#define RUNS_MAX      10000

struct command {
	const char *line;
	char *arguments[ARGUMENTS_MAX + 1];
	double wall_msec[RUNS_MAX], cpu_msec[RUNS_MAX];
	long rss_kib;
};

static void split(struct command *command, char *line)
{
	size_t count = 0;

	command->line = strdup(line);
	while (line && count < ARGUMENTS_MAX)
		command->arguments[count++] = strsep(&line, " ");
}

static double now_msec(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static double msec(struct timeval time)
{
	return (double)time.tv_sec * 1e3 + (double)time.tv_usec / 1e3;
}

static void run(struct command *command, int nth, const posix_spawn_file_actions_t *actions)
{
	const double start = now_msec();
	struct rusage usage;
	pid_t pid;
	int status;

	if (posix_spawn(&pid, command->arguments[0], actions, NULL, command->arguments, environ) != 0 ||
	    wait4(pid, &status, 0, &usage) != pid || !WIFEXITED(status)) {
		fprintf(stderr, "%s did not run\n", command->line);
		exit(EXIT_FAILURE);
	}
	command->wall_msec[nth] = now_msec() - start;
	command->cpu_msec[nth] = msec(usage.ru_utime) + msec(usage.ru_stime);
	if (usage.ru_maxrss > command->rss_kib)
		command->rss_kib = usage.ru_maxrss;
}

static int compare(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *values, int count)
{
	qsort(values, (size_t)count, sizeof(values[0]), compare);
	return values[count / 2];
}

static void print(struct command *command, int runs)
{
	static double first_wall_msec, first_cpu_msec, first_rss_kib;
	const double wall_msec = median(command->wall_msec, runs);
	const double cpu_msec = median(command->cpu_msec, runs);
	const double rss_kib = (double)command->rss_kib;

	if (first_rss_kib == 0) {
		first_wall_msec = wall_msec;
		first_cpu_msec = cpu_msec;
		first_rss_kib = rss_kib;
	}
	printf("%7.3f ms %6.3f x  CPU %7.3f ms %6.3f x  %6.0f KiB %5.2f x  %s\n", wall_msec,
	       wall_msec / first_wall_msec, cpu_msec, cpu_msec / first_cpu_msec, rss_kib,
	       rss_kib / first_rss_kib, command->line);
}

int main(int argc, char **argv)
{
	static struct command commands[COMMANDS_MAX];
	const int runs = argc > 2 ? atoi(argv[1]) : 0, count = argc - 2;
	posix_spawn_file_actions_t actions;

	if (runs < 1 || runs > RUNS_MAX || count > COMMANDS_MAX)
		return EXIT_FAILURE;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
	for (int i = 0; i < count; i++)
		split(&commands[i], argv[i + 2]);
	for (int nth = 0; nth < runs; nth++) {
		for (int i = 0; i < count; i++)
			run(&commands[i], nth, &actions);
	}
	for (int i = 0; i < count; i++)
		print(&commands[i], runs);
	return EXIT_SUCCESS;
}
