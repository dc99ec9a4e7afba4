/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * For tests/bench/bench.sh:
 *
 *	bench_tool time RUNS COMMAND…        runs the commands in turns and prints a line for each: the
 *	                                     medians of wall and CPU time in microseconds. A COMMAND is
 *	                                     words separated by blanks
 *	bench_tool make-log BYTES            a syslog file of a week that ends now, on stdout
 *	bench_tool make-kmsg RECORDS         records of /dev/kmsg of the last hour
 *	bench_tool make-journal ENTRIES      a week in the journal's export format
 *	bench_tool hold PROCESSES VMS        starts processes, the first VMS of them named like a
 *	                                     hypervisor's, prints the pids of these, and waits for SIGTERM
 *	bench_tool read-log FILE             floors: what reading and searching for one string costs;
 *	bench_tool read-kmsg                 reading every record of /dev/kmsg;
 *	bench_tool read-comms                reading every /proc/PID/comm
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define COMMANDS_MAX  8
#define ARGUMENTS_MAX 32
#define RUNS_MAX      2000
#define REPORTS       50
#define TASK_LINES    300
#define WEEK_SEC      (7 * 86400)
#define USEC_PER_SEC  1000000

#define VICTIM_TEXT                                                                          \
	"Out of memory: Killed process %u (qemu-kvm) total-vm:139400kB, anon-rss:138012kB, " \
	"file-rss:4kB, shmem-rss:700kB, UID:0 pgtables:316kB oom_score_adj:0"

/* ---- measuring ---- */

struct command {
	const char *line;
	char *arguments[ARGUMENTS_MAX + 1];
	double wall_usec[RUNS_MAX], cpu_usec[RUNS_MAX];
};

static void split(struct command *command, char *line)
{
	size_t count = 0;

	command->line = strdup(line);
	while (line && count < ARGUMENTS_MAX)
		command->arguments[count++] = strsep(&line, " ");
}

static double now_usec(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * USEC_PER_SEC + (double)now.tv_nsec / 1e3;
}

static double usec(struct timeval time)
{
	return (double)time.tv_sec * USEC_PER_SEC + (double)time.tv_usec;
}

static void run(struct command *command, int nth, const posix_spawn_file_actions_t *actions)
{
	const double start_usec = now_usec();
	struct rusage usage;
	pid_t pid;
	int status;

	if (posix_spawnp(&pid, command->arguments[0], actions, NULL, command->arguments, environ) != 0 ||
	    wait4(pid, &status, 0, &usage) != pid || !WIFEXITED(status)) {
		fprintf(stderr, "%s did not run\n", command->line);
		exit(EXIT_FAILURE);
	}
	command->wall_usec[nth] = now_usec() - start_usec;
	command->cpu_usec[nth] = usec(usage.ru_utime) + usec(usage.ru_stime);
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

/* In turns, so that all commands share what else the machine does. Each runs once before. */
static int time_commands(int runs, int count, char **lines)
{
	static struct command commands[COMMANDS_MAX];
	posix_spawn_file_actions_t actions;

	if (runs < 1 || runs > RUNS_MAX || count > COMMANDS_MAX)
		return EXIT_FAILURE;
	posix_spawn_file_actions_init(&actions);
	/* Not /dev/null, with which grep stops at the first match. */
	posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "output", O_WRONLY | O_CREAT | O_TRUNC,
					 0600);
	posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	for (int i = 0; i < count; i++)
		split(&commands[i], lines[i]);
	for (int nth = -1; nth < runs; nth++) {
		for (int i = 0; i < count; i++)
			run(&commands[i], nth < 0 ? 0 : nth, &actions);
	}
	for (int i = 0; i < count; i++)
		printf("%.0f %.0f\n", median(commands[i].wall_usec, runs),
		       median(commands[i].cpu_usec, runs));
	return EXIT_SUCCESS;
}

/* ---- logs ---- */

static unsigned next_random(void)
{
	static unsigned random = 1;

	random = random * 1664525 + 1013904223;
	return random >> 12;
}

/* Lines of a typical hypervisor, some of which resemble "Killed process". */
static const char *const noise[] = {
	"systemd[1]: Started Session %u of user root.",
	"CRON[%u]: (root) CMD (test -x /usr/sbin/anacron || run-parts --report /etc/cron.daily)",
	"sshd[%u]: Failed password for invalid user admin from 203.0.113.7 port 4242 ssh2",
	"kernel: [%u.123456] device vnet3 entered promiscuous mode",
	"libvirtd[%u]: internal error: End of file while reading data: Input/output error",
	"dnsmasq-dhcp[%u]: DHCPACK(virbr0) 192.0.2.17 52:54:00:8b:11:0a guest17",
	"kernel: [%u.001234] audit: type=1400 apparmor=\"ALLOWED\" operation=\"open\" profile=\"libvirt\"",
	"nova-compute[%u]: INFO nova.compute.resource_tracker Final resource view: phys_ram=257672MB",
	"systemd[1]: libvirt-guests-%u.service: Skipped, still killing time until the file system is "
	"available.",
};
#define NOISE_COUNT (sizeof(noise) / sizeof(noise[0]))

static int make_log(uint64_t bytes)
{
	const int64_t end = time(NULL), start = end - WEEK_SEC;
	uint64_t written = 0, next_report = bytes / REPORTS / 2;

	while (written < bytes) {
		const unsigned random = next_random();
		const time_t now = start + (int64_t)((double)(end - start) * (double)written / (double)bytes);
		char stamp[32];
		struct tm tm;

		strftime(stamp, sizeof(stamp), "%b %e %H:%M:%S kvm17", localtime_r(&now, &tm));
		written += (uint64_t)printf("%s ", stamp);
		written += (uint64_t)printf(noise[(random >> 4) % NOISE_COUNT], random);
		written += (uint64_t)printf("\n");
		if (written < next_report)
			continue;
		next_report += bytes / REPORTS;
		written += (uint64_t)printf(
			"%s kernel: qemu-kvm invoked oom-killer: gfp_mask=0x140dca, order=0\n", stamp);
		for (int i = 0; i < TASK_LINES; i++)
			written += (uint64_t)printf("%s kernel: [%7d]     0 %7d   10000     1000   100000"
						    "        0             0 task\n",
						    stamp, i, i);
		written += (uint64_t)printf("%s kernel: " VICTIM_TEXT "\n", stamp, next_random());
	}
	return EXIT_SUCCESS;
}

static int make_kmsg(uint64_t records)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	for (uint64_t i = 0; i < records; i++) {
		const uint64_t usec = (uint64_t)now.tv_sec * USEC_PER_SEC - (records - i) * 1000;

		printf("6,%" PRIu64 ",%" PRIu64 ",-;eth0: link state changed to %u, flow control rx/tx\n", i,
		       usec, next_random());
	}
	return EXIT_SUCCESS;
}

static void put_entry(uint64_t usec, uint64_t start_usec)
{
	printf("\n__REALTIME_TIMESTAMP=%" PRIu64 "\n__MONOTONIC_TIMESTAMP=%" PRIu64
	       "\n_BOOT_ID=%032d\n_MACHINE_ID=%032d\n",
	       usec, usec - start_usec + 10 * USEC_PER_SEC, 1, 2);
}

static void put_kernel(uint64_t usec, uint64_t start_usec, int priority)
{
	put_entry(usec, start_usec);
	printf("_TRANSPORT=kernel\nSYSLOG_FACILITY=0\nSYSLOG_IDENTIFIER=kernel\nPRIORITY=%d\n"
	       "_SOURCE_MONOTONIC_TIMESTAMP=%" PRIu64 "\nMESSAGE=",
	       priority, usec - start_usec + 10 * USEC_PER_SEC - 300);
}

static void put_service(uint64_t usec, uint64_t start_usec, int priority, unsigned n)
{
	const unsigned name = n % 40;

	put_entry(usec, start_usec);
	printf("_TRANSPORT=syslog\nSYSLOG_FACILITY=3\nPRIORITY=%d\nSYSLOG_IDENTIFIER=service%u\n_PID=%u\n"
	       "_UID=0\n_COMM=service%u\n_EXE=/usr/bin/service%u\n_CMDLINE=/usr/bin/service%u -f\n"
	       "_SYSTEMD_UNIT=service%u.service\n_SYSTEMD_CGROUP=/system.slice/service%u.service\n"
	       "MESSAGE=message %u of service%u\n",
	       priority, name, n % 30000, name, name, name, name, name, n, name);
}

static void put_report(uint64_t usec, uint64_t start_usec, unsigned pid)
{
	put_kernel(usec, start_usec, 4);
	puts("qemu-kvm invoked oom-killer: gfp_mask=0x140dca, order=0, oom_score_adj=0");
	for (unsigned i = 1; i < 34; i++) {
		put_kernel(usec + i, start_usec, i < 12 ? 4 : 6);
		printf("[  %u] 0 %u 34850 34503 323584 0 0 task-%u\n", pid, pid, i);
	}
	put_kernel(usec + 34, start_usec, 6);
	printf("oom-kill:constraint=CONSTRAINT_NONE,task=qemu-kvm,pid=%u,uid=0\n", pid);
	put_kernel(usec + 35, start_usec, 3);
	printf(VICTIM_TEXT "\n", pid);
}

/* As on a typical host: 15 % from the kernel, and mostly level 6. */
static int make_journal(uint64_t entries)
{
	const uint64_t start_usec = (uint64_t)(time(NULL) - WEEK_SEC) * USEC_PER_SEC;
	const uint64_t every = entries / REPORTS;

	for (uint64_t n = 0; n < entries; n++) {
		const uint64_t usec = start_usec + n * ((uint64_t)WEEK_SEC * USEC_PER_SEC / entries);
		const unsigned percent = next_random() % 100;
		const int priority = percent < 1 ? 3 : percent < 6 ? 4 : percent < 12 ? 5 : 6;

		if (n % every == every / 2) {
			put_report(usec, start_usec, (unsigned)n);
		} else if (next_random() % 100 < 15) {
			put_kernel(usec, start_usec, priority);
			printf("eth0: link state changed to %u\n", (unsigned)n);
		} else {
			put_service(usec, start_usec, priority, (unsigned)n);
		}
	}
	putchar('\n');
	return EXIT_SUCCESS;
}

static int read_log(const char *path)
{
	static char buffer[256 * 1024];
	const int fd = open(path, O_RDONLY);
	unsigned found = 0;
	ssize_t got;

	while ((got = read(fd, buffer, sizeof(buffer))) > 0) {
		const char *at = buffer;

		while ((at = memmem(at, (size_t)(buffer + got - at), "Killed process", 14)) != NULL) {
			found++;
			at++;
		}
	}
	printf("%u\n", found);
	return got < 0;
}

static int read_kmsg(void)
{
	const int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	char record[8192];
	unsigned records = 0;
	ssize_t got;

	if (fd < 0)
		return EXIT_FAILURE;
	while ((got = read(fd, record, sizeof(record))) > 0 || (got < 0 && errno == EPIPE))
		records++;
	printf("%u\n", records);
	return EXIT_SUCCESS;
}

/* ---- processes ---- */

static void rest(int is_vm)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	close(STDOUT_FILENO); /* the reader waits until all have closed it */
	if (is_vm)
		prctl(PR_SET_NAME, "qemu-system-x86");
	for (;;)
		pause();
}

/* The number that could be started. */
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
	const char *what = argc > 1 ? argv[1] : "";

	if (argc > 3 && strcmp(what, "time") == 0)
		return time_commands(atoi(argv[2]), argc - 3, argv + 3);
	if (argc == 3 && strcmp(what, "make-log") == 0)
		return make_log(strtoull(argv[2], NULL, 10));
	if (argc == 3 && strcmp(what, "make-kmsg") == 0)
		return make_kmsg(strtoull(argv[2], NULL, 10));
	if (argc == 3 && strcmp(what, "make-journal") == 0)
		return make_journal(strtoull(argv[2], NULL, 10));
	if (argc == 4 && strcmp(what, "hold") == 0)
		return hold(atoi(argv[2]), atoi(argv[3]));
	if (argc == 3 && strcmp(what, "read-log") == 0)
		return read_log(argv[2]);
	if (argc == 2 && strcmp(what, "read-kmsg") == 0)
		return read_kmsg();
	if (argc == 2 && strcmp(what, "read-comms") == 0)
		return read_comms();
	return EXIT_FAILURE;
}
