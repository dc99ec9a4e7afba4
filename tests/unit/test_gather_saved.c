/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "gather/names.h"
#include "gather/saved.h"

#define SECOND INT64_C(1000000)
#define NOW    INT64_C(1795383365000000)

static const uint8_t boot_a[16] = { 0xa }, boot_b[16] = { 0xb };

static struct oom_kill kill_of(int64_t pid, const uint8_t *boot, int64_t monotonic_usec,
			       int64_t realtime_usec)
{
	struct oom_kill kill;

	oom_kill_init(&kill);
	kill.pid = pid;
	kill.monotonic_usec = monotonic_usec;
	kill.realtime_usec = realtime_usec;
	if (boot) {
		kill.has_boot_id = true;
		memcpy(kill.boot_id, boot, sizeof(kill.boot_id));
	}
	return kill;
}

static void make_kills(struct saved_kills *saved, size_t count)
{
	saved->kills = calloc(count, sizeof(*saved->kills));
	assert_non_null(saved->kills);
	saved->kill_count = count;
}

static void parsing_restores_what_was_printed(void **state)
{
	static struct saved_kills written, read;
	static char buffer[SAVED_TEXT_MAX];
	struct text text;

	(void)state;
	written.account = (struct gather_account){ .known = true,
						   .explained = 7,
						   .unrecorded = 2,
						   .newest_line_usec = 55,
						   .counter_valid_since_usec = NOW };
	written.acknowledgement_count = 1;
	written.acknowledgements[0] = (struct saved_acknowledgement){
		.realtime_usec = NOW, .monotonic_usec = 44, .by = "alice", .comment = "a | b\nc \\x"
	};
	written.missing[0] = (struct saved_missing){ .realtime_usec = NOW, .count = 2, .acknowledged = true };
	written.missing_count = 1;
	written.loss = (struct saved_loss){ .realtime_usec = NOW, .removed = true };
	make_kills(&written, 1);
	written.kills[0].kill = kill_of(380, boot_a, 44, NOW);
	strcpy(written.kills[0].kill.comm, "a\nb \xff");
	strcpy(written.kills[0].kill.host, "hv2.example.net");
	written.kills[0].kill.cgroup = strdup("/machine.slice/machine-qemu\\x2d1.scope");
	written.kills[0].kill.limit_kb = 24576;
	written.kills[0].kill.constraint = OOM_CONSTRAINT_MEMCG;
	written.kills[0].acknowledged = true;
	written.kills[0].unconfirmed = true;
	written.kills[0].vm.role = VM_ROLE_HYPERVISOR;
	written.kills[0].vm.stack = VM_STACK_LIBVIRT;
	strcpy(written.kills[0].vm.name, "instance-0000002a");
	written.kills[0].vm.name_is_truncated = true;
	strcpy(written.kills[0].vm.display_name, "caf\xc3\xa9 web");

	text_init(&text, buffer, sizeof(buffer));
	saved_print(&written, &text);
	assert_false(text.truncated);
	assert_int_equal(saved_parse(&read, text.data), 0);

	assert_true(read.account.known);
	assert_int_equal(read.account.explained, 7);
	assert_int_equal(read.account.unrecorded, 2);
	assert_int_equal(read.account.newest_line_usec, 55);
	assert_int_equal(read.acknowledgement_count, 1);
	assert_string_equal(read.acknowledgements[0].comment, "a | b\nc \\x");
	assert_int_equal(read.missing_count, 1);
	assert_true(read.missing[0].acknowledged);
	assert_int_equal(read.loss.realtime_usec, NOW);
	assert_true(read.loss.removed);
	assert_int_equal(read.kill_count, 1);
	assert_string_equal(read.kills[0].kill.comm, "a\nb \xff");
	assert_string_equal(read.kills[0].kill.host, "hv2.example.net");
	assert_string_equal(read.kills[0].kill.cgroup, "/machine.slice/machine-qemu\\x2d1.scope");
	assert_null(read.kills[0].kill.limit_cgroup);
	assert_int_equal(read.kills[0].kill.limit_kb, 24576);
	assert_int_equal(read.kills[0].kill.host_free_kb, OOM_UNKNOWN);
	assert_int_equal(read.kills[0].kill.constraint, OOM_CONSTRAINT_MEMCG);
	assert_true(read.kills[0].acknowledged);
	assert_true(read.kills[0].unconfirmed);
	assert_string_equal(read.kills[0].vm.display_name, "caf\xc3\xa9 web");
	assert_true(read.kills[0].vm.name_is_truncated);
	saved_destroy(&written);
	saved_destroy(&read);
}

/* Saves and loads one kill with its VM, and asserts that saving it again gives the same text. */
static void restore(struct saved_kill *ret, const struct saved_kill *entry)
{
	struct saved_kills written = { 0 }, read = { 0 };
	static char buffer[SAVED_TEXT_MAX], again[SAVED_TEXT_MAX], content[SAVED_TEXT_MAX];
	struct text text;

	make_kills(&written, 1);
	written.kills[0] = *entry;
	text_init(&text, buffer, sizeof(buffer));
	saved_print(&written, &text);
	strcpy(content, text.data);
	assert_int_equal(saved_parse(&read, text.data), 0);
	assert_int_equal(read.kill_count, 1);
	text_init(&text, again, sizeof(again));
	saved_print(&read, &text);
	assert_string_equal(again, content);
	*ret = read.kills[0];
	free(written.kills);
	free(read.kills);
}

static void assert_names_differ(const char *(*name)(int value), int first, int count)
{
	for (int i = first; i < count; i++) {
		assert_non_null(name(i));
		for (int k = first; k < i; k++)
			assert_string_not_equal(name(i), name(k));
	}
}

static const char *name_of_stack(int stack)
{
	return vm_stack_name((enum vm_stack)stack);
}

static const char *name_of_origin(int bit)
{
	return vm_origin_name((enum vm_origin)(1 << bit));
}

static const char *name_of_killer(int killer)
{
	return oom_killer_name((enum oom_killer)killer);
}

static const char *name_of_constraint(int constraint)
{
	return oom_constraint_name((enum oom_constraint)constraint);
}

static const char *name_of_kind(int kind)
{
	return klog_kind_name((enum klog_kind)kind);
}

/* Fails for a new value without a name: saved_parse() relies on the *_COUNT bound, and the
 * table of names on its size. */
static void every_enum_value_has_a_name_and_is_restored(void **state)
{
	struct saved_kill entry = { .kill = kill_of(380, boot_a, 44, NOW) }, restored;

	(void)state;
	assert_names_differ(name_of_stack, VM_STACK_NONE + 1, VM_STACK_COUNT);
	assert_names_differ(name_of_origin, 0, VM_ORIGIN_COUNT);
	assert_names_differ(name_of_killer, 0, OOM_KILLER_COUNT);
	assert_names_differ(name_of_constraint, 0, OOM_CONSTRAINT_COUNT);
	assert_names_differ(name_of_kind, 0, KLOG_KIND_COUNT);
	for (int i = 0; i < VM_STACK_COUNT; i++) {
		entry.vm.stack = (enum vm_stack)i;
		restore(&restored, &entry);
		assert_int_equal(restored.vm.stack, i);
	}
	for (int i = 0; i < VM_ROLE_COUNT; i++) {
		entry.vm.role = (enum vm_role)i;
		restore(&restored, &entry);
		assert_int_equal(restored.vm.role, i);
	}
	for (int i = 0; i < OOM_KILLER_COUNT; i++) {
		entry.kill.killer = (enum oom_killer)i;
		restore(&restored, &entry);
		assert_int_equal(restored.kill.killer, i);
	}
	for (int i = 0; i < OOM_CONSTRAINT_COUNT; i++) {
		entry.kill.constraint = (enum oom_constraint)i;
		restore(&restored, &entry);
		assert_int_equal(restored.kill.constraint, i);
	}
}

/* Every bool of a kill except remembered, has_order and has_oom_score_adj, which are valid for
 * one run only; the numbers of the latter two are not saved. */
static void every_flag_is_restored_alone_and_with_all_others(void **state)
{
#define KILL(member) offsetof(struct saved_kill, kill.member)
	static const size_t flags[] = {
		KILL(has_boot_id),
		KILL(comm_is_cut),
		KILL(manual),
		KILL(proven),
		KILL(dubious),
		KILL(inferred),
		KILL(line_lost),
		KILL(cgroup_doubtful),
		KILL(has_invoker),
		offsetof(struct saved_kill, acknowledged),
		offsetof(struct saved_kill, unconfirmed),
		offsetof(struct saved_kill, named),
		offsetof(struct saved_kill, vm.name_is_truncated),
	};
	struct saved_kill restored;

	(void)state;
	/* The last round sets all of them. */
	for (size_t round = 0; round <= ARRAY_SIZE(flags); round++) {
		struct saved_kill entry = { .kill = kill_of(380, NULL, 44, NOW) };

		for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
			*(bool *)((char *)&entry + flags[i]) = i == round || round == ARRAY_SIZE(flags);
		restore(&restored, &entry);
		for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
			assert_int_equal(*(bool *)((char *)&restored + flags[i]),
					 *(bool *)((char *)&entry + flags[i]));
	}
}

static void malformed_rows_are_ignored(void **state)
{
	static const char *const rows[] = {
		"\n",
		"kill\n",
		"kill 1 2 3\n",
		"account zz 1 2 3 4\n",
		"account 00000000000000000000000000000000 -1 2 3 4\n",
		"missing 1 -5 0\n",
		"missing x\n",
		"acknowledged 1\n",
		"no such key\n",
		"kill 99999999999999999999 00000000000000000000000000000000 1\n",
		"\\xzz\n",
		"kill",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct saved_kills saved = { 0 };
		char text[128];

		strcpy(text, rows[i]);
		assert_int_equal(saved_parse(&saved, text), 0);
		assert_int_equal(saved.kill_count, 0);
		assert_int_equal(saved.missing_count, 0);
		assert_false(saved.account.known);
		assert_int_equal(saved.acknowledgement_count, 0);
		saved_destroy(&saved);
	}
}

/* Older versions kept notes of running VMs in this file. */
static void rows_of_running_vms_do_not_lose_the_acknowledgement(void **state)
{
	static struct saved_kills saved;
	char text[] = "acknowledged 1795383365000000 0a000000000000000000000000000000 44 alice ticket\\x207\n"
		      "boot 0a000000000000000000000000000000\n"
		      "vm 380 12000 7 qemu-kvm 1 1 0 instance-0000002a 1   \n"
		      "missing 1795383365000000 2 0\n";

	(void)state;
	assert_int_equal(saved_parse(&saved, text), 0);
	assert_int_equal(saved.acknowledgement_count, 1);
	assert_string_equal(saved.acknowledgements[0].comment, "ticket 7");
	assert_int_equal(saved.kill_count, 0);
	assert_int_equal(saved.missing_count, 1);
}

/* The acknowledgement was given in boot_a when the kernel clock stood at 100 s. */
static void acknowledgement_uses_the_kernel_clock_within_its_boot(void **state)
{
	static const struct {
		const char *what;
		const uint8_t *boot;
		int64_t monotonic_usec, realtime_usec;
		bool acknowledged;
	} rows[] = {
		{ "before it", boot_a, 90 * SECOND, NOW - 10 * SECOND, true },
		{ "after it", boot_a, 110 * SECOND, NOW + 10 * SECOND, false },
		{ "before it, although the clock was set back since", boot_a, 90 * SECOND,
		  NOW + 3600 * SECOND, true },
		{ "after it, although the clock was set back in between", boot_a, 110 * SECOND,
		  NOW - 3600 * SECOND, false },
		{ "an earlier boot", boot_b, 500 * SECOND, NOW - 3600 * SECOND, true },
		{ "the next boot", boot_b, 5 * SECOND, NOW + 3600 * SECOND, false },
		{ "a text log, before", NULL, KLOG_TIME_UNKNOWN, NOW - 1, true },
		{ "a text log, after", NULL, KLOG_TIME_UNKNOWN, NOW + 1, false },
		{ "no time", NULL, KLOG_TIME_UNKNOWN, KLOG_TIME_UNKNOWN, false },
	};
	static struct saved_kills saved;

	(void)state;
	saved.acknowledgement_count = 1;
	saved.acknowledgements[0] =
		(struct saved_acknowledgement){ .realtime_usec = NOW, .monotonic_usec = 100 * SECOND };
	memcpy(saved.acknowledgements[0].boot_id, boot_a, sizeof(boot_a));
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct oom_kill kill =
			kill_of(7, rows[i].boot, rows[i].monotonic_usec, rows[i].realtime_usec);

		if (saved_is_acknowledged(&saved, &kill) != rows[i].acknowledged)
			fail_msg("%s", rows[i].what);
	}
}

static void unrecorded_kills_are_counted_once_and_kept_after_a_reboot(void **state)
{
	static struct saved_kills saved;
	struct gather_request request = { .now_usec = NOW };
	struct gather_result result = { .account = { .known = true, .unrecorded = 2 } };

	(void)state;
	memcpy(result.account.boot_id, boot_a, sizeof(boot_a));
	assert_int_equal(saved_update(&saved, &request, &result), 0);
	assert_int_equal(saved_update(&saved, &request, &result), 0);
	assert_int_equal(saved_missing_since(&saved, KLOG_TIME_UNKNOWN), 2);
	result.account.unrecorded = 3;
	request.now_usec = NOW + SECOND;
	assert_int_equal(saved_update(&saved, &request, &result), 0);
	assert_int_equal(saved_missing_since(&saved, KLOG_TIME_UNKNOWN), 3);
	assert_int_equal(saved_missing_since(&saved, NOW + 1), 1);

	memcpy(result.account.boot_id, boot_b, sizeof(boot_b));
	result.account.unrecorded = 0;
	assert_int_equal(saved_update(&saved, &request, &result), 0);
	assert_int_equal(saved_missing_since(&saved, KLOG_TIME_UNKNOWN), 3);
	saved_acknowledge(&saved, &request, "alice", NULL);
	assert_int_equal(saved_missing_since(&saved, KLOG_TIME_UNKNOWN), 0);
	result.account.unrecorded = 1;
	assert_int_equal(saved_update(&saved, &request, &result), 0);
	assert_int_equal(saved_missing_since(&saved, KLOG_TIME_UNKNOWN), 1);
	saved_destroy(&saved);
}

static void late_record_reduces_the_missing_kills(void **state)
{
	static struct saved_kills saved;
	struct gather_request request = { .now_usec = NOW };
	struct gather_result result = { .account = { .known = true } };
	static const struct {
		const uint8_t *boot;
		uint64_t unrecorded;
		uint64_t missing;
	} steps[] = {
		{ boot_a, 2, 2 }, { boot_a, 5, 5 }, { boot_a, 1, 1 },
		{ boot_a, 1, 1 }, { boot_b, 0, 1 }, /* kills of the previous boot cannot turn up any more */
		{ boot_b, 3, 4 }, { boot_b, 0, 1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		memcpy(result.account.boot_id, steps[i].boot, sizeof(boot_a));
		result.account.unrecorded = steps[i].unrecorded;
		request.now_usec += SECOND;
		assert_int_equal(saved_update(&saved, &request, &result), 0);
		assert_int_equal(saved_missing_since(&saved, KLOG_TIME_UNKNOWN), steps[i].missing);
	}
	saved_destroy(&saved);
}

static void ambiguous_acknowledgement_has_no_author(void **state)
{
	struct saved_kills saved = { 0 };
	struct gather_request request = { .now_usec = NOW };
	struct oom_kill kill = { .realtime_usec = NOW - SECOND, .monotonic_usec = KLOG_TIME_UNKNOWN };
	struct oom_kill older = { .realtime_usec = NOW - 60 * SECOND, .monotonic_usec = KLOG_TIME_UNKNOWN };

	(void)state;
	saved_acknowledge(&saved, &request, "alice", NULL);
	assert_string_equal(saved_acknowledgement_of(&saved, &kill)->by, "alice");
	request.now_usec = NOW + 600 * SECOND;
	saved_acknowledge(&saved, &request, "bob", NULL);
	assert_null(saved_acknowledgement_of(&saved, &kill));
	assert_string_equal(saved_acknowledgement_of(&saved, &older)->by, "alice");
	kill.realtime_usec = NOW + SECOND;
	assert_string_equal(saved_acknowledgement_of(&saved, &kill)->by, "bob");
}

static void acknowledgement_in_the_future_covers_only_saved_kills(void **state)
{
	static struct saved_kills saved;
	const struct gather_request later = { .now_usec = NOW + 7200 * SECOND };
	const struct oom_kill later_kill = kill_of(8, NULL, KLOG_TIME_UNKNOWN, NOW + 60 * SECOND);

	(void)state;
	make_kills(&saved, 1);
	saved.kills[0].kill = kill_of(7, NULL, KLOG_TIME_UNKNOWN, NOW + 7000 * SECOND);
	saved_acknowledge(&saved, &later, "alice", NULL);
	saved_clock_is(&saved, NOW + 7201 * SECOND);
	assert_true(saved_is_acknowledged(&saved, &later_kill));
	/* the clock is set back by two hours, and another VM is killed */
	saved_clock_is(&saved, NOW + 61 * SECOND);
	assert_true(saved_is_acknowledged(&saved, &saved.kills[0].kill));
	assert_false(saved_is_acknowledged(&saved, &later_kill));
	/* the acknowledgement stays invalid for it later */
	saved_clock_is(&saved, NOW + 9000 * SECOND);
	assert_false(saved_is_acknowledged(&saved, &later_kill));
}

static void time_in_the_future_becomes_now(void **state)
{
	static struct saved_kills saved;

	(void)state;
	make_kills(&saved, 3);
	saved.kills[0].kill = kill_of(7, boot_a, 90 * SECOND, NOW + 86400 * SECOND);
	saved.kills[1].kill = kill_of(8, boot_a, 80 * SECOND, NOW - SECOND);
	saved.kills[2].kill = kill_of(9, NULL, KLOG_TIME_UNKNOWN, NOW + 86400 * SECOND);
	saved.loss.realtime_usec = NOW + 86400 * SECOND;
	saved_clock_is(&saved, NOW);
	assert_int_equal(saved.loss.realtime_usec, NOW);
	assert_int_equal(saved.kills[0].kill.realtime_usec, NOW);
	assert_int_equal(saved.kills[1].kill.realtime_usec, NOW - SECOND);
	assert_int_equal(saved.kills[2].kill.realtime_usec, NOW + 86400 * SECOND);
}

static void kill_of_unknown_time_is_matched_by_the_kernel_clock(void **state)
{
	static struct saved_kills saved;
	const struct oom_kill same = kill_of(7, NULL, 90 * SECOND, KLOG_TIME_UNKNOWN);
	const struct oom_kill next_boots = kill_of(7, NULL, 91 * SECOND, KLOG_TIME_UNKNOWN);
	struct gather_request request = { .now_usec = NOW };
	struct oom_list list = { 0 };

	(void)state;
	make_kills(&saved, 1);
	saved.kills[0].kill = same;
	saved_acknowledge(&saved, &request, "alice", NULL);
	assert_true(saved_is_acknowledged(&saved, &same));
	assert_false(saved_is_acknowledged(&saved, &next_boots));
	/* it is dropped with the log, unless unacknowledged kills are held */
	assert_int_equal(saved_add_kills(&saved, &request, &list), 0);
	assert_int_equal(list.count, 0);
	request.hold_unacknowledged = true;
	assert_int_equal(saved_add_kills(&saved, &request, &list), 0);
	assert_int_equal(list.count, 1);
	oom_list_destroy(&list);
}

static void killed_vm_keeps_its_saved_name(void **state)
{
	static struct saved_kills saved;
	const struct oom_kill kill = kill_of(380, boot_a, 44, NOW + 5); /* the wall clock was recalculated */
	struct vm_identity seen;

	(void)state;
	make_kills(&saved, 1);
	saved.kills[0].kill = kill_of(380, boot_a, 44, NOW);
	saved.kills[0].vm.role = VM_ROLE_HYPERVISOR;
	saved.kills[0].vm.stack = VM_STACK_LIBVIRT;
	strcpy(saved.kills[0].vm.name, "instance-0000002a");
	assert_ptr_equal(saved_find(&saved, &kill), &saved.kills[0]);
	vm_identify(&seen, NULL, NULL, "qemu-kvm");
	names_complete(&seen, &saved.kills[0].vm, VM_ORIGIN_MEMORY);
	assert_string_equal(seen.name, "instance-0000002a");
	assert_true(seen.origins & VM_ORIGIN_MEMORY);

	/* libvirt drives other hypervisors too, but one hypervisor is not another */
	vm_identify(&seen, NULL, NULL, "cloud-hyperviso");
	names_complete(&seen, &saved.kills[0].vm, VM_ORIGIN_MEMORY);
	assert_string_equal(seen.name, "instance-0000002a");
	vm_identify(&seen, NULL, NULL, "crosvm");
	saved.kills[0].vm.stack = VM_STACK_QEMU;
	names_complete(&seen, &saved.kills[0].vm, VM_ORIGIN_MEMORY);
	assert_string_equal(seen.name, "");
	saved.kills[0].vm.stack = VM_STACK_PROXMOX;
	vm_identify(&seen, NULL, NULL, "cloud-hyperviso");
	names_complete(&seen, &saved.kills[0].vm, VM_ORIGIN_MEMORY);
	assert_string_equal(seen.name, "");
	saved.kills[0].vm.stack = VM_STACK_LIBVIRT;
	vm_identify(&seen, NULL, NULL, "firecracker");
	names_complete(&seen, &saved.kills[0].vm, VM_ORIGIN_MEMORY);
	assert_string_equal(seen.name, "");

	/* a name is added to what is known of a VM without one */
	vm_identify(&seen, NULL, NULL, "qemu-kvm");
	strcpy(seen.uuid, "6f1c2d3e-0000-4000-8000-000000000001");
	names_complete(&seen, &saved.kills[0].vm, VM_ORIGIN_MEMORY);
	assert_string_equal(seen.name, "instance-0000002a");
	assert_string_equal(seen.uuid, "6f1c2d3e-0000-4000-8000-000000000001");

	/* the full name replaces a shortened one, but not the reverse */
	vm_identify(&seen, NULL, "/machine.slice/machine-qemu\\x2d3\\x2dinstance.scope", "qemu-kvm");
	saved.kills[0].vm.name_is_truncated = true;
	names_complete(&seen, &saved.kills[0].vm, VM_ORIGIN_MEMORY);
	assert_string_equal(seen.name, "instance");
	assert_true(seen.name_is_truncated);
	saved.kills[0].vm.name_is_truncated = false;
	names_complete(&seen, &saved.kills[0].vm, VM_ORIGIN_MEMORY);
	assert_string_equal(seen.name, "instance-0000002a");
	assert_false(seen.name_is_truncated);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parsing_restores_what_was_printed),
		cmocka_unit_test(every_enum_value_has_a_name_and_is_restored),
		cmocka_unit_test(every_flag_is_restored_alone_and_with_all_others),
		cmocka_unit_test(malformed_rows_are_ignored),
		cmocka_unit_test(rows_of_running_vms_do_not_lose_the_acknowledgement),
		cmocka_unit_test(acknowledgement_uses_the_kernel_clock_within_its_boot),
		cmocka_unit_test(unrecorded_kills_are_counted_once_and_kept_after_a_reboot),
		cmocka_unit_test(late_record_reduces_the_missing_kills),
		cmocka_unit_test(ambiguous_acknowledgement_has_no_author),
		cmocka_unit_test(acknowledgement_in_the_future_covers_only_saved_kills),
		cmocka_unit_test(time_in_the_future_becomes_now),
		cmocka_unit_test(kill_of_unknown_time_is_matched_by_the_kernel_clock),
		cmocka_unit_test(killed_vm_keeps_its_saved_name),
	};

	return cmocka_run_group_tests_name("gather memory", tests, NULL, NULL);
}
