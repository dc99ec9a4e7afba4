/* SPDX-License-Identifier: GPL-3.0-or-later */
/* OOM reports that were provoked on real kernels. tests/data/kernels contains a folder for each
 * kernel, with a capture of /dev/kmsg for each scenario; the .txt file beside it records what
 * the guest saw: the pids that were killed, and the kernel's counter before and after. */
#include "unit.h"

#include <dirent.h>
#include <limits.h>

#include "replay.h"

#define SCOPE "/machine.slice/machine-qemu\\x2d1\\x2dinstance\\x2d0000002a.scope"
#define POD                                                               \
	"/kubepods-burstable-pod6f1c2d3e\\x2d0000\\x2d4000\\x2d8000\\x2d" \
	"00000000002a000000000000000000000000000000000000000000000000"    \
	"0000000000000000000000000000000000000000000000000001"
#define ANY_PID (-2)

#define NONE  OOM_CONSTRAINT_NONE
#define MEMCG OOM_CONSTRAINT_MEMCG

/* Each scenario, and what must be read from its log. */
static const struct scenario {
	const char *name;
	const char *comm;
	enum oom_constraint constraint;
	const char *limit_cgroup;
	int64_t limit_kb;
	const char *invoker;
	int64_t invoker_pid_offset; /* relative to the killed pid; ANY_PID */
	int64_t pid_offset;         /* pid of the killed line, likewise */
	bool manual;
	const char *cgroup_start; /* if the record was cut at 1 KiB; otherwise SCOPE */
} scenarios[] = {
	{ "a_global", "qemu-kvm", NONE, NULL, OOM_UNKNOWN, .invoker = "qemu-kvm" },
	/* invoked by a vCPU thread; the process is killed */
	{ "a2_global_thread", "qemu-kvm", NONE, NULL, OOM_UNKNOWN, .invoker = "CPU 0/KVM",
	  .invoker_pid_offset = 1 },
	{ "b_memcg", "qemu-kvm", MEMCG, SCOPE, 24576, .invoker = "qemu-kvm" },
	{ "b2_parent_limit", "qemu-kvm", MEMCG, "/machine.slice", 40960, .invoker = "qemu-kvm" },
	/* the killed line names another process with the same memory */
	{ "b3_vm_shared", "mm-sharer", MEMCG, SCOPE, 24576, .invoker = "qemu-kvm", .pid_offset = ANY_PID },
	{ "d_thread_slash", "qemu-kvm", MEMCG, SCOPE, 24576, .invoker = "CPU 0/KVM",
	  .invoker_pid_offset = 1 },
	{ "e1_hostile_paren", ") total-vm:9kB,", MEMCG, SCOPE, 24576, .invoker = ") total-vm:9kB," },
	{ "e2_hostile_newline", "a\nOut of memory", MEMCG, SCOPE, 24576, .invoker = "a\nOut of memory" },
	{ "e3_hostile_bytes", "|\"'\\;=,\xff\xfe\x80\xc3\xa9", MEMCG, SCOPE, 24576,
	  .invoker = "|\"'\\;=,\xff\xfe\x80\xc3\xa9" },
	{ "e4_hostile_ctrl", "\x1b[31m\a\t\rx\x7f\x85", MEMCG, SCOPE, 24576,
	  .invoker = "\x1b[31m\a\t\rx\x7f\x85" },
	/* printk takes the first two bytes of the header for a log level */
	{ "e5_hostile_soh_level", "\0010evil", MEMCG, SCOPE, 24576, .invoker = "\0010evil" },
	{ "e6_hostile_soh_cont", "\001cevil", MEMCG, SCOPE, 24576, .invoker = "\001cevil" },
	{ "e7_hostile_prefix", "Out of memory: ", MEMCG, SCOPE, 24576, .invoker = "Out of memory: " },
	{ "e8_hostile_killedline", "x (qemu-kvm) to", MEMCG, SCOPE, 24576, .invoker = "x (qemu-kvm) to" },
	{ "e9_global_hostile", ") total-vm:9kB,", NONE, NULL, OOM_UNKNOWN, .invoker = ") total-vm:9kB," },
	{ "f_sysrq", "qemu-kvm", NONE, NULL, OOM_UNKNOWN, .invoker = "kworker/",
	  .invoker_pid_offset = ANY_PID, .manual = true },
	{ "g1_kill_allocating", "qemu-kvm", NONE, NULL, OOM_UNKNOWN, .invoker = "qemu-kvm" },
	{ "g2_kill_allocating_thread", "qemu-kvm", NONE, NULL, OOM_UNKNOWN, .invoker = "CPU 0/KVM",
	  .invoker_pid_offset = 1 },
	{ "g3_no_dump_tasks", "qemu-kvm", NONE, NULL, OOM_UNKNOWN, .invoker = "qemu-kvm" },
	{ "j_cpuset", "qemu-kvm", OOM_CONSTRAINT_CPUSET, NULL, OOM_UNKNOWN, .invoker = "qemu-kvm" },
	{ "k_mempolicy", "qemu-kvm", OOM_CONSTRAINT_MEMPOLICY, NULL, OOM_UNKNOWN, .invoker = "qemu-kvm" },
	{ "l_longpath", "qemu-kvm", MEMCG, SCOPE, 24576, .invoker = "qemu-kvm",
	  .cgroup_start = SCOPE POD POD POD POD POD "/kubepods-burstable-pod6f1c2d3e" },
	/* the summary names the exited leader, the killed line its thread */
	{ "p_leader_exited", "CPU 0/KVM", MEMCG, SCOPE, 24576, .invoker = "CPU 0/KVM",
	  .invoker_pid_offset = 1, .pid_offset = 1 },
	{ "q_reaper", "qemu-kvm", NONE, NULL, OOM_UNKNOWN, .invoker = "kworker/",
	  .invoker_pid_offset = ANY_PID, .manual = true },
	{ "t_swap", "qemu-kvm", NONE, NULL, OOM_UNKNOWN, .invoker = "qemu-kvm" },
	{ "v1_memcg", "qemu-kvm", MEMCG, SCOPE, 24576, .invoker = "qemu-kvm" },
	{ "z_realqemu", "qemu-kvm", NONE, NULL, OOM_UNKNOWN, .invoker = "touch_pages",
	  .invoker_pid_offset = ANY_PID },
	{ "z2_realqemu_memcg", "qemu-kvm", MEMCG, SCOPE, 196608, .invoker = "touch_pages",
	  .invoker_pid_offset = ANY_PID },
};

/* The sums of "free:" and "managed:" over the zones in the report: only of the second node if a
 * cpuset or memory policy restricted the allocation. */
static const struct {
	const char *kernel;
	const char *scenario;
	int64_t host_free_kb;
	int64_t host_total_kb;
} host_memory[] = {
	{ "5.10.0-46-cloud-amd64", "a_global", 2580, 229216 },
	{ "5.10.0-46-cloud-amd64", "j_cpuset", 1016, 128436 },
	{ "5.10.0-46-cloud-amd64", "k_mempolicy", 1056, 128436 },
	{ "6.1.0-50-cloud-amd64", "a_global", 2536, 222380 },
	{ "6.1.0-50-cloud-amd64", "f_sysrq", 99300, 222380 },
	{ "6.1.0-50-cloud-amd64", "j_cpuset", 1064, 127432 },
	{ "6.1.0-50-cloud-amd64", "k_mempolicy", 1072, 127432 },
	{ "6.1.0-50-cloud-amd64", "t_swap", 6420, 222380 },
	{ "6.1.0-50-cloud-amd64", "z_realqemu", 4364, 480044 },
	{ "6.12.107+deb13-cloud-amd64", "a_global", 2772, 216916 },
	{ "6.12.107+deb13-cloud-amd64", "j_cpuset", 924, 127412 },
	{ "6.12.107+deb13-cloud-amd64", "k_mempolicy", 1184, 127412 },
};

/* What the guest recorded. */
struct witness {
	int64_t pids[4]; /* of killed processes */
	size_t pid_count;
	uint64_t killed_lines; /* increase of oom_kill in /proc/vmstat */
};

struct capture {
	const char *kernel;
	char name[64];
	char path[3 * PATH_MAX]; /* without .xz */
	struct witness witness;
};

static const char *data_folder(void)
{
	static char folder[PATH_MAX];
	const char *source = getenv("SRCDIR");

	snprintf(folder, sizeof(folder), "%s/tests/data/kernels", source != NULL ? source : ".");
	return folder;
}

static void read_witness(const char *path, struct witness *ret)
{
	char line[1024];
	unsigned long before = 0, after = 0;
	long pid;
	FILE *file = fopen(path, "r");

	assert_non_null(file);
	*ret = (struct witness){ 0 };
	while (fgets(line, sizeof(line), file) != NULL) {
		sscanf(line, "before: oom_kill %lu", &before);
		sscanf(line, "after: oom_kill %lu", &after);
		if (sscanf(line, "victim pid=%ld wait status=137", &pid) == 1 &&
		    strstr(line, "=137") != NULL && ret->pid_count < ARRAY_SIZE(ret->pids))
			ret->pids[ret->pid_count++] = pid;
	}
	fclose(file);
	ret->killed_lines = after - before;
}

typedef void (*capture_fn)(const struct capture *capture, const struct oom_list *list,
			   struct oom_parser *parser);

/* Calls check for the captures with the wanted name (NULL: all); returns how many there were. */
static unsigned for_each_capture(const char *kernel, const char *wanted, capture_fn check)
{
	char path[2 * PATH_MAX];
	struct dirent *entry;
	unsigned count = 0;
	DIR *folder;

	snprintf(path, sizeof(path), "%s/%s", data_folder(), kernel);
	folder = opendir(path);
	assert_non_null(folder);
	while ((entry = readdir(folder)) != NULL) {
		struct capture capture = { .kernel = kernel };
		struct replay replay;
		const char *end = strstr(entry->d_name, ".txt");
		size_t length = end != NULL ? (size_t)(end - entry->d_name) : 0;

		if (length == 0 || length >= sizeof(capture.name))
			continue;
		memcpy(capture.name, entry->d_name, length);
		if (wanted != NULL && strcmp(capture.name, wanted) != 0)
			continue;
		assert_true(snprintf(capture.path, sizeof(capture.path), "%s/%s.txt", path, capture.name) <
			    (int)sizeof(capture.path));
		read_witness(capture.path, &capture.witness);
		strcpy(strrchr(capture.path, '.'), ".kmsg");
		replay_begin(&replay);
		replay_capture(&replay, capture.path);
		replay_end(&replay);
		assert_int_equal(replay.r, 0);
		check(&capture, &replay.list, replay.parser);
		replay_free(&replay);
		count++;
	}
	closedir(folder);
	return count;
}

static unsigned for_each_kernel(const char *wanted, capture_fn check)
{
	struct dirent **entries;
	unsigned count = 0;
	int kernels = scandir(data_folder(), &entries, NULL, alphasort);

	assert_true(kernels > 0);
	for (int i = 0; i < kernels; i++) {
		if (entries[i]->d_name[0] != '.')
			count += for_each_capture(entries[i]->d_name, wanted, check);
		free(entries[i]);
	}
	free(entries);
	return count;
}

static const struct scenario *find_scenario(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(scenarios); i++) {
		if (strcmp(scenarios[i].name, name) == 0)
			return &scenarios[i];
	}
	return NULL;
}

#define assert_in(capture, condition)                                                          \
	do {                                                                                   \
		if (!(condition))                                                              \
			fail_msg("%s/%s: %s", (capture)->kernel, (capture)->name, #condition); \
	} while (0)

static bool same_string(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static void check_scenario(const struct capture *capture, const struct oom_list *list,
			   struct oom_parser *parser)
{
	const struct scenario *scenario = find_scenario(capture->name);
	const struct oom_kill *kill = list->kills;
	int64_t lost = capture->witness.pids[0];

	(void)parser;
	if (scenario == NULL)
		return;
	assert_in(capture, list->count == 1);
	assert_in(capture, scenario->pid_offset == ANY_PID || kill->pid == lost + scenario->pid_offset);
	assert_in(capture, same_string(kill->comm, scenario->comm));
	assert_in(capture, kill->killer == OOM_KILLER_KERNEL && kill->proven && !kill->inferred);
	assert_in(capture, kill->constraint == scenario->constraint);
	if (scenario->cgroup_start != NULL)
		assert_in(capture,
			  strncmp(kill->cgroup, scenario->cgroup_start, strlen(scenario->cgroup_start)) == 0);
	else
		assert_in(capture, same_string(kill->cgroup, SCOPE));
	assert_in(capture, same_string(kill->limit_cgroup, scenario->limit_cgroup));
	assert_in(capture, kill->limit_kb == scenario->limit_kb);
	assert_in(capture, kill->manual == scenario->manual);
	assert_in(capture, kill->has_invoker);
	assert_in(capture, scenario->manual ? strncmp(kill->invoker_comm, scenario->invoker,
						      strlen(scenario->invoker)) == 0
					    : same_string(kill->invoker_comm, scenario->invoker));
	assert_in(capture, scenario->invoker_pid_offset == ANY_PID ||
				   kill->invoker_pid == lost + scenario->invoker_pid_offset);
	assert_in(capture, kill->has_order && kill->order == (scenario->manual ? -1 : 0));
	assert_in(capture, strncmp(kill->gfp_mask, "0x", 2) == 0);
	assert_in(capture, (kill->host_free_kb != OOM_UNKNOWN) == (scenario->constraint != MEMCG));
}

static void each_scenario_has_one_kill(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(scenarios); i++)
		assert_true(for_each_kernel(scenarios[i].name, check_scenario) > 0);
}

/* memory.oom.group prints its first victim twice, and the kernel counts it twice. */
static void check_counter(const struct capture *capture, const struct oom_list *list,
			  struct oom_parser *parser)
{
	(void)list;
	if (strcmp(capture->name, "i_overflow") == 0) /* the flood overwrote the killed line */
		assert_in(capture, oom_parser_killed_lines(parser, replay_boot) == 0 &&
					   capture->witness.killed_lines == 1);
	else
		assert_in(capture,
			  oom_parser_killed_lines(parser, replay_boot) == capture->witness.killed_lines);
}

static void killed_lines_match_the_kernel_counter(void **state)
{
	(void)state;
	assert_true(for_each_kernel(NULL, check_counter) >= 90);
}

static void check_no_kill(const struct capture *capture, const struct oom_list *list,
			  struct oom_parser *parser)
{
	(void)parser;
	assert_in(capture, list->count == 0);
}

static void reports_without_a_victim_are_no_kills(void **state)
{
	static const char *const names[] = {
		"h_fake",        /* userspace wrote 13 forms of a killed line */
		"i_overflow",    /* a flood overwrote the report */
		"m_no_killable", /* dozens of reports without a victim */
		"overcommit0-z_realqemu",
		"overcommit0-z2_realqemu_memcg", /* mmap() failed */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		assert_true(for_each_kernel(names[i], check_no_kill) > 0);
}

static void check_group(const struct capture *capture, const struct oom_list *list, struct oom_parser *parser)
{
	assert_in(capture, list->count == 3 && capture->witness.pid_count == 3);
	for (size_t i = 0; i < 3; i++) {
		const struct oom_kill *kill = &list->kills[i];

		assert_in(capture, kill->pid == capture->witness.pids[i]);
		assert_in(capture, same_string(kill->comm, i == 0 ? "qemu-kvm" : "worker"));
		assert_in(capture, kill->constraint == OOM_CONSTRAINT_MEMCG && kill->limit_kb == 40960);
		assert_in(capture,
			  same_string(kill->cgroup, SCOPE) && same_string(kill->limit_cgroup, SCOPE));
		assert_in(capture, same_string(kill->invoker_comm, "qemu-kvm"));
	}
	assert_in(capture, oom_parser_killed_lines(parser, replay_boot) == 4);
}

static void first_victim_of_an_oom_group_is_listed_once(void **state)
{
	(void)state;
	assert_int_equal(for_each_kernel("c_memcg_group", check_group), 3);
}

static unsigned count_in_file(const char *path, const char *what)
{
	unsigned count = 0;
	char *line = NULL;
	size_t size = 0;
	bool packed;
	FILE *file = capture_open(path, &packed);

	assert_non_null(file);
	while (getline(&line, &size, file) > 0)
		count += strstr(line, what) != NULL;
	free(line);
	capture_close(file, packed);
	return count;
}

static void check_rate_limited(const struct capture *capture, const struct oom_list *list,
			       struct oom_parser *parser)
{
	unsigned reports = count_in_file(capture->path, ";oom-kill:"), with_cgroup = 0;

	(void)parser;
	assert_in(capture, list->count == 16 && reports < 16);
	for (size_t i = 0; i < list->count; i++) {
		const struct oom_kill *kill = &list->kills[i];

		with_cgroup += kill->cgroup != NULL;
		assert_in(capture, kill->constraint == OOM_CONSTRAINT_MEMCG && kill->anon_rss_kb > 0);
		assert_in(capture, (kill->cgroup != NULL) == kill->has_invoker);
		assert_in(capture, i == 0 || list->kills[i - 1].pid < kill->pid);
	}
	assert_in(capture, with_cgroup == reports);
	/* the last one follows the pause that ended the rate limit */
	assert_in(capture, list->kills[15].pid == capture->witness.pids[0] && list->kills[15].cgroup != NULL);
}

static void rate_limited_kill_takes_nothing_from_other_reports(void **state)
{
	(void)state;
	assert_int_equal(for_each_kernel("n_ratelimit", check_rate_limited), 3);
}

static void check_torn_summaries(const struct capture *capture, const struct oom_list *list,
				 struct oom_parser *parser)
{
	(void)parser;
	assert_in(capture, list->count == 6);
	for (size_t i = 0; i < list->count; i++) {
		const struct oom_kill *kill = &list->kills[i];

		assert_in(capture, same_string(kill->comm, "qemu-kvm") && kill->invoker_pid == kill->pid);
		assert_in(capture, kill->constraint == OOM_CONSTRAINT_MEMCG && kill->limit_kb == 4096);
		assert_in(capture,
			  same_string(kill->cgroup, SCOPE) && same_string(kill->limit_cgroup, SCOPE));
	}
}

static void torn_summary_is_reassembled(void **state)
{
	(void)state;
	/* in 6.1 all six are torn, according to the number of fragments in the reports */
	assert_int_equal(for_each_kernel("o_contention", check_torn_summaries), 3);
}

static void check_host_memory(const struct capture *capture, const struct oom_list *list,
			      struct oom_parser *parser)
{
	(void)parser;
	for (size_t i = 0; i < ARRAY_SIZE(host_memory); i++) {
		if (strcmp(host_memory[i].kernel, capture->kernel) != 0 ||
		    strcmp(host_memory[i].scenario, capture->name) != 0)
			continue;
		assert_in(capture, list->kills[0].host_free_kb == host_memory[i].host_free_kb);
		assert_in(capture, list->kills[0].host_total_kb == host_memory[i].host_total_kb);
	}
}

static void host_memory_is_the_sum_of_the_zones(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(host_memory); i++)
		assert_int_equal(
			for_each_capture(host_memory[i].kernel, host_memory[i].scenario, check_host_memory),
			1);
}

static unsigned killed_lines;

/* Formats the killed line as mm/oom_kill.c does and looks for it in the capture. */
static void check_killed_line(const struct capture *capture, const struct oom_list *list,
			      struct oom_parser *parser)
{
	(void)parser;
	for (size_t i = 0; i < list->count; i++) {
		const struct oom_kill *kill = &list->kills[i];
		TEXT_ON_STACK(line, 1024);

		text_printf(&line, ": Killed process %ld (", (long)kill->pid);
		for (const char *at = kill->comm; *at != '\0'; at++) { /* escaped as kmsg does */
			if ((unsigned char)*at < 0x20 || (unsigned char)*at >= 0x7f || *at == '\\')
				text_printf(&line, "\\x%02x", (unsigned char)*at);
			else
				text_append_bytes(&line, at, 1);
		}
		text_printf(&line,
			    ") total-vm:%ldkB, anon-rss:%ldkB, file-rss:%ldkB, shmem-rss:%ldkB, "
			    "UID:%ld pgtables:%ldkB oom_score_adj:%d\n",
			    (long)kill->total_vm_kb, (long)kill->anon_rss_kb, (long)kill->file_rss_kb,
			    (long)kill->shmem_rss_kb, (long)kill->uid, (long)kill->pgtables_kb,
			    kill->oom_score_adj);
		assert_in(capture, kill->has_oom_score_adj);
		assert_in(capture, count_in_file(capture->path, line.data) > 0);
		killed_lines++;
	}
}

static void killed_line_fields_are_read_exactly(void **state)
{
	(void)state;
	killed_lines = 0;
	for_each_kernel(NULL, check_killed_line);
	assert_true(killed_lines >= 90);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_scenario_has_one_kill),
		cmocka_unit_test(killed_lines_match_the_kernel_counter),
		cmocka_unit_test(reports_without_a_victim_are_no_kills),
		cmocka_unit_test(first_victim_of_an_oom_group_is_listed_once),
		cmocka_unit_test(rate_limited_kill_takes_nothing_from_other_reports),
		cmocka_unit_test(torn_summary_is_reassembled),
		cmocka_unit_test(host_memory_is_the_sum_of_the_zones),
		cmocka_unit_test(killed_line_fields_are_read_exactly),
	};

	return cmocka_run_group_tests_name("oom_kernels", tests, NULL, NULL);
}
