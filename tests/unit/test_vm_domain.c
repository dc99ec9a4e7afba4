/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

#include "vm/domain.h"

#include "host_tree.h"

#include <errno.h>
#include <unistd.h>

#define NOVA_11 "http://openstack.org/xmlns/libvirt/nova/1.1"
#define NOVA_10 "http://openstack.org/xmlns/libvirt/nova/1.0"

static int read_text(struct vm_domain *ret, const char *content, size_t length)
{
	struct tree tree;
	char path[128];

	tree_make(&tree);
	tree_put_bytes(&tree, "/domain.xml", content, length);
	snprintf(path, sizeof(path), "%s/domain.xml", tree.root);
	int r = vm_domain_read(ret, path);
	tree_remove(&tree);
	return r;
}

static void domain_fields_are_read(void **state)
{
	static const struct {
		const char *xml;
		const char
			*expected; /* name uuid id pid display_name project project_id user flavor manager */
	} rows[] = {
		{ "<domain><name>vm1</name></domain>", "vm1||||||||||" },
		{ "<domain type='kvm' id='7'><name>vm1</name>"
		  "<uuid>6F1C2D3E-0000-4000-8000-00000000002A</uuid></domain>",
		  "vm1|6f1c2d3e-0000-4000-8000-00000000002a|7||||||||" },
		{ "<domstatus state='running' pid='4711'><taint flag='x'/>"
		  "<domain id='3'><name>vm1</name></domain></domstatus>",
		  "vm1||3|4711|||||||" },
		{ "<domain><name>vm1</name><title>The web server</title></domain>",
		  "vm1||||The web server||||||" },
		{ "<domain><name>i-1</name><title>T</title><metadata>"
		  "<nova:instance xmlns:nova='" NOVA_11 "'><nova:name>web &amp; co</nova:name>"
		  "<nova:flavor name='m1.small'><nova:name>no</nova:name></nova:flavor>"
		  "<nova:owner><nova:user uuid='u'>alice</nova:user>"
		  "<nova:project uuid='p-1'>acme</nova:project></nova:owner>"
		  "</nova:instance></metadata></domain>",
		  "i-1||||web & co|acme|p-1|alice|m1.small|openstack|" },
		/* the older namespace, with a prefix and as the default */
		{ "<domain xmlns:x='" NOVA_10 "'><name>i-1</name><metadata>"
		  "<x:instance><x:name>web</x:name></x:instance></metadata></domain>",
		  "i-1||||web|||||openstack|" },
		{ "<domain><name>i-1</name><metadata><instance xmlns='" NOVA_10 "'><name>web</name>"
		  "</instance></metadata></domain>",
		  "i-1||||web|||||openstack|" },
		{ "<domain xmlns:ovirt-vm='http://ovirt.org/vm/1.0'><name>vm1</name><metadata><ovirt-vm:vm>"
		  "<ovirt-vm:clusterVersion>4.7</ovirt-vm:clusterVersion></ovirt-vm:vm></metadata></domain>",
		  "vm1|||||||||ovirt|" },
		/* names of other elements */
		{ "<domain><metadata><name>no</name><instance><name>no</name></instance>"
		  "<nova:instance xmlns:nova='http://example.org/'><nova:name>no</nova:name></nova:instance>"
		  "</metadata><devices><name>no</name></devices><name>vm1</name></domain>",
		  "vm1||||||||||" },
		{ "<domstatus><domain><name>vm1</name></domain>"
		  "<job><domain><name>no</name></domain></job></domstatus>",
		  "vm1||||||||||" },
		/* the first of two names counts; markup within a name ends it */
		{ "<domain><name>vm1</name><name>vm2</name></domain>", "vm1||||||||||" },
		{ "<domain><name>vm<b>no</b>1</name></domain>", "vm||||||||||" },
		{ "<domain><name>vm<!-- no -->1<![CDATA[<&>]]></name></domain>", "vm1<&>||||||||||" },
		/* an invalid UUID, and another encoding */
		{ "<domain><name>vm1</name><uuid>../../etc/passwd</uuid></domain>", "vm1||||||||||" },
		{ "<?xml version='1.0' encoding='ISO-8859-1'?><domain><name>caf\xE9</name></domain>",
		  "caf\xC3\xA9||||||||||" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct vm_domain domain;
		char found[2048];
		int r = read_text(&domain, rows[i].xml, strlen(rows[i].xml));

		if (r < 0)
			fail_msg("%s: %s", rows[i].xml, strerror(-r));
		const struct vm_identity *vm = &domain.vm;
		snprintf(found, sizeof(found), "%s|%s|%s|%s|%s|%s|%s|%s|%s|%s|", vm->name, vm->uuid, vm->id,
			 domain.pid, vm->display_name, vm->project, vm->project_id, vm->user, vm->flavor,
			 vm->manager);
		assert_string_equal(found, rows[i].expected);
	}
}

/* libvirt limits only names that become file names; a title may have any length. */
static void long_title_is_cut_at_a_character(void **state)
{
	char xml[4096] = "<domain><name>vm1</name><title>";
	struct vm_domain domain;

	(void)state;
	for (int i = 0; i < 300; i++)
		strcat(xml, "\xC3\xA9");
	strcat(xml, "</title></domain>");
	assert_int_equal(read_text(&domain, xml, strlen(xml)), 0);
	assert_int_equal(strlen(domain.vm.display_name), sizeof(domain.vm.display_name) - 2);
}

static void invalid_domain_xml_is_refused(void **state)
{
	static const struct {
		const char *xml;
		int error;
	} rows[] = {
		{ "", -EBADMSG },
		{ "\n", -EBADMSG },
		{ "vm1", -EBADMSG },
		{ "<domain/>", -EBADMSG },
		{ "<domain><name></name></domain>", -EBADMSG },
		{ "<network><name>default</name></network>", -EBADMSG },
		{ "<domain><name>vm1</name></domain><domain/>", -EBADMSG },
		{ "<domain><name>vm1</domain></name>", -EBADMSG },
		{ "<domain><name>&lol;</name></domain>", -EBADMSG },
		{ "<domain><name>vm1</name><a:b/></domain>", -EBADMSG },
		/* a document type, with and without entities */
		{ "<!DOCTYPE domain><domain><name>vm1</name></domain>", -EBADMSG },
		{ "<!DOCTYPE d [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;'>"
		  "<!ENTITY c '&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;'><!ENTITY d '&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;'>"
		  "<!ENTITY e '&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;'><!ENTITY f '&e;&e;&e;&e;&e;&e;&e;&e;&e;&e;'>"
		  "<!ENTITY g '&f;&f;&f;&f;&f;&f;&f;&f;&f;&f;'><!ENTITY h '&g;&g;&g;&g;&g;&g;&g;&g;&g;&g;'>]>"
		  "<domain><name>&h;</name></domain>",
		  -EBADMSG },
		{ "<!DOCTYPE d [<!ENTITY x SYSTEM '/etc/passwd'>]><domain><name>&x;</name></domain>",
		  -EBADMSG },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct vm_domain domain = { .pid = "as it was" };

		assert_int_equal(read_text(&domain, rows[i].xml, strlen(rows[i].xml)), rows[i].error);
		assert_string_equal(domain.pid, "as it was");
	}
}

static void oversized_xml_is_refused(void **state)
{
	const size_t size = 10 * 1024 * 1024;
	char *xml = malloc(size + 1);
	struct vm_domain domain;

	(void)state;
	assert_non_null(xml);
	/* 10 MiB that are one unfinished comment, name, attribute or tag */
	static const char *const starts[] = { "<domain><!--", "<domain><name>", "<domain id='", "<" };
	for (size_t i = 0; i < ARRAY_SIZE(starts); i++) {
		memset(xml, 'x', size);
		memcpy(xml, starts[i], strlen(starts[i]));
		assert_int_equal(read_text(&domain, xml, size), -EFBIG);
	}
	/* one element per 3 bytes: parsing stops at our limit of the depth */
	for (size_t i = 0; i < size / 3; i++)
		memcpy(xml + 3 * i, "<a>", 3);
	assert_int_equal(read_text(&domain, xml, size / 3 * 3), -E2BIG);
	free(xml);
}

static void nesting_depth_is_limited(void **state)
{
	char xml[VM_DOMAIN_DEPTH_MAX * 8 + 128];
	struct vm_domain domain;

	(void)state;
	for (int extra = 0; extra <= 1; extra++) {
		const int inner = VM_DOMAIN_DEPTH_MAX - 1 + extra;

		strcpy(xml, "<domain><name>vm1</name>");
		for (int i = 0; i < inner; i++)
			strcat(xml, "<a>");
		for (int i = 0; i < inner; i++)
			strcat(xml, "</a>");
		strcat(xml, "</domain>");
		assert_int_equal(read_text(&domain, xml, strlen(xml)), extra ? -E2BIG : 0);
	}
}

static char *read_whole(const char *relative, size_t *ret_length)
{
	char path[512];
	char *content = malloc(VM_DOMAIN_SIZE_MAX);

	snprintf(path, sizeof(path), "%s/tests/data/trees/%s", getenv("SRCDIR") ? getenv("SRCDIR") : ".",
		 relative);
	FILE *file = fopen(path, "r");
	assert_non_null(file);
	*ret_length = fread(content, 1, VM_DOMAIN_SIZE_MAX, file);
	fclose(file);
	return content;
}

#define DEFINED "identity-libvirt/etc/libvirt/qemu/instance-0000002a.xml"
#define LIVE    "identity-libvirt-alive/run/libvirt/qemu/instance-0000002a.xml"

static void file_cut_at_any_byte_is_refused(void **state)
{
	size_t length;
	char *xml = read_whole(DEFINED, &length);
	struct vm_domain domain;

	(void)state;
	assert_int_equal(read_text(&domain, xml, length), 0);
	/* the last byte is only a newline */
	for (size_t cut = 0; cut < length - 1; cut++)
		if (read_text(&domain, xml, cut) != -EBADMSG)
			fail_msg("cut after %zu of %zu bytes", cut, length);
	free(xml);
}

/* Deterministic, so that a failure can be reproduced. */
static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525U + 1013904223U;
	return *seed >> 8;
}

static void random_bytes_are_parsed_safely(void **state)
{
	size_t length;
	char *xml = read_whole(LIVE, &length);
	char *damaged = malloc(length);
	uint32_t seed = 1;

	(void)state;
	for (int round = 0; round < 500; round++) {
		struct vm_domain domain;

		memcpy(damaged, xml, length);
		for (int i = 0; i < 1 + round % 8; i++)
			damaged[next_random(&seed) % length] = (char)next_random(&seed);
		if (read_text(&domain, damaged, length) == 0)
			assert_true(memchr(domain.vm.name, '\0', sizeof(domain.vm.name)) != NULL);
	}
	free(damaged);
	free(xml);
}

static void fifo_directory_and_missing_file_are_errors(void **state)
{
	struct tree tree;
	struct vm_domain domain;
	char path[128];

	(void)state;
	tree_make(&tree);
	snprintf(path, sizeof(path), "%s/vm1.xml", tree.root);
	assert_int_equal(vm_domain_read(&domain, path), -ENOENT);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(vm_domain_read(&domain, path), -EINVAL);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(vm_domain_read(&domain, path), -EISDIR);
	tree_remove(&tree);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(domain_fields_are_read),
		cmocka_unit_test(long_title_is_cut_at_a_character),
		cmocka_unit_test(invalid_domain_xml_is_refused),
		cmocka_unit_test(oversized_xml_is_refused),
		cmocka_unit_test(nesting_depth_is_limited),
		cmocka_unit_test(file_cut_at_any_byte_is_refused),
		cmocka_unit_test(random_bytes_are_parsed_safely),
		cmocka_unit_test(fifo_directory_and_missing_file_are_errors),
	};
	struct vm_domain domain;

	if (vm_domain_read(&domain, "/dev/null") == -ENOTSUP) {
		print_message("1..0 # SKIP built without expat\n");
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
