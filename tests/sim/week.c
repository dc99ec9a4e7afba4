/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Simulates a week of a hypervisor in minutes: check_oom_kills runs once per simulated
 * minute while VMs, processes and pods are killed, logs rotate, kills are acknowledged,
 * the host reboots, the clock is set and floods overwrite the kernel's ring buffer. The
 * simulation knows every kill and compares each answer with them.
 *
 *     week [OPTION]... CHECK SHIM FOLDER
 *
 *     --seed=N          simulate another history (default 1)
 *     --minutes=N       number of runs (default 10080, a week)
 *     --no-log          write no kern.log: the ring buffer is the only source
 *     --held            run the check with --window=until-acknowledged
 *     --wipe=N          delete the check's state every N minutes: the simulation must
 *                       report the kills lost by it
 *     --verbose         print each wrong answer in full
 *
 * FOLDER must not exist; it becomes the root of the host with its /proc and /var/log.
 * The last line is "N runs, N kills: N lost, N repeated, N invented, N false alarms,
 * N unknown". Exit status 0: none lost, repeated, invented or a false alarm; 1: some;
 * 2: wrong usage.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/array.h"

#define SECOND_USEC   INT64_C(1000000)
#define MINUTE_USEC   (60 * SECOND_USEC)
#define DAY_USEC      (1440 * MINUTE_USEC)
#define WINDOW_USEC   DAY_USEC /* the check's default */
#define START_USEC    INT64_C(1795000000000000)
#define KILLS_MAX     20000
#define RING_MAX      8192 /* records */
#define RECORD_MAX    512  /* bytes of a record */
#define OUTPUT_MAX    (4 << 20)
#define LOGS_KEPT     9 /* days of kern.log */
#define FIRST_PID     1000
#define GROUP_MEMBERS 3

enum kind { KIND_VM, KIND_PROCESS, KIND_POD, KIND_GROUP, KINDS };

static const struct {
	const char *comm;
	const char *slice, *between, *suffix; /* its cgroup, with two numbers in between */
	bool is_memcg, is_vm, is_ignored;
} kinds[KINDS] = {
	[KIND_VM] = { "qemu-kvm", "/machine.slice/machine-qemu\\x2d", "\\x2dinstance\\x2d", ".scope", false,
		      true, false },
	[KIND_PROCESS] = { "mysqld", "/system.slice/mysql", "-", ".service", false, false, false },
	[KIND_POD] = { "java", "/kubepods/burstable/pod", "/", "", true, false, true },
	[KIND_GROUP] = { "kvm", "/machine.slice/machine-qemu\\x2d", "\\x2dgroup\\x2d", ".scope", true, true,
			 false },
};

struct kill {
	enum kind kind;
	int pid;
	int boot;
	int64_t at_usec;      /* true time since the simulation began */
	int64_t stepped_usec; /* by how much the wall clock was set since, in total */
	uint64_t sequence;    /* of its Killed line in the ring buffer */
	bool in_log;          /* its Killed line is in kern.log */
	bool seen;            /* an earlier run listed it */
	bool proven;          /* a run found it in the ring buffer */
	bool cut;             /* and without the summary that names its cgroup */
	bool acknowledged;
	unsigned listed, listed_acknowledged; /* number of times in this run's answer */
};

static struct {
	const char *check, *shim, *folder;
	unsigned seed;
	int minutes, wipe;
	bool no_log, held, verbose;
} options = { .seed = 1, .minutes = 10080 };

static struct {
	int64_t true_usec; /* since the simulation began; never steps */
	int64_t wall_offset_usec;
	int64_t boot_true_usec;
	int boot;
	uint64_t counter;
	uint64_t sequence; /* of the next record */
	size_t ring_bytes_max, ring_bytes;
	char ring[RING_MAX][RECORD_MAX]; /* record n is at n % RING_MAX */
	uint64_t ring_oldest;
	FILE *log;
	int log_day;
	struct kill kills[KILLS_MAX];
	size_t kill_count;
	int next_pid;
} world;

static struct {
	unsigned runs, kills, lost, repeated, invented, false_alarms, unknown;
} score;

static char output[OUTPUT_MAX];

/* xorshift: the same history on every machine */
static uint64_t random_state;

static uint64_t random_next(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

static int64_t random_between(int64_t low, int64_t high)
{
	return low + (int64_t)(random_next() % (uint64_t)(high - low + 1));
}

static bool one_in(int64_t n)
{
	return random_between(1, n) == 1;
}

static void die(const char *what)
{
	fprintf(stderr, "week: %s: %s\n", what, strerror(errno));
	exit(2);
}

static const char *path_of(const char *name)
{
	static char path[4096];

	snprintf(path, sizeof(path), "%s/%s", options.folder, name);
	return path;
}

static void make_folder(const char *name)
{
	if (mkdir(path_of(name), 0755) < 0)
		die(name);
}

static void write_file(const char *name, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void write_file(const char *name, const char *format, ...)
{
	FILE *file = fopen(path_of(name), "w");
	va_list arguments;

	if (!file)
		die(name);
	va_start(arguments, format);
	vfprintf(file, format, arguments);
	va_end(arguments);
	if (fclose(file) != 0)
		die(name);
}

static int64_t wall_usec(void)
{
	return START_USEC + world.true_usec + world.wall_offset_usec;
}

static int64_t uptime_usec(void)
{
	return world.true_usec - world.boot_true_usec;
}

/* Writes a record to kern.log as syslogd does. */
static void log_line(const char *text)
{
	const time_t seconds = wall_usec() / SECOND_USEC;
	char date[32];
	struct tm tm;

	if (!world.log)
		return;
	strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", gmtime_r(&seconds, &tm));
	fprintf(world.log, "%s.%06d+00:00 hv1 kernel: [%5" PRId64 ".%06" PRId64 "] %s\n", date,
		(int)(wall_usec() % SECOND_USEC), uptime_usec() / SECOND_USEC, uptime_usec() % SECOND_USEC,
		text);
}

/* Escapes backslashes as /dev/kmsg does. */
static const char *escaped(const char *text)
{
	static char ret[RECORD_MAX];
	size_t length = 0;

	for (; *text && length + 5 < sizeof(ret); text++)
		length += (size_t)snprintf(ret + length, sizeof(ret) - length, *text == '\\' ? "\\x5c" : "%c",
					   *text);
	return ret;
}

/* Each record takes some microseconds, as on a real host. */
static void print_record(int priority, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void print_record(int priority, const char *format, ...)
{
	char text[RECORD_MAX - 64], *record = world.ring[world.sequence % RING_MAX];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	world.true_usec += 7;
	world.ring_bytes += (size_t)snprintf(record, RECORD_MAX, "%d,%" PRIu64 ",%" PRId64 ",-;%s\n",
					     priority, world.sequence, uptime_usec(), escaped(text));
	world.sequence++;
	while (world.ring_bytes > world.ring_bytes_max || world.sequence - world.ring_oldest > RING_MAX)
		world.ring_bytes -= strlen(world.ring[world.ring_oldest++ % RING_MAX]);
	log_line(text);
}

static void boot(void)
{
	world.boot++;
	world.boot_true_usec = world.true_usec;
	world.counter = 0;
	world.sequence = world.ring_oldest = 0;
	world.ring_bytes = 0;
	world.ring_bytes_max = (size_t)random_between(16, 256) << 10;
	write_file("proc/sys/kernel/random/boot_id", "%08x-0000-4000-8000-%012x\n", options.seed, world.boot);
	print_record(5, "Linux version 6.1.0-50-amd64 (gcc-12)");
	for (int i = 0; i < 40; i++)
		print_record(6, "pci 0000:00:%02x.0: [8086:2934] type 00 class 0x0c0300", i);
}

/* A crash loses what syslogd has not written yet; the ring buffer is lost in any case. */
static void reboot(void)
{
	const bool is_crash = one_in(2);

	if (world.log && is_crash) {
		fflush(world.log);
		for (size_t i = 0; i < world.kill_count; i++) {
			struct kill *kill = &world.kills[i];

			if (kill->boot == world.boot && world.true_usec - kill->at_usec < 5 * SECOND_USEC)
				kill->in_log = false;
		}
	}
	world.true_usec += random_between(30, 600) * SECOND_USEC;
	boot();
}

static void step_clock(void)
{
	static const int64_t most_usec[] = { SECOND_USEC, MINUTE_USEC, 120 * MINUTE_USEC };
	const int64_t most = most_usec[random_between(0, ARRAY_SIZE(most_usec) - 1)];
	const int64_t step_usec = random_between(-most, most);

	world.wall_offset_usec += step_usec;
	for (size_t i = 0; i < world.kill_count; i++)
		world.kills[i].stepped_usec += step_usec < 0 ? -step_usec : step_usec;
}

static void print_killed(const struct kill *kill, int pid)
{
	const bool is_memcg = kinds[kill->kind].is_memcg;

	print_record(3,
		     "%s: Killed process %d (%s) total-vm:9000000kB, anon-rss:8192000kB, file-rss:4kB, "
		     "shmem-rss:0kB, UID:107 pgtables:30kB oom_score_adj:0",
		     is_memcg ? "Memory cgroup out of memory" : "Out of memory", pid, kinds[kill->kind].comm);
	world.counter++;
}

/* Prints the report, the Killed line and, for memory.oom.group, the lines of the whole group. */
static void kill_one(enum kind kind)
{
	struct kill *kill = &world.kills[world.kill_count++];
	char cgroup[128];

	*kill = (struct kill){ .kind = kind, .pid = world.next_pid, .boot = world.boot, .in_log = world.log };
	world.next_pid += kind == KIND_GROUP ? GROUP_MEMBERS : 1;
	snprintf(cgroup, sizeof(cgroup), "%s%zu%s%08x%s", kinds[kind].slice, world.kill_count,
		 kinds[kind].between, (unsigned)kill->pid, kinds[kind].suffix);
	const bool is_memcg = kinds[kind].is_memcg;

	print_record(
		4, "%s invoked oom-killer: gfp_mask=0x140dca(GFP_HIGHUSER_MOVABLE), order=0, oom_score_adj=0",
		kinds[kind].comm);
	if (is_memcg)
		print_record(6, "memory: usage 8192000kB, limit 8192000kB, failcnt 12");
	print_record(6,
		     "oom-kill:constraint=%s,nodemask=(null),cpuset=/"
		     ",mems_allowed=0,%s%s,task_memcg=%s,task=%s,pid=%d,uid=107",
		     is_memcg ? "CONSTRAINT_MEMCG" : "CONSTRAINT_NONE",
		     is_memcg ? "oom_memcg=" : "global_oom", is_memcg ? cgroup : "", cgroup, kinds[kind].comm,
		     kill->pid);
	kill->at_usec = world.true_usec;
	kill->sequence = world.sequence;
	print_killed(kill, kill->pid);
	if (kind == KIND_GROUP) {
		print_record(6, "Tasks in %s are going to be killed due to memory.oom.group set", cgroup);
		for (int i = 0; i < GROUP_MEMBERS; i++)
			print_killed(kill, kill->pid + i);
	}
}

static void flood(void)
{
	const int64_t records = random_between(100, 4000);

	for (int64_t i = 0; i < records; i++)
		print_record(4, "vhost-net[%d]: dropped packet from port %d of bridge br-int", (int)i,
			     (int)(i % 97));
}

static void rotate_log(void)
{
	char from[64], to[64], older[4096];

	fclose(world.log);
	for (int i = LOGS_KEPT; i >= 0; i--) {
		snprintf(from, sizeof(from), i > 0 ? "var/log/kern.log.%d" : "var/log/kern.log", i);
		snprintf(to, sizeof(to), "var/log/kern.log.%d", i + 1);
		snprintf(older, sizeof(older), "%s", path_of(to));
		if (rename(path_of(from), older) < 0 && errno != ENOENT)
			die(from);
	}
	world.log = fopen(path_of("var/log/kern.log"), "a");
	if (!world.log)
		die("kern.log");
}

/* Simulates one minute. */
static void pass_minute(void)
{
	const int64_t end_usec = world.true_usec + MINUTE_USEC;

	for (int64_t i = random_between(0, 3); i > 0; i--)
		print_record(6, "audit: type=1400 apparmor=\"ALLOWED\" operation=\"open\" pid=%d", (int)i);
	if (one_in(300))
		for (int64_t i = random_between(1, 3); i > 0; i--)
			kill_one(KIND_VM);
	if (one_in(120))
		kill_one(KIND_PROCESS);
	if (one_in(60))
		for (int64_t i = one_in(20) ? 80 : random_between(1, 4); i > 0; i--)
			kill_one(KIND_POD);
	if (one_in(800))
		kill_one(KIND_GROUP);
	if (one_in(150))
		flood();
	if (one_in(1200))
		step_clock();
	if (one_in(2500))
		reboot();
	if (world.log && world.true_usec / DAY_USEC != world.log_day) {
		world.log_day = (int)(world.true_usec / DAY_USEC);
		rotate_log();
	}
	if (world.true_usec < end_usec)
		world.true_usec = end_usec;
}

static void write_world(void)
{
	FILE *ring = fopen(path_of("ring"), "w");

	if (!ring)
		die("ring");
	for (uint64_t i = world.ring_oldest; i < world.sequence; i++)
		fputs(world.ring[i % RING_MAX], ring);
	if (fclose(ring) != 0)
		die("ring");
	write_file("proc/vmstat", "nr_free_pages 1\noom_kill %" PRIu64 "\n", world.counter);
	if (world.log)
		fflush(world.log);
}

/* Runs the check and returns its exit status. */
static int run_check(bool acknowledge)
{
	char rootfs[4096], clocks[64], kmsg[4096], preload[4096], state[4096];
	const char *arguments[8],
		*environment[] = { "TZ=UTC", "LC_ALL=C.UTF-8", clocks, kmsg, preload, state, NULL };
	posix_spawn_file_actions_t actions;
	size_t count = 0, length = 0;
	int pipe_fds[2], status;
	ssize_t got;
	pid_t pid;

	snprintf(rootfs, sizeof(rootfs), "--rootfs=%s", options.folder);
	snprintf(clocks, sizeof(clocks), "FAULTS_CLOCK=%" PRId64 " %" PRId64, wall_usec(), uptime_usec());
	snprintf(kmsg, sizeof(kmsg), "FAULTS_KMSG=%s/ring", options.folder);
	snprintf(preload, sizeof(preload), "LD_PRELOAD=%s", options.shim);
	snprintf(state, sizeof(state), "NAGIOS_PLUGIN_STATE_DIRECTORY=%s/state", options.folder);
	arguments[count++] = options.check;
	arguments[count++] = "-v";
	arguments[count++] = "--ignore-cgroup=^/kubepods";
	arguments[count++] = rootfs;
	if (options.held)
		arguments[count++] = "--window=until-acknowledged";
	if (acknowledge)
		arguments[count++] = "--acknowledge";
	arguments[count] = NULL;
	if (pipe2(pipe_fds, O_CLOEXEC) < 0)
		die("pipe");
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, pipe_fds[1], STDOUT_FILENO);
	if ((errno = posix_spawn(&pid, options.check, &actions, NULL, (char *const *)arguments,
				 (char *const *)environment)) != 0)
		die(options.check);
	posix_spawn_file_actions_destroy(&actions);
	close(pipe_fds[1]);
	while ((got = read(pipe_fds[0], output + length, sizeof(output) - 1 - length)) > 0)
		length += (size_t)got;
	output[length] = '\0';
	close(pipe_fds[0]);
	if (waitpid(pid, &status, 0) != pid)
		die("waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* The first number in square brackets of a line is the victim's pid: "qemu-kvm[1234], ". */
static struct kill *kill_in(const char *line)
{
	for (const char *at = line; (at = strchr(at, '[')) != NULL; at++) {
		char *end;
		const long pid = strtol(at + 1, &end, 10);

		if (*end != ']')
			continue;
		for (size_t i = world.kill_count; i-- > 0;) {
			struct kill *kill = &world.kills[i];

			if (pid >= kill->pid &&
			    pid < kill->pid + (kill->kind == KIND_GROUP ? GROUP_MEMBERS : 1))
				return kill;
		}
		return NULL;
	}
	return NULL;
}

static void wrong(unsigned *counter, const char *what, const struct kill *kill)
{
	(*counter)++;
	if (!options.verbose)
		return;
	printf("minute %u: %s", score.runs, what);
	if (kill)
		printf(" [%d] of boot %d, %" PRId64 " min old, sequence %" PRIu64 " (ring from %" PRIu64
		       "), %sin kern.log, %sseen before, %sacknowledged",
		       kill->pid, kill->boot, (world.true_usec - kill->at_usec) / MINUTE_USEC, kill->sequence,
		       world.ring_oldest, kill->in_log ? "" : "not ", kill->seen ? "" : "not ",
		       kill->acknowledged ? "" : "not ");
	printf("\n%s", output);
}

/* Counts how often the answer lists each kill as an alarm and as an acknowledged one. */
static void read_answer(void)
{
	const char *line = strchr(output, '\n');

	for (size_t i = 0; i < world.kill_count; i++)
		world.kills[i].listed = world.kills[i].listed_acknowledged = 0;
	for (; line && line[1]; line = strchr(line + 1, '\n')) {
		char text[2048];
		const char *end = strchr(line + 1, '\n');

		snprintf(text, sizeof(text), "%.*s", end ? (int)(end - line - 1) : 2000, line + 1);
		if (strncmp(text, "20", 2) != 0)
			continue;
		struct kill *kill = kill_in(text);
		if (!kill)
			wrong(&score.invented, "invented", NULL);
		else if (strstr(text, "(acknowledged"))
			kill->listed_acknowledged++;
		else
			kill->listed++;
	}
}

static bool is_in_ring(const struct kill *kill)
{
	return kill->boot == world.boot && kill->sequence >= world.ring_oldest;
}

/* The check lists the members of a group one by one; here the group is one kill. */
static unsigned listed_most(const struct kill *kill)
{
	return kill->kind == KIND_GROUP ? GROUP_MEMBERS : 1;
}

static void judge_kill(struct kill *kill, int status)
{
	const int64_t age_usec = world.true_usec - kill->at_usec;
	const bool surely_in = options.held || age_usec + kill->stepped_usec < WINDOW_USEC - MINUTE_USEC;
	const bool surely_out = !options.held && age_usec - kill->stepped_usec > WINDOW_USEC + MINUTE_USEC;

	if (kinds[kill->kind].is_ignored) {
		/* Without a proven cgroup it is not ignored. */
		kill->cut |= is_in_ring(kill) && kill->sequence - 1 < world.ring_oldest;
		if (kill->listed > 0 && !kill->cut)
			wrong(&score.false_alarms, "ignored but listed", kill);
		return;
	}
	if (kill->listed + kill->listed_acknowledged > listed_most(kill))
		wrong(&score.repeated, "listed twice", kill);
	if (kill->acknowledged && kill->listed > 0)
		wrong(&score.repeated, "alarms although acknowledged", kill);
	if (surely_out && kill->listed > 0)
		wrong(&score.false_alarms, "alarms after its window", kill);
	/* A kill that was in no source when a run could have read it may be reported as a count
	 * only. */
	if (surely_in && !kill->acknowledged && kill->listed == 0 && kill->listed_acknowledged == 0 &&
	    (kill->seen || kill->in_log || is_in_ring(kill) || (status == 0 && kill->boot == world.boot)))
		wrong(&score.lost, "lost", kill);
	kill->seen |= kill->listed > 0;
}

static void judge(int status)
{
	bool vm_listed = false, any_listed = false, any_unproven = false;

	score.runs++;
	read_answer();
	for (size_t i = 0; i < world.kill_count; i++) {
		struct kill *kill = &world.kills[i];

		judge_kill(kill, status);
		any_listed |= kill->listed > 0;
		vm_listed |= kill->listed > 0 && kinds[kill->kind].is_vm;
		/* Lines of a text log do not explain the counter. */
		kill->proven |= is_in_ring(kill);
		any_unproven |= !kill->proven;
	}
	if (vm_listed ? status != 2 : any_listed ? status != 1 : status == 2)
		wrong(&score.false_alarms, "wrong state", NULL);
	if (!any_listed && status == 1 && !any_unproven)
		wrong(&score.false_alarms, "a warning for nothing", NULL);
	score.unknown += status == 3;
	if (status == 3 && options.verbose)
		printf("minute %u: unknown\n%s", score.runs, output);
	if (status > 3)
		wrong(&score.lost, "no answer", NULL);
}

static void acknowledge(void)
{
	const int status = run_check(true);

	if (status != 0 && status != 3)
		wrong(&score.false_alarms, "cannot acknowledge", NULL);
	/* Kills that are known only by their count are acknowledged with it. */
	for (size_t i = 0; status == 0 && i < world.kill_count; i++) {
		struct kill *kill = &world.kills[i];

		kill->acknowledged |= kill->listed > 0 || (kill->boot == world.boot && !kill->seen &&
							   !kill->in_log && !is_in_ring(kill));
	}
}

static void wipe_state(void)
{
	char command[4200];

	snprintf(command, sizeof(command), "rm -rf '%s'/state/*", options.folder);
	if (system(command) != 0)
		die(command);
}

static void parse_options(int argc, char **argv)
{
	static const struct option known[] = {
		{ "seed", required_argument, NULL, 's' },
		{ "minutes", required_argument, NULL, 'm' },
		{ "no-log", no_argument, NULL, 'n' },
		{ "held", no_argument, NULL, 'h' },
		{ "wipe", required_argument, NULL, 'w' },
		{ "verbose", no_argument, NULL, 'v' },
		{ NULL, 0, NULL, 0 },
	};
	int option;

	while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
		switch (option) {
		case 's':
			options.seed = (unsigned)atoi(optarg);
			break;
		case 'm':
			options.minutes = atoi(optarg);
			break;
		case 'w':
			options.wipe = atoi(optarg);
			break;
		case 'n':
			options.no_log = true;
			break;
		case 'h':
			options.held = true;
			break;
		case 'v':
			options.verbose = true;
			break;
		default:
			exit(2);
		}
	}
	if (argc - optind != 3) {
		fputs("usage: week [OPTION]... CHECK SHIM FOLDER\n", stderr);
		exit(2);
	}
	options.check = argv[optind];
	options.shim = argv[optind + 1];
	options.folder = argv[optind + 2];
}

int main(int argc, char **argv)
{
	static const char *const folders[] = {
		"", "proc", "proc/sys", "proc/sys/kernel", "proc/sys/kernel/random", "var", "var/log", "state"
	};

	parse_options(argc, argv);
	random_state = options.seed * UINT64_C(0x9E3779B97F4A7C15) + 1;
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++)
		make_folder(folders[i]);
	write_file("proc/sys/kernel/hostname", "hv1\n");
	if (!options.no_log && !(world.log = fopen(path_of("var/log/kern.log"), "a")))
		die("kern.log");
	world.next_pid = FIRST_PID;
	boot();
	for (int minute = 0; minute < options.minutes; minute++) {
		pass_minute();
		write_world();
		if (options.wipe > 0 && minute % options.wipe == 0)
			wipe_state();
		judge(run_check(false));
		if (one_in(400))
			acknowledge();
	}
	for (size_t i = 0; i < world.kill_count; i++)
		score.kills += !kinds[world.kills[i].kind].is_ignored;
	printf("%u runs, %u kills: %u lost, %u repeated, %u invented, %u false alarms, %u unknown\n",
	       score.runs, score.kills, score.lost, score.repeated, score.invented, score.false_alarms,
	       score.unknown);
	return score.lost + score.repeated + score.invented + score.false_alarms > 0;
}
