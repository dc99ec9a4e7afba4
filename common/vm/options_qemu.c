/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * QEMU's options (qemu-options.hx, system/vl.c, backends/hostmem*.c; 2.x to 9.x).
 *
 * The guest's RAM is -m. It is in anonymous memory, or in the backends that -machine
 * memory-backend= and -numa node,memdev= name, which are then that RAM and not additional memory. A
 * backend of any other device (pc-dimm, ivshmem) is additional memory; of a virtio-mem backend only
 * the requested size is.
 */
#include <string.h>

#include "base/array.h"
#include "base/text.h"
#include "vm/hypervisor_options.h"
#include "vm/key_values.h"
#include "vm/uuid.h"

#define MIB           (UINT64_C(1) << 20)
#define DEFAULT_BYTES (128 * MIB) /* without -m, for every machine type that supports KVM */
#define BACKENDS_MAX  400         /* ACPI has 256 slots for memory devices, QEMU 128 nodes */
#define SUM_MAX       (UINT64_C(1) << 60)

enum backend_use { USE_UNKNOWN, USE_MAIN, USE_PLUGGED, USE_STORAGE };

struct backend {
	char id[64];
	uint64_t bytes;
	uint64_t hugepage_bytes; /* 0 if not given: the default size */
	bool hugetlb;
	bool file;        /* in a file system that may be on disk */
	bool outside_ram; /* not part of the host's RAM */
	enum backend_use use;
};

struct qemu {
	struct vm_command_line *line;
	uint64_t ram_bytes;     /* -m; 0 if not given */
	uint64_t plugged_bytes; /* by virtio-mem */
	uint64_t plugged_huge;  /* part of plugged_bytes in huge pages */
	bool all_in_hugepages;  /* -mem-path, which is older than backends */
	bool has_file;          /* -readconfig: the file may contain any option */
	struct backend none;    /* used if an id is too long or `backends` is full */
	size_t backend_count;
	struct backend backends[BACKENDS_MAX]; /* must be last: entries are initialised one by one */
};

/*
 * Returns the backend with this id. Adds it if necessary: -machine and -numa may name a backend
 * before its -object.
 */
static struct backend *backend_of(struct qemu *qemu, const char *id)
{
	for (size_t i = 0; i < qemu->backend_count; i++)
		if (strcmp(qemu->backends[i].id, id) == 0)
			return &qemu->backends[i];
	if (qemu->backend_count == BACKENDS_MAX || strlen(id) >= sizeof(qemu->none.id))
		return &qemu->none;
	struct backend *backend = &qemu->backends[qemu->backend_count++];
	*backend = (struct backend){ 0 };
	text_copy(backend->id, sizeof(backend->id), id);
	return backend;
}

/*
 * A command line does not show where hugetlbfs is mounted. By convention of systemd, libvirt,
 * Proxmox and DPDK the path contains "huge".
 */
static bool is_hugetlbfs(const char *path)
{
	return strstr(path, "huge") != NULL;
}

/* Persistent or CXL memory that is a device and not managed by the kernel. */
static bool is_dax(const char *path)
{
	return strncmp(path, "/dev/dax", 8) == 0;
}

static bool is_tmpfs(const char *path)
{
	return strncmp(path, "/dev/shm", 8) == 0 || strncmp(path, "/run/", 5) == 0;
}

static void read_name(struct qemu *qemu, const char *value)
{
	struct key_values list;
	struct key_value pair;

	key_values_init(&list, value, "guest");
	while (key_values_next(&list, &pair))
		if (strcmp(pair.key, "guest") == 0)
			text_copy(qemu->line->name, sizeof(qemu->line->name), pair.value);
}

static void read_uuid(struct qemu *qemu, const char *value)
{
	vm_uuid_read(qemu->line->uuid, value, strlen(value));
}

/* Proxmox passes its VMs' UUID here and has no -uuid. */
static void read_smbios(struct qemu *qemu, const char *value)
{
	struct key_values list;
	struct key_value pair;
	bool system = false;

	key_values_init(&list, value, NULL);
	while (key_values_next(&list, &pair)) {
		if (strcmp(pair.key, "type") == 0)
			system = strcmp(pair.value, "1") == 0;
		else if (system && strcmp(pair.key, "uuid") == 0 && !qemu->line->uuid[0])
			read_uuid(qemu, pair.value);
	}
}

/* A patch of Proxmox; upstream QEMU has no -id. */
static void read_id(struct qemu *qemu, const char *value)
{
	struct vm_command_line *line = qemu->line;

	if (!value[0] || strlen(value) > 10 || value[strspn(value, "0123456789")])
		return;
	line->stack = VM_STACK_PROXMOX;
	text_copy(line->id, sizeof(line->id), value);
}

static void read_memory(struct qemu *qemu, const char *value)
{
	struct key_values list;
	struct key_value pair;

	key_values_init(&list, value, "size");
	while (key_values_next(&list, &pair)) {
		if (strcmp(pair.key, "size") == 0)
			key_values_size(pair.value, MIB, &qemu->ram_bytes);
		else if (strcmp(pair.key, "maxmem") == 0) /* in bytes if it has no unit */
			key_values_size(pair.value, 1, &qemu->line->max_bytes);
	}
}

static void read_readconfig(struct qemu *qemu, const char *value)
{
	(void)value;
	qemu->has_file = true;
}

static void read_mem_path(struct qemu *qemu, const char *value)
{
	qemu->all_in_hugepages = is_hugetlbfs(value);
}

static void read_overcommit(struct qemu *qemu, const char *value)
{
	struct key_values list;
	struct key_value pair;

	key_values_init(&list, value, NULL);
	while (key_values_next(&list, &pair))
		/* mem-lock=on-fault (9.2) holds only what is touched. */
		if (strcmp(pair.key, "mem-lock") == 0)
			qemu->line->locked = key_values_is_true(pair.value);
}

static void read_path(struct backend *backend, const char *path)
{
	backend->hugetlb = is_hugetlbfs(path);
	backend->file = !backend->hugetlb && !is_tmpfs(path);
	backend->outside_ram = is_dax(path);
}

static void read_object(struct qemu *qemu, const char *value)
{
	struct backend read = { 0 };
	struct key_values list;
	struct key_value pair;
	bool is_backend = false;

	key_values_init(&list, value, "qom-type");
	while (key_values_next(&list, &pair)) {
		if (strcmp(pair.key, "qom-type") == 0)
			/* SGX enclaves have memory of their own (EPC). */
			is_backend = strncmp(pair.value, "memory-backend-", 15) == 0 &&
				     strcmp(pair.value, "memory-backend-epc") != 0;
		else if (strcmp(pair.key, "id") == 0 && strlen(pair.value) < sizeof(read.id))
			text_copy(read.id, sizeof(read.id), pair.value);
		else if (strcmp(pair.key, "size") == 0)
			key_values_size(pair.value, 1, &read.bytes);
		else if (strcmp(pair.key, "hugetlb") == 0)
			read.hugetlb = key_values_is_true(pair.value);
		else if (strcmp(pair.key, "hugetlbsize") == 0)
			key_values_size(pair.value, 1, &read.hugepage_bytes);
		else if (strcmp(pair.key, "mem-path") == 0)
			read_path(&read, pair.value);
	}
	if (!is_backend || !read.id[0])
		return;
	struct backend *backend = backend_of(qemu, read.id);
	if (backend == &qemu->none)
		return;
	read.use = backend->use;
	*backend = read;
}

static void read_machine(struct qemu *qemu, const char *value)
{
	struct key_values list;
	struct key_value pair;

	key_values_init(&list, value, "type");
	while (key_values_next(&list, &pair)) {
		if (strcmp(pair.key, "memory-backend") == 0)
			backend_of(qemu, pair.value)->use = USE_MAIN;
		else if (strcmp(pair.key, "memory.size") == 0) /* 7.1; -m is short for it */
			key_values_size(pair.value, 1, &qemu->ram_bytes);
		else if (strcmp(pair.key, "memory.max-size") == 0)
			key_values_size(pair.value, 1, &qemu->line->max_bytes);
	}
}

static void read_numa(struct qemu *qemu, const char *value)
{
	struct key_values list;
	struct key_value pair;

	key_values_init(&list, value, "type");
	while (key_values_next(&list, &pair))
		if (strcmp(pair.key, "memdev") == 0)
			backend_of(qemu, pair.value)->use = USE_MAIN;
}

static void plug(struct qemu *qemu, struct backend *backend, const char *driver, uint64_t requested)
{
	if (strncmp(driver, "virtio-mem", 10) == 0) {
		if (requested > backend->bytes && backend->bytes > 0)
			requested = backend->bytes;
		/* Its backend has the maximum size that it can grow to. */
		backend->use = USE_STORAGE;
		qemu->plugged_bytes += requested;
		if (backend->hugetlb)
			qemu->plugged_huge += requested;
		return;
	}
	/* An NVDIMM in a plain file is a disk: its pages can be written back. */
	const bool disk = strncmp(driver, "nvdimm", 6) == 0 || strncmp(driver, "virtio-pmem", 11) == 0;
	backend->use = backend->outside_ram || (disk && backend->file) ? USE_STORAGE : USE_PLUGGED;
}

static void read_device(struct qemu *qemu, const char *value)
{
	char driver[32] = "";
	uint64_t requested = 0;
	struct backend *backend = NULL;
	struct key_values list;
	struct key_value pair;

	key_values_init(&list, value, "driver");
	while (key_values_next(&list, &pair)) {
		if (strcmp(pair.key, "driver") == 0)
			text_copy(driver, sizeof(driver), pair.value);
		else if (strcmp(pair.key, "memdev") == 0)
			backend = backend_of(qemu, pair.value);
		else if (strcmp(pair.key, "requested-size") == 0)
			key_values_size(pair.value, 1, &requested);
	}
	if (backend && qemu->plugged_bytes <= SUM_MAX)
		plug(qemu, backend, driver, requested);
}

/* Skips a value that a guest's owner may choose and that could look like an option. */
static void pass_over(struct qemu *qemu, const char *value)
{
	(void)qemu;
	(void)value;
}

static const struct option {
	const char *name;
	void (*read)(struct qemu *qemu, const char *value);
} options_known[] = {
	{ "name", read_name },
	{ "uuid", read_uuid },
	{ "smbios", read_smbios },
	{ "id", read_id },
	{ "m", read_memory },
	{ "mem-path", read_mem_path },
	{ "object", read_object },
	{ "machine", read_machine },
	{ "M", read_machine },
	{ "numa", read_numa },
	{ "device", read_device },
	{ "overcommit", read_overcommit },
	{ "readconfig", read_readconfig },
	{ "append", pass_over },
	{ "kernel", pass_over },
	{ "initrd", pass_over },
	{ "fw_cfg", pass_over },
};

static const struct option *find_option(const char *argument)
{
	if (argument[0] != '-')
		return NULL;
	argument += argument[1] == '-' ? 2 : 1;
	for (size_t i = 0; i < ARRAY_SIZE(options_known); i++)
		if (strcmp(argument, options_known[i].name) == 0)
			return &options_known[i];
	return NULL;
}

static void add_hugetlb(struct vm_command_line *line, uint64_t bytes, uint64_t page_bytes)
{
	const bool first = line->hugetlb_bytes == 0;

	line->hugepage_bytes = first || line->hugepage_bytes == page_bytes ? page_bytes : 0;
	line->hugetlb_bytes += bytes;
}

/* Combines -m and the backends. */
static void sum_up(struct qemu *qemu)
{
	struct vm_command_line *line = qemu->line;
	uint64_t main_bytes = 0, plugged_bytes = qemu->plugged_bytes;

	if (qemu->plugged_huge > 0)
		add_hugetlb(line, qemu->plugged_huge, 0);
	for (size_t i = 0; i < qemu->backend_count; i++) {
		const struct backend *backend = &qemu->backends[i];

		if (backend->use == USE_STORAGE || plugged_bytes > SUM_MAX || main_bytes > SUM_MAX)
			continue;
		if (backend->use == USE_MAIN)
			main_bytes += backend->bytes;
		else
			plugged_bytes += backend->bytes;
		if (backend->hugetlb && backend->bytes > 0)
			add_hugetlb(line, backend->bytes, backend->hugepage_bytes);
	}
	line->memory_known = qemu->ram_bytes > 0 || main_bytes > 0 || !qemu->has_file;
	/* Since 7.1, the RAM of a machine without -m is as large as its backend. */
	if (qemu->ram_bytes == 0)
		qemu->ram_bytes = main_bytes > 0 ? main_bytes : DEFAULT_BYTES;
	if (qemu->all_in_hugepages && main_bytes == 0)
		add_hugetlb(line, qemu->ram_bytes, 0);
	line->memory_bytes = qemu->ram_bytes + plugged_bytes;
	if (line->hugetlb_bytes > line->memory_bytes)
		line->hugetlb_bytes = line->memory_bytes;
}

void hypervisor_options_qemu(struct vm_command_line *ret, struct hypervisor_options options)
{
	struct qemu qemu;
	const char *argument, *value;

	/* `backends` is not cleared: a host has hundreds of VMs, and few have many backends. */
	memset(&qemu, 0, offsetof(struct qemu, backends));
	qemu.line = ret;

	while ((argument = hypervisor_options_next(&options))) {
		const struct option *option = find_option(argument);

		if (option && (value = hypervisor_options_next(&options)))
			option->read(&qemu, value);
	}
	sum_up(&qemu);
}
