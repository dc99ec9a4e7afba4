/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

#include "base/text.h"
#include "vm/command_line.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KIB UINT64_C(1024)
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)

/* Arguments are separated by '\n' in the tables and by '\0' in /proc. */
static void parse(struct vm_command_line *ret, const char *arguments)
{
	const size_t length = strlen(arguments) + 1;
	/* Of the exact size, so that AddressSanitizer detects reads beyond it. */
	char *cmdline = malloc(length);

	assert_non_null(cmdline);
	memcpy(cmdline, arguments, length);
	for (size_t i = 0; i < length; i++)
		if (cmdline[i] == '\n')
			cmdline[i] = '\0';
	vm_command_line_parse(ret, cmdline, length);
	free(cmdline);
}

static void describe(char *buffer, size_t size, const struct vm_command_line *line)
{
	const char *stack = vm_stack_name(line->stack);

	snprintf(buffer, size, "%s '%s' '%s' '%s' %s %llu of %llu, huge %llu of %llu%s",
		 stack ? stack : "none", line->name, line->id, line->uuid,
		 line->memory_known ? "known" : "unknown", (unsigned long long)line->memory_bytes,
		 (unsigned long long)line->max_bytes, (unsigned long long)line->hugetlb_bytes,
		 (unsigned long long)line->hugepage_bytes, line->locked ? ", locked" : "");
}

static void assert_parsed(const char *arguments, const struct vm_command_line *expected)
{
	struct vm_command_line line;
	char said[1024], wanted[1024];

	parse(&line, arguments);
	describe(said, sizeof(said), &line);
	describe(wanted, sizeof(wanted), expected);
	if (strcmp(said, wanted) != 0)
		print_error("of: %s\n", arguments);
	assert_string_equal(said, wanted);
}

static void command_line_names_the_vm(void **state)
{
	static const struct {
		const char *arguments;
		struct vm_command_line line;
	} rows[] = {
		{ "/usr/bin/qemu-system-x86_64\n-name\nguest=instance-0000002a,debug-threads=on\n-S\n-uuid\n"
		  "6f1c2d3e-0000-4000-8000-00000000002a",
		  { .stack = VM_STACK_QEMU,
		    .name = "instance-0000002a",
		    .uuid = "6f1c2d3e-0000-4000-8000-00000000002a" } },
		{ "/usr/libexec/qemu-kvm\n-name\nguest=a,,b,,,process=qemu:a,debug-threads=on",
		  { .stack = VM_STACK_QEMU, .name = "a,b," } },
		{ "qemu-kvm\n-name\nweb_01 (prod)\n-m\n128",
		  { .stack = VM_STACK_QEMU, .name = "web_01 (prod)" } },
		{ "qemu-kvm\n-name\nold,process=qemu:old", { .stack = VM_STACK_QEMU, .name = "old" } },
		{ "qemu-kvm\n--name\nguest=two", { .stack = VM_STACK_QEMU, .name = "two" } },
		{ "qemu-kvm\n-name\nb\xc3\xbc"
		  "cher=x,guest=b\xc3\xbc"
		  "cher",
		  { .stack = VM_STACK_QEMU,
		    .name = "b\xc3\xbc"
			    "cher" } },
		{ "/usr/bin/kvm\n-id\n101\n-name\nfoo,debug-threads=on\n-smbios\n"
		  "type=1,uuid=0aa1c2d3-1111-4000-8000-000000000001",
		  { .stack = VM_STACK_PROXMOX,
		    .id = "101",
		    .name = "foo",
		    .uuid = "0aa1c2d3-1111-4000-8000-000000000001" } },
		{ "qemu-kvm\n-smbios\ntype=3,uuid=0aa1c2d3-1111-4000-8000-000000000001",
		  { .stack = VM_STACK_QEMU } },
		{ "qemu-kvm\n-smbios\ntype=1,uuid=0aa1c2d3-1111-4000-8000-000000000001\n-uuid\n"
		  "6f1c2d3e-0000-4000-8000-00000000002a",
		  { .stack = VM_STACK_QEMU, .uuid = "6f1c2d3e-0000-4000-8000-00000000002a" } },
		/* UUIDs are compared as strings: all in lower case. */
		{ "qemu-kvm\n-uuid\n6F1C2D3E-0000-4000-8000-00000000002A",
		  { .stack = VM_STACK_QEMU, .uuid = "6f1c2d3e-0000-4000-8000-00000000002a" } },
		{ "qemu-kvm\n-uuid\n6f1c2d3e0-000-4000-8000-00000000002a", { .stack = VM_STACK_QEMU } },
		{ ".qemu-system-x86_64-wrapped\n-name\nnix", { .stack = VM_STACK_QEMU, .name = "nix" } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct vm_command_line expected = rows[i].line;

		expected.memory_known = true;
		expected.memory_bytes = expected.max_bytes = 128 * MIB;
		assert_parsed(rows[i].arguments, &expected);
	}
}

static void memory_size_is_read_in_every_syntax(void **state)
{
	static const struct {
		const char *options;
		uint64_t bytes, max_bytes; /* 0: same as bytes */
	} rows[] = {
		{ "-m\n64", 64 * MIB, 0 },
		{ "-m\n512M", 512 * MIB, 0 },
		{ "-m\n2g", 2 * GIB, 0 },
		{ "-m\n1.5G", 1536 * MIB, 0 },
		{ "-m\n1T", 1024 * GIB, 0 },
		{ "-m\n65536K", 64 * MIB, 0 },
		{ "-m\n67108864B", 64 * MIB, 0 },
		{ "-m\nsize=2048", 2 * GIB, 0 },
		{ "-m\nsize=2097152k,slots=16,maxmem=8388608k", 2 * GIB, 8 * GIB },
		{ "-m\n2G,slots=2,maxmem=4G", 2 * GIB, 4 * GIB },
		{ "-m\nmaxmem=4G,slots=2,size=1024", GIB, 4 * GIB },
		{ "-m\n4G\n-m\n2G", 2 * GIB, 0 }, /* the last one counts */
		{ "-m\n4G,slots=2,maxmem=8G\n-m\n2G", 2 * GIB, 8 * GIB },
		{ "-m\n0x400", GIB, 0 },
		{ "-m\nsize=0x400,maxmem=0x80000000", GIB, 2 * GIB },
		{ "-M\nq35,memory.size=2147483648,memory.max-size=4G", 2 * GIB, 4 * GIB },
		/* SGX enclave memory is not part of the host's RAM. */
		{ "-m\n1G\n-object\nmemory-backend-epc,id=e,size=64M\n-M\nq35,sgx-epc.0.memdev=e", GIB, 0 },
		/* Neither is persistent or CXL memory that the host does not use as RAM
		 * (/dev/dax). */
		{ "-m\n1G,slots=2,maxmem=8G\n-object\nmemory-backend-file,id=d,size=4G,mem-path=/dev/dax0.0\n"
		  "-device\npc-dimm,memdev=d",
		  GIB, 8 * GIB },
		{ "-nographic", 128 * MIB, 0 },
		{ "-m\n1G\n-object\nmemory-backend-ram,id=pc.ram,size=1073741824\n"
		  "-machine\npc,memory-backend=pc.ram",
		  GIB, 0 },
		{ "-machine\npc-i440fx-7.2,memory-backend=pc.ram\n-m\n64\n-object\n"
		  "{\"qom-type\":\"memory-backend-ram\",\"id\":\"pc.ram\",\"size\":67108864}",
		  64 * MIB, 0 },
		{ "-object\nmemory-backend-ram,id=m,size=3G\n-machine\nq35,memory-backend=m", 3 * GIB, 0 },
		{ "-m\n4G\n-object\nmemory-backend-ram,id=n0,size=2G\n-numa\nnode,nodeid=0,memdev=n0\n"
		  "-object\nmemory-backend-ram,id=n1,size=2G\n-numa\nnode,nodeid=1,memdev=n1",
		  4 * GIB, 0 },
		{ "-m\n2G,slots=4,maxmem=16G\n-object\nmemory-backend-ram,id=memdimm0,size=1G\n"
		  "-device\npc-dimm,node=0,memdev=memdimm0,id=dimm0",
		  3 * GIB, 16 * GIB },
		{ "-m\n2G,slots=4,maxmem=16G\n-object\n{\"qom-type\":\"memory-backend-ram\",\"id\":"
		  "\"memdimm0\","
		  "\"size\":1073741824}\n-device\n"
		  "{\"driver\":\"pc-dimm\",\"node\":0,\"memdev\":\"memdimm0\",\"id\":\"dimm0\",\"slot\":0}",
		  3 * GIB, 16 * GIB },
		{ "-m\n2G,maxmem=10G\n-object\nmemory-backend-ram,id=vm0,size=8G,reserve=off\n"
		  "-device\nvirtio-mem-pci,memdev=vm0,requested-size=512M",
		  2560 * MIB, 10 * GIB },
		{ "-m\n2G,maxmem=10G\n-object\nmemory-backend-ram,id=vm0,size=8G\n"
		  "-device\n{\"driver\":\"virtio-mem-pci\",\"memdev\":\"vm0\",\"requested-size\":536870912}",
		  2560 * MIB, 10 * GIB },
		{ "-m\n2G\n-object\nmemory-backend-file,id=nv,mem-path=/srv/nv.img,size=8G\n"
		  "-device\nnvdimm,memdev=nv",
		  2 * GIB, 0 },
		{ "-m\n2G\n-object\nmemory-backend-file,id=lg,mem-path=/dev/shm/lg,size=64M\n"
		  "-device\nivshmem-plain,memdev=lg",
		  2112 * MIB, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char arguments[1024];

		snprintf(arguments, sizeof(arguments), "qemu-system-x86_64\n%s", rows[i].options);
		assert_parsed(arguments,
			      &(struct vm_command_line){
				      .stack = VM_STACK_QEMU,
				      .memory_known = true,
				      .memory_bytes = rows[i].bytes,
				      .max_bytes = rows[i].max_bytes ? rows[i].max_bytes : rows[i].bytes,
			      });
	}
}

/* Proxmox VE hotplugs up to 255 of them. */
static void every_memory_device_counts(void **state)
{
	static char arguments[65536];
	struct vm_command_line line;
	struct text text;

	(void)state;
	text_init(&text, arguments, sizeof(arguments));
	text_append(&text,
		    "/usr/bin/kvm\n-id\n101\n-m\nsize=1024,slots=255,maxmem=4194304M\n-object\n"
		    "memory-backend-ram,id=ram-node0,size=1024M\n-numa\nnode,nodeid=0,memdev=ram-node0");
	for (int i = 0; i < 255; i++)
		text_printf(&text,
			    "\n-object\nmemory-backend-ram,id=mem-dimm%d,size=2048M\n"
			    "-device\npc-dimm,id=dimm%d,memdev=mem-dimm%d,node=0",
			    i, i, i);
	parse(&line, arguments);
	assert_int_equal(line.memory_bytes, 511 * GIB);
}

static void memory_is_unknown_if_a_config_file_may_set_it(void **state)
{
	struct vm_command_line line;

	(void)state;
	parse(&line, "qemu-kvm\n-readconfig\n/etc/vm.cfg\n-nographic");
	assert_false(line.memory_known);
	parse(&line, "qemu-kvm\n-readconfig\n/etc/vm.cfg\n-m\n1G");
	assert_true(line.memory_known);
	assert_int_equal(line.memory_bytes, GIB);
}

static void memory_in_huge_pages_is_counted_separately(void **state)
{
	static const struct {
		const char *options;
		uint64_t bytes, hugetlb_bytes, page_bytes;
	} rows[] = {
		{ "-m\n2G\n-mem-prealloc\n-mem-path\n/dev/hugepages/libvirt/qemu/1-x", 2 * GIB, 2 * GIB, 0 },
		{ "-m\n2G\n-mem-path\n/dev/shm", 2 * GIB, 0, 0 },
		{ "-m\n4G\n-object\n{\"qom-type\":\"memory-backend-file\",\"id\":\"ram-node0\",\"mem-path\":"
		  "\"/dev/hugepages1G/libvirt/qemu/"
		  "3-vm\",\"share\":true,\"prealloc\":true,\"size\":4294967296,"
		  "\"host-nodes\":[0,1],\"policy\":\"bind\"}\n-numa\nnode,nodeid=0,memdev=ram-node0",
		  4 * GIB, 4 * GIB, 0 },
		{ "-m\n4G\n-object\nmemory-backend-memfd,id=m,hugetlb=on,hugetlbsize=2M,size=4G\n"
		  "-machine\nmemory-backend=m",
		  4 * GIB, 4 * GIB, 2 * MIB },
		{ "-m\n4G\n-object\nmemory-backend-memfd,id=m,hugetlb=off,size=4G\n-machine\nmemory-backend="
		  "m",
		  4 * GIB, 0, 0 },
		{ "-m\n2048\n-object\nmemory-backend-file,id=ram-node0,size=1024M,"
		  "mem-path=/run/hugepages/kvm/"
		  "1048576kB,share=on,prealloc=yes\n-numa\nnode,memdev=ram-node0\n"
		  "-object\nmemory-backend-ram,id=ram-node1,size=1024M\n-numa\nnode,memdev=ram-node1",
		  2 * GIB, GIB, 0 },
		{ "-m\n1G,maxmem=8G\n-object\nmemory-backend-memfd,hugetlb=true,id=v,size=4G\n"
		  "-device\nvirtio-mem-pci,memdev=v,requested-size=2G",
		  3 * GIB, 2 * GIB, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct vm_command_line line;
		char arguments[1024];

		snprintf(arguments, sizeof(arguments), "qemu-kvm\n%s", rows[i].options);
		parse(&line, arguments);
		assert_int_equal(line.memory_bytes, rows[i].bytes);
		assert_int_equal(line.hugetlb_bytes, rows[i].hugetlb_bytes);
		assert_int_equal(line.hugepage_bytes, rows[i].page_bytes);
	}
}

static void locked_memory_is_recognised(void **state)
{
	struct vm_command_line line;

	(void)state;
	parse(&line, "qemu-kvm\n-overcommit\nmem-lock=on");
	assert_true(line.locked);
	parse(&line, "qemu-kvm\n-overcommit\nmem-lock=off,cpu-pm=on");
	assert_false(line.locked);
}

static void options_of_other_hypervisors_are_parsed(void **state)
{
	static const struct {
		const char *arguments;
		struct vm_command_line line;
	} rows[] = {
		{ "/usr/bin/cloud-hypervisor\n--api-socket\n/run/vms/web.sock\n--memory\n"
		  "size=4G,hugepages=on,hugepage_size=2M,hotplug_size=8G\n--cpus\nboot=2",
		  { VM_STACK_CLOUD_HYPERVISOR, "", "web", "", true, 4 * GIB, 12 * GIB, 4 * GIB, 2 * MIB,
		    false } },
		{ "cloud-hypervisor\n--memory\nsize=1G,hotplug_method=virtio-mem,hotplug_size=4G,"
		  "hotplugged_size=2G",
		  { VM_STACK_CLOUD_HYPERVISOR, "", "", "", true, 3 * GIB, 5 * GIB, 0, 0, false } },
		{ "cloud-hypervisor\n--memory=size=536870912\n--api-socket=path=/tmp/a.b",
		  { VM_STACK_CLOUD_HYPERVISOR, "", "a.b", "", true, 512 * MIB, 512 * MIB, 0, 0, false } },
		{ "cloud-hypervisor\n--memory\nsize=0\n--memory-zone\nsize=1G,id=a\nsize=2G,id=b\n--"
		  "disk\nsize=9G",
		  { VM_STACK_CLOUD_HYPERVISOR, "", "", "", true, 3 * GIB, 3 * GIB, 0, 0, false } },
		{ "cloud-hypervisor\n--api-socket\n/run/libvirt/ch/vm1-socket",
		  { VM_STACK_CLOUD_HYPERVISOR, "", "vm1", "", false, 0, 0, 0, 0, false } },
		{ "/firecracker\n--id\n551e7604-e35c-42b3-b825-416853441234\n--api-sock\n/run/fc.sock",
		  { VM_STACK_FIRECRACKER, "", "551e7604-e35c-42b3-b825-416853441234", "", false, 0, 0, 0, 0,
		    false } },
		{ "crosvm\nrun\n--mem\n2048\n--name\nvm\nbzImage",
		  { VM_STACK_CROSVM, "vm", "", "", true, 2 * GIB, 2 * GIB, 0, 0, false } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_parsed(rows[i].arguments, &rows[i].line);
}

static void other_programs_are_no_vm(void **state)
{
	static const char *const rows[] = {
		"",
		"/usr/bin/qemu-img\nconvert\n-m\n8",
		"swtpm\nsocket\n-m\n8",
		"bash\n-c\nqemu-kvm -m 8G",
		"/usr/bin/virt-launcher\n--name\nx",
		"qemu-kvm/\n-m\n8G",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_parsed(rows[i], &(struct vm_command_line){ .stack = VM_STACK_NONE });
}

/* The owner of a VM may choose its name and its kernel arguments. */
static void option_value_is_not_taken_for_an_option(void **state)
{
	struct vm_command_line line;

	(void)state;
	parse(&line, "qemu-kvm\n-append\n-m\n-name\n-m\n-m\n1G");
	assert_string_equal(line.name, "-m");
	assert_int_equal(line.memory_bytes, GIB);
	parse(&line, "qemu-kvm\n-name\nguest=x,,size=9G,,guest=y\n-m\n1G");
	assert_string_equal(line.name, "x,size=9G,guest=y");
}

static void malformed_options_are_ignored(void **state)
{
	static const char *const rows[] = {
		"-m\n",
		"-m\n-5",
		"-m\n8Q",
		"-m\n8GG",
		"-m\nx",
		"-m\n99999999999999999999999999",
		"-m\n9E",
		"-m\n1e400",
		"-m\nnan",
		"-m",
		"-object\nmemory-backend-ram,size=9G",
		"-object\n{\"qom-type\":\"memory-backend-ram\",\"size\":9",
		"-object\n{\"qom-type\":\"memory-backend-ram\" \"id\":\"x\",\"size\":9}",
		"-object\n{\"id\":\"x\",\"a\":[[[[{\"b\":\"]\"}",
		"-object\n{\"id\":\"\\",
		"-object\n{\"id\":\"\\u12",
		"-object\n{",
		"-object\n{{{{{{{{",
		"-object\nsecret,id=masterKey0,size=9G",
		"-uuid\nnot-a-uuid",
		"-id\n12x",
		"-device\n,,,,=,=,,",
		"-machine\nmemory-backend=nowhere",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char arguments[256];

		snprintf(arguments, sizeof(arguments), "qemu-kvm\n%s", rows[i]);
		assert_parsed(arguments, &(struct vm_command_line){ .stack = VM_STACK_QEMU,
								    .memory_known = true,
								    .memory_bytes = 128 * MIB,
								    .max_bytes = 128 * MIB });
	}
}

static void sums_of_huge_sizes_do_not_overflow(void **state)
{
	static char arguments[65536];
	struct vm_command_line line;
	struct text text;

	(void)state;
	text_init(&text, arguments, sizeof(arguments));
	text_append(&text, "qemu-kvm");
	for (int i = 0; i < 200; i++)
		text_printf(&text,
			    "\n-object\nmemory-backend-memfd,hugetlb=on,id=m%d,size=1E\n-device\npc-dimm,"
			    "memdev=m%d\n"
			    "-device\nvirtio-mem-pci,requested-size=1E,memdev=v%d",
			    i, i, i);
	parse(&line, arguments);
	assert_true(line.memory_bytes >= UINT64_C(1) << 60);
	assert_true(line.memory_bytes <= UINT64_C(1) << 62);
	assert_true(line.hugetlb_bytes <= line.memory_bytes);
}

/* A command line cut by a buffer: complete options count, and nothing is read beyond the end. */
static void cut_command_line_is_parsed_safely(void **state)
{
	static const char whole[] = "qemu-kvm\0-name\0guest=a,,b\0-m\0size=2G,maxmem=4G\0-object\0"
				    "{\"qom-type\":\"memory-backend-ram\",\"id\":\"d\",\"size\":1073741824}\0"
				    "-device\0pc-dimm,memdev=d";

	(void)state;
	for (size_t length = 0; length <= sizeof(whole); length++) {
		struct vm_command_line line;
		char *cut = malloc(length + 1);

		assert_non_null(cut);
		memcpy(cut, whole, length < sizeof(whole) ? length : sizeof(whole));
		char *exact = realloc(cut, length ? length : 1);
		assert_non_null(exact);
		vm_command_line_parse(&line, exact, length < sizeof(whole) ? length : sizeof(whole));
		assert_true(line.memory_bytes == 0 || line.memory_bytes == 128 * MIB ||
			    line.memory_bytes == 2 * GIB || line.memory_bytes == 3 * GIB);
		free(exact);
	}
}

static void identity_takes_the_exact_name(void **state)
{
	static const struct {
		const char *cgroup, *comm, *arguments, *name, *id, *display_name;
		enum vm_stack stack;
	} rows[] = {
		{ "/machine.slice/machine-qemu\\x2d3\\x2dweb01.scope", "qemu-kvm",
		  "qemu-kvm\n-name\nguest=web_01,debug-threads=on", "web_01", "3", "", VM_STACK_LIBVIRT },
		{ "/system.slice/pvescheduler.service", "kvm", "/usr/bin/kvm\n-id\n101\n-name\nfoo", "",
		  "101", "foo", VM_STACK_PROXMOX },
		{ "/user.slice", "qemu-system-x86", "qemu-system-x86_64\n-m\n1G", "", "", "", VM_STACK_QEMU },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct vm_command_line line;
		struct vm_identity vm;

		assert_true(vm_identify(&vm, NULL, rows[i].cgroup, rows[i].comm));
		parse(&line, rows[i].arguments);
		vm_command_line_identify(&vm, &line);
		assert_string_equal(vm.name, rows[i].name);
		assert_string_equal(vm.id, rows[i].id);
		assert_string_equal(vm.display_name, rows[i].display_name);
		assert_int_equal(vm.stack, rows[i].stack);
		assert_false(vm.name_is_truncated);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(command_line_names_the_vm),
		cmocka_unit_test(memory_size_is_read_in_every_syntax),
		cmocka_unit_test(every_memory_device_counts),
		cmocka_unit_test(memory_is_unknown_if_a_config_file_may_set_it),
		cmocka_unit_test(memory_in_huge_pages_is_counted_separately),
		cmocka_unit_test(locked_memory_is_recognised),
		cmocka_unit_test(options_of_other_hypervisors_are_parsed),
		cmocka_unit_test(other_programs_are_no_vm),
		cmocka_unit_test(option_value_is_not_taken_for_an_option),
		cmocka_unit_test(malformed_options_are_ignored),
		cmocka_unit_test(sums_of_huge_sizes_do_not_overflow),
		cmocka_unit_test(cut_command_line_is_parsed_safely),
		cmocka_unit_test(identity_takes_the_exact_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
