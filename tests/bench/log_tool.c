/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * For tests/bench/log.sh:
 *
 *	log_tool generate BYTES DAYS   a syslog file that ends now, on stdout
 *	log_tool floor FILE            what reading it costs: read(2) of 256 KiB
 *	                               and memmem(3) for "Killed process"
 *	log_tool time RUNS COMMAND…    medians of CPU time (user and system) and of
 *	                               wall time in microseconds, largest RSS in KiB
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define REPORTS    50
#define TASK_LINES 300
#define RUNS_MAX   100

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

static int generate(uint64_t bytes, int64_t days)
{
	int64_t end = time(NULL), start = end - days * 86400;
	uint64_t written = 0, next_report = bytes / REPORTS / 2;
	unsigned random = 1;

	while (written < bytes) {
		time_t now = start + (int64_t)((double)(end - start) * (double)written / (double)bytes);
		char stamp[32];
		struct tm tm;

		strftime(stamp, sizeof(stamp), "%b %e %H:%M:%S", localtime_r(&now, &tm));
		random = random * 1664525 + 1013904223;
		written += (uint64_t)printf("%s kvm17 ", stamp);
		written += (uint64_t)printf(noise[(random >> 16) % (sizeof(noise) / sizeof(noise[0]))],
					    random >> 12);
		written += (uint64_t)printf("\n");
		if (written < next_report)
			continue;
		next_report += bytes / REPORTS;
		written += (uint64_t)printf(
			"%s kvm17 kernel: qemu-kvm invoked oom-killer: gfp_mask=0x140dca, order=0\n", stamp);
		for (int i = 0; i < TASK_LINES; i++)
			written += (uint64_t)printf(
				"%s kvm17 kernel: [%7d]     0 %7d   10000     1000   100000        0"
				"             0 task\n",
				stamp, i, i);
		written += (uint64_t)printf(
			"%s kvm17 kernel: Out of memory: Killed process %u (qemu-kvm) total-vm:139400kB, "
			"anon-rss:138012kB, file-rss:4kB, shmem-rss:700kB, UID:0 pgtables:316kB "
			"oom_score_adj:0\n",
			stamp, random >> 16);
	}
	return 0;
}

static int read_floor(const char *path)
{
	static char buffer[256 * 1024];
	int fd = open(path, O_RDONLY);
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

static int compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

static int64_t microseconds(const struct timeval *time)
{
	return time->tv_sec * INT64_C(1000000) + time->tv_usec;
}

static int run(char **command, int64_t *ret_cpu_usec, int64_t *ret_wall_usec, long *max_rss_kb)
{
	struct timespec before, after;
	struct rusage usage;
	int status;

	clock_gettime(CLOCK_MONOTONIC, &before);
	pid_t pid = fork();
	if (pid == 0) {
		/* Not /dev/null, with which grep stops at the first match. */
		if (freopen("output", "w", stdout) != NULL)
			execvp(command[0], command);
		_exit(127);
	}
	if (pid < 0 || wait4(pid, &status, 0, &usage) < 0 || !WIFEXITED(status) || WEXITSTATUS(status) == 127)
		return -1;
	clock_gettime(CLOCK_MONOTONIC, &after);
	*ret_cpu_usec = microseconds(&usage.ru_utime) + microseconds(&usage.ru_stime);
	*ret_wall_usec = (after.tv_sec - before.tv_sec) * 1000000 + (after.tv_nsec - before.tv_nsec) / 1000;
	if (usage.ru_maxrss > *max_rss_kb)
		*max_rss_kb = usage.ru_maxrss;
	return 0;
}

static int measure(int runs, char **command)
{
	int64_t cpu_usec[RUNS_MAX], wall_usec[RUNS_MAX];
	long max_rss_kb = 0;

	for (int i = 0; i < runs; i++) {
		if (run(command, &cpu_usec[i], &wall_usec[i], &max_rss_kb) < 0)
			return 1;
	}
	qsort(cpu_usec, (size_t)runs, sizeof(cpu_usec[0]), compare);
	qsort(wall_usec, (size_t)runs, sizeof(wall_usec[0]), compare);
	printf("%lld %lld %ld\n", (long long)cpu_usec[runs / 2], (long long)wall_usec[runs / 2], max_rss_kb);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 4 && strcmp(argv[1], "generate") == 0)
		return generate(strtoull(argv[2], NULL, 10), strtoll(argv[3], NULL, 10));
	if (argc == 3 && strcmp(argv[1], "floor") == 0)
		return read_floor(argv[2]);
	if (argc > 3 && strcmp(argv[1], "time") == 0 && atoi(argv[2]) > 0 && atoi(argv[2]) <= RUNS_MAX)
		return measure(atoi(argv[2]), argv + 3);
	return 2;
}
