/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whether two records describe one kill, and what the list then keeps. */
#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "oom/kill.h"
#include "oom/path.h"

#define SECOND INT64_C(1000000)
#define HOUR   (3600 * SECOND)

#define UNTIMED KLOG_TIME_UNKNOWN

struct account {
	int64_t pid;
	const char *comm;
	int64_t realtime_usec;
	int64_t monotonic_usec;
	uint8_t boot; /* 0: unknown */
	int64_t anon_rss_kb;
	bool inferred;
	enum oom_killer killer;
	const char *cgroup;
	bool proven, comm_is_cut;
};

static struct oom_kill make_kill(const struct account *account)
{
	struct oom_kill kill;

	oom_kill_init(&kill);
	kill.pid = account->pid;
	strcpy(kill.comm, account->comm);
	kill.realtime_usec = account->realtime_usec;
	kill.monotonic_usec = account->monotonic_usec;
	kill.has_boot_id = account->boot != 0;
	kill.boot_id[0] = account->boot;
	kill.anon_rss_kb = account->anon_rss_kb;
	kill.inferred = account->inferred;
	kill.proven = account->proven;
	kill.comm_is_cut = account->comm_is_cut;
	kill.killer = account->killer;
	if (account->cgroup != NULL)
		kill.cgroup = strdup(account->cgroup);
	return kill;
}

static void add(struct oom_list *list, const struct account *account)
{
	struct oom_kill kill = make_kill(account);

	assert_int_equal(oom_list_add(list, &kill), 0);
	assert_null(kill.cgroup);
	assert_int_equal(kill.pid, OOM_UNKNOWN);
}

static void two_records_of_one_kill_are_merged(void **state)
{
	static const struct {
		const char *what;
		struct account first;
		struct account second;
		size_t kills;
	} cases[] = {
		{ "the ring buffer and the journal",
		  { 7, "x", 100 * SECOND, 5 * SECOND, 1, .anon_rss_kb = 8 },
		  { 7, "x", 100 * SECOND, 5 * SECOND, 1, .anon_rss_kb = 8 },
		  1 },
		{ "a wall clock that was set in between",
		  { 7, "x", 100 * SECOND, 5 * SECOND, 1, .anon_rss_kb = 8 },
		  { 7, "x", 9 * HOUR, 5 * SECOND, 1, .anon_rss_kb = 8 },
		  1 },
		{ "a text log without fractions or boot",
		  { 7, "x", 100 * SECOND + 900000, 5 * SECOND, 1, .anon_rss_kb = 8 },
		  { 7, "x", 100 * SECOND, UNTIMED, 0, .anon_rss_kb = 8 },
		  1 },
		{ "a text log with the kernel's stamp, whose wall clock was set in between",
		  { 7, "x", 9 * HOUR, 5 * SECOND + 7, 1, .anon_rss_kb = 8 },
		  { 7, "x", 11 * HOUR, 5 * SECOND + 7, 0, .anon_rss_kb = 8 },
		  1 },
		{ "the same stamp in text logs of two boots, with other sizes",
		  { 7, "x", 9 * HOUR, 5 * SECOND + 7, 0, .anon_rss_kb = 8 },
		  { 7, "x", 11 * HOUR, 5 * SECOND + 7, 0, .anon_rss_kb = 9 },
		  2 },
		{ "nearly the same stamp in text logs of two boots",
		  { 7, "x", 9 * HOUR, 5 * SECOND + 7, 0, .anon_rss_kb = 8 },
		  { 7, "x", 11 * HOUR, 5 * SECOND + 8, 0, .anon_rss_kb = 8 },
		  2 },
		{ "the same pid and time after another boot",
		  { 7, "x", 100 * SECOND, 5 * SECOND, 1, .anon_rss_kb = 8 },
		  { 7, "x", 9 * HOUR, 5 * SECOND, 2, .anon_rss_kb = 8 },
		  2 },
		{ "the pid came back hours later",
		  { 7, "x", 1 * HOUR, 1 * HOUR, 1, .anon_rss_kb = 8 },
		  { 7, "x", 4 * HOUR, 4 * HOUR, 1, .anon_rss_kb = 8 },
		  2 },
		{ "the pid came back under another name",
		  { 7, "x", 1 * HOUR, 1 * HOUR, 1, .anon_rss_kb = 8 },
		  { 7, "y", 1 * HOUR, 1 * HOUR, 1, .anon_rss_kb = 8 },
		  2 },
		{ "another pid",
		  { 7, "x", 100, 100, 1, .anon_rss_kb = 8 },
		  { 8, "x", 100, 100, 1, .anon_rss_kb = 8 },
		  2 },
		{ "a name cut at the right edge",
		  { 7, "tra", UNTIMED, UNTIMED, 0, .anon_rss_kb = -1, .comm_is_cut = true },
		  { 7, "tracker", UNTIMED, UNTIMED, 0, .anon_rss_kb = 8 },
		  1 },
		{ "a longer name, neither is cut",
		  { 7, "qemu-kvm", 100, UNTIMED, 0, .anon_rss_kb = 8 },
		  { 7, "qemu-kvm-x", 100, UNTIMED, 0, .anon_rss_kb = 8 },
		  2 },
		{ "another cgroup in a text log",
		  { 7, "qemu-kvm", 100, UNTIMED, 0, .anon_rss_kb = 8, .cgroup = "/machine.slice/a.scope" },
		  { 7, "qemu-kvm", 100, UNTIMED, 0, .anon_rss_kb = 8, .cgroup = "/kubepods/x" },
		  2 },
		{ "another size in a text log",
		  { 7, "qemu-kvm", 100, UNTIMED, 0, .anon_rss_kb = 8 },
		  { 7, "qemu-kvm", 100, UNTIMED, 0, .anon_rss_kb = 7 },
		  2 },
		{ "another size in a proven line and in a text log",
		  { 7, "qemu-kvm", 100, 5, 1, .anon_rss_kb = 8, .proven = true },
		  { 7, "qemu-kvm", 100, UNTIMED, 0, .anon_rss_kb = 7 },
		  2 },
		{ "the first victim of memory.oom.group, printed again with smaller sizes",
		  { 7, "qemu-kvm", 100, 5, 1, .anon_rss_kb = 8, .proven = true },
		  { 7, "qemu-kvm", 100, 5, 1, .anon_rss_kb = 7, .proven = true },
		  1 },
		{ "no times, sizes agree",
		  { 7, "x", UNTIMED, UNTIMED, 0, .anon_rss_kb = 8 },
		  { 7, "x", UNTIMED, UNTIMED, 0, .anon_rss_kb = 8 },
		  1 },
		{ "no times, sizes differ",
		  { 7, "x", UNTIMED, UNTIMED, 0, .anon_rss_kb = 8 },
		  { 7, "x", UNTIMED, UNTIMED, 0, .anon_rss_kb = 9 },
		  2 },
		{ "only one time is known",
		  { 7, "x", UNTIMED, UNTIMED, 0, .anon_rss_kb = 8 },
		  { 7, "x", 100, UNTIMED, 0, .anon_rss_kb = 8 },
		  1 },
		{ "a reaper that took minutes for a large VM",
		  { 7, "x", 1 * HOUR, 1 * HOUR, 1, .anon_rss_kb = 8 },
		  { 7, "x", 1 * HOUR + 300 * SECOND, 1 * HOUR + 300 * SECOND, 1, .anon_rss_kb = -1,
		    .inferred = true },
		  1 },
		{ "earlyoom and the kernel both report it",
		  { 7, "x", 100, UNTIMED, 0, .anon_rss_kb = -1, .killer = OOM_KILLER_EARLYOOM },
		  { 7, "x", 200, UNTIMED, 0, .anon_rss_kb = 8 },
		  1 },
		{ "two cgroups that systemd-oomd killed",
		  { -1, "a.scope", 100, 100, 1, .anon_rss_kb = -1, .killer = OOM_KILLER_SYSTEMD_OOMD,
		    .cgroup = "/1/a.scope" },
		  { -1, "a.scope", 100, 100, 1, .anon_rss_kb = -1, .killer = OOM_KILLER_SYSTEMD_OOMD,
		    .cgroup = "/2/a.scope" },
		  2 },
		{ "extreme times",
		  { 7, "x", INT64_MAX, INT64_MAX, 1, .anon_rss_kb = 8 },
		  { 7, "x", -INT64_MAX, -INT64_MAX, 1, .anon_rss_kb = 8 },
		  2 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		for (unsigned swapped = 0; swapped < 2; swapped++) {
			struct oom_list list = { 0 };

			add(&list, swapped ? &cases[i].second : &cases[i].first);
			add(&list, swapped ? &cases[i].first : &cases[i].second);
			if (list.count != cases[i].kills)
				fail_msg("%s: %zu", cases[i].what, list.count);
			oom_list_destroy(&list);
		}
	}
}

static void preferred_record_is_completed_from_the_other(void **state)
{
	static const struct account inferred = { 7,  "tracker-miner-f", 200,           200, 1,
						 -1, .inferred = true,  .cgroup = "/a" };
	static const struct account seen = { 7, "tra", 100, 100, 0, .anon_rss_kb = 8, .comm_is_cut = true };
	static const struct account early = {
		7,
		"tra",
		90,
		UNTIMED,
		0,
		.anon_rss_kb = -1,
		.killer = OOM_KILLER_EARLYOOM,
		.comm_is_cut = true,
	};
	struct oom_list list = { 0 };

	(void)state;
	add(&list, &early);
	add(&list, &inferred);
	add(&list, &seen);
	assert_int_equal(list.count, 1);
	assert_int_equal(list.kills[0].killer, OOM_KILLER_KERNEL);
	assert_false(list.kills[0].inferred);
	assert_int_equal(list.kills[0].realtime_usec, 100);
	assert_string_equal(list.kills[0].comm, "tracker-miner-f");
	assert_string_equal(list.kills[0].cgroup, "/a");
	assert_int_equal(list.kills[0].anon_rss_kb, 8);
	assert_int_equal(list.kills[0].boot_id[0], 1);
	oom_list_destroy(&list);
}

/* One kill with two records, in either order. */
static void unproven_record_does_not_change_a_proven_kill(void **state)
{
	static const struct {
		const char *what;
		struct account first, second;
		const char *cgroup; /* of the merged kill */
		bool doubtful, inferred;
		int64_t realtime_usec;
	} cases[] = {
		{ "two text logs, the report is cut off in one of them: the cgroup is doubtful",
		  { 7, "x", 100, UNTIMED, 0, .anon_rss_kb = 8 },
		  { 7, "x", 100, UNTIMED, 0, .anon_rss_kb = 8, .cgroup = "/kubepods/x" },
		  "/kubepods/x",
		  true,
		  false,
		  100 },
		{ "a proven line without its report, and a different line of a text log",
		  { 7, "x", 100, 5, 1, .anon_rss_kb = 8, .proven = true },
		  { 7, "x", 100, UNTIMED, 0, .anon_rss_kb = -1, .cgroup = "/kubepods/x" },
		  NULL,
		  false,
		  false,
		  100 },
		{ "a proven line with its report",
		  { 7, "x", 100, 5, 1, .anon_rss_kb = 8, .proven = true, .cgroup = "/a" },
		  { 7, "x", 50, UNTIMED, 0, .anon_rss_kb = 8 },
		  "/a",
		  false,
		  false,
		  100 },
		{ "proven records complete each other",
		  { 7, "x", 100, 5, 1, .anon_rss_kb = 8, .proven = true },
		  { 7, "x", 100, 5, 1, .anon_rss_kb = 8, .proven = true, .cgroup = "/a" },
		  "/a",
		  false,
		  false,
		  100 },
		{ "a line with an earlier date, before an acknowledgement",
		  { 7, "x", 60, UNTIMED, 0, .anon_rss_kb = 8, .cgroup = "/a" },
		  { 7, "x", 100, UNTIMED, 0, .anon_rss_kb = 8, .cgroup = "/a" },
		  "/a",
		  false,
		  false,
		  100 },
		{ "a reaper's line comes later than the kill",
		  { 7, "x", 100, UNTIMED, 0, .anon_rss_kb = 8, .cgroup = "/a" },
		  { 7, "x", 150, UNTIMED, 0, .anon_rss_kb = -1, .inferred = true },
		  "/a",
		  false,
		  false,
		  100 },
		{ "an inferred kill of the ring buffer stays inferred despite a text log",
		  { 7, "x", 100, 5, 1, .anon_rss_kb = -1, .proven = true, .inferred = true },
		  { 7, "x", 100, UNTIMED, 0, .anon_rss_kb = 8 },
		  NULL,
		  false,
		  true,
		  100 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		for (unsigned swapped = 0; swapped < 2; swapped++) {
			const char *cgroup = cases[i].cgroup;
			struct oom_list list = { 0 };

			add(&list, swapped ? &cases[i].second : &cases[i].first);
			add(&list, swapped ? &cases[i].first : &cases[i].second);
			const struct oom_kill *kill = &list.kills[0];
			if (list.count != 1 || (cgroup == NULL) != (kill->cgroup == NULL) ||
			    (cgroup && strcmp(kill->cgroup, cgroup) != 0) ||
			    kill->cgroup_doubtful != cases[i].doubtful ||
			    kill->inferred != cases[i].inferred ||
			    kill->realtime_usec != cases[i].realtime_usec)
				fail_msg("%s (%u)", cases[i].what, swapped);
			oom_list_destroy(&list);
		}
	}
}

static void shortened_path_matches_the_same_cgroup(void **state)
{
	char a[4096], b[4096], kept[OOM_PATH_KEPT + 1];

	(void)state;
	memset(a, 'x', sizeof(a));
	a[0] = '/';
	for (size_t length = OOM_PATH_KEPT - 1; length < sizeof(a); length += length < 600 ? 1 : 500) {
		a[length] = '\0';
		strcpy(b, a);
		b[length - 1] = 'y';
		oom_path_shorten(a, kept);
		assert_true(strlen(kept) <= OOM_PATH_KEPT);
		assert_int_equal(oom_path_is_shortened(kept), length > OOM_PATH_KEPT);
		assert_false(oom_path_is_shortened(a));
		assert_true(oom_path_same(a, kept));
		assert_true(oom_path_same(kept, a));
		assert_false(oom_path_same(b, kept));
		assert_false(oom_path_same(a, b));
		a[length] = 'x';
	}
}

static void sorting_puts_the_oldest_first_and_keeps_untimed_kills_in_place(void **state)
{
	static const struct account accounts[] = {
		{ 1, "x", 300, UNTIMED, 0, .anon_rss_kb = -1 },
		{ 2, "x", UNTIMED, UNTIMED, 0, .anon_rss_kb = -1 },
		{ 3, "x", 100, UNTIMED, 0, .anon_rss_kb = -1 },
		{ 4, "x", UNTIMED, UNTIMED, 0, .anon_rss_kb = -1 },
		{ 5, "x", UNTIMED, UNTIMED, 0, .anon_rss_kb = -1 },
		{ 6, "x", 200, UNTIMED, 0, .anon_rss_kb = -1 },
		{ 7, "x", 100, UNTIMED, 0, .anon_rss_kb = -1 },
	};
	static const int64_t sorted[] = { 3, 4, 5, 7, 6, 1, 2 };
	struct oom_list list = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(accounts); i++)
		add(&list, &accounts[i]);
	for (unsigned again = 0; again < 2; again++) {
		oom_list_sort(&list);
		for (size_t i = 0; i < ARRAY_SIZE(sorted); i++)
			assert_int_equal(list.kills[i].pid, sorted[i]);
	}
	add(&list, &accounts[4]); /* still found after sorting */
	assert_int_equal(list.count, ARRAY_SIZE(accounts));
	oom_list_destroy(&list);
}

static uint64_t dropped, dropped_vms;

static int worth_of_a_vm(const struct oom_kill *kill, void *data)
{
	(void)data;
	return strcmp(kill->comm, "qemu-kvm") == 0;
}

static void count_dropped(const struct oom_kill *kill, void *data)
{
	dropped++;
	dropped_vms += (uint64_t)worth_of_a_vm(kill, data);
}

static void full_list_keeps_the_newest_kills(void **state)
{
	enum { STORM = 3 * OOM_LIST_MAX + 17 };
	struct oom_list list = { .on_drop = count_dropped };

	(void)state;
	dropped = 0;
	for (int64_t i = 0; i < STORM; i++) {
		struct account account = { i, "x", i * HOUR, UNTIMED, 0, .anon_rss_kb = -1, .cgroup = "/a" };

		add(&list, &account);
		assert_true(list.count <= OOM_LIST_MAX + OOM_LIST_MAX / 2);
	}
	oom_list_sort(&list);
	assert_int_equal(list.count, OOM_LIST_MAX);
	assert_int_equal(dropped, STORM - OOM_LIST_MAX);
	for (int64_t i = 0; i < OOM_LIST_MAX; i++)
		assert_int_equal(list.kills[i].pid, STORM - OOM_LIST_MAX + i);
	oom_list_destroy(&list);
}

/* Other kills come before, between and after them. */
static void kills_of_higher_worth_are_dropped_last(void **state)
{
	enum { STORM = 3 * OOM_LIST_MAX, VM_EVERY = 6 };
	struct oom_list list = { .worth = worth_of_a_vm, .on_drop = count_dropped };
	size_t vms = 0;

	(void)state;
	dropped = dropped_vms = 0;
	for (int64_t i = 0; i < STORM; i++) {
		struct account account = { i,        i % VM_EVERY == 0 ? "qemu-kvm" : "java",
					   i * HOUR, UNTIMED,
					   0,        .anon_rss_kb = -1 };

		add(&list, &account);
	}
	oom_list_sort(&list);
	assert_int_equal(list.count, OOM_LIST_MAX);
	assert_int_equal(dropped_vms, 0);
	for (size_t i = 0; i < list.count; i++) {
		vms += (size_t)worth_of_a_vm(&list.kills[i], NULL);
		if (i > 0)
			assert_true(list.kills[i - 1].realtime_usec < list.kills[i].realtime_usec);
	}
	assert_int_equal(vms, STORM / VM_EVERY);
	oom_list_destroy(&list);
}

/* Counts down to the allocation that fails. */
static unsigned allocations_until_failure;

void *__real_reallocarray(void *memory, size_t count, size_t size);
void *__wrap_reallocarray(void *memory, size_t count, size_t size);

void *__wrap_reallocarray(void *memory, size_t count, size_t size)
{
	if (allocations_until_failure > 0 && --allocations_until_failure == 0)
		return NULL;
	return __real_reallocarray(memory, count, size);
}

static void failed_allocation_keeps_the_list(void **state)
{
	(void)state;
	for (unsigned turn = 1; turn <= 3; turn++) {
		struct oom_list list = { 0 };
		struct account account = { 0, "x", UNTIMED, UNTIMED, 0, .anon_rss_kb = -1, .cgroup = "/a" };
		struct oom_kill kill;

		for (account.pid = 0; account.pid < 8; account.pid++)
			add(&list, &account);
		kill = make_kill(&account);
		allocations_until_failure = turn;
		assert_int_equal(oom_list_add(&list, &kill), -ENOMEM);
		allocations_until_failure = 0;
		assert_string_equal(kill.cgroup, "/a");
		assert_int_equal(list.count, 8);
		assert_int_equal(oom_list_add(&list, &kill), 0); /* memory is available again */
		assert_int_equal(list.count, 9);
		account.pid = 3;
		add(&list, &account);
		assert_int_equal(list.count, 9);
		oom_list_destroy(&list);
	}
}

static void scope_follows_from_constraint_and_killer(void **state)
{
	static const struct {
		enum oom_constraint constraint;
		const char *name;
		enum oom_killer killer;
		bool not_memcg, manual;
		enum oom_scope scope;
	} cases[] = {
		{ OOM_CONSTRAINT_UNKNOWN, "unknown", OOM_KILLER_KERNEL, false, false, OOM_SCOPE_UNKNOWN },
		{ OOM_CONSTRAINT_UNKNOWN, "unknown", OOM_KILLER_KERNEL, true, false, OOM_SCOPE_HOST },
		{ OOM_CONSTRAINT_UNKNOWN, "unknown", OOM_KILLER_SYSTEMD_OOMD, false, false,
		  OOM_SCOPE_UNKNOWN },
		{ OOM_CONSTRAINT_UNKNOWN, "unknown", OOM_KILLER_EARLYOOM, false, false, OOM_SCOPE_HOST },
		{ OOM_CONSTRAINT_NONE, "none", OOM_KILLER_KERNEL, false, false, OOM_SCOPE_HOST },
		{ OOM_CONSTRAINT_NONE, "none", OOM_KILLER_KERNEL, true, true, OOM_SCOPE_NONE },
		{ OOM_CONSTRAINT_CPUSET, "cpuset", OOM_KILLER_KERNEL, true, false, OOM_SCOPE_HOST },
		{ OOM_CONSTRAINT_MEMPOLICY, "mempolicy", OOM_KILLER_KERNEL, true, false, OOM_SCOPE_HOST },
		{ OOM_CONSTRAINT_MEMCG, "memcg", OOM_KILLER_KERNEL, false, false, OOM_SCOPE_MEMCG },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct oom_kill kill;

		oom_kill_init(&kill);
		kill.constraint = cases[i].constraint;
		kill.killer = cases[i].killer;
		kill.not_memcg = cases[i].not_memcg;
		kill.manual = cases[i].manual;
		assert_int_equal(oom_kill_scope(&kill), cases[i].scope);
		assert_string_equal(oom_constraint_name(cases[i].constraint), cases[i].name);
	}
	assert_string_equal(oom_killer_name(OOM_KILLER_KERNEL), "kernel");
	assert_string_equal(oom_killer_name(OOM_KILLER_SYSTEMD_OOMD), "systemd-oomd");
	assert_string_equal(oom_killer_name(OOM_KILLER_EARLYOOM), "earlyoom");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_records_of_one_kill_are_merged),
		cmocka_unit_test(preferred_record_is_completed_from_the_other),
		cmocka_unit_test(sorting_puts_the_oldest_first_and_keeps_untimed_kills_in_place),
		cmocka_unit_test(full_list_keeps_the_newest_kills),
		cmocka_unit_test(kills_of_higher_worth_are_dropped_last),
		cmocka_unit_test(unproven_record_does_not_change_a_proven_kill),
		cmocka_unit_test(shortened_path_matches_the_same_cgroup),
		cmocka_unit_test(failed_allocation_keeps_the_list),
		cmocka_unit_test(scope_follows_from_constraint_and_killer),
	};

	return cmocka_run_group_tests_name("oom_list", tests, NULL, NULL);
}
