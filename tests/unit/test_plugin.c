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
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>

#include "base/file.h"
#include "child.h"
#include "plugin/inside.h"

/* An answer, as data for a child that gives it. */
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

static void the_output_is_one_line_with_perfdata_and_then_the_details(void **state)
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
		/* What would start perfdata, end a line or steer a terminal. */
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

static void a_long_summary_is_cut_between_characters_and_keeps_its_perfdata(void **state)
{
	static const char tail[] = "... | oom_kills=1;;;0\n";
	char summary[PLUGIN_SUMMARY_MAX * 2];
	struct answer answer = { PLUGIN_CRITICAL, summary, "", true };
	struct child child;

	(void)state;
	/* One to three bytes ahead move the cut through the three bytes of U+2026. */
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

/* Asserts that the details are lines 1 to n, then a line of how many more were
 * left out, if any; returns n. */
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
	assert_non_null(strstr(child.out, "\n... what lies beyond 32768 bytes is left out\n"));
}

static void the_output_is_one_write(void **state)
{
	static const struct answer answer = { PLUGIN_WARNING, "1 process killed", "a\nb\n", true };
	int pair[2];
	char datagram[256];

	(void)state;
	/* A sequenced-packet socket keeps writes apart. */
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

/* The pipe holds a page, the output is 25 KiB: the child is stopped half-way. */
static void an_answer_under_way_is_finished(int flags)
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

static void a_slow_reader_gets_all_and_a_late_signal_changes_nothing(void **state)
{
	(void)state;
	an_answer_under_way_is_finished(0);
	an_answer_under_way_is_finished(O_NONBLOCK);
}

static void an_answer_that_cannot_be_written_is_unknown(void **state)
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

static void unknown_is_one_line_that_forgets_what_was_to_be_said(void **state)
{
	struct child child;

	(void)state;
	child_run(&child, stop_early, "OOM_KILLS");
	assert_string_equal(child.out, "OOM_KILLS UNKNOWN - cannot see OOM kills\n");
	assert_string_equal(child.err, "");
	assert_int_equal(child.status, PLUGIN_UNKNOWN);
}

static void a_plain_tool_complains_on_standard_error(void **state)
{
	struct child child;

	(void)state;
	child_run(&child, stop_early, NULL);
	assert_string_equal(child.out, "");
	assert_string_equal(child.err, "oom_report: cannot see OOM kills\n");
	assert_int_equal(child.status, PLUGIN_UNKNOWN);
}

/* How a run is ended from outside. */
struct ending {
	int signal_number; /* SIGALRM: by waiting in a read that never returns */
	const char *service, *progress[2];
};

static void be_ended(const void *data)
{
	const struct ending *ending = data;
	struct plugin plugin;
	sigset_t all;
	int silent[2];
	char byte;

	/* As a child of a parent that has blocked them. */
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

static void a_run_that_is_ended_says_why_and_what_was_found(void **state)
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
		child_run(&child, be_ended, &cases[i].ending);
		assert_string_equal(child.out, cases[i].out);
		assert_string_equal(child.err, cases[i].err);
		assert_int_equal(child.status, PLUGIN_UNKNOWN);
	}
}

static void last_words_end_in_a_newline_however_long(void **state)
{
	char progress[PLUGIN_SUMMARY_MAX * 2];
	struct ending ending = { SIGTERM, "OOM_KILLS", { progress } };
	struct child child;

	(void)state;
	memset(progress, 'x', sizeof(progress) - 1);
	progress[sizeof(progress) - 1] = '\0';
	child_run(&child, be_ended, &ending);
	assert_in_range(strlen(child.out), PLUGIN_SUMMARY_MAX - 96, PLUGIN_SUMMARY_MAX);
	assert_string_equal(strchr(child.out, '\n'), "\n");
}

static void be_ended_after_the_answer(const void *data)
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
	/* What comes to the answer later is not said. */
	text_append(&plugin.summary, " and more");
	plugin_detail(&plugin, "a detail that came later");
	raise(*(const int *)data);
}

static void who_is_ended_after_the_answer_has_given_it(void **state)
{
	static const int signals[] = { SIGALRM, SIGTERM, SIGINT };
	struct child child;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
		child_run(&child, be_ended_after_the_answer, &signals[i]);
		assert_string_equal(child.out, "OOM_KILLS CRITICAL - VM a/b killed | oom_kills=1\na/b\n");
		assert_string_equal(child.err, "");
		assert_int_equal(child.status, PLUGIN_CRITICAL);
	}
}

static void show_what_is_locked(const void *data)
{
	const rlim_t *limit = data;
	const struct rlimit memlock = { *limit, *limit };
	static struct plugin plugin;
	char status[8192];

	setrlimit(RLIMIT_MEMLOCK, &memlock);
	plugin_init(&plugin, "check_mem_available", "MEM_AVAILABLE");
	plugin_arm(&plugin);
	const ssize_t length = file_read("/proc/self/status", status, sizeof(status));
	const char *locked = length > 0 ? strstr(status, "VmLck:") : NULL;
	printf("%ld", locked ? strtol(locked + strlen("VmLck:"), NULL, 10) : -1);
	fflush(stdout);
	_exit(0);
}

/* Whatever of it was dropped would have to be read from disk before it answers. */
static void the_signal_handler_stays_in_memory(void **state)
{
	static const rlim_t limits[] = { 65536, 8388608 };
	struct child child;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(limits); i++) {
		child_run(&child, show_what_is_locked, &limits[i]);
		/* A sanitizer makes mlock(2) do nothing. */
		if (strcmp(child.out, "0") == 0)
			skip();
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

static void a_hang_after_the_answer_ends_within_its_own_time_and_that_of_t(void **state)
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
		cmocka_unit_test(the_output_is_one_line_with_perfdata_and_then_the_details),
		cmocka_unit_test(a_long_summary_is_cut_between_characters_and_keeps_its_perfdata),
		cmocka_unit_test(details_that_do_not_fit_are_counted),
		cmocka_unit_test(details_appended_past_the_end_are_cut_at_a_line),
		cmocka_unit_test(the_output_is_one_write),
		cmocka_unit_test(a_slow_reader_gets_all_and_a_late_signal_changes_nothing),
		cmocka_unit_test(an_answer_that_cannot_be_written_is_unknown),
		cmocka_unit_test(unknown_is_one_line_that_forgets_what_was_to_be_said),
		cmocka_unit_test(a_plain_tool_complains_on_standard_error),
		cmocka_unit_test(a_run_that_is_ended_says_why_and_what_was_found),
		cmocka_unit_test(last_words_end_in_a_newline_however_long),
		cmocka_unit_test(the_signal_handler_stays_in_memory),
		cmocka_unit_test(a_hang_after_the_answer_ends_within_its_own_time_and_that_of_t),
		cmocka_unit_test(who_is_ended_after_the_answer_has_given_it),
	};

	return cmocka_run_group_tests_name("plugin", tests, NULL, NULL);
}
