/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Handles the signals that end a run, and writes the output under their control.  A signal handler
 * must not format or allocate, so its text is rendered in advance: the start of the line once for
 * each signal, the current action at each progress, into whichever of two buffers is not shown.
 * One atomic store then switches to it.
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

/* Static because a signal handler gets only the signal's number. */
static struct {
	size_t length;
	char text[PREFIX_MAX];
} prefixes[SIGNAL_COUNT];
static struct line_part progresses[2];
static struct line_end {
	size_t length;
	char text[512];
} line_ends[2] = { { 1, "\n" } }; /* the other: " | a=U b=U\n" */
static atomic_int shown, has_labels;
static int speak_fd;

#define NOT_SETTLED  (-1)
#define USEC_PER_SEC INT64_C(1000000)

/* How long the output's reader may take once the run must end, and how often this is checked.  A
 * signal just before a write(2) does not interrupt it, but the next one does. */
#define GRACE_USEC      250000
#define GRACE_TICK_USEC 50000

/* The output is being written, by plugin_write() or by the handler. */
static atomic_bool writing;
static volatile enum plugin_state state_if_cut = PLUGIN_UNKNOWN;
static volatile int64_t grace_ends_usec; /* CLOCK_MONOTONIC; 0: the run need not end */

/* The settled answer, which is printed instead.  Two, because the handler may run while a later
 * answer is being rendered. */
static struct answer {
	enum plugin_state state;
	size_t length;
	struct iovec details; /* the complete lines so far; more are only appended */
	char line[PLUGIN_FIRST_LINE_MAX];
} answers[2];
static atomic_int settled = NOT_SETTLED;

/* CLOCK_MONOTONIC; 0: no timeout. */
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
 * The interrupted write continues, because only its return value shows how much of the output was
 * written; a second writer would repeat or truncate it.  If the reader takes too long, it gets no
 * more.
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

/* Not blocked by itself or by other signals (SA_NODEFER): they may have to end the handler's own
 * write. */
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
	struct line_end *line_end = &line_ends[atomic_load(&has_labels)];
	struct iovec parts[] = {
		{ prefixes[i].text, prefixes[i].length },
		{ progress->text, progress->length },
		{ line_end->text, line_end->length },
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

/* The time left of -t; 0: no timeout. */
static int64_t left_usec(void)
{
	const int64_t left = ends_at_usec - clock_usec(CLOCK_MONOTONIC);

	return ends_at_usec == 0 ? 0 : left > 0 ? left : 1;
}

int plugin_write(int fd, struct iovec *parts, int count, enum plugin_state state)
{
	/* The reader gets the time left of -t, not only what plugin_settle() allowed. */
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
		text_append(line, "CPU time limit reached (ulimit -t)");
	else
		text_printf(line, "terminated by signal %d", signal_number);
}

static void render_prefixes(const struct plugin *plugin)
{
	for (size_t i = 0; i < SIGNAL_COUNT; i++) {
		TEXT_ON_STACK(reason, PREFIX_MAX);
		struct text line;

		append_reason(&reason, plugin, signals[i]);
		text_init(&line, prefixes[i].text, sizeof(prefixes[i].text));
		plugin_first_line_begin(&line, plugin, PLUGIN_UNKNOWN, reason.data);
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
	struct line_end *line_end = &line_ends[1];
	TEXT_ON_STACK(perfdata, sizeof(line_end->text) - sizeof(" | \n"));
	struct text line;

	plugin->labels = labels;
	plugin_unknown_append(&perfdata, labels);
	text_init(&line, line_end->text, sizeof(line_end->text));
	plugin_first_line_end(&line, perfdata.data);
	line_end->length = line.length;
	atomic_store(&has_labels, true);
}

/* The limit of -t still applies: work after the answer never extends it. */
static void limit_what_follows(unsigned seconds)
{
	const int64_t usec = seconds * USEC_PER_SEC;

	end_after(ends_at_usec > 0 && left_usec() < usec ? left_usec() : usec);
}

static void render_answer(struct answer *answer, struct plugin *plugin)
{
	struct text line;

	text_init(&line, answer->line, sizeof(answer->line));
	plugin_first_line_append(&line, plugin);
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
 * At the hard limit of CPU time the kernel sends SIGKILL, without a signal before it if the soft
 * limit is the same (ulimit -t sets both).  So a timer expires a little earlier.
 */
#define CPU_MARGIN_USEC 200000
static void watch_cpu_time(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_CPU, &limit) < 0 || limit.rlim_cur > INT32_MAX)
		return;
	/* The kernel treats a limit of 0 as one second. */
	const int64_t limit_usec = (limit.rlim_cur ? (int64_t)limit.rlim_cur : 1) * 1000000;
	const int64_t left_usec = limit_usec - CPU_MARGIN_USEC - clock_usec(CLOCK_PROCESS_CPUTIME_ID);
	const struct itimerval timer = {
		.it_value = { .tv_sec = left_usec > 0 ? left_usec / 1000000 : 0,
			      .tv_usec = left_usec > 0 ? left_usec % 1000000 : 1 },
	};

	setitimer(ITIMER_PROF, &timer, NULL);
}

/* The kernel's default since 5.16, and systemd's.  A program has less than 5 MiB mapped when it
 * starts.  The rest is left for the growth of the stack, to which the limit also applies (mm/mmap.c
 * acct_stack_growth()). */
#define LOCK_LIMIT_BYTES 8388608

/* Touches or locks the code of the program and of libc that the handler runs.  Its data is touched
 * when it is rendered. */
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
	mlock(line_ends, sizeof(line_ends));
	mlock(answers, sizeof(answers));
}

/*
 * On a host that is out of memory the kernel first drops pages of programs, because they can be
 * read again.  The signal handler's pages would then have to be read from a busy disk when it must
 * answer.  So they are touched now, and touched pages stay in memory (MCL_ONFAULT, Linux 4.4);
 * nothing else is read in advance.  MCL_FUTURE is not used, as mmap(2) then fails at the limit.  If
 * the limit is lower (64 KiB before 5.16), only the handler's own pages are locked.
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
	/* Get EPIPE and EFBIG from write(2) instead of being killed if the reader has gone away or
	 * the limit on file size is reached. */
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGXFSZ, SIG_IGN);
	sigemptyset(&action.sa_mask);
	sigemptyset(&set);
	for (size_t i = 0; i < SIGNAL_COUNT; i++) {
		sigaction(signals[i], &action, NULL);
		sigaddset(&set, signals[i]);
	}
	/* The signal mask is inherited: the parent may have blocked them. */
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	watch_cpu_time();
	keep_touched_pages();
	ends_at_usec = plugin->timeout_sec > 0
			       ? clock_usec(CLOCK_MONOTONIC) + plugin->timeout_sec * USEC_PER_SEC
			       : 0;
	end_after(plugin->timeout_sec * USEC_PER_SEC);
}
