/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * For tests/bench/scan.sh:
 *
 *	scan_tool hold PROCESSES VMS
 *
 * starts so many processes, the first VMS of them named like a hypervisor's,
 * prints the pids of these, closes its output and waits for SIGTERM; all end
 * with it.
 *
 *	scan_tool comm
 *
 * reads every /proc/PID/comm: the least that a scan by name can do.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static void rest(int is_vm)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	close(STDOUT_FILENO); /* the reader waits until all have closed it */
	if (is_vm)
		prctl(PR_SET_NAME, "qemu-system-x86");
	for (;;)
		pause();
}

/* The current number of them. */
static int start(int processes, int vms)
{
	for (int i = 0; i < processes; i++) {
		const pid_t pid = fork();

		if (pid < 0)
			return i;
		if (pid == 0)
			rest(i < vms);
		if (i < vms)
			printf("%d\n", (int)pid);
	}
	return processes;
}

/* Prints the pids and waits for SIGTERM. */
static void stay(void)
{
	sigset_t end;
	int signal_number;

	sigemptyset(&end);
	sigaddset(&end, SIGTERM);
	sigprocmask(SIG_BLOCK, &end, NULL);
	fclose(stdout);
	sigwait(&end, &signal_number);
}

static int hold(int processes, int vms)
{
	static char unprinted[1 << 20];
	int started;

	setvbuf(stdout, unprinted, _IOFBF, sizeof(unprinted));
	setpgid(0, 0);
	started = start(processes, vms);
	if (started == processes)
		stay();
	else
		fprintf(stderr, "no more than %d processes: %s\n", started, strerror(errno));
	signal(SIGTERM, SIG_IGN);
	kill(0, SIGTERM);
	while (wait(NULL) > 0)
		;
	_exit(started == processes ? EXIT_SUCCESS : EXIT_FAILURE);
}

static int read_comms(void)
{
	DIR *directory = opendir("/proc");
	const struct dirent *entry;
	unsigned bytes = 0;

	if (!directory)
		return EXIT_FAILURE;
	while ((entry = readdir(directory))) {
		char path[300], comm[64];

		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		snprintf(path, sizeof(path), "%s/comm", entry->d_name);
		const int fd = openat(dirfd(directory), path, O_RDONLY | O_CLOEXEC);
		const ssize_t length = fd < 0 ? 0 : read(fd, comm, sizeof(comm));

		if (fd >= 0)
			close(fd);
		bytes += length > 0 ? (unsigned)length : 0;
	}
	closedir(directory);
	printf("%u\n", bytes);
	return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	if (argc == 4 && strcmp(argv[1], "hold") == 0)
		return hold(atoi(argv[2]), atoi(argv[3]));
	if (argc == 2 && strcmp(argv[1], "comm") == 0)
		return read_comms();
	return EXIT_FAILURE;
}
