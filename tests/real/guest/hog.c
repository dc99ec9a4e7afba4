/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Eats memory under a name, a command line, a cgroup, a thread and a user of
 * the caller's choice: the victim in the guest that the tests run out of
 * memory.
 *
 *     hog [OPTION]... -- NAME [ARGUMENT]...
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define CHUNK_BYTES ((size_t)1 << 20)

struct hog {
	long mib;           /* how much to allocate */
	long mib_per_sec;   /* 0: as fast as possible */
	const char *cgroup; /* directory in cgroupfs to move into */
	const char *adj;    /* oom_score_adj */
	const char *name;   /* comm; \xNN is a byte */
	const char *thread; /* name of a thread that allocates instead of the leader */
	const char *ready;  /* file created after the allocation */
	long node;          /* NUMA node to bind to, -1: any */
	long uid;           /* -1: unchanged */
	bool huge;          /* in huge pages of the default size */
	bool leader_exits;  /* the thread outlives the group's leader */
};

static const char help[] = "usage: hog [OPTION]... -- NAME [ARGUMENT]...\n"
			   "  --mib=N            eat N MiB, then sleep (default: without end)\n"
			   "  --huge             in huge pages of 2 MiB, and 1 MiB besides\n"
			   "  --rate=N           N MiB a second\n"
			   "  --cgroup=DIR       in this cgroup\n"
			   "  --adj=N            with this oom_score_adj\n"
			   "  --name=COMM        with this comm instead of NAME's; \\xNN is a byte\n"
			   "  --thread=COMM      let a thread of this name eat\n"
			   "  --leader-exits     and end the main thread\n"
			   "  --node=N           bind the memory to NUMA node N\n"
			   "  --uid=N            as this user\n"
			   "  --ready=FILE       make FILE when all is eaten\n";

static long number_option(const char *name, const char *value)
{
	char *end;

	errno = 0;
	long number = strtol(value, &end, 10);
	if (errno != 0 || end == value || *end != '\0')
		errx(2, "--%s: '%s' is not a number", name, value);
	return number;
}

static void parse_options(struct hog *hog, int argc, char **argv)
{
	static const struct option options[] = {
		{ "mib", required_argument, NULL, 'm' },    { "rate", required_argument, NULL, 'r' },
		{ "cgroup", required_argument, NULL, 'c' }, { "adj", required_argument, NULL, 'a' },
		{ "name", required_argument, NULL, 'n' },   { "thread", required_argument, NULL, 't' },
		{ "ready", required_argument, NULL, 'f' },  { "huge", no_argument, NULL, 'H' },
		{ "leader-exits", no_argument, NULL, 'l' }, { "node", required_argument, NULL, 'N' },
		{ "uid", required_argument, NULL, 'u' },    { NULL, 0, NULL, 0 },
	};
	int letter;

	while ((letter = getopt_long(argc, argv, "+", options, NULL)) != -1) {
		switch (letter) {
		case 'm':
			hog->mib = number_option("mib", optarg);
			break;
		case 'r':
			hog->mib_per_sec = number_option("rate", optarg);
			break;
		case 'c':
			hog->cgroup = optarg;
			break;
		case 'a':
			hog->adj = optarg;
			break;
		case 'n':
			hog->name = optarg;
			break;
		case 't':
			hog->thread = optarg;
			break;
		case 'f':
			hog->ready = optarg;
			break;
		case 'H':
			hog->huge = true;
			break;
		case 'l':
			hog->leader_exits = true;
			break;
		case 'N':
			hog->node = number_option("node", optarg);
			break;
		case 'u':
			hog->uid = number_option("uid", optarg);
			break;
		default:
			fputs(help, stderr);
			exit(2);
		}
	}
	if (optind == argc || (hog->leader_exits && hog->thread == NULL)) {
		fputs(help, stderr);
		exit(2);
	}
}

static void write_file(const char *path, const char *string)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, string, strlen(string)) < 0)
		err(1, "%s", path);
	close(fd);
}

/* Sets the name of the calling thread. The kernel truncates it to 15 bytes. */
static void set_comm(const char *escaped)
{
	char comm[64];
	size_t length = 0;

	while (*escaped != '\0' && length < sizeof(comm) - 1) {
		if (escaped[0] == '\\' && escaped[1] == 'x' && escaped[2] != '\0' && escaped[3] != '\0') {
			const char digits[] = { escaped[2], escaped[3], '\0' };
			comm[length++] = (char)strtoul(digits, NULL, 16);
			escaped += 4;
		} else {
			comm[length++] = *escaped++;
		}
	}
	comm[length] = '\0';
	if (prctl(PR_SET_NAME, comm) < 0)
		err(1, "PR_SET_NAME");
}

/*
 * Makes /proc/PID/cmdline start at `first`. The strings of argv are contiguous, so this only hides
 * the options before it.
 */
static void show_command_line_from(const char *first)
{
	if (prctl(PR_SET_MM, PR_SET_MM_ARG_START, (unsigned long)first, 0, 0) < 0)
		err(1, "PR_SET_MM_ARG_START");
}

static void bind_to_node(long node)
{
	enum { MPOL_BIND = 2 };
	unsigned long mask = 1UL << node;

	if (syscall(SYS_set_mempolicy, MPOL_BIND, &mask, sizeof(mask) * CHAR_BIT) < 0)
		err(1, "set_mempolicy");
}

static void become(const struct hog *hog, char **command)
{
	if (hog->cgroup != NULL) {
		char path[PATH_MAX];
		if (snprintf(path, sizeof(path), "%s/cgroup.procs", hog->cgroup) >= (int)sizeof(path))
			errx(1, "%s: too long", hog->cgroup);
		write_file(path, "0");
	}
	if (hog->adj != NULL)
		write_file("/proc/self/oom_score_adj", hog->adj);
	if (hog->node >= 0)
		bind_to_node(hog->node);
	show_command_line_from(command[0]);
	set_comm(hog->name != NULL ? hog->name : command[0]);
	if (hog->uid >= 0 && setuid((uid_t)hog->uid) < 0)
		err(1, "setuid");
}

/* Allocates one chunk and touches each of its pages. Transparent huge pages are avoided, as the
 * guest would be full before the rate has an effect. */
static void eat_chunk(void)
{
	char *chunk = mmap(NULL, CHUNK_BYTES, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (chunk == MAP_FAILED)
		err(1, "mmap");
	madvise(chunk, CHUNK_BYTES, MADV_NOHUGEPAGE);
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	for (size_t offset = 0; offset < CHUNK_BYTES; offset += page)
		chunk[offset] = 1;
}

static void eat_huge(long mib)
{
	char *chunk = mmap(NULL, (size_t)mib << 20, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
	if (chunk == MAP_FAILED)
		err(1, "mmap of huge pages");
	for (long eaten = 0; eaten < mib; eaten += 2)
		chunk[(size_t)eaten << 20] = 1;
}

static void *eat(void *argument)
{
	const struct hog *hog = argument;
	const long mib = hog->huge ? 1 : hog->mib;

	if (hog->huge)
		eat_huge(hog->mib);

	if (hog->thread != NULL)
		set_comm(hog->thread);
	for (long eaten = 0; eaten < mib; eaten++) {
		eat_chunk();
		if (hog->mib_per_sec > 0) {
			const struct timespec pause = { .tv_nsec = 999999999L / hog->mib_per_sec };
			nanosleep(&pause, NULL);
		}
	}
	if (hog->ready != NULL) {
		int fd = open(hog->ready, O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
		if (fd < 0)
			err(1, "%s", hog->ready);
		close(fd);
	}
	for (;;)
		pause();
	return NULL;
}

int main(int argc, char **argv)
{
	struct hog hog = { .mib = LONG_MAX, .node = -1, .uid = -1 };

	parse_options(&hog, argc, argv);
	become(&hog, argv + optind);
	if (hog.thread == NULL)
		eat(&hog);

	pthread_t thread;
	if (pthread_create(&thread, NULL, eat, &hog) != 0)
		errx(1, "cannot make a thread");
	if (hog.leader_exits) {
		/* `hog` stays valid, as a zombie leader keeps its stack mapped. */
		pthread_exit(NULL);
	}
	pthread_join(thread, NULL);
	return 0;
}
