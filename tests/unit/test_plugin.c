/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

#include "plugin/plugin.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>

#include "base/file.h"
#include "child.h"
#include "plugin/inside.h"

/* An answer, passed as data to the child that prints it. */
struct answer {
	enum plugin_state state;
	const char *summary, *details;
	bool metric;
};

static void give_answer(const void *data)
{
	const struct answer *answer = data;
	const double zero = 0;
	struct plugin plugin;

	plugin_init(&plugin, "check_oom_kills", "OOM_KILLS");
	plugin_arm(&plugin);
	plugin.state = answer->state;
	text_append(&plugin.summary, answer->summary);
	text_append(&plugin.details, answer->details);
	if (answer->metric)
		plugin_perfdata(&plugin, "oom_kills", 1, "", NULL, NULL, &zero, NULL);
	plugin_exit(&plugin);
}

static void output_is_one_line_with_perfdata_then_details(void **state)
{
	static const struct {
		struct answer answer;
		const char *output;
	} cases[] = {
		{ { PLUGIN_OK, "no OOM kills", "", true },
		  "OOM_KILLS OK - no OOM kills | oom_kills=1;;;0\n" },
		{ { PLUGIN_WARNING, "1 process killed", "a\nb\n", true },
		  "OOM_KILLS WARNING - 1 process killed | oom_kills=1;;;0\na\nb\n" },
		{ { PLUGIN_CRITICAL, "VM web-01 killed", "a", false },
		  "OOM_KILLS CRITICAL - VM web-01 killed\na\n" },
		{ { PLUGIN_UNKNOWN, "", "", false }, "OOM_KILLS UNKNOWN\n" },
		/* Bytes that would start perfdata, end a line or control a terminal. */
		{ { PLUGIN_OK, "a|b\nc\033[1m\r\177", "x|y=1\tz\n\033[2J|\nq\r\n", true },
		  "OOM_KILLS OK - a/b c [1m   | oom_kills=1;;;0\nx/y=1\tz\n [2J/\nq \n" },
	};
	struct child child;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		child_run(&child, give_answer, &cases[i].answer);
		assert_string_equal(child.out, cases[i].output);
		assert_string_equal(child.err, "");
		assert_int_equal(child.status, cases[i].answer.state);
	}
}

static void long_summary_is_cut_between_characters_and_keeps_its_perfdata(void **state)
{
	static const char tail[] = "... | oom_kills=1;;;0\n";
	char summary[PLUGIN_SUMMARY_MAX * 2];
	struct answer answer = { PLUGIN_CRITICAL, summary, "", true };
	struct child child;

	(void)state;
	/* 0 to 2 bytes in front move the cut to each of the three bytes of U+2026. */
	for (size_t ahead = 0; ahead < 3; ahead++) {
		memset(summary, 'x', ahead);
		for (size_t i = ahead; i < sizeof(summary); i += 3)
			snprintf(summary + i, sizeof(summary) - i, "%s", "\xe2\x80\xa6");
		child_run(&child, give_answer, &answer);
		assert_int_equal(child.status, PLUGIN_CRITICAL);

		size_t length = strlen(child.out), head = strlen("OOM_KILLS CRITICAL - ");
		assert_in_range(length, PLUGIN_SUMMARY_MAX - 8, PLUGIN_SUMMARY_MAX + head + strlen(tail));
		assert_string_equal(child.out + length - strlen(tail), tail);
		assert_memory_equal(child.out + head, summary, length - head - strlen(tail));
		assert_int_equal((length - head - strlen(tail) - ahead) % 3, 0);
	}
}

static void give_many_details(const void *data)
{
	const int *lines = data;
	struct plugin plugin;

	plugin_init(&plugin, "check_oom_kills", "OOM_KILLS");
	plugin_arm(&plugin);
	plugin.state = PLUGIN_CRITICAL;
	for (int i = 1; i <= *lines; i++)
		plugin_detail(&plugin, "%07d: %*s.", i, i % 150, "");
	plugin_exit(&plugin);
}

/* Asserts that the details are lines 1 to n, possibly followed by a line with the number of
 * omitted lines; returns n. */
static int count_numbered_lines(char *output, int *ret_left_out)
{
	char *line = strchr(output, '\n') + 1;
	int shown = 0;

	*ret_left_out = 0;
	for (char *next; (next = strchr(line, '\n')); line = next + 1) {
		assert_int_equal(*ret_left_out, 0);
		if (sscanf(line, "... %d more lines left out\n", ret_left_out) == 1)
			continue;
		assert_int_equal(atoi(line), ++shown);
		assert_int_equal(next - line, strlen("0000000: .") + (size_t)shown % 150);
	}
	assert_string_equal(line, "");
	return shown;
}

static void details_that_do_not_fit_are_counted(void **state)
{
	int lines = 10000, left_out;
	struct child child;

	(void)state;
	child_run(&child, give_many_details, &lines);
	assert_int_equal(child.status, PLUGIN_CRITICAL);
	assert_int_equal(count_numbered_lines(child.out, &left_out) + left_out, lines);
	assert_in_range(left_out, 1, lines - 1);
	assert_in_range(strlen(child.out), PLUGIN_DETAILS_MAX - 200, PLUGIN_DETAILS_MAX + 200);

	lines = 300;
	child_run(&child, give_many_details, &lines);
	assert_int_equal(count_numbered_lines(child.out, &left_out), lines);
	assert_int_equal(left_out, 0);
}

static void details_appended_past_the_end_are_cut_at_a_line(void **state)
{
	char details[PLUGIN_DETAILS_MAX * 2];
	struct answer answer = { PLUGIN_OK, "fine", details, false };
	struct child child;

	(void)state;
	for (size_t i = 0; i < sizeof(details); i++)
		details[i] = i % 60 == 59 ? '\n' : 'x';
	details[sizeof(details) - 1] = '\0';
	child_run(&child, give_answer, &answer);
	assert_int_equal((strstr(child.out, "...") - strchr(child.out, '\n') - 1) % 60, 0);
	assert_non_null(strstr(child.out, "\n... truncated after 32768 bytes\n"));
}

static void output_is_written_at_once(void **state)
{
	static const struct answer answer = { PLUGIN_WARNING, "1 process killed", "a\nb\n", true };
	int pair[2];
	char datagram[256];

	(void)state;
	/* A sequenced-packet socket preserves the boundaries of writes. */
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	pid_t pid = child_start(give_answer, &answer, pair[1], STDERR_FILENO);

	close(pair[1]);
	assert_int_equal(recv(pair[0], datagram, sizeof(datagram), 0),
			 strlen("OOM_KILLS WARNING - 1 process killed | oom_kills=1;;;0\na\nb\n"));
	assert_int_equal(recv(pair[0], datagram, sizeof(datagram), 0), 0);
	close(pair[0]);
	assert_int_equal(child_wait(pid), PLUGIN_WARNING);
}

static void wait_until_full(int fd, int capacity)
{
	int queued = 0;

	while (queued < capacity) {
		assert_int_equal(ioctl(fd, FIONREAD, &queued), 0);
		poll(NULL, 0, 1);
	}
}

/* The pipe holds one page and the output has 25 KiB, so the child blocks half-way. */
static void finish_blocked_output(int flags)
{
	int lines = 300, left_out;
	struct child child;
	int out[2];

	assert_int_equal(pipe2(out, O_CLOEXEC | flags), 0);
	int capacity = fcntl(out[1], F_SETPIPE_SZ, 4096);
	pid_t pid = child_start(give_many_details, &lines, out[1], STDERR_FILENO);

	close(out[1]);
	assert_true(capacity > 0 && capacity < 20000);
	wait_until_full(out[0], capacity);
	kill(pid, SIGTERM);
	kill(pid, SIGALRM);
	fcntl(out[0], F_SETFL, 0);
	child_slurp(out[0], child.out, sizeof(child.out));
	assert_int_equal(child_wait(pid), PLUGIN_CRITICAL);
	assert_int_equal(count_numbered_lines(child.out, &left_out), lines);
}

static void slow_reader_gets_the_whole_output_despite_signals(void **state)
{
	(void)state;
	finish_blocked_output(0);
	finish_blocked_output(O_NONBLOCK);
}

static void failed_write_is_unknown(void **state)
{
	static const struct answer answer = { PLUGIN_OK, "fine", "", false };
	int closed_pipe[2];

	(void)state;
	assert_int_equal(pipe2(closed_pipe, O_CLOEXEC), 0);
	close(closed_pipe[0]);
	int full = open("/dev/full", O_WRONLY | O_CLOEXEC),
	    unwritable = open("/dev/null", O_RDONLY | O_CLOEXEC);

	assert_int_equal(child_wait(child_start(give_answer, &answer, closed_pipe[1], STDERR_FILENO)),
			 PLUGIN_UNKNOWN);
	assert_int_equal(child_wait(child_start(give_answer, &answer, full, STDERR_FILENO)), PLUGIN_UNKNOWN);
	assert_int_equal(child_wait(child_start(give_answer, &answer, unwritable, STDERR_FILENO)),
			 PLUGIN_UNKNOWN);
	close(closed_pipe[1]);
	close(full);
	close(unwritable);
}

static void stop_early(const void *service)
{
	struct plugin plugin;

	plugin_init(&plugin, service ? "check_oom_kills" : "oom_report", service);
	plugin.state = PLUGIN_OK;
	text_append(&plugin.summary, "half a sent");
	text_append(&plugin.details, "a detail\n");
	plugin_perfdata(&plugin, "m", 1, "", NULL, NULL, NULL, NULL);
	plugin_unknown(&plugin, "cannot see %s", "OOM kills");
}

static void unknown_discards_the_pending_output(void **state)
{
	struct child child;

	(void)state;
	child_run(&child, stop_early, "OOM_KILLS");
	assert_string_equal(child.out, "OOM_KILLS UNKNOWN - cannot see OOM kills\n");
	assert_string_equal(child.err, "");
	assert_int_equal(child.status, PLUGIN_UNKNOWN);
}

static void tool_prints_errors_to_standard_error(void **state)
{
	struct child child;

	(void)state;
	child_run(&child, stop_early, NULL);
	assert_string_equal(child.out, "");
	assert_string_equal(child.err, "oom_report: cannot see OOM kills\n");
	assert_int_equal(child.status, PLUGIN_UNKNOWN);
}

/* How a run is interrupted. */
struct ending {
	int signal_number; /* SIGALRM: the run times out in a read that never returns */
	const char *service, *progress[2];
};

static void interrupt_run(const void *data)
{
	const struct ending *ending = data;
	struct plugin plugin;
	sigset_t all;
	int silent[2];
	char byte;

	/* As if the parent had blocked all signals. */
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	plugin_init(&plugin, "check_oom_kills", ending->service);
	plugin.timeout_sec = ending->signal_number == SIGALRM ? 1 : 3600;
	plugin.state = PLUGIN_OK;
	text_append(&plugin.summary, "must not be said");
	plugin_arm(&plugin);
	for (size_t i = 0; i < ARRAY_SIZE(ending->progress) && ending->progress[i]; i++)
		plugin_progress(&plugin, "%s", ending->progress[i]);
	if (ending->signal_number != SIGALRM)
		raise(ending->signal_number);
	if (pipe(silent) == 0 && read(silent[0], &byte, 1) >= 0)
		_exit(98);
}

static void interrupted_run_reports_reason_and_progress(void **state)
{
	static const struct {
		struct ending ending;
		const char *out, *err;
	} cases[] = {
		{ { SIGALRM, "OOM_KILLS", { "reading kmsg", "reading the journal; found so far: 1 VM" } },
		  "OOM_KILLS UNKNOWN - timed out after 1 s: reading the journal; found so far: 1 VM\n",
		  "" },
		{ { SIGTERM, "OOM_KILLS", { "reading kmsg" } },
		  "OOM_KILLS UNKNOWN - terminated by signal 15: reading kmsg\n",
		  "" },
		{ { SIGINT, "OOM_KILLS", { 0 } }, "OOM_KILLS UNKNOWN - terminated by signal 2\n", "" },
		{ { SIGTERM, "OOM_KILLS", { "a|b\nc" } },
		  "OOM_KILLS UNKNOWN - terminated by signal 15: a/b c\n",
		  "" },
		{ { SIGTERM, NULL, { "reading kmsg" } },
		  "",
		  "check_oom_kills: terminated by signal 15: reading kmsg\n" },
	};
	struct child child;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		child_run(&child, interrupt_run, &cases[i].ending);
		assert_string_equal(child.out, cases[i].out);
		assert_string_equal(child.err, cases[i].err);
		assert_int_equal(child.status, PLUGIN_UNKNOWN);
	}
}

static void long_progress_is_cut_and_ends_with_a_newline(void **state)
{
	char progress[PLUGIN_SUMMARY_MAX * 2];
	struct ending ending = { SIGTERM, "OOM_KILLS", { progress } };
	struct child child;

	(void)state;
	memset(progress, 'x', sizeof(progress) - 1);
	progress[sizeof(progress) - 1] = '\0';
	child_run(&child, interrupt_run, &ending);
	assert_in_range(strlen(child.out), PLUGIN_SUMMARY_MAX - 96, PLUGIN_SUMMARY_MAX);
	assert_string_equal(strchr(child.out, '\n'), "\n");
}

static void interrupt_settled_run(const void *data)
{
	static struct plugin plugin;

	plugin_init(&plugin, "check_oom_kills", "OOM_KILLS");
	plugin.state = PLUGIN_CRITICAL;
	text_append(&plugin.summary, "VM a|b\nkilled");
	plugin_perfdata(&plugin, "oom_kills", 1, "", NULL, NULL, NULL, NULL);
	plugin_detail(&plugin, "a|b");
	plugin_arm(&plugin);
	plugin_progress(&plugin, "reading kmsg");
	plugin_settle(&plugin, 3600);
	/* Text appended after plugin_settle() is not printed. */
	text_append(&plugin.summary, " and more");
	plugin_detail(&plugin, "a detail that came later");
	raise(*(const int *)data);
}

static void signal_after_the_answer_prints_the_answer(void **state)
{
	static const int signals[] = { SIGALRM, SIGTERM, SIGINT };
	struct child child;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
		child_run(&child, interrupt_settled_run, &signals[i]);
		assert_string_equal(child.out, "OOM_KILLS CRITICAL - VM a/b killed | oom_kills=1\na/b\n");
		assert_string_equal(child.err, "");
		assert_int_equal(child.status, PLUGIN_CRITICAL);
	}
}

static long locked_kb(void)
{
	char status[8192];
	const ssize_t length = file_read("/proc/self/status", status, sizeof(status));
	const char *locked = length > 0 ? strstr(status, "VmLck:") : NULL;

	return locked ? strtol(locked + strlen("VmLck:"), NULL, 10) : -1;
}

/* Under a sanitizer, mlock(2) does nothing. */
static bool mlock_works(void)
{
	static const char page[1];

	return mlock(page, sizeof(page)) == 0 && locked_kb() > 0 && munlock(page, sizeof(page)) == 0;
}

static void print_locked_memory(const void *data)
{
	const rlim_t *limit = data;
	const struct rlimit memlock = { *limit, *limit };
	static struct plugin plugin;

	setrlimit(RLIMIT_MEMLOCK, &memlock);
	plugin_init(&plugin, "check_mem_available", "MEM_AVAILABLE");
	plugin_arm(&plugin);
	printf("%ld", locked_kb());
	fflush(stdout);
	_exit(0);
}

/* Pages that were dropped would have to be read from disk before the handler can answer. */
static void signal_handler_is_locked_in_memory(void **state)
{
	static const rlim_t limits[] = { 65536, 8388608 };
	struct child child;

	(void)state;
	if (!mlock_works())
		skip();
	for (size_t i = 0; i < ARRAY_SIZE(limits); i++) {
		child_run(&child, print_locked_memory, &limits[i]);
		assert_in_range(strtol(child.out, NULL, 10), 12, LONG_MAX);
	}
}

static void settle_and_hang(const void *data)
{
	const unsigned *timeout_sec = data;
	static struct plugin plugin;
	char byte;
	int silent[2];

	plugin_init(&plugin, "check_mem_available", "MEM_AVAILABLE");
	plugin.timeout_sec = *timeout_sec;
	plugin.state = PLUGIN_WARNING;
	plugin_arm(&plugin);
	text_append(&plugin.summary, "9 % available");
	plugin_settle(&plugin, 60);
	text_append(&plugin.summary, "; largest VM web-01");
	plugin_settle(&plugin, 1);
	if (pipe(silent) == 0 && read(silent[0], &byte, 1) >= 0)
		_exit(98);
}

static void hang_after_the_answer_ends_within_both_timeouts(void **state)
{
	static const unsigned timeouts_sec[] = { 1, 3600 };
	struct child child;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(timeouts_sec); i++) {
		const time_t start = time(NULL);

		child_run(&child, settle_and_hang, &timeouts_sec[i]);
		assert_string_equal(child.out, "MEM_AVAILABLE WARNING - 9 % available; largest VM web-01\n");
		assert_int_equal(child.status, PLUGIN_WARNING);
		assert_in_range(time(NULL) - start, 0, 30);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(output_is_one_line_with_perfdata_then_details),
		cmocka_unit_test(long_summary_is_cut_between_characters_and_keeps_its_perfdata),
		cmocka_unit_test(details_that_do_not_fit_are_counted),
		cmocka_unit_test(details_appended_past_the_end_are_cut_at_a_line),
		cmocka_unit_test(output_is_written_at_once),
		cmocka_unit_test(slow_reader_gets_the_whole_output_despite_signals),
		cmocka_unit_test(failed_write_is_unknown),
		cmocka_unit_test(unknown_discards_the_pending_output),
		cmocka_unit_test(tool_prints_errors_to_standard_error),
		cmocka_unit_test(interrupted_run_reports_reason_and_progress),
		cmocka_unit_test(long_progress_is_cut_and_ends_with_a_newline),
		cmocka_unit_test(signal_handler_is_locked_in_memory),
		cmocka_unit_test(hang_after_the_answer_ends_within_both_timeouts),
		cmocka_unit_test(signal_after_the_answer_prints_the_answer),
	};

	return cmocka_run_group_tests_name("plugin", tests, NULL, NULL);
}
