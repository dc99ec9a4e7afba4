/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

#include "vm/complete.h"
#include "vm/domain.h"

#include "host_tree.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>

/* The kill recorded in tests/data/trees/identity-libvirt/kern.log: 2026-11-23T00:08:43.396265Z. */
#define KILL_USEC       INT64_C(1795392523396265)
#define SECOND          INT64_C(1000000)
#define KILL_SCOPE      "/machine/qemu-1-instance-0000002a.libvirt-qemu"
#define SCOPE(id, name) "/machine.slice/machine-qemu\\x2d" id "\\x2d" name ".scope/libvirt"

static const struct vm_death the_kill = { .pid = 8911, .realtime_usec = KILL_USEC };

static struct file_roots recorded(const char *name, char *buffer, size_t size)
{
	snprintf(buffer, size, "%s/tests/data/trees/%s", getenv("SRCDIR") ? getenv("SRCDIR") : ".", name);
	return (struct file_roots){ .rootfs = buffer };
}

static void set_age(const struct tree *tree, const char *path, int64_t realtime_usec)
{
	const struct timespec time = { .tv_sec = (time_t)(realtime_usec / SECOND) };
	const struct timespec times[] = { time, time };
	char full[256];

	snprintf(full, sizeof(full), "%s%s", tree->root, path);
	assert_int_equal(utimensat(AT_FDCWD, full, times, 0), 0);
}

/* The file is a day older than the kill. */
static void put_domain(const struct tree *tree, const char *directory, const char *name, const char *head,
		       const char *uuid)
{
	char path[256], xml[1024];

	snprintf(path, sizeof(path), "%s/%s.xml", directory, name);
	snprintf(xml, sizeof(xml), "%s<name>%s</name><uuid>%s</uuid></domain>%s", head, name, uuid,
		 strncmp(head, "<domstatus", 10) == 0 ? "</domstatus>" : "");
	tree_put(tree, path, xml);
	set_age(tree, path, KILL_USEC - 86400 * SECOND);
}

static void put_defined(const struct tree *tree, const char *name, const char *uuid)
{
	put_domain(tree, "/etc/libvirt/qemu", name, "<domain>", uuid);
}

#define UUID_1 "11111111-1111-4111-8111-111111111111"
#define UUID_2 "22222222-2222-4222-8222-222222222222"

static struct vm_identity complete(const struct tree *tree, const char *cgroup, const char *comm)
{
	struct vm_identity vm;

	vm_identify(&vm, NULL, cgroup, comm);
	vm_complete(&vm, &the_kill, &tree->roots);
	return vm;
}

static void killed_nova_domain_is_named_by_its_definition_and_log(void **state)
{
	char buffer[512];
	const struct file_roots roots = recorded("identity-libvirt", buffer, sizeof(buffer));
	struct vm_identity vm;

	(void)state;
	assert_true(vm_identify(&vm, NULL, KILL_SCOPE, "qemu-system-x86"));
	assert_true(vm.name_is_truncated);
	vm_complete(&vm, &the_kill, &roots);
	assert_string_equal(vm.name, "instance-0000002a");
	assert_false(vm.name_is_truncated);
	assert_string_equal(vm.id, "1");
	assert_string_equal(vm.uuid, "6f1c2d3e-0000-4000-8000-00000000002a");
	assert_string_equal(vm.display_name, "web-01");
	assert_string_equal(vm.project, "acme");
	assert_string_equal(vm.project_id, "0a1b2c3d4e5f60718293a4b5c6d7e8f9");
	assert_string_equal(vm.user, "alice");
	assert_string_equal(vm.flavor, "m1.small");
	assert_string_equal(vm.manager, "openstack");
	assert_string_equal(vm.libvirt_reason, "crashed");
	assert_int_equal(vm.origins, VM_ORIGIN_CGROUP | VM_ORIGIN_LIBVIRT_DEFINED | VM_ORIGIN_LIBVIRT_LOG);
}

static void running_domain_is_named_by_its_status_file(void **state)
{
	char buffer[512];
	const struct file_roots roots = recorded("identity-libvirt-alive", buffer, sizeof(buffer));
	const struct vm_process process = { .pid = 8911, .cgroup = KILL_SCOPE, .comm = "qemu-system-x86" };
	struct vm_identity vm;

	(void)state;
	assert_true(vm_identify_living(&vm, &process, &roots));
	assert_string_equal(vm.name, "instance-0000002a");
	assert_string_equal(vm.uuid, "6f1c2d3e-0000-4000-8000-00000000002a");
	assert_string_equal(vm.display_name, "web-01");
	assert_string_equal(vm.project, "acme");
	assert_string_equal(vm.libvirt_reason, "");
	assert_true(vm.origins & VM_ORIGIN_LIBVIRT_LIVE);
}

static void helper_is_recognised_and_names_its_vm(void **state)
{
	char buffer[512];
	const struct file_roots roots = recorded("identity-libvirt", buffer, sizeof(buffer));
	struct vm_identity vm;

	(void)state;
	assert_true(vm_identify(&vm, NULL, SCOPE("1", "instance\\x2d0000002a"), "swtpm"));
	vm_complete(&vm, &the_kill, &roots);
	assert_int_equal(vm.role, VM_ROLE_HELPER);
	assert_string_equal(vm.name, "instance-0000002a");
	assert_string_equal(vm.display_name, "web-01");
	/* the end of the VM is not the end of the helper */
	assert_string_equal(vm.libvirt_reason, "");
}

static void shortened_name_finds_its_domain(void **state)
{
	static const struct {
		const char *scope, *domain;
	} rows[] = {
		{ SCOPE("3", "demoname"), "demo!name" },
		{ SCOPE("5", "bull"), "bull\xF0\x9F\x92\xA9" },
		{ SCOPE("6", "demo.name"), "demo..name" },
		{ SCOPE("4", "012345678901234567890123456789012345678901234567890123456"),
		  "012345678901234567890123456789012345678901234567890123456789" },
		{ SCOPE("100",
			"kstest\\x2dnetwork\\x2ddevice\\x2ddefault\\x2dhttpksc9eed63e\\x2d981e\\x2d48ec"),
		  "kstest-network-device-default-httpks_(c9eed63e-981e-48ec-8e2b-68716b8f5bcb)" },
		{ SCOPE("33", "RHEL7\\x2d9\\x2d4"), "RHEL 7.9_4" },
		{ "/machine.slice/machine-qemu\\x2d5.scope", "\xD0\xB2\xD0\xBC" },
	};
	struct tree tree;

	(void)state;
	tree_make(&tree);
	put_defined(&tree, "another", UUID_2);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		put_defined(&tree, rows[i].domain, UUID_1);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct vm_identity vm = complete(&tree, rows[i].scope, "qemu-kvm");

		assert_string_equal(vm.name, rows[i].domain);
		assert_false(vm.name_is_truncated);
		assert_string_equal(vm.uuid, UUID_1);
	}
	tree_remove(&tree);
}

static void comm_finds_its_domain(void **state)
{
	struct tree tree;
	struct vm_identity vm;

	(void)state;
	tree_make(&tree);
	put_defined(&tree, "instance-0000002a", UUID_1);
	put_defined(&tree, "web", UUID_2);
	vm = complete(&tree, NULL, "qemu:instance-0");
	assert_string_equal(vm.name, "instance-0000002a");
	vm = complete(&tree, NULL, "qemu:web");
	assert_string_equal(vm.uuid, UUID_2);
	/* a name that would lead out of the directory */
	vm = complete(&tree, NULL, "qemu:../qemu");
	assert_int_equal(vm.origins, VM_ORIGIN_COMM);
	tree_remove(&tree);
}

static void ambiguous_name_is_not_guessed(void **state)
{
	const char *scope = SCOPE("7", "web1");
	struct tree tree;
	struct vm_identity vm;

	(void)state;
	tree_make(&tree);
	put_defined(&tree, "web_1", UUID_1);
	put_defined(&tree, "web 1", UUID_2);
	vm = complete(&tree, scope, "qemu-kvm");
	assert_true(vm.name_is_ambiguous);
	assert_true(vm.name_is_truncated);
	assert_string_equal(vm.name, "web1");
	assert_string_equal(vm.uuid, "");

	/* libvirt's log of one of them records an end at the time of the kill */
	tree_put(&tree, "/var/log/libvirt/qemu/web_1.log",
		 "2026-11-22 11:00:00.000+0000: shutting down, reason=crashed\n");
	tree_put(&tree, "/var/log/libvirt/qemu/web 1.log",
		 "2026-11-23 00:08:45.397+0000: shutting down, reason=crashed\n");
	vm = complete(&tree, scope, "qemu-kvm");
	assert_false(vm.name_is_ambiguous);
	assert_string_equal(vm.name, "web 1");
	assert_string_equal(vm.uuid, UUID_2);

	/* the status file of the other one has the scope's id */
	put_domain(&tree, "/run/libvirt/qemu", "web_1", "<domstatus pid='8911'><domain id='7'>", UUID_1);
	vm = complete(&tree, scope, "qemu-kvm");
	assert_string_equal(vm.name, "web_1");
	assert_string_equal(vm.uuid, UUID_1);
	tree_remove(&tree);
}

static void log_names_a_domain_that_is_no_longer_defined(void **state)
{
	struct tree tree;
	struct vm_identity vm;

	(void)state;
	tree_make(&tree);
	tree_put(&tree, "/var/log/libvirt/qemu/web_1.log", "2026-11-22 11:00:00.000+0000: starting up\n");
	vm = complete(&tree, SCOPE("7", "web1"), "qemu-kvm");
	assert_string_equal(vm.name, "web_1");
	assert_string_equal(vm.libvirt_reason, "");
	assert_int_equal(vm.origins, VM_ORIGIN_CGROUP | VM_ORIGIN_LIBVIRT_LOG);
	/* the log of an older VM does not override a definition */
	put_defined(&tree, "web 1", UUID_1);
	vm = complete(&tree, SCOPE("7", "web1"), "qemu-kvm");
	assert_string_equal(vm.name, "web 1");
	tree_remove(&tree);
}

#define START(time, id, uuid)                                                                  \
	time ".000+0000: starting up libvirt version: 9.0.0\n/usr/bin/qemu-system-x86_64 \\\n" \
	     "-object '{\"file\":\"/var/lib/libvirt/qemu/domain-" id                           \
	     "-vm/master-key.aes\"}' \\\n-uuid " uuid " \\\n"
#define END_THEN   "2026-11-23 00:08:43.700+0000: shutting down, reason=crashed\n"
#define BEFORE     "2026-11-22 11:00:00"
#define LONG_AGO   "2026-11-20 11:00:00"
#define AFTERWARDS "2026-11-23 00:10:00"

/* A domain of the same name that was defined after the kill is another domain, unless the log of
 * the last start before the kill has its UUID. */
static void definition_newer_than_the_kill_needs_its_uuid_in_the_log(void **state)
{
	static const struct {
		const char *log;
		const char *name, *uuid, *display_name;
		enum vm_doubt doubt;
	} rows[] = {
		{ NULL, "web1", "", "", VM_DOUBT_NEWER },
		{ "", "web1", "", "", VM_DOUBT_NEWER },
		/* The domain only started after the kill, or had ended long before it. */
		{ START(AFTERWARDS, "9", UUID_1), "web1", "", "", VM_DOUBT_NEWER },
		{ START(LONG_AGO, "6", UUID_1) BEFORE ".000+0000: shutting down, reason=shutdown\n", "web1",
		  "", "", VM_DOUBT_NEWER },
		/* The log gives the name, but the definition may belong to another domain. */
		{ END_THEN, "web_1", "", "", VM_DOUBT_NEWER },
		/* The same UUID: the definition was edited since, or nova started the domain
		 * again. */
		{ START(BEFORE, "7", UUID_1) END_THEN, "web_1", UUID_1, "Shop", VM_DOUBT_NONE },
		{ START(BEFORE, "7", UUID_1), "web_1", UUID_1, "Shop", VM_DOUBT_NONE },
		{ START(BEFORE, "7", UUID_1) END_THEN START(AFTERWARDS, "8", UUID_1), "web_1", UUID_1, "Shop",
		  VM_DOUBT_NONE },
		/* The name was reused. */
		{ START(BEFORE, "7", UUID_2) END_THEN, "web_1", UUID_2, "", VM_DOUBT_REUSED },
		{ START(BEFORE, "7", UUID_2) END_THEN START(AFTERWARDS, "8", UUID_1), "web_1", UUID_2, "",
		  VM_DOUBT_REUSED },
		{ START(BEFORE, "7", UUID_2) START(AFTERWARDS, "8", UUID_1), "web_1", UUID_2, "",
		  VM_DOUBT_REUSED },
		/* The killed VM had the id 7. */
		{ START(BEFORE, "6", UUID_1) END_THEN, "web1", "", "", VM_DOUBT_NEWER },
		/* Everything is in one line before libvirt 4.7. */
		{ BEFORE
		  ".000+0000: starting up\nLC_ALL=C /usr/bin/qemu-kvm -name web_1 -S -uuid " UUID_1
		  " -chardev socket,path=/var/lib/libvirt/qemu/domain-7-web_1/monitor.sock,server\n" END_THEN,
		  "web_1", UUID_1, "Shop", VM_DOUBT_NONE },
	};
	struct tree tree;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		tree_make(&tree);
		tree_put(&tree, "/etc/libvirt/qemu/web_1.xml",
			 "<domain><name>web_1</name><uuid>" UUID_1 "</uuid><title>Shop</title></domain>");
		set_age(&tree, "/etc/libvirt/qemu/web_1.xml", KILL_USEC + 60 * SECOND);
		if (rows[i].log)
			tree_put(&tree, "/var/log/libvirt/qemu/web_1.log", rows[i].log);
		const struct vm_identity vm = complete(&tree, SCOPE("7", "web1"), "qemu-kvm");
		if (strcmp(vm.name, rows[i].name) != 0 || strcmp(vm.uuid, rows[i].uuid) != 0 ||
		    strcmp(vm.display_name, rows[i].display_name) != 0 || vm.doubt != rows[i].doubt)
			fail_msg("row %zu: %s, %s, %s, %d", i, vm.name, vm.uuid, vm.display_name, vm.doubt);
		tree_remove(&tree);
	}
}

/* A UUID noted while the VM ran is not mixed with the current definition. */
static void known_uuid_must_match_the_files(void **state)
{
	static const char *const known[] = { UUID_1, UUID_2 };
	struct tree tree;

	(void)state;
	tree_make(&tree);
	tree_put(&tree, "/etc/libvirt/qemu/vm1.xml",
		 "<domain><name>vm1</name><uuid>" UUID_1 "</uuid><title>Shop</title></domain>");
	set_age(&tree, "/etc/libvirt/qemu/vm1.xml", KILL_USEC + 60 * SECOND);
	put_domain(&tree, "/run/libvirt/qemu", "vm1", "<domstatus pid='9'><domain id='8'><title>Now</title>",
		   UUID_1);
	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		struct vm_identity vm;

		vm_identify(&vm, NULL, SCOPE("7", "vm1"), "qemu-kvm");
		strcpy(vm.uuid, known[i]);
		vm_complete(&vm, &the_kill, &tree.roots);
		assert_string_equal(vm.uuid, known[i]);
		assert_string_equal(vm.display_name, i == 0 ? "Shop" : "");
		assert_int_equal(vm.doubt, i == 0 ? VM_DOUBT_NONE : VM_DOUBT_REUSED);
	}
	tree_remove(&tree);
}

/* No check has run since the VM ended, so the note still has the pid. */
static void note_of_an_ended_domain_is_ignored(void **state)
{
	static const struct {
		const char *log;
		const char *name;
	} rows[] = {
		{ START(LONG_AGO, "6", UUID_1), "vm1" },
		{ START(LONG_AGO, "6", UUID_1) END_THEN, "vm1" },
		{ START(LONG_AGO, "6", UUID_1) BEFORE ".000+0000: shutting down, reason=shutdown\n", "" },
		{ START(LONG_AGO, "6", UUID_1) BEFORE
		  ".000+0000: shutting down, reason=shutdown\n" START("2026-11-22 12:00:00", "7", UUID_1),
		  "vm1" },
		/* The clocks of a long-running host differ. */
		{ START(LONG_AGO, "6",
			UUID_1) "2026-11-23 00:08:00.000+0000: shutting down, reason=crashed\n",
		  "vm1" },
	};
	struct tree tree;

	(void)state;
	tree_make(&tree);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct vm_identity vm = {
			.stack = VM_STACK_LIBVIRT,
			.role = VM_ROLE_HYPERVISOR,
			.name = "vm1",
			.uuid = UUID_1,
			.origins = VM_ORIGIN_MEMORY,
		};

		tree_put(&tree, "/var/log/libvirt/qemu/vm1.log", rows[i].log);
		vm_complete(&vm, &the_kill, &tree.roots);
		if (strcmp(vm.name, rows[i].name) != 0)
			fail_msg("row %zu: '%s'", i, vm.name);
		assert_string_equal(vm.uuid, rows[i].name[0] ? UUID_1 : "");
	}
	tree_remove(&tree);
}

/* The start is far from the end of a log that a device of the guest fills. */
static void start_is_found_in_a_large_log(void **state)
{
	static const char start[] = START(BEFORE, "7", UUID_2);
	const size_t size = 800 * 1024;
	char *log = malloc(size);
	struct tree tree;

	(void)state;
	assert_non_null(log);
	tree_make(&tree);
	put_defined(&tree, "vm1", UUID_1);
	set_age(&tree, "/etc/libvirt/qemu/vm1.xml", KILL_USEC + 60 * SECOND);
	memset(log, '\n', size);
	memcpy(log, start, strlen(start));
	tree_put_bytes(&tree, "/var/log/libvirt/qemu/vm1.log", log, size);
	struct vm_identity vm = complete(&tree, SCOPE("7", "vm1"), "qemu-kvm");
	assert_string_equal(vm.uuid, UUID_2);
	assert_int_equal(vm.doubt, VM_DOUBT_REUSED);
	/* or in the rotated file before it */
	tree_put(&tree, "/var/log/libvirt/qemu/vm1.log", START(AFTERWARDS, "8", UUID_1));
	tree_put(&tree, "/var/log/libvirt/qemu/vm1.log.1", start);
	vm = complete(&tree, SCOPE("7", "vm1"), "qemu-kvm");
	assert_string_equal(vm.uuid, UUID_2);
	tree_remove(&tree);
	free(log);
}

/* The name of the killed VM was given to another domain, which was started after the kill. */
static void arguments_of_a_later_start_are_ignored(void **state)
{
	struct tree tree;

	(void)state;
	tree_make(&tree);
	put_defined(&tree, "vm1", UUID_1);
	set_age(&tree, "/etc/libvirt/qemu/vm1.xml", KILL_USEC + 60 * SECOND);
	/* the beginning of the log, with the arguments of the killed run, was rotated away */
	tree_put(&tree, "/var/log/libvirt/qemu/vm1.log",
		 BEFORE ".000+0000: starting up libvirt version: 9.0.0\n" AFTERWARDS
			".000+0000: starting up libvirt version: 9.0.0\n/usr/bin/qemu-kvm \\\n-uuid " UUID_1
			" \\\n");
	struct vm_identity vm = complete(&tree, SCOPE("7", "vm1"), "qemu-kvm");
	assert_string_equal(vm.name, "vm1");
	assert_string_equal(vm.uuid, "");
	assert_int_equal(vm.doubt, VM_DOUBT_NEWER);
	tree_remove(&tree);
}

/* If there are more domains than are compared, any of them may be the right one. */
static void too_many_candidates_are_ambiguous(void **state)
{
	static const char log[] = "/var/log/libvirt/qemu/", ended[] = "/var/log/libvirt/qemu/ended";
	char name[40][64], from[256], to[256];
	struct tree tree;

	(void)state;
	tree_make(&tree);
	for (unsigned i = 0; i < 40; i++) {
		snprintf(name[i], sizeof(name[i]), "we%.*sb1%.*s", (int)(i % 20 + 1), "____________________",
			 (int)(i / 20), "_");
		put_defined(&tree, name[i], UUID_2);
	}
	tree_put(&tree, ended, "2026-11-23 00:08:45.397+0000: shutting down, reason=crashed\n");
	for (unsigned i = 0; i < 40; i++) {
		snprintf(from, sizeof(from), "%s%s", tree.root, ended);
		snprintf(to, sizeof(to), "%s%s%.63s.log", tree.root, log, name[i]);
		assert_int_equal(rename(from, to), 0);
		const struct vm_identity vm = complete(&tree, SCOPE("7", "web1"), "qemu-kvm");
		assert_true(vm.name_is_ambiguous);
		assert_string_equal(vm.uuid, "");
		assert_int_equal(rename(to, from), 0);
	}
	tree_remove(&tree);
}

static void file_with_another_name_inside_is_ignored(void **state)
{
	struct tree tree;
	struct vm_identity vm;

	(void)state;
	tree_make(&tree);
	tree_put(&tree, "/etc/libvirt/qemu/vm1.xml",
		 "<domain><name>vm2</name><uuid>" UUID_1 "</uuid></domain>");
	vm = complete(&tree, SCOPE("7", "vm1"), "qemu-kvm");
	assert_string_equal(vm.name, "vm1");
	assert_string_equal(vm.uuid, "");
	tree_remove(&tree);
}

static void each_driver_has_its_own_directory(void **state)
{
	struct tree tree;
	struct vm_identity vm;

	(void)state;
	tree_make(&tree);
	put_defined(&tree, "vm1", UUID_1);
	put_domain(&tree, "/etc/libvirt/ch", "vm1", "<domain>", UUID_2);
	vm = complete(&tree, "/machine.slice/machine-ch\\x2d7\\x2dvm1.scope", "cloud-hyperviso");
	assert_string_equal(vm.uuid, UUID_2);
	/* domains of a user's session are not in the system directories */
	vm = complete(&tree, "/user.slice/user-1000.slice/machine-qemu\\x2dalice\\x2d7\\x2dvm1.scope",
		      "qemu-kvm");
	assert_string_equal(vm.uuid, "");
	tree_remove(&tree);
}

static void libvirt_log_confirms_the_end_within_seconds_of_the_kill(void **state)
{
	static const struct {
		const char *lines;
		const char *reason;
	} rows[] = {
		{ "2026-11-23 00:08:45.397+0000: shutting down, reason=crashed\n", "crashed" },
		{ "2026-11-23 00:08:45.397+0000: shutting down, reason=crashed", "crashed" },
		{ "2026-11-23 00:08:45.397+0000: shutting down\n", "unknown" },
		{ "2026-11-23 00:08:38.397+0000: shutting down, reason=crashed\n", "crashed" },
		{ "2026-11-23 00:08:38.396+0000: shutting down, reason=crashed\n", "" },
		{ "2026-11-23 00:09:13.396+0000: shutting down, reason=crashed\n", "crashed" },
		{ "2026-11-23 00:09:13.397+0000: shutting down, reason=crashed\n", "" },
		{ "2026-11-23 00:08:45.397+0000: shutting down, reason=crashed\n"
		  "2026-11-23 00:08:50.000+0000: starting up libvirt version: 9.0.0\n"
		  "LC_ALL=C \\\n",
		  "crashed" },
		/* another time zone, malformed stamps, other lines */
		{ "2026-11-23 07:08:45.397+0700: shutting down, reason=crashed\n", "" },
		{ "2026-11-23 00:08:45+0000: shutting down, reason=crashed\n", "" },
		{ "2026-11-23 00:08:45.397+0000: starting up\n", "" },
		{ " 2026-11-23 00:08:45.397+0000: shutting down, reason=crashed\n", "" },
		{ "20-6-11-23 00:08:45.397+0000: shutting down, reason=crashed\n", "" },
		{ "", "" },
	};
	struct tree tree;

	(void)state;
	tree_make(&tree);
	put_defined(&tree, "vm1", UUID_1);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		tree_put(&tree, "/var/log/libvirt/qemu/vm1.log", rows[i].lines);
		const struct vm_identity vm = complete(&tree, SCOPE("7", "vm1"), "qemu-kvm");
		if (strcmp(vm.libvirt_reason, rows[i].reason) != 0)
			fail_msg("%s: '%s', not '%s'", rows[i].lines, vm.libvirt_reason, rows[i].reason);
	}
	tree_remove(&tree);
}

static void only_the_end_of_a_large_log_is_read(void **state)
{
	static const char end[] = "2026-11-23 00:08:45.397+0000: shutting down, reason=crashed\n";
	const size_t size = 1024 * 1024;
	char *log = malloc(size);
	struct tree tree;
	struct vm_identity vm;

	(void)state;
	assert_non_null(log);
	tree_make(&tree);
	put_defined(&tree, "vm1", UUID_1);
	memset(log, '\n', size);
	memcpy(log, end, strlen(end));
	tree_put_bytes(&tree, "/var/log/libvirt/qemu/vm1.log", log, size);
	vm = complete(&tree, SCOPE("7", "vm1"), "qemu-kvm");
	assert_string_equal(vm.libvirt_reason, "");
	memcpy(log + size - 20000, end, strlen(end));
	tree_put_bytes(&tree, "/var/log/libvirt/qemu/vm1.log", log, size);
	vm = complete(&tree, SCOPE("7", "vm1"), "qemu-kvm");
	assert_string_equal(vm.libvirt_reason, "crashed");
	tree_remove(&tree);
	free(log);
}

/* The report was suppressed by the rate limit: only the pid is known. */
static void pid_file_names_the_vm_unless_the_pid_was_reused(void **state)
{
	struct tree tree;
	struct vm_identity vm;

	(void)state;
	tree_make(&tree);
	put_defined(&tree, "vm1", UUID_1);
	tree_put(&tree, "/run/libvirt/qemu/vm1.pid", "8911");
	tree_put(&tree, "/run/libvirt/qemu/vm2.pid", "891");
	set_age(&tree, "/run/libvirt/qemu/vm1.pid", KILL_USEC - 3600 * SECOND);
	set_age(&tree, "/run/libvirt/qemu/vm2.pid", KILL_USEC - 3600 * SECOND);
	vm = complete(&tree, NULL, "qemu-kvm");
	assert_int_equal(vm.stack, VM_STACK_LIBVIRT);
	assert_string_equal(vm.name, "vm1");
	assert_string_equal(vm.uuid, UUID_1);

	/* another VM has since been started with the same pid */
	set_age(&tree, "/run/libvirt/qemu/vm1.pid", KILL_USEC + SECOND);
	vm = complete(&tree, NULL, "qemu-kvm");
	assert_int_equal(vm.stack, VM_STACK_QEMU);
	assert_string_equal(vm.name, "");
	tree_remove(&tree);
}

static void proxmox_config_gives_the_name_but_not_from_a_snapshot(void **state)
{
	char buffer[512];
	const struct file_roots roots = recorded("identity-proxmox", buffer, sizeof(buffer));
	struct vm_identity vm;

	(void)state;
	assert_true(vm_identify(&vm, NULL, "/qemu.slice/101.scope", "kvm"));
	vm_complete(&vm, &the_kill, &roots);
	assert_string_equal(vm.id, "101");
	assert_string_equal(vm.display_name, "web-01");
	assert_string_equal(vm.tags, "prod;web");
	assert_string_equal(vm.uuid, "5f0a6b1c-7d2e-4f39-8a4b-9c5d6e7f8091");
	assert_int_equal(vm.origins, VM_ORIGIN_CGROUP | VM_ORIGIN_PROXMOX);
	/* values that only a snapshot has do not belong to the VM */
	assert_true(vm_identify(&vm, NULL, "/qemu.slice/103.scope", "kvm"));
	vm_complete(&vm, &the_kill, &roots);
	assert_string_equal(vm.display_name, "db-01");
	assert_string_equal(vm.tags, "");
	assert_string_equal(vm.uuid, "");
	/* there is no such VM */
	assert_true(vm_identify(&vm, NULL, "/qemu.slice/102.scope", "swtpm"));
	vm_complete(&vm, &the_kill, &roots);
	assert_string_equal(vm.display_name, "");
	assert_int_equal(vm.origins, VM_ORIGIN_CGROUP);
}

/* A VMID can be reused once its VM is destroyed. */
static void reused_vmid_is_recognised(void **state)
{
	static const struct {
		const char *meta;
		int64_t age_sec;
		const char *known_uuid;
		const char *display_name, *uuid;
		enum vm_doubt doubt;
	} rows[] = {
		{ "", -60, "", "web", UUID_1, VM_DOUBT_NONE },
		{ "", 60, "", "", "", VM_DOUBT_NEWER },
		{ "", 60, UUID_1, "web", UUID_1, VM_DOUBT_NONE },
		{ "", -60, UUID_2, "", UUID_2, VM_DOUBT_REUSED },
		{ "meta: creation-qemu=8.1.5,ctime=1795392000\n", 60, "", "web", UUID_1, VM_DOUBT_NONE },
		{ "meta: creation-qemu=8.1.5,ctime=1795392523\n", 60, "", "web", UUID_1, VM_DOUBT_NONE },
		{ "meta: creation-qemu=8.1.5,ctime=1795392600\n", 60, "", "", "", VM_DOUBT_REUSED },
		{ "meta: ctime=x\n", 60, "", "", "", VM_DOUBT_NEWER },
		{ "meta: creation-qemu=8.1.5\n", 60, "", "", "", VM_DOUBT_NEWER },
	};
	struct tree tree;

	(void)state;
	tree_make(&tree);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct vm_identity vm;
		char config[256];

		snprintf(config, sizeof(config), "%sname: web\nsmbios1: uuid=" UUID_1 "\n", rows[i].meta);
		tree_put(&tree, "/etc/pve/qemu-server/101.conf", config);
		set_age(&tree, "/etc/pve/qemu-server/101.conf", KILL_USEC + rows[i].age_sec * SECOND);
		vm_identify(&vm, NULL, "/qemu.slice/101.scope", "kvm");
		strcpy(vm.uuid, rows[i].known_uuid);
		vm_complete(&vm, &the_kill, &tree.roots);
		if (strcmp(vm.display_name, rows[i].display_name) != 0 ||
		    strcmp(vm.uuid, rows[i].uuid) != 0 || vm.doubt != rows[i].doubt)
			fail_msg("row %zu: %s, %s, %d", i, vm.display_name, vm.uuid, vm.doubt);
	}
	tree_remove(&tree);
}

static void machined_gives_the_uuid_of_a_running_vm(void **state)
{
	static const struct {
		const char *entry;
		const char *uuid;
	} rows[] = {
		{ "# This is private data. Do not parse.\nNAME=qemu-7-vm1\nSERVICE=libvirt-qemu\n"
		  "ID=11111111111141118111111111111111\nLEADER=4711\nCLASS=vm\n",
		  UUID_1 },
		{ "NAME=qemu-7-vm1\nID=11111111111141118111111111111111\nLEADER=471\n", "" },
		{ "NAME=qemu-7-vm1\nID=11111111111141118111111111111111\n", "" },
		{ "NAME=qemu-7-vm1\nLEADER=4711\n", "" },
		{ "LEADER=4711", "" },
		{ "", "" },
	};
	const struct vm_process process = {
		.pid = 4711,
		.cgroup = SCOPE("7", "vm1") "/emulator",
		.comm = "qemu-kvm",
	};
	struct tree tree;

	(void)state;
	tree_make(&tree);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct vm_identity vm;

		tree_put(&tree, "/run/systemd/machines/qemu-7-vm1", rows[i].entry);
		assert_true(vm_identify_living(&vm, &process, &tree.roots));
		assert_string_equal(vm.uuid, rows[i].uuid);
		assert_string_equal(vm.name, "vm1");
	}
	tree_remove(&tree);
}

/* Everybody may read the command line; it shows which of two domains with the same shortened
 * name is running. */
static void command_line_gives_the_full_name(void **state)
{
	static const char cmdline[] =
		"/usr/bin/qemu-kvm\0-name\0guest=web 1,debug-threads=on\0-uuid\0" UUID_1;
	struct vm_command_line line;
	const struct vm_process process = {
		.pid = 4711,
		.cgroup = SCOPE("7", "web1"),
		.comm = "qemu-kvm",
		.command_line = &line,
	};
	struct vm_process helper = process;
	struct tree tree;
	struct vm_identity vm;

	(void)state;
	vm_command_line_parse(&line, cmdline, sizeof(cmdline));
	tree_make(&tree);
	assert_true(vm_identify_living(&vm, &process, &tree.roots));
	assert_string_equal(vm.name, "web 1");
	assert_string_equal(vm.uuid, UUID_1);
	assert_int_equal(vm.origins, VM_ORIGIN_CGROUP | VM_ORIGIN_COMMAND_LINE);

	put_defined(&tree, "web_1", UUID_2);
	tree_put(&tree, "/etc/libvirt/qemu/web 1.xml",
		 "<domain><name>web 1</name><title>Shop</title></domain>");
	assert_true(vm_identify_living(&vm, &process, &tree.roots));
	assert_string_equal(vm.name, "web 1");
	assert_false(vm.name_is_ambiguous);
	assert_string_equal(vm.display_name, "Shop");

	/* the arguments of a helper do not name the VM */
	helper.comm = "swtpm";
	assert_true(vm_identify_living(&vm, &helper, &tree.roots));
	assert_string_equal(vm.name, "web1");
	assert_true(vm.name_is_ambiguous);
	tree_remove(&tree);
}

static void without_files_the_identity_is_unchanged(void **state)
{
	static const struct {
		const char *cgroup, *comm;
	} rows[] = {
		{ SCOPE("7", "vm1"), "qemu-kvm" },
		{ "/qemu.slice/101.scope", "kvm" },
		{ "/kubepods/burstable/podbc31d215-d48e-4416-8e2b-68716b8f5bcb/x", "qemu-kvm" },
		{ "/firecracker/vm-1", "firecracker" },
		{ NULL, "cloud-hyperviso" },
		{ NULL, "qemu-kvm" },
		{ NULL, "qemu:vm1" },
		{ NULL, "bash" },
	};
	struct tree tree;

	(void)state;
	tree_make(&tree);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct vm_identity before;

		vm_identify(&before, NULL, rows[i].cgroup, rows[i].comm);
		const struct vm_identity after = complete(&tree, rows[i].cgroup, rows[i].comm);
		assert_memory_equal(&after, &before, sizeof(after));
	}
	tree_remove(&tree);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(killed_nova_domain_is_named_by_its_definition_and_log),
		cmocka_unit_test(running_domain_is_named_by_its_status_file),
		cmocka_unit_test(helper_is_recognised_and_names_its_vm),
		cmocka_unit_test(shortened_name_finds_its_domain),
		cmocka_unit_test(comm_finds_its_domain),
		cmocka_unit_test(ambiguous_name_is_not_guessed),
		cmocka_unit_test(log_names_a_domain_that_is_no_longer_defined),
		cmocka_unit_test(definition_newer_than_the_kill_needs_its_uuid_in_the_log),
		cmocka_unit_test(known_uuid_must_match_the_files),
		cmocka_unit_test(note_of_an_ended_domain_is_ignored),
		cmocka_unit_test(start_is_found_in_a_large_log),
		cmocka_unit_test(arguments_of_a_later_start_are_ignored),
		cmocka_unit_test(too_many_candidates_are_ambiguous),
		cmocka_unit_test(file_with_another_name_inside_is_ignored),
		cmocka_unit_test(each_driver_has_its_own_directory),
		cmocka_unit_test(libvirt_log_confirms_the_end_within_seconds_of_the_kill),
		cmocka_unit_test(only_the_end_of_a_large_log_is_read),
		cmocka_unit_test(pid_file_names_the_vm_unless_the_pid_was_reused),
		cmocka_unit_test(proxmox_config_gives_the_name_but_not_from_a_snapshot),
		cmocka_unit_test(reused_vmid_is_recognised),
		cmocka_unit_test(machined_gives_the_uuid_of_a_running_vm),
		cmocka_unit_test(command_line_gives_the_full_name),
		cmocka_unit_test(without_files_the_identity_is_unchanged),
	};
	struct vm_domain domain;

	if (vm_domain_read(&domain, "/dev/null") == -ENOTSUP) {
		print_message("1..0 # SKIP built without expat\n");
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
