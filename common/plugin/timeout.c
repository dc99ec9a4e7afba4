/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The signals that end a run, and the writing of the output, which they bound.
 * A signal handler may neither format nor allocate: how its line starts is
 * rendered once for each signal, what the run is doing by each progress, into
 * the one of two buffers that is not shown, and then shown by one atomic store.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/file.h"
#include "plugin/inside.h"
#include "plugin/plugin.h"

/* SIGXCPU and SIGPROF: the limit of CPU time, see watch_cpu_time(). */
static const int signals[] = { SIGALRM, SIGTERM, SIGINT, SIGXCPU, SIGPROF };
#define SIGNAL_COUNT ARRAY_SIZE(signals)
#define PREFIX_MAX   96

struct line_part {
	size_t length;
	char text[PLUGIN_SUMMARY_MAX - PREFIX_MAX];
};

/* Static, for a signal handler is given nothing but the signal's number. */
static struct {
	size_t length;
	char text[PREFIX_MAX];
} prefixes[SIGNAL_COUNT];
static struct line_part progresses[2];
static struct {
	size_t length;
	char text[512];
} no_numbers; /* " | a=U b=U" */
static atomic_int shown;
static int speak_fd;

#define NOT_SETTLED  (-1)
#define USEC_PER_SEC INT64_C(1000000)

/* How long the output's reader may take once the run is to end, and how often
 * that is looked at: a signal that comes just before a write(2) does not
 * interrupt it, the next one does. */
#define GRACE_USEC      250000
#define GRACE_TICK_USEC 50000

/* The output is being written, by plugin_write() or by the handler itself. */
static atomic_bool writing;
static volatile enum plugin_state state_if_cut = PLUGIN_UNKNOWN;
static volatile int64_t grace_ends_usec; /* CLOCK_MONOTONIC; 0: the run is not to end */

/* The settled answer, which is said instead.  Two, because the handler may run
 * while a later answer is being rendered. */
static struct answer {
	enum plugin_state state;
	size_t length;
	struct iovec details; /* as far as they are complete; they only grow */
	char line[PLUGIN_SUMMARY_MAX + PLUGIN_PERFDATA_MAX + 64];
} answers[2];
static atomic_int settled = NOT_SETTLED;

/* CLOCK_MONOTONIC; 0: there is no timeout. */
static int64_t ends_at_usec;

_Static_assert(ATOMIC_INT_LOCK_FREE == 2 && ATOMIC_BOOL_LOCK_FREE == 2, "a signal handler reads them");

static void start_grace(void)
{
	const struct itimerval ticks = {
		.it_value = { .tv_usec = GRACE_TICK_USEC },
		.it_interval = { .tv_usec = GRACE_TICK_USEC },
	};

	grace_ends_usec = clock_usec(CLOCK_MONOTONIC) + GRACE_USEC;
	setitimer(ITIMER_REAL, &ticks, NULL);
}

/*
 * The write goes on, since only its own return value tells how much of the
 * output is out: a second writer would repeat or cut it.  A reader that takes
 * nothing during the grace gets no more.
 */
static void limit_write(void)
{
	const int error = errno;

	if (grace_ends_usec == 0)
		start_grace();
	else if (clock_usec(CLOCK_MONOTONIC) >= grace_ends_usec)
		_exit((int)state_if_cut);
	errno = error;
}

static _Noreturn void write_and_exit(struct iovec *parts, int count, enum plugin_state state)
{
	state_if_cut = state;
	start_grace();
	_exit(file_write_fd(speak_fd, parts, count) < 0 ? (int)PLUGIN_UNKNOWN : (int)state);
}

static size_t signal_index(int signal_number)
{
	size_t i = 0;

	while (i < SIGNAL_COUNT - 1 && signals[i] != signal_number)
		i++;
	return i;
}

/* Other signals, and this one again, are let in while it runs: its own write may
 * be the one that is to be ended. */
static void on_signal(int signal_number)
{
	if (atomic_exchange(&writing, true)) {
		limit_write();
		return;
	}
	const int nth = atomic_load(&settled);

	if (nth != NOT_SETTLED) {
		struct answer *answer = &answers[nth];
		struct iovec parts[] = { { answer->line, answer->length }, answer->details };

		write_and_exit(parts, ARRAY_SIZE(parts), answer->state);
	}
	const size_t i = signal_index(signal_number);
	struct line_part *progress = &progresses[atomic_load(&shown)];
	struct iovec parts[] = {
		{ prefixes[i].text, prefixes[i].length },
		{ progress->text, progress->length },
		{ no_numbers.text, no_numbers.length },
		{ (void *)"\n", 1 },
	};

	write_and_exit(parts, ARRAY_SIZE(parts), PLUGIN_UNKNOWN);
}

/* 0: no timeout. */
static void end_after(int64_t usec)
{
	const struct itimerval timer = {
		.it_value = { .tv_sec = usec / USEC_PER_SEC, .tv_usec = usec % USEC_PER_SEC },
	};

	setitimer(ITIMER_REAL, &timer, NULL);
}

/* What is left of -t; 0: there is no timeout. */
static int64_t left_usec(void)
{
	const int64_t left = ends_at_usec - clock_usec(CLOCK_MONOTONIC);

	return ends_at_usec == 0 ? 0 : left > 0 ? left : 1;
}

int plugin_write(int fd, struct iovec *parts, int count, enum plugin_state state)
{
	/* The reader may take what is left of -t, and not only what plugin_settle() left. */
	if (atomic_load(&settled) != NOT_SETTLED)
		end_after(left_usec());
	state_if_cut = state;
	atomic_store(&writing, true);
	return file_write_fd(fd, parts, count);
}

static void append_reason(struct text *line, const struct plugin *plugin, int signal_number)
{
	if (signal_number == SIGALRM)
		text_printf(line, "timed out after %u s", plugin->timeout_sec);
	else if (signal_number == SIGXCPU || signal_number == SIGPROF)
		text_append(line, "stopped by its limit of CPU time (ulimit -t)");
	else
		text_printf(line, "terminated by signal %d", signal_number);
}

static void render_prefixes(const struct plugin *plugin)
{
	for (size_t i = 0; i < SIGNAL_COUNT; i++) {
		struct text line;

		text_init(&line, prefixes[i].text, sizeof(prefixes[i].text));
		if (plugin->service)
			text_printf(&line, "%s %s - ", plugin->service, plugin_state_name(PLUGIN_UNKNOWN));
		else
			text_printf(&line, "%s: ", plugin->program);
		append_reason(&line, plugin, signals[i]);
		prefixes[i].length = line.length;
	}
}

void plugin_progress(struct plugin *plugin, const char *format, ...)
{
	const int hidden = 1 - atomic_load(&shown);
	struct line_part *progress = &progresses[hidden];
	struct text text;
	va_list arguments;

	(void)plugin;
	text_init(&text, progress->text, sizeof(progress->text));
	text_append(&text, ": ");
	va_start(arguments, format);
	text_vprintf(&text, format, arguments);
	va_end(arguments);
	plugin_clean(text.data, text.length, false);
	progress->length = text.length > strlen(": ") ? text.length : 0;
	atomic_store(&shown, hidden);
}

void plugin_set_labels(struct plugin *plugin, const char *labels)
{
	struct text text;

	plugin->labels = labels;
	text_init(&text, no_numbers.text, sizeof(no_numbers.text));
	text_append(&text, " | ");
	plugin_unknown_append(&text, labels);
	no_numbers.length = text.length;
}

/* The time of -t still holds: what comes after the answer never adds to it. */
static void limit_what_follows(unsigned seconds)
{
	const int64_t usec = seconds * USEC_PER_SEC;

	end_after(ends_at_usec > 0 && left_usec() < usec ? left_usec() : usec);
}

static void render_answer(struct answer *answer, struct plugin *plugin)
{
	struct plugin_output output = { .count = 0 };
	struct text line;

	plugin_add_first_line(&output, plugin);
	text_init(&line, answer->line, sizeof(answer->line));
	for (int i = 0; i < output.count; i++)
		text_append_bytes(&line, output.parts[i].iov_base, output.parts[i].iov_len);
	answer->length = line.length;
	answer->state = plugin->state;
	plugin_clean(plugin->details.data, plugin->details.length, true);
	answer->details = (struct iovec){ plugin->details.data, plugin->details.length };
}

void plugin_settle(struct plugin *plugin, unsigned seconds)
{
	const int next = atomic_load(&settled) == 0 ? 1 : 0;

	render_answer(&answers[next], plugin);
	atomic_store(&settled, next);
	limit_what_follows(seconds);
}

/*
 * At the hard limit of CPU time the kernel sends SIGKILL, and where the soft limit
 * is as low (ulimit -t sets both) nothing before it: a timer goes off a little
 * earlier.
 */
#define CPU_MARGIN_USEC 200000
static void watch_cpu_time(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_CPU, &limit) < 0 || limit.rlim_cur > INT32_MAX)
		return;
	/* The kernel takes a limit of 0 as one second. */
	const int64_t limit_usec = (limit.rlim_cur ? (int64_t)limit.rlim_cur : 1) * 1000000;
	const int64_t left_usec = limit_usec - CPU_MARGIN_USEC - clock_usec(CLOCK_PROCESS_CPUTIME_ID);
	const struct itimerval timer = {
		.it_value = { .tv_sec = left_usec > 0 ? left_usec / 1000000 : 0,
			      .tv_usec = left_usec > 0 ? left_usec % 1000000 : 1 },
	};

	setitimer(ITIMER_PROF, &timer, NULL);
}

/* The kernel's default since 5.16, and systemd's.  A program has less than 5 MiB
 * mapped when it starts, so that the rest is left for the stack to grow by, which
 * the limit holds for as well (mm/mmap.c acct_stack_growth()). */
#define LOCK_LIMIT_BYTES 8388608

/* On the pages of the program and of libc; the data is touched where it is rendered. */
static void touch_handler(bool lock)
{
	const uintptr_t functions[] = {
		(uintptr_t)on_signal, (uintptr_t)file_write_fd, (uintptr_t)writev,
		(uintptr_t)poll,      (uintptr_t)setitimer,     (uintptr_t)_exit,
	};
	const uintptr_t page_bytes = (uintptr_t)sysconf(_SC_PAGESIZE);

	for (size_t i = 0; i < ARRAY_SIZE(functions); i++) {
		(void)*(const volatile char *)functions[i];
		if (lock)
			mlock((const void *)(functions[i] & ~(page_bytes - 1)), 1);
	}
	if (!lock)
		return;
	mlock(prefixes, sizeof(prefixes));
	mlock(progresses, sizeof(progresses));
	mlock(&no_numbers, sizeof(no_numbers));
	mlock(answers, sizeof(answers));
}

/*
 * On a host that is out of memory the kernel drops the pages of programs first, as
 * they can be read again: those of the signal handler would come from a busy disk
 * when it is to answer.  So they are touched now, and a page that was touched stays
 * (MCL_ONFAULT, Linux 4.4); nothing else is read in advance.  Not MCL_FUTURE, under
 * which mmap(2) fails at the limit.  Where the limit is lower (64 KiB before 5.16)
 * the handler's own pages are locked.
 */
static void keep_touched_pages(void)
{
	struct rlimit limit;
	const bool all = getrlimit(RLIMIT_MEMLOCK, &limit) == 0 && limit.rlim_cur >= LOCK_LIMIT_BYTES &&
			 mlockall(MCL_CURRENT | MCL_ONFAULT) == 0;

	touch_handler(!all);
}

void plugin_arm(struct plugin *plugin)
{
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_NODEFER };
	sigset_t set;

	speak_fd = plugin->service ? STDOUT_FILENO : STDERR_FILENO;
	render_prefixes(plugin);
	/* A reader that is gone and a limit on the size of files are failed writes. */
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGXFSZ, SIG_IGN);
	sigemptyset(&action.sa_mask);
	sigemptyset(&set);
	for (size_t i = 0; i < SIGNAL_COUNT; i++) {
		sigaction(signals[i], &action, NULL);
		sigaddset(&set, signals[i]);
	}
	/* The mask is inherited: a parent may have blocked them. */
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	watch_cpu_time();
	keep_touched_pages();
	ends_at_usec = plugin->timeout_sec > 0
			       ? clock_usec(CLOCK_MONOTONIC) + plugin->timeout_sec * USEC_PER_SEC
			       : 0;
	end_after(plugin->timeout_sec * USEC_PER_SEC);
}
