/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Damaged logs: if records are cut, lost, doubled or out of order, the parser does not crash and
 * reports no pid that is not in the log. The damage is the same in every run. */
#include "config.h"

#include "unit.h"

#include <errno.h>
#include <limits.h>

#include "replay.h"

#define LINES_MAX 512

struct captured {
	char *lines[LINES_MAX]; /* texts of the kernel's records, with escapes decoded */
	size_t lengths[LINES_MAX];
	size_t count;
};

static void read_capture(const char *scenario, struct captured *captured)
{
	static char text[KLOG_RECORD_MAX];
	const char *source = getenv("SRCDIR");
	char path[PATH_MAX], *line = NULL;
	struct klog_record record;
	size_t size = 0;
	ssize_t length;
	FILE *file;

	snprintf(path, sizeof(path), "%s/tests/data/kernels/6.1.0-50-cloud-amd64/%s.kmsg",
		 source != NULL ? source : ".", scenario);
	file = fopen(path, "r");
	assert_non_null(file);
	while ((length = getline(&line, &size, file)) > 0 && captured->count < LINES_MAX) {
		if (klog_kmsg_parse(line, (size_t)length - 1, text, sizeof(text), &record) < 0 ||
		    !klog_record_is_kernel(&record))
			continue;
		captured->lines[captured->count] = malloc(record.text_length + 1);
		assert_non_null(captured->lines[captured->count]);
		memcpy(captured->lines[captured->count], record.text, record.text_length + 1);
		captured->lengths[captured->count++] = record.text_length;
	}
	assert_true(captured->count > 20);
	free(line);
	fclose(file);
}

static void free_capture(struct captured *captured)
{
	for (size_t i = 0; i < captured->count; i++)
		free(captured->lines[i]);
	*captured = (struct captured){ 0 };
}

static bool holds(const struct captured *captured, const char *what)
{
	for (size_t i = 0; i < captured->count; i++) {
		if (memmem(captured->lines[i], captured->lengths[i], what, strlen(what)) != NULL)
			return true;
	}
	return false;
}

static void assert_pids_are_in_log(const struct captured *captured, const struct oom_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		char killed[64], summary[64];

		snprintf(killed, sizeof(killed), "process %lld (", (long long)list->kills[i].pid);
		snprintf(summary, sizeof(summary), ",pid=%lld,uid=", (long long)list->kills[i].pid);
		assert_true(holds(captured, killed) || holds(captured, summary));
	}
}

static void replay_all(const struct captured *captured)
{
	struct replay replay;

	replay_begin(&replay);
	for (size_t i = 0; i < captured->count; i++)
		replay_bytes(&replay, captured->lines[i], captured->lengths[i], NULL);
	replay_end(&replay);
	assert_int_equal(replay.r, 0);
	assert_pids_are_in_log(captured, &replay.list);
	replay_free(&replay);
}

static const char *const scenarios[] = { "a_global", "b_memcg", "c_memcg_group", "l_longpath",
					 "e1_hostile_paren" };

static void record_cut_at_any_byte_is_parsed_safely(void **state)
{
	(void)state;
	for (size_t s = 0; s < ARRAY_SIZE(scenarios); s++) {
		struct captured captured = { 0 };

		read_capture(scenarios[s], &captured);
		for (size_t i = 0; i < captured.count; i++) {
			size_t whole = captured.lengths[i];

			for (size_t length = 0; length < whole; length++) {
				captured.lengths[i] = length;
				replay_all(&captured);
			}
			captured.lengths[i] = whole;
		}
		free_capture(&captured);
	}
}

/* Knuth's LCG for MMIX: the same sequence on every machine. */
static unsigned next_random(uint64_t *random, size_t below)
{
	*random = *random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned)((*random >> 33) % below);
}

static void move_line(struct captured *captured, size_t to, size_t from)
{
	char *line = captured->lines[to];
	size_t length = captured->lengths[to];

	captured->lines[to] = captured->lines[from];
	captured->lengths[to] = captured->lengths[from];
	captured->lines[from] = line;
	captured->lengths[from] = length;
}

/* Removes, doubles or swaps lines, or changes a byte. */
static void damage(struct captured *captured, uint64_t *random)
{
	size_t at = next_random(random, captured->count), other = next_random(random, captured->count);
	char *copy;

	switch (next_random(random, 4)) {
	case 0:
		captured->lengths[at] = 0;
		break;
	case 1:
		move_line(captured, at, other);
		break;
	case 2:
		if (captured->lengths[at] > 0)
			captured->lines[at][next_random(random, captured->lengths[at])] =
				(char)(1 + next_random(random, 255));
		break;
	default:
		copy = malloc(captured->lengths[at] + 1);
		assert_non_null(copy);
		memcpy(copy, captured->lines[at], captured->lengths[at] + 1);
		free(captured->lines[other]);
		captured->lines[other] = copy;
		captured->lengths[other] = captured->lengths[at];
	}
}

static void damaged_records_are_parsed_safely(void **state)
{
	uint64_t random = 1;

	(void)state;
	for (size_t s = 0; s < ARRAY_SIZE(scenarios); s++) {
		for (unsigned round = 0; round < 40; round++) {
			struct captured captured = { 0 };

			read_capture(scenarios[s], &captured);
			for (unsigned i = 0; i < 50; i++) {
				damage(&captured, &random);
				replay_all(&captured);
			}
			free_capture(&captured);
		}
	}
}

static unsigned allocations;

void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__real_reallocarray(void *memory, size_t count, size_t size);
void *__wrap_reallocarray(void *memory, size_t count, size_t size);
char *__real_strdup(const char *string);
char *__wrap_strdup(const char *string);

void *__wrap_calloc(size_t count, size_t size)
{
	allocations++;
	return __real_calloc(count, size);
}

void *__wrap_reallocarray(void *memory, size_t count, size_t size)
{
	allocations++;
	return __real_reallocarray(memory, count, size);
}

static bool out_of_memory;

char *__wrap_strdup(const char *string)
{
	allocations++;
	return out_of_memory ? NULL : __real_strdup(string);
}

static void unfinished_reports_allocate_nothing(void **state)
{
	static const char *const lines[] = {
		"Out of memory:  invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0",
		"Node 0 DMA free:892kB min:132kB present:15992kB managed:15360kB",
		"Task in /a killed as a result of limit of ",
		"memory: usage 9kB, limit 9kB, failcnt 3",
		"oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),oom_memcg=",
		"/0123456789/0123456789/0123456789/0123456789/0123456789/0123456789/0123456789",
		",task_memcg=",
		"Out of memory: Kill process 7 (x) score 9 or sacrifice child",
		"Tasks in /a are going to be killed due to memory.oom.group set",
	};
	struct replay replay;

	(void)state;
	replay_begin(&replay);
	allocations = 0;
	for (unsigned i = 0; i < 300000; i++) {
		const char *line = lines[(i * 7 + i / 1000) % ARRAY_SIZE(lines)];
		struct klog_record record = { .realtime_usec = KLOG_TIME_UNKNOWN,
					      .monotonic_usec = KLOG_TIME_UNKNOWN,
					      .text = line,
					      .text_length = strlen(line) };

		replay_record(&replay, &record);
	}
	assert_int_equal(allocations, 0);
	replay_free(&replay);
}

static void failed_allocation_keeps_the_kill_without_its_cgroup(void **state)
{
	struct captured captured = { 0 };
	struct replay replay;

	(void)state;
	read_capture("b_memcg", &captured);
	replay_begin(&replay);
	out_of_memory = true;
	for (size_t i = 0; i < captured.count; i++)
		replay_bytes(&replay, captured.lines[i], captured.lengths[i], NULL);
	replay_end(&replay);
	out_of_memory = false;
	assert_int_equal(replay.r, -ENOMEM);
	assert_int_equal(replay.list.count, 1);
	assert_string_equal(replay.list.kills[0].comm, "qemu-kvm");
	assert_int_equal(replay.list.kills[0].constraint, OOM_CONSTRAINT_MEMCG);
	assert_null(replay.list.kills[0].cgroup);
	replay_free(&replay);
	free_capture(&captured);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(record_cut_at_any_byte_is_parsed_safely),
		cmocka_unit_test(damaged_records_are_parsed_safely),
		cmocka_unit_test(unfinished_reports_allocate_nothing),
		cmocka_unit_test(failed_allocation_keeps_the_kill_without_its_cgroup),
	};

	return cmocka_run_group_tests_name("oom_mutations", tests, NULL, NULL);
}
