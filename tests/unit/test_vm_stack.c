/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of stacks, with an example of each. Others are in test_vm_cgroup, test_vm_identity and
 * test_vm_command_line. */
#include "unit.h"

#include "vm/command_line.h"
#include "vm/identity.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MIB (UINT64_C(1) << 20)

/* The number is saved by all versions: never change a row, add new ones at the end. */
static const struct example {
	int number;
	const char *name;
	const char *comm;
	const char *cgroup, *id; /* of its own; NULL: none, only the comm shows that it is a VM */
	const char *cmdline;     /* arguments, each with a '\n' at its end; NULL: no hypervisor */
	uint64_t memory_bytes;   /* 0: not on the command line */
} examples[] = {
	{ 1, "libvirt", "qemu:web", "/machine.slice/machine-qemu\\x2d3\\x2dweb.scope", "3", NULL, 0 },
	{ 2, "proxmox", NULL, "/qemu.slice/101.scope", "101", "kvm\n-id\n101\n-m\n64\n", 64 * MIB },
	{ 3, "kubevirt", "virt-launcher-m", NULL, NULL, NULL, 0 },
	{ 4, "qemu", "qemu-system-x86", NULL, NULL, "qemu-system-x86_64\n-m\n64\n", 64 * MIB },
	{ 5, "cloud-hypervisor", "cloud-hyperviso", NULL, NULL, "cloud-hypervisor\n--memory\nsize=64M\n",
	  64 * MIB },
	{ 6, "firecracker", "fc_vcpu 0", "/firecracker/vm-1", "vm-1", "/firecracker\n--id\nvm-1\n", 0 },
	{ 7, "crosvm", "crosvm_vcpu0", NULL, NULL, "crosvm\nrun\n--mem\n64\n", 64 * MIB },
};

static void every_stack_has_an_example_under_its_number(void **state)
{
	(void)state;
	assert_int_equal(ARRAY_SIZE(examples), VM_STACK_COUNT - 1);
	for (size_t i = 0; i < ARRAY_SIZE(examples); i++) {
		assert_int_equal(examples[i].number, i + 1);
		assert_string_equal(vm_stack_name((enum vm_stack)examples[i].number), examples[i].name);
	}
}

static void stack_is_recognised_by_its_processes_and_cgroups(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(examples); i++) {
		const struct example *example = &examples[i];
		struct vm_identity vm;

		assert_int_equal(!example->comm, !vm_stacks[example->number].comms[0]);
		if (example->comm) {
			assert_true(vm_identify(&vm, NULL, NULL, example->comm));
			assert_int_equal(vm.stack, example->number);
		}
		assert_int_equal(!example->cgroup, !vm_stacks[example->number].cgroups[0].parent);
		if (example->cgroup) {
			assert_true(vm_identify(&vm, NULL, example->cgroup, NULL));
			assert_int_equal(vm.stack, example->number);
			assert_string_equal(vm.id, example->id);
		}
	}
}

static void memory_is_read_from_the_command_line(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(examples); i++) {
		const struct example *example = &examples[i];
		struct vm_command_line line;
		char cmdline[256];
		size_t length = 0;

		if (!example->cmdline)
			continue;
		for (; example->cmdline[length]; length++)
			cmdline[length] = example->cmdline[length] == '\n' ? '\0' : example->cmdline[length];
		vm_command_line_parse(&line, cmdline, length);
		assert_int_equal(line.stack, example->number);
		assert_int_equal(line.memory_known, example->memory_bytes > 0);
		assert_int_equal(line.memory_bytes, example->memory_bytes);
	}
}

/* A comm has 15 bytes, and a program's whole name is compared with the same patterns. */
static void pattern_of_a_full_comm_ends_in_a_star(void **state)
{
	(void)state;
	for (int i = 0; i < VM_STACK_COUNT; i++)
		for (const char *const *comm = vm_stacks[i].comms; *comm; comm++)
			if (strlen(*comm) >= 15)
				assert_int_equal((*comm)[strlen(*comm) - 1], '*');
}

/* Reads a file of the source tree, without backslashes, which escape in man pages. */
static char *read_source(const char *name)
{
	const char *source = getenv("SRCDIR");
	char path[4096];
	const size_t size = 65536;
	char *text = malloc(size);
	size_t length = 0;
	int c;

	snprintf(path, sizeof(path), "%s/%s", source ? source : ".", name);
	FILE *file = fopen(path, "r");
	if (!file)
		fail_msg("%s: %s", path, strerror(errno));
	assert_non_null(text);
	while ((c = fgetc(file)) != EOF && length < size - 1)
		if (c != '\\')
			text[length++] = (char)c;
	text[length] = '\0';
	fclose(file);
	return text;
}

/* Whether the list "A, B, C." in the text has the word. */
static void assert_listed(const char *text, const char *word)
{
	const size_t length = strlen(word);
	const char *found = text;

	while ((found = strstr(found, word)) != NULL) {
		if (strchr(" \t\n", found[-1]) && strchr(",.;\n", found[length]))
			return;
		found++;
	}
	fail_msg("'%s' is not in:%s", word, text);
}

static void man_page_describes_every_stack(void **state)
{
	char *page = read_source("doc/check_oom_kills.8.scd");
	char *section = strstr(page, "\n# STACKS\n");

	(void)state;
	assert_non_null(section);
	for (int i = VM_STACK_NONE + 1; i < VM_STACK_COUNT; i++) {
		char term[64];

		snprintf(term, sizeof(term), "\n*%s*\n", vm_stacks[i].name);
		char *entry = strstr(section, term);
		if (!entry)
			fail_msg("STACKS lacks %s", vm_stacks[i].name);
		entry = strdup(entry + strlen(term) - 1);
		*(strstr(entry, "\n\n") + 1) = '\0';
		for (const char *const *comm = vm_stacks[i].comms; *comm; comm++)
			assert_listed(entry, *comm);
		for (const struct vm_cgroup_rule *rule = vm_stacks[i].cgroups; rule->parent; rule++)
			assert_listed(entry, rule->parent);
		free(entry);
	}
	free(page);
}

/* It replaces words, which are letters and digits, of two or more characters. */
static void anonymise_keeps_the_names_of_vm_processes(void **state)
{
	char *script = read_source("contrib/anonymise");
	char *kept = strstr(script, "\nkept='\n");

	(void)state;
	assert_non_null(kept);
	kept += strlen("\nkept='");
	*strchr(kept, '\'') = '\0';
	for (int i = 0; i < VM_STACK_COUNT; i++) {
		for (const char *const *comm = vm_stacks[i].comms; *comm; comm++) {
			for (const char *at = *comm; *at;) {
				char word[16];
				size_t length = 0;

				while (isalnum((unsigned char)at[length]))
					length++;
				snprintf(word, sizeof(word), "%.*s", (int)length, at);
				at += length ? length : 1;
				for (const char *found = kept; length >= 2; found++) {
					found = strstr(found, word);
					if (!found)
						fail_msg("%s: contrib/anonymise does not keep '%s'", *comm,
							 word);
					if (isspace((unsigned char)found[-1]) &&
					    isspace((unsigned char)found[length]))
						break;
				}
			}
		}
	}
	free(script);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_stack_has_an_example_under_its_number),
		cmocka_unit_test(stack_is_recognised_by_its_processes_and_cgroups),
		cmocka_unit_test(memory_is_read_from_the_command_line),
		cmocka_unit_test(pattern_of_a_full_comm_ends_in_a_star),
		cmocka_unit_test(man_page_describes_every_stack),
		cmocka_unit_test(anonymise_keeps_the_names_of_vm_processes),
	};

	return cmocka_run_group_tests_name("vm stack", tests, NULL, NULL);
}
