/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

#include "vm/identity.h"
#include "vm/machine_name.h"

#include <stdio.h>
#include <string.h>

/* 60 digits, as in libvirt's own tests. */
#define DIGITS_60 "012345678901234567890123456789012345678901234567890123456789"

static struct vm_identity identify(const char *machine)
{
	struct vm_identity vm;

	assert_true(vm_identify_machine(&vm, machine));
	return vm;
}

static void machine_name_matches_its_domain(void **state)
{
	static const struct {
		const char *domain;
		const char *machine;
		bool matches;
	} rows[] = {
		{ "instance-0000002a", "qemu-3-instance-0000002a", true },
		{ "instance-0000002a", "ch-3-instance-0000002a", true },
		{ "instance-0000002b", "qemu-3-instance-0000002a", false },
		{ "instance-0000002a0", "qemu-3-instance-0000002a", false },
		{ "instance-0000002", "qemu-3-instance-0000002a", false },
		{ "demo!name", "qemu-3-demoname", true },
		{ "demo\nname", "qemu-3-demoname", true },
		{ "bull\xF0\x9F\x92\xA9", "qemu-5-bull", true },
		{ "demo..name", "qemu-6-demo.name", true },
		{ "_demo", "qemu-7-demo", true },
		{ "-demo-", "qemu-7-demo", true },
		{ "web_1", "qemu-1-web1", true },
		{ "web 1 (old)", "qemu-1-web1old", true },
		{ "Windows Server 2022", "qemu-12-WindowsServer2022", true },
		{ "\xD0\xB2\xD0\xBC", "qemu-5", true },
		{ "", "qemu-5", true },
		{ "a", "qemu-5", false },
		{ DIGITS_60, "qemu-4-012345678901234567890123456789012345678901234567890123456", true },
		{ DIGITS_60, "qemu-4-01234567890123456789012345678901234567890123456789012345", false },
		{ "012345678901234567890123456789012345678901234567890123456-9",
		  "qemu-4-012345678901234567890123456789012345678901234567890123456", true },
		{ "kstest-network-device-default-httpks_(c9eed63e-981e-48ec-8e2b-68716b8f5bcb)",
		  "qemu-100-kstest-network-device-default-httpksc9eed63e-981e-48ec", true },
		/* libvirt 6.x: a dropped character ends a run of repeated ones */
		{ "a-_-b", "qemu-1-a-b", true },
		{ "-a-_-b", "qemu-1-a--b", true },
		/* libvirt 5.x: repeated dashes are kept, repeated dots are not */
		{ "a--b..c-", "qemu-1-a--b.c-", true },
		{ "a--b..c-", "qemu-1-a-b.c", true },
		/* the domain id is not part of the name */
		{ "3-vm", "qemu-3-vm", false },
		{ "3-vm", "qemu-1-3-vm", true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct vm_identity vm = identify(rows[i].machine);
		char expected[256], found[256];

		snprintf(expected, sizeof(expected), "%s is %s: %d", rows[i].machine, rows[i].domain,
			 rows[i].matches);
		snprintf(found, sizeof(found), "%s is %s: %d", rows[i].machine, rows[i].domain,
			 vm_machine_name_matches(&vm, rows[i].domain));
		assert_string_equal(found, expected);
	}
}

/* Domains of a user's session are not in the system files. */
static void session_and_embedded_driver_have_no_system_domain(void **state)
{
	static const struct {
		const char *machine, *driver;
	} rows[] = {
		{ "qemu-3-vm1", "qemu" },
		{ "ch-3-vm1", "ch" },
		{ "qemu-embed-0a1b2c3d-1-vm1", NULL },
		{ "alice-qemu-3-vm1", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct vm_identity vm = identify(rows[i].machine);
		const char *driver = vm_machine_name_driver(&vm);

		assert_string_equal(vm.name, "vm1");
		assert_string_equal(driver ? driver : "none", rows[i].driver ? rows[i].driver : "none");
		assert_int_equal(vm_machine_name_matches(&vm, "vm1"), rows[i].driver != NULL);
	}
}

static void comm_matches_the_start_of_a_name(void **state)
{
	struct vm_identity vm;

	(void)state;
	assert_true(vm_identify(&vm, NULL, NULL, "qemu:instance-0"));
	assert_true(vm_machine_name_matches(&vm, "instance-0000002a"));
	assert_true(vm_machine_name_matches(&vm, "instance-0"));
	assert_false(vm_machine_name_matches(&vm, "instance-"));
	assert_false(vm_machine_name_matches(&vm, "instance-1000002a"));
}

static void name_without_a_rule_may_resemble_a_domain(void **state)
{
	static const struct {
		const char *domain, *machine;
		bool resembles;
	} rows[] = {
		{ "RHEL 7.9_4", "qemu-33-RHEL7-9-4", true },
		{ "RHEL 7.9_40", "qemu-33-RHEL7-9-4", false },
		{ "RHEL 7.9", "qemu-33-RHEL7-9-4", false },
		{ DIGITS_60, "qemu-4-012345678901234567890123456789012345678901234567890123456", true },
		{ "anything", "qemu-5", false },
		{ "vm.1", "qemu-embed-0a1b2c3d-1-vm1", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct vm_identity vm = identify(rows[i].machine);

		if (vm_machine_name_resembles(&vm, rows[i].domain) != rows[i].resembles)
			fail_msg("%s resembles %s: not %d", rows[i].machine, rows[i].domain,
				 rows[i].resembles);
	}
}

static void other_machines_are_not_identified(void **state)
{
	static const char *const machines[] = { "", "debian", "lxc-3-box", "qemu", "fedora-qemu" };
	struct vm_identity vm;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(machines); i++) {
		assert_false(vm_identify_machine(&vm, machines[i]));
		assert_int_equal(vm.role, VM_ROLE_NONE);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(machine_name_matches_its_domain),
		cmocka_unit_test(session_and_embedded_driver_have_no_system_domain),
		cmocka_unit_test(comm_matches_the_start_of_a_name),
		cmocka_unit_test(name_without_a_rule_may_resemble_a_domain),
		cmocka_unit_test(other_machines_are_not_identified),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
