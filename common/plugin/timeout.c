/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The last words of a run that is ended from outside.  A signal handler may
 * neither format nor allocate, so each progress renders the whole line for
 * each signal beforehand, into the one of two sets that is not shown, and then
 * shows it by one atomic store.
 */
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/array.h"
#include "base/clock.h"
#include "plugin/inside.h"
#include "plugin/plugin.h"

static const int signals[] = { SIGALRM, SIGTERM, SIGINT };
#define SIGNAL_COUNT ARRAY_SIZE(signals)

struct last_words {
	size_t length;
	char line[PLUGIN_SUMMARY_MAX];
};

/* Static, for a signal handler is given nothing but the signal's number. */
static struct last_words last_words[2][SIGNAL_COUNT];
static atomic_int shown;
static int speak_fd;

#define NOT_SETTLED  (-1)
#define USEC_PER_SEC INT64_C(1000000)

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

_Static_assert(ATOMIC_INT_LOCK_FREE == 2, "a signal handler reads `shown` and `settled`");

/* The details are dropped rather than waited for: the first line has the state. */
static _Noreturn void say_answer_and_exit(struct answer *answer)
{
	struct iovec parts[] = { { answer->line, answer->length }, answer->details };

	if (writev(speak_fd, parts, ARRAY_SIZE(parts)) >= (ssize_t)answer->length)
		_exit((int)answer->state);
	_exit(PLUGIN_UNKNOWN);
}

static void say_and_exit(int signal_number)
{
	const int nth = atomic_load(&settled);

	if (nth != NOT_SETTLED)
		say_answer_and_exit(&answers[nth]);
	const struct last_words *words = last_words[atomic_load(&shown)];

	for (size_t i = 0; i < SIGNAL_COUNT; i++) {
		if (signals[i] == signal_number &&
		    write(speak_fd, words[i].line, words[i].length) == (ssize_t)words[i].length)
			break;
	}
	_exit(PLUGIN_UNKNOWN);
}

static void render(struct last_words *words, const struct plugin *plugin, int signal_number,
		   const struct text *progress)
{
	struct text line;

	text_init(&line, words->line, sizeof(words->line));
	if (plugin->service)
		text_printf(&line, "%s %s - ", plugin->service, plugin_state_name(PLUGIN_UNKNOWN));
	else
		text_printf(&line, "%s: ", plugin->program);
	if (signal_number == SIGALRM)
		text_printf(&line, "timed out after %u s", plugin->timeout_sec);
	else
		text_printf(&line, "terminated by signal %d", signal_number);
	if (progress->length > 0) {
		text_append(&line, ": ");
		text_append_bytes(&line, progress->data, progress->length);
	}
	plugin_clean(line.data, line.length, false);
	line.data[line.length] = '\n'; /* in the terminator's place, so never cut off */
	words->length = line.length + 1;
}

static void show(const struct plugin *plugin, const struct text *progress)
{
	int hidden = 1 - atomic_load(&shown);

	for (size_t i = 0; i < SIGNAL_COUNT; i++)
		render(&last_words[hidden][i], plugin, signals[i], progress);
	atomic_store(&shown, hidden);
}

void plugin_progress(struct plugin *plugin, const char *format, ...)
{
	TEXT_ON_STACK(progress, PLUGIN_SUMMARY_MAX);
	va_list arguments;

	va_start(arguments, format);
	text_vprintf(&progress, format, arguments);
	va_end(arguments);
	show(plugin, &progress);
}

/* 0: no timeout. */
static void end_after(int64_t usec)
{
	const struct itimerval timer = {
		.it_value = { .tv_sec = usec / USEC_PER_SEC, .tv_usec = usec % USEC_PER_SEC },
	};

	setitimer(ITIMER_REAL, &timer, NULL);
}

/* The time of -t still holds: what comes after the answer never adds to it. */
static void limit_what_follows(unsigned seconds)
{
	int64_t usec = seconds * USEC_PER_SEC;

	if (ends_at_usec > 0) {
		const int64_t left_usec = ends_at_usec - clock_usec(CLOCK_MONOTONIC);

		if (left_usec < usec)
			usec = left_usec > 0 ? left_usec : 1;
	}
	end_after(usec);
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

static void signal_set(sigset_t *set)
{
	sigemptyset(set);
	for (size_t i = 0; i < SIGNAL_COUNT; i++)
		sigaddset(set, signals[i]);
}

void plugin_arm(struct plugin *plugin)
{
	struct sigaction action = { .sa_handler = say_and_exit };
	sigset_t set;

	TEXT_ON_STACK(nothing_yet, 1);
	speak_fd = plugin->service ? STDOUT_FILENO : STDERR_FILENO;
	show(plugin, &nothing_yet);
	sigfillset(&action.sa_mask);
	for (size_t i = 0; i < SIGNAL_COUNT; i++)
		sigaction(signals[i], &action, NULL);
	/* The mask is inherited: a parent may have blocked them. */
	signal_set(&set);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	ends_at_usec = plugin->timeout_sec > 0
			       ? clock_usec(CLOCK_MONOTONIC) + plugin->timeout_sec * USEC_PER_SEC
			       : 0;
	end_after(plugin->timeout_sec * USEC_PER_SEC);
}

void plugin_hold_signals(void)
{
	sigset_t set;

	signal_set(&set);
	sigprocmask(SIG_BLOCK, &set, NULL);
}
