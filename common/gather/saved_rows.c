/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The memory as rows of text.  Fields are written and read by the same tables in the same order;
 * unknown values are written as they are in memory.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/boot_id.h"
#include "gather/saved.h"
#include "oom/path.h"
#include "running/vm_rows.h"
#include "state/rows.h"

#define NUMBER(member) offsetof(struct oom_kill, member)

static const size_t kill_numbers[] = {
	NUMBER(realtime_usec), NUMBER(monotonic_usec), NUMBER(pid),           NUMBER(uid),
	NUMBER(total_vm_kb),   NUMBER(anon_rss_kb),    NUMBER(file_rss_kb),   NUMBER(shmem_rss_kb),
	NUMBER(limit_kb),      NUMBER(host_free_kb),   NUMBER(host_total_kb), NUMBER(invoker_pid),
};
#define KILL_NUMBERS ARRAY_SIZE(kill_numbers)

/* The bits of a kill's flags, lowest first.  The order is part of the saved format: add new ones at
 * the end. */
#define KILL(member) offsetof(struct saved_kill, kill.member)

static const size_t kill_flags[] = {
	KILL(manual),
	KILL(proven),
	KILL(inferred),
	KILL(has_boot_id),
	KILL(has_invoker),
	offsetof(struct saved_kill, acknowledged),
	offsetof(struct saved_kill, unconfirmed),
	KILL(dubious),
	KILL(comm_is_cut),
	KILL(cgroup_doubtful),
	KILL(line_lost),
	offsetof(struct saved_kill, named),
	KILL(not_memcg),
	KILL(follower),
};
#define KILL_FLAGS ARRAY_SIZE(kill_flags)

static void put_boot_id(struct text *text, const uint8_t boot_id[16])
{
	char digits[BOOT_ID_TEXT_MAX];

	boot_id_print(boot_id, digits);
	rows_string(text, digits);
}

static int get_boot_id(const char *digits, uint8_t ret[16])
{
	return boot_id_parse(digits, strlen(digits), ret);
}

static int64_t flags_of(const struct saved_kill *entry)
{
	int64_t flags = 0;

	for (size_t i = 0; i < KILL_FLAGS; i++) {
		bool flag;

		memcpy(&flag, (const char *)entry + kill_flags[i], sizeof(flag));
		flags |= (int64_t)flag << i;
	}
	return flags;
}

static void set_flags(struct saved_kill *entry, int64_t flags)
{
	for (size_t i = 0; i < KILL_FLAGS; i++) {
		const bool flag = flags >> i & 1;

		memcpy((char *)entry + kill_flags[i], &flag, sizeof(flag));
	}
}

static void put_path(struct text *text, const char *path)
{
	char kept[OOM_PATH_KEPT + 1];

	oom_path_shorten(path ? path : "", kept);
	rows_string(text, kept);
}

static void print_kill(struct text *text, const struct saved_kill *entry)
{
	const struct oom_kill *kill = &entry->kill;

	rows_begin(text, "kill");
	rows_number(text, flags_of(entry));
	put_boot_id(text, kill->boot_id);
	for (size_t i = 0; i < KILL_NUMBERS; i++) {
		int64_t number;

		memcpy(&number, (const char *)kill + kill_numbers[i], sizeof(number));
		rows_number(text, number);
	}
	rows_number(text, (int64_t)kill->killer);
	rows_number(text, (int64_t)kill->constraint);
	rows_string(text, kill->comm);
	rows_string(text, kill->invoker_comm);
	put_path(text, kill->cgroup);
	put_path(text, kill->limit_cgroup);
	vm_rows_put(text, &entry->vm);
	rows_string(text, kill->host);
	rows_number(text, kill->rss_kb);
	rows_end(text);
}

_Static_assert(1 + 2 + KILL_NUMBERS + 2 + 4 + VM_ROWS_FIELDS + 2 <= ROWS_FIELDS_MAX,
	       "a kill must fit into one row");

static int get_path(const struct rows_row *row, size_t field, char **ret)
{
	const char *path = rows_get_string(row, field);

	*ret = path[0] ? strdup(path) : NULL;
	return path[0] && !*ret ? -ENOMEM : 0;
}

/* Makes room for one more kill, in small steps: most hosts have none. */
static struct saved_kill *make_room(struct saved_kills *saved)
{
	const size_t step = 16, count = saved->kill_count;

	if (count % step == 0) {
		struct saved_kill *kills = reallocarray(saved->kills, count + step, sizeof(*kills));

		if (!kills)
			return NULL;
		saved->kills = kills;
	}
	saved->kills[count] = (struct saved_kill){ 0 };
	return &saved->kills[count];
}

static int parse_kill(struct saved_kills *saved, const struct rows_row *row)
{
	size_t field = 1;

	if (saved->kill_count == SAVED_KILLS_MAX)
		return 0;
	struct saved_kill *entry = make_room(saved);
	if (!entry)
		return -ENOMEM;
	struct oom_kill *kill = &entry->kill;
	oom_kill_init(kill);
	const int64_t flags = rows_get_small(row, field++, (INT64_C(1) << KILL_FLAGS) - 1);
	if (get_boot_id(rows_get_string(row, field++), kill->boot_id) < 0)
		return 0;
	for (size_t i = 0; i < KILL_NUMBERS; i++) {
		int64_t number;

		if (rows_get_number(row, field++, &number) < 0)
			return 0;
		memcpy((char *)kill + kill_numbers[i], &number, sizeof(number));
	}
	set_flags(entry, flags);
	kill->killer = (enum oom_killer)rows_get_small(row, field++, OOM_KILLER_COUNT - 1);
	kill->constraint = (enum oom_constraint)rows_get_small(row, field++, OOM_CONSTRAINT_COUNT - 1);
	text_copy(kill->comm, sizeof(kill->comm), rows_get_string(row, field++));
	text_copy(kill->invoker_comm, sizeof(kill->invoker_comm), rows_get_string(row, field++));
	if (get_path(row, field, &kill->cgroup) < 0 || get_path(row, field + 1, &kill->limit_cgroup) < 0) {
		oom_kill_destroy(kill);
		return -ENOMEM;
	}
	field += 2;
	vm_rows_get(row, field, &entry->vm);
	field += VM_ROWS_FIELDS;
	text_copy(kill->host, sizeof(kill->host), rows_get_string(row, field++));
	rows_get_number(row, field, &kill->rss_kb); /* missing in old rows */
	saved->kill_count++;
	return 0;
}

static void print_account(struct text *text, const struct gather_account *account)
{
	rows_begin(text, "account");
	put_boot_id(text, account->boot_id);
	rows_number(text, (int64_t)account->explained);
	rows_number(text, (int64_t)account->unrecorded);
	rows_number(text, account->newest_line_usec);
	rows_number(text, account->counter_valid_since_usec);
	rows_end(text);
}

static void parse_account(struct saved_kills *saved, const struct rows_row *row)
{
	struct gather_account account = { .known = true };
	int64_t explained, unrecorded;

	if (get_boot_id(rows_get_string(row, 1), account.boot_id) == 0 &&
	    rows_get_number(row, 2, &explained) == 0 && rows_get_number(row, 3, &unrecorded) == 0 &&
	    rows_get_number(row, 4, &account.newest_line_usec) == 0 &&
	    rows_get_number(row, 5, &account.counter_valid_since_usec) == 0 && explained >= 0 &&
	    unrecorded >= 0) {
		account.explained = (uint64_t)explained;
		account.unrecorded = (uint64_t)unrecorded;
		saved->account = account;
	}
}

static void print_acknowledgement(struct text *text, const struct saved_acknowledgement *given)
{
	rows_begin(text, "acknowledged");
	rows_number(text, given->realtime_usec);
	put_boot_id(text, given->boot_id);
	rows_number(text, given->monotonic_usec);
	rows_string(text, given->by);
	rows_string(text, given->comment);
	rows_end(text);
}

static void parse_acknowledgement(struct saved_kills *saved, const struct rows_row *row)
{
	struct saved_acknowledgement given = { 0 };

	if (saved->acknowledgement_count < SAVED_ACKNOWLEDGEMENTS_MAX &&
	    rows_get_number(row, 1, &given.realtime_usec) == 0 &&
	    get_boot_id(rows_get_string(row, 2), given.boot_id) == 0 &&
	    rows_get_number(row, 3, &given.monotonic_usec) == 0) {
		text_copy(given.by, sizeof(given.by), rows_get_string(row, 4));
		text_copy(given.comment, sizeof(given.comment), rows_get_string(row, 5));
		saved->acknowledgements[saved->acknowledgement_count++] = given;
	}
}

static void parse_missing(struct saved_kills *saved, const struct rows_row *row)
{
	struct saved_missing *missing = &saved->missing[saved->missing_count];
	int64_t count;

	if (saved->missing_count < SAVED_MISSING_MAX &&
	    rows_get_number(row, 1, &missing->realtime_usec) == 0 && rows_get_number(row, 2, &count) == 0 &&
	    count > 0) {
		missing->count = (uint64_t)count;
		missing->acknowledged = rows_get_small(row, 3, 1) == 1;
		saved->missing_count++;
	}
}

static void print_loss(struct text *text, const struct saved_loss *loss)
{
	if (loss->realtime_usec == 0)
		return;
	rows_begin(text, loss->removed ? "removed" : "damaged");
	rows_number(text, loss->realtime_usec);
	rows_end(text);
}

static void parse_loss(struct saved_kills *saved, const struct rows_row *row)
{
	if (rows_get_number(row, 1, &saved->loss.realtime_usec) == 0)
		saved->loss.removed = strcmp(row->fields[0], "removed") == 0;
}

static void print_forgotten(struct text *text, const struct gather_forgotten *forgotten)
{
	if (forgotten->counted_usec == 0 && forgotten->ignored_usec == 0)
		return;
	rows_begin(text, "forgotten");
	rows_number(text, forgotten->counted_usec);
	rows_number(text, forgotten->ignored_usec);
	rows_number(text, (int64_t)forgotten->rules);
	rows_end(text);
}

static void parse_forgotten(struct saved_kills *saved, const struct rows_row *row)
{
	struct gather_forgotten forgotten;
	int64_t rules;

	if (rows_get_number(row, 1, &forgotten.counted_usec) < 0 ||
	    rows_get_number(row, 2, &forgotten.ignored_usec) < 0 || rows_get_number(row, 3, &rules) < 0)
		return;
	forgotten.rules = (uint64_t)rules;
	saved->forgotten = forgotten;
}

/* Whether a kill fits is known only when it is printed.  Kills are sorted by worth, so none that is
 * worth more is left out for it. */
static void forget_unprinted(struct gather_forgotten *forgotten, const struct saved_kill *entry)
{
	if (!entry->acknowledged && !entry->unconfirmed &&
	    entry->kill.realtime_usec > forgotten->counted_usec)
		forgotten->counted_usec = entry->kill.realtime_usec;
}

/* Room for the row that records what did not fit. */
#define FORGOTTEN_ROW_BYTES 96

void saved_print(const struct saved_kills *saved, struct text *text)
{
	struct gather_forgotten forgotten = saved->forgotten;
	size_t end = 0;

	text->size -= FORGOTTEN_ROW_BYTES;
	if (saved->account.known)
		print_account(text, &saved->account);
	for (size_t i = 0; i < saved->acknowledgement_count; i++)
		print_acknowledgement(text, &saved->acknowledgements[i]);
	print_loss(text, &saved->loss);
	for (size_t i = 0; i < saved->missing_count; i++) {
		rows_begin(text, "missing");
		rows_number(text, saved->missing[i].realtime_usec);
		rows_number(text, (int64_t)saved->missing[i].count);
		rows_number(text, saved->missing[i].acknowledged);
		rows_end(text);
	}
	rows_keep_whole(text, &end);
	for (size_t i = 0; i < saved->kill_count; i++) {
		print_kill(text, &saved->kills[i]);
		if (!rows_keep_whole(text, &end))
			forget_unprinted(&forgotten, &saved->kills[i]);
	}
	text->size += FORGOTTEN_ROW_BYTES;
	print_forgotten(text, &forgotten);
}

int saved_parse(struct saved_kills *saved, char *content)
{
	struct rows_row row;
	int r;

	/* Unknown rows are skipped.  "boot" and "vm" rows are the VMs' notes, which now have a file
	 * of their own. */
	while ((r = rows_next(&content, &row)) != 0) {
		const char *key = r < 0 ? "" : row.fields[0];

		if (strcmp(key, "account") == 0)
			parse_account(saved, &row);
		else if (strcmp(key, "acknowledged") == 0)
			parse_acknowledgement(saved, &row);
		else if (strcmp(key, "missing") == 0)
			parse_missing(saved, &row);
		else if (strcmp(key, "damaged") == 0 || strcmp(key, "removed") == 0)
			parse_loss(saved, &row);
		else if (strcmp(key, "forgotten") == 0)
			parse_forgotten(saved, &row);
		else if (strcmp(key, "kill") == 0 && parse_kill(saved, &row) < 0)
			return -ENOMEM;
	}
	return 0;
}
