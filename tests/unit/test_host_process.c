/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/process.h"
#include "host_tree.h"

#define GONE 4194304

static int with_tree(void **state)
{
	static struct tree tree;

	tree_make(&tree);
	tree_put(&tree, "/proc/1/comm", "systemd\n");
	*state = &tree;
	return 0;
}

static int without_tree(void **state)
{
	tree_remove(*state);
	return 0;
}

static struct host_processes open_tree(void **state)
{
	const struct tree *tree = *state;
	struct host_processes processes;

	assert_int_equal(host_processes_open(&processes, &tree->roots, NULL), 0);
	return processes;
}

static void only_numbers_are_processes(void **state)
{
	tree_put(*state, "/proc/12/comm", "a\n");
	tree_put(*state, "/proc/4194304/comm", "b\n");
	tree_put(*state, "/proc/0/comm", "not a pid\n");
	tree_put(*state, "/proc/12x/comm", "not a pid\n");
	tree_put(*state, "/proc/99999999999999999999/comm", "not a pid\n");
	tree_put(*state, "/proc/self/comm", "not a pid\n");
	tree_put(*state, "/proc/meminfo", "no directory\n");
	struct host_processes processes = open_tree(state);
	pid_t pid;
	long sum = 0;
	int count = 0;

	while (host_processes_next(&processes, &pid, NULL) == 1) {
		sum += pid;
		count++;
	}
	assert_int_equal(count, 3);
	assert_int_equal(sum, 1 + 12 + 4194304);
	host_processes_close(&processes);
}

static void own_process_is_read_from_the_real_proc(void **state)
{
	struct file_roots roots = { 0 };
	struct host_processes processes;
	struct host_process_status status;
	char comm[HOST_COMM_MAX], cgroup[HOST_CGROUP_PATH_MAX], cmdline[4096];
	size_t length;
	bool truncated, is_v2;
	uint64_t score, starttime_ticks = 0;
	int adj;

	(void)state;
	assert_int_equal(host_processes_open(&processes, &roots, NULL), 0);
	assert_int_equal(host_process_comm(&processes, getpid(), comm), 0);
	assert_string_equal(comm, "test_host_proce"); /* cut to 15 bytes */
	assert_int_equal(
		host_process_cmdline(&processes, getpid(), cmdline, sizeof(cmdline), &length, &truncated), 0);
	assert_non_null(strstr(cmdline, "test_host_process"));
	assert_int_equal(cmdline[length - 1], '\0');
	assert_false(truncated);
	assert_int_equal(host_process_status(&processes, getpid(), &status), 0);
	assert_true(host_known(status.vm_rss_kb) && status.vm_rss_kb > 100);
	assert_int_equal(host_process_starttime(&processes, getpid(), &starttime_ticks), 0);
	assert_true(starttime_ticks > 0);
	assert_int_equal(host_process_oom_score(&processes, getpid(), &score), 0);
	assert_int_equal(host_process_oom_score_adj(&processes, getpid(), &adj), 0);
	int r = host_process_cgroup(&processes, getpid(), cgroup, &is_v2);
	assert_true(r == 0 ? cgroup[0] == '/' : r == -ESRCH);
	host_processes_close(&processes);
}

/* The status of a kernel thread has no memory lines. */
static void status_without_memory_is_not_zero_memory(void **state)
{
	tree_put(*state, "/proc/2/status",
		 "Name:\tkthreadd\nState:\tS (sleeping)\nTgid:\t2\nPid:\t2\nPPid:\t0\n"
		 "Uid:\t0\t0\t0\t0\nThreads:\t1\n");
	tree_put(*state, "/proc/3/status",
		 "Name:\tVmRSS:\t9 kB\nTgid:\t3\nPPid:\t1\nUid:\t107\t0\t0\t0\nVmSize:\t  800 kB\n"
		 "VmRSS:\t     700 kB\nRssAnon:\t 600 kB\nRssFile:\t   90 kB\nRssShmem:\t   10 kB\n"
		 "VmPTE:\t    48 kB\nVmSwap:\t      5 kB\nHugetlbPages:\t 2048 kB\nThreads:\t1\n");
	struct host_processes processes = open_tree(state);
	struct host_process_status status;

	assert_int_equal(host_process_status(&processes, 2, &status), 0);
	assert_true(status.vm_rss_kb == HOST_ABSENT && status.hugetlb_kb == HOST_ABSENT);
	assert_int_equal(host_process_status(&processes, 3, &status), 0);
	assert_int_equal(status.vm_rss_kb, 700);
	assert_int_equal(status.vm_pte_kb, 48);
	assert_int_equal(status.vm_swap_kb, 5);
	assert_int_equal(status.hugetlb_kb, 2048);
	host_processes_close(&processes);
}

/* Without this, a VM whose Groups line is too long would look like a kernel thread. */
static void overlong_status_line_is_an_error(void **state)
{
	static const char begin[] = "Name:\tqemu-kvm\nTgid:\t2\nGroups:\t";
	static const char end[] = " \nVmRSS:\t     700 kB\nThreads:\t1\n";
	char text[2 * HOST_PROCESS_LINE_MAX];

	memset(text, '1', sizeof(text));
	memcpy(text, begin, sizeof(begin) - 1);
	memcpy(text + sizeof(text) - sizeof(end), end, sizeof(end));
	tree_put(*state, "/proc/2/status", text);
	struct host_processes processes = open_tree(state);
	struct host_process_status status;

	assert_int_equal(host_process_status(&processes, 2, &status), -EBADMSG);
	host_processes_close(&processes);
}

static void starttime_is_read_after_the_last_bracket(void **state)
{
	static const char tail[] = " S 7 1 1 0 -1 4194304 100 0 0 0 5 6 0 0 20 0 1 0 123456 1024000 250 "
				   "18446744073709551615 1 1 0\n";
	char line[256];

	snprintf(line, sizeof(line), "5 (a) R 9 (b)%s", tail);
	tree_put(*state, "/proc/5/stat", line);
	tree_put(*state, "/proc/6/stat", "6 (cut) S 1 1\n");
	tree_put(*state, "/proc/7/stat", "");
	struct host_processes processes = open_tree(state);
	uint64_t ticks = 0;

	assert_int_equal(host_process_starttime(&processes, 5, &ticks), 0);
	assert_int_equal(ticks, 123456);
	assert_int_equal(host_process_starttime(&processes, 6, &ticks), -EBADMSG);
	assert_int_equal(host_process_starttime(&processes, 7, &ticks), -EBADMSG);
	host_processes_close(&processes);
}

static void memory_cgroup_is_read_in_every_layout(void **state)
{
	static const struct {
		const char *content;
		int result;
		const char *path;
		bool is_v2;
	} rows[] = {
		{ "0::/qemu.slice/101.scope\n", 0, "/qemu.slice/101.scope", true },
		{ "4:memory:/machine/a\n0::/b\n", 0, "/machine/a", false },
		{ "0::/b\n4:cpu,memory:/a\n", 0, "/a", false },
		{ "5:memory_not:/x\n0::/b\n", 0, "/b", true },
		{ "1:name=systemd:/x\n0::/b:c\n", 0, "/b:c", true },
		{ "0::/../other\n", 0, "/../other", true },
		{ "1:name=systemd:/x\n", -EBADMSG, NULL, false },
		{ "garbage\n", -EBADMSG, NULL, false },
		{ "0::/cut", -EBADMSG, NULL, false },
		{ "", -EBADMSG, NULL, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char path[HOST_CGROUP_PATH_MAX];
		bool is_v2;

		tree_put(*state, "/proc/9/cgroup", rows[i].content);
		struct host_processes processes = open_tree(state);
		assert_int_equal(host_process_cgroup(&processes, 9, path, &is_v2), rows[i].result);
		if (rows[i].path) {
			assert_string_equal(path, rows[i].path);
			assert_int_equal(is_v2, rows[i].is_v2);
		}
		host_processes_close(&processes);
	}
}

static void oom_score_adj_out_of_bounds_is_an_error(void **state)
{
	static const struct {
		const char *content;
		int result, adj;
	} rows[] = {
		{ "-1000\n", 0, -1000 },   { "0\n", 0, 0 },       { "1000\n", 0, 1000 },
		{ "1001\n", -EBADMSG, 0 }, { "\n", -EBADMSG, 0 }, { "99999999999999999999\n", -EBADMSG, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		int adj = 0;

		tree_put(*state, "/proc/9/oom_score_adj", rows[i].content);
		struct host_processes processes = open_tree(state);
		assert_int_equal(host_process_oom_score_adj(&processes, 9, &adj), rows[i].result);
		assert_int_equal(adj, rows[i].adj);
		host_processes_close(&processes);
	}
}

static void long_command_line_is_cut_and_flagged(void **state)
{
	tree_put_bytes(*state, "/proc/9/cmdline",
		       "kvm\0-id\0"
		       "101",
		       12);
	tree_put(*state, "/proc/10/cmdline", "");
	struct host_processes processes = open_tree(state);
	char buffer[64];
	size_t length;
	bool truncated;

	assert_int_equal(host_process_cmdline(&processes, 9, buffer, sizeof(buffer), &length, &truncated), 0);
	assert_int_equal(length, 12);
	assert_false(truncated);
	assert_string_equal(buffer + 4, "-id");
	assert_int_equal(host_process_cmdline(&processes, 9, buffer, 8, &length, &truncated), 0);
	assert_int_equal(length, 7);
	assert_true(truncated);
	assert_int_equal(host_process_cmdline(&processes, 10, buffer, sizeof(buffer), &length, &truncated),
			 0);
	assert_int_equal(length, 0);
	host_processes_close(&processes);
}

static void vanished_process_returns_esrch(void **state)
{
	struct host_processes processes = open_tree(state);
	struct host_process_status status;
	uint64_t ticks;
	char comm[HOST_COMM_MAX];

	assert_int_equal(host_process_comm(&processes, GONE, comm), -ESRCH);
	assert_int_equal(host_process_status(&processes, GONE, &status), -ESRCH);
	assert_int_equal(host_process_starttime(&processes, GONE, &ticks), -ESRCH);
	assert_int_equal(host_process_comm(&processes, 0, comm), -ESRCH);
	host_processes_close(&processes);
}

/* With hidepid=2 the directories of other users' processes are not visible. */
static void invisible_pid_1_means_hidden_processes(void **state)
{
	struct host_processes processes = open_tree(state);

	assert_false(host_processes_are_hidden(&processes));
	host_processes_close(&processes);
	char path[128];
	const struct tree *tree = *state;
	snprintf(path, sizeof(path), "%s/proc/1/comm", tree->root);
	assert_int_equal(remove(path), 0);
	processes = open_tree(state);
	assert_true(host_processes_are_hidden(&processes));
	host_processes_close(&processes);
}

static void error_names_the_missing_procfs(void **state)
{
	const struct file_roots roots = { .procfs = "/nowhere/proc" };
	struct host_processes processes;
	TEXT_ON_STACK(error, 256);

	(void)state;
	assert_int_equal(host_processes_open(&processes, &roots, &error), -ENOENT);
	assert_string_equal(error.data, "/nowhere/proc: No such file or directory");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(only_numbers_are_processes, with_tree, without_tree),
		cmocka_unit_test(own_process_is_read_from_the_real_proc),
		cmocka_unit_test_setup_teardown(status_without_memory_is_not_zero_memory, with_tree,
						without_tree),
		cmocka_unit_test_setup_teardown(overlong_status_line_is_an_error, with_tree, without_tree),
		cmocka_unit_test_setup_teardown(starttime_is_read_after_the_last_bracket, with_tree,
						without_tree),
		cmocka_unit_test_setup_teardown(memory_cgroup_is_read_in_every_layout, with_tree,
						without_tree),
		cmocka_unit_test_setup_teardown(oom_score_adj_out_of_bounds_is_an_error, with_tree,
						without_tree),
		cmocka_unit_test_setup_teardown(long_command_line_is_cut_and_flagged, with_tree,
						without_tree),
		cmocka_unit_test_setup_teardown(vanished_process_returns_esrch, with_tree, without_tree),
		cmocka_unit_test_setup_teardown(invisible_pid_1_means_hidden_processes, with_tree,
						without_tree),
		cmocka_unit_test(error_names_the_missing_procfs),
	};

	return cmocka_run_group_tests_name("host/process", tests, NULL, NULL);
}
