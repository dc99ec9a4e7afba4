/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The memory as rows of text.  Fields are written and read by the same tables,
 * in the same order; what is unknown is written as it is kept.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "gather/memory.h"
#include "state/rows.h"

/* Paths are cut at the kernel's own bound. */
#define PATH_BYTES_MAX 4096

#define NUMBER(member)                                                                       \
	{                                                                                    \
		offsetof(struct oom_kill, member), sizeof(((struct oom_kill *)NULL)->member) \
	}

static const struct {
	size_t offset, size;
} kill_numbers[] = {
	NUMBER(realtime_usec), NUMBER(monotonic_usec), NUMBER(pid),           NUMBER(uid),
	NUMBER(total_vm_kb),   NUMBER(anon_rss_kb),    NUMBER(file_rss_kb),   NUMBER(shmem_rss_kb),
	NUMBER(limit_kb),      NUMBER(host_free_kb),   NUMBER(host_total_kb), NUMBER(invoker_pid),
};
#define KILL_NUMBERS (sizeof(kill_numbers) / sizeof(kill_numbers[0]))

#define STRING(member)                                                                             \
	{                                                                                          \
		offsetof(struct vm_identity, member), sizeof(((struct vm_identity *)NULL)->member) \
	}

static const struct {
	size_t offset, size;
} vm_strings[] = { STRING(name), STRING(id), STRING(uuid), STRING(display_name), STRING(project) };
#define VM_STRINGS (sizeof(vm_strings) / sizeof(vm_strings[0]))

/* What is a bit or a small number of a kill. */
enum {
	FLAG_MANUAL = 1,
	FLAG_PROVEN = 2,
	FLAG_INFERRED = 4,
	FLAG_BOOT_ID = 8,
	FLAG_INVOKER = 16,
	FLAG_ACKNOWLEDGED = 32
};

static void put_boot_id(struct text *text, const uint8_t boot_id[16])
{
	char digits[33];
	struct text hex;

	text_init(&hex, digits, sizeof(digits));
	for (size_t i = 0; i < 16; i++)
		text_printf(&hex, "%02x", boot_id[i]);
	rows_string(text, hex.data);
}

static int get_boot_id(const char *digits, uint8_t ret[16])
{
	if (strlen(digits) != 32)
		return -EINVAL;
	for (size_t i = 0; i < 16; i++) {
		uint64_t byte;

		if (number_parse_hex(digits + 2 * i, 2, &byte) != 2)
			return -EINVAL;
		ret[i] = (uint8_t)byte;
	}
	return 0;
}

static unsigned flags_of(const struct memory_kill *entry)
{
	const struct oom_kill *kill = &entry->kill;

	return (kill->manual ? FLAG_MANUAL : 0) | (kill->proven ? FLAG_PROVEN : 0) |
	       (kill->inferred ? FLAG_INFERRED : 0) | (kill->has_boot_id ? FLAG_BOOT_ID : 0) |
	       (kill->has_invoker ? FLAG_INVOKER : 0) | (entry->acknowledged ? FLAG_ACKNOWLEDGED : 0);
}

/* The next field as a number within 0..max; 0 where it is none. */
static int64_t get_small(const struct rows_row *row, size_t field, int64_t max)
{
	int64_t number;

	return rows_get_number(row, field, &number) == 0 && number >= 0 && number <= max ? number : 0;
}

/* Role, stack, whether the name is lossy, the strings: what a row ends with. */
#define VM_FIELDS (3 + VM_STRINGS)

static void put_vm(struct text *text, const struct vm_identity *vm)
{
	rows_number(text, (int64_t)vm->role);
	rows_number(text, (int64_t)vm->stack);
	rows_number(text, vm->name_is_lossy);
	for (size_t i = 0; i < VM_STRINGS; i++)
		rows_string(text, (const char *)vm + vm_strings[i].offset);
}

static void get_vm(const struct rows_row *row, size_t field, struct vm_identity *ret)
{
	ret->role = (enum vm_role)get_small(row, field++, VM_ROLE_HELPER);
	ret->stack = (enum vm_stack)get_small(row, field++, VM_STACK_CROSVM);
	ret->name_is_lossy = get_small(row, field++, 1) != 0;
	for (size_t i = 0; i < VM_STRINGS; i++)
		text_copy((char *)ret + vm_strings[i].offset, vm_strings[i].size,
			  rows_get_string(row, field++));
}

static void print_kill(struct text *text, const struct memory_kill *entry)
{
	const struct oom_kill *kill = &entry->kill;

	rows_begin(text, "kill");
	rows_number(text, flags_of(entry));
	put_boot_id(text, kill->boot_id);
	for (size_t i = 0; i < KILL_NUMBERS; i++) {
		int64_t number;

		memcpy(&number, (const char *)kill + kill_numbers[i].offset, sizeof(number));
		rows_number(text, number);
	}
	rows_number(text, (int64_t)kill->killer);
	rows_number(text, (int64_t)kill->constraint);
	rows_string(text, kill->comm);
	rows_string(text, kill->invoker_comm);
	rows_string(text, kill->cgroup ? kill->cgroup : "");
	rows_string(text, kill->limit_cgroup ? kill->limit_cgroup : "");
	put_vm(text, &entry->vm);
	rows_end(text);
}

_Static_assert(1 + 2 + KILL_NUMBERS + 2 + 4 + VM_FIELDS <= ROWS_FIELDS_MAX, "a kill is one row");

static int get_path(const struct rows_row *row, size_t field, char **ret)
{
	const char *path = rows_get_string(row, field);

	*ret = path[0] ? strndup(path, PATH_BYTES_MAX) : NULL;
	return path[0] && !*ret ? -ENOMEM : 0;
}

static int parse_kill(struct memory *memory, const struct rows_row *row)
{
	struct memory_kill *entry = &memory->kills[memory->kill_count];
	struct oom_kill *kill = &entry->kill;
	size_t field = 1;

	if (memory->kill_count == MEMORY_KILLS_MAX)
		return 0;
	*entry = (struct memory_kill){ 0 };
	oom_kill_init(kill);
	const int64_t flags = get_small(row, field++, 63);
	if (get_boot_id(rows_get_string(row, field++), kill->boot_id) < 0)
		return 0;
	for (size_t i = 0; i < KILL_NUMBERS; i++) {
		int64_t number;

		if (rows_get_number(row, field++, &number) < 0)
			return 0;
		memcpy((char *)kill + kill_numbers[i].offset, &number, sizeof(number));
	}
	kill->manual = flags & FLAG_MANUAL;
	kill->proven = flags & FLAG_PROVEN;
	kill->inferred = flags & FLAG_INFERRED;
	kill->has_boot_id = flags & FLAG_BOOT_ID;
	kill->has_invoker = flags & FLAG_INVOKER;
	entry->acknowledged = flags & FLAG_ACKNOWLEDGED;
	kill->killer = (enum oom_killer)get_small(row, field++, OOM_KILLER_EARLYOOM);
	kill->constraint = (enum oom_constraint)get_small(row, field++, OOM_CONSTRAINT_MEMPOLICY);
	text_copy(kill->comm, sizeof(kill->comm), rows_get_string(row, field++));
	text_copy(kill->invoker_comm, sizeof(kill->invoker_comm), rows_get_string(row, field++));
	if (get_path(row, field, &kill->cgroup) < 0 || get_path(row, field + 1, &kill->limit_cgroup) < 0) {
		oom_kill_destroy(kill);
		return -ENOMEM;
	}
	field += 2;
	get_vm(row, field, &entry->vm);
	memory->kill_count++;
	return 0;
}

static void print_vm(struct text *text, const struct memory_vm *entry)
{
	rows_begin(text, "vm");
	rows_number(text, entry->pid);
	rows_number(text, (int64_t)entry->starttime_ticks);
	rows_number(text, (int64_t)entry->cgroup_inode);
	rows_string(text, entry->comm);
	put_vm(text, &entry->vm);
	rows_end(text);
}

static void parse_vm(struct memory *memory, const struct rows_row *row)
{
	struct memory_vm *entry = &memory->vms[memory->vm_count];
	int64_t starttime_ticks, cgroup_inode;
	size_t field = 1;

	if (memory->vm_count == MEMORY_VMS_MAX)
		return;
	*entry = (struct memory_vm){ 0 };
	if (rows_get_number(row, field++, &entry->pid) < 0 ||
	    rows_get_number(row, field++, &starttime_ticks) < 0 ||
	    rows_get_number(row, field++, &cgroup_inode) < 0)
		return;
	entry->starttime_ticks = (uint64_t)starttime_ticks;
	entry->cgroup_inode = (uint64_t)cgroup_inode;
	text_copy(entry->comm, sizeof(entry->comm), rows_get_string(row, field++));
	get_vm(row, field, &entry->vm);
	memory->vm_count++;
}

static void print_account(struct text *text, const struct gather_account *account)
{
	rows_begin(text, "account");
	put_boot_id(text, account->boot_id);
	rows_number(text, (int64_t)account->explained);
	rows_number(text, (int64_t)account->unrecorded);
	rows_number(text, account->newest_line_usec);
	rows_number(text, account->vouched_since_usec);
	rows_end(text);
}

static void parse_account(struct memory *memory, const struct rows_row *row)
{
	struct gather_account account = { .known = true };
	int64_t explained, unrecorded;

	if (get_boot_id(rows_get_string(row, 1), account.boot_id) == 0 &&
	    rows_get_number(row, 2, &explained) == 0 && rows_get_number(row, 3, &unrecorded) == 0 &&
	    rows_get_number(row, 4, &account.newest_line_usec) == 0 &&
	    rows_get_number(row, 5, &account.vouched_since_usec) == 0 && explained >= 0 && unrecorded >= 0) {
		account.explained = (uint64_t)explained;
		account.unrecorded = (uint64_t)unrecorded;
		memory->account = account;
	}
}

static void print_acknowledgement(struct text *text, const struct memory_acknowledgement *given)
{
	rows_begin(text, "acknowledged");
	rows_number(text, given->realtime_usec);
	put_boot_id(text, given->boot_id);
	rows_number(text, given->monotonic_usec);
	rows_string(text, given->by);
	rows_string(text, given->comment);
	rows_end(text);
}

static void parse_acknowledgement(struct memory *memory, const struct rows_row *row)
{
	struct memory_acknowledgement given = { .given = true };

	if (rows_get_number(row, 1, &given.realtime_usec) == 0 &&
	    get_boot_id(rows_get_string(row, 2), given.boot_id) == 0 &&
	    rows_get_number(row, 3, &given.monotonic_usec) == 0) {
		text_copy(given.by, sizeof(given.by), rows_get_string(row, 4));
		text_copy(given.comment, sizeof(given.comment), rows_get_string(row, 5));
		memory->acknowledgement = given;
	}
}

static void parse_missing(struct memory *memory, const struct rows_row *row)
{
	struct memory_missing *missing = &memory->missing[memory->missing_count];
	int64_t count;

	if (memory->missing_count < MEMORY_MISSING_MAX &&
	    rows_get_number(row, 1, &missing->realtime_usec) == 0 && rows_get_number(row, 2, &count) == 0 &&
	    count > 0) {
		missing->count = (uint64_t)count;
		missing->acknowledged = get_small(row, 3, 1) == 1;
		memory->missing_count++;
	}
}

/* Whether the last row fitted; if not, it is taken back. */
static bool keep_whole(struct text *text, size_t *end)
{
	if (!text->truncated) {
		*end = text->length;
		return true;
	}
	text->length = *end;
	text->data[*end] = '\0';
	text->truncated = false;
	return false;
}

void memory_print(const struct memory *memory, struct text *text)
{
	size_t end = 0;

	if (memory->account.known)
		print_account(text, &memory->account);
	if (memory->acknowledgement.given)
		print_acknowledgement(text, &memory->acknowledgement);
	for (size_t i = 0; i < memory->missing_count; i++) {
		rows_begin(text, "missing");
		rows_number(text, memory->missing[i].realtime_usec);
		rows_number(text, (int64_t)memory->missing[i].count);
		rows_number(text, memory->missing[i].acknowledged);
		rows_end(text);
	}
	for (size_t i = 0; i < memory->kill_count && keep_whole(text, &end); i++)
		print_kill(text, &memory->kills[i]);
	if (keep_whole(text, &end) && memory->vm_count > 0) {
		rows_begin(text, "boot");
		put_boot_id(text, memory->boot_id);
		rows_end(text);
	}
	for (size_t i = 0; i < memory->vm_count && keep_whole(text, &end); i++)
		print_vm(text, &memory->vms[i]);
	keep_whole(text, &end);
}

/* Pids mean something in their own boot only. */
static bool is_this_boot(const struct memory *memory, const struct rows_row *row)
{
	uint8_t boot_id[16];

	return memory->vms && get_boot_id(rows_get_string(row, 1), boot_id) == 0 &&
	       memcmp(boot_id, memory->boot_id, sizeof(boot_id)) == 0;
}

int memory_parse(struct memory *memory, char *saved)
{
	bool this_boot = false;
	struct rows_row row;
	int r;

	while ((r = rows_next(&saved, &row)) != 0) {
		const char *key = r < 0 ? "" : row.fields[0];

		if (strcmp(key, "account") == 0)
			parse_account(memory, &row);
		else if (strcmp(key, "acknowledged") == 0)
			parse_acknowledgement(memory, &row);
		else if (strcmp(key, "missing") == 0)
			parse_missing(memory, &row);
		else if (strcmp(key, "boot") == 0)
			this_boot = is_this_boot(memory, &row);
		else if (strcmp(key, "vm") == 0 && this_boot)
			parse_vm(memory, &row);
		else if (strcmp(key, "kill") == 0 && parse_kill(memory, &row) < 0)
			return -ENOMEM;
	}
	return 0;
}
