/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "running/notes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/boot_id.h"
#include "base/cleanup.h"
#include "running/vm_rows.h"
#include "state/rows.h"
#include "state/state.h"

int notes_init(struct notes *ret, const struct file_roots *roots)
{
	*ret = (struct notes){ 0 };
	int r = boot_id_read(roots, ret->boot_id);

	if (r < 0)
		return r;
	/* malloc() does not touch the pages that stay unused; calloc() might. */
	ret->list = malloc(NOTES_MAX * sizeof(struct note *));
	ret->room = malloc(NOTES_MAX * sizeof(ret->room[0]));
	return ret->list && ret->room ? 0 : -ENOMEM;
}

struct note *notes_add(struct notes *notes)
{
	if (notes->count == NOTES_MAX || notes->room_used == NOTES_MAX)
		return NULL;
	struct note *note = &notes->room[notes->room_used++];
	*note = (struct note){ 0 };
	notes->list[notes->count++] = note;
	return note;
}

void notes_free(struct notes *notes)
{
	free(notes->list);
	free(notes->room);
	*notes = (struct notes){ 0 };
}

/*
 * Rows of text: the boot id, then a row for each process.
 *
 *     boot 12237401aa9c4b34bf70363244b75367
 *     vm PID STARTTIME INODE EXITED COMM ROLE STACK TRUNCATED NAME ID UUID DISPLAY PROJECT
 */
static void print_note(struct text *text, const struct note *note)
{
	rows_begin(text, "vm");
	rows_number(text, note->pid);
	rows_number(text, (int64_t)note->starttime_ticks);
	rows_number(text, (int64_t)note->cgroup_inode);
	rows_number(text, note->exited_usec);
	rows_string(text, note->comm);
	vm_rows_put(text, &note->vm);
	rows_end(text);
}

_Static_assert(6 + VM_ROWS_FIELDS <= ROWS_FIELDS_MAX, "a process must fit into one row");

void notes_print(const struct notes *notes, struct text *text)
{
	char boot_id[BOOT_ID_TEXT_MAX];
	size_t end = 0;

	boot_id_print(notes->boot_id, boot_id);
	rows_begin(text, "boot");
	rows_string(text, boot_id);
	rows_end(text);
	for (size_t i = 0; i < notes->count && rows_keep_whole(text, &end); i++)
		print_note(text, notes->list[i]);
	rows_keep_whole(text, &end);
}

static void parse_note(struct notes *notes, const struct rows_row *row)
{
	int64_t pid, starttime_ticks, cgroup_inode, exited_usec;
	size_t field = 1;

	if (rows_get_number(row, field++, &pid) < 0 || rows_get_number(row, field++, &starttime_ticks) < 0 ||
	    rows_get_number(row, field++, &cgroup_inode) < 0 ||
	    rows_get_number(row, field++, &exited_usec) < 0)
		return;
	struct note *note = notes_add(notes);
	if (!note)
		return;
	note->pid = pid;
	note->exited_usec = exited_usec;
	note->starttime_ticks = (uint64_t)starttime_ticks;
	note->cgroup_inode = (uint64_t)cgroup_inode;
	text_copy(note->comm, sizeof(note->comm), rows_get_string(row, field++));
	vm_rows_get(row, field, &note->vm);
}

static bool is_this_boot(const struct notes *notes, const char *digits)
{
	uint8_t boot_id[16];

	return boot_id_parse(digits, strlen(digits), boot_id) == 0 && boot_id_same(boot_id, notes->boot_id);
}

void notes_parse(struct notes *notes, char *saved)
{
	bool this_boot = false;
	struct rows_row row;
	int r;

	while ((r = rows_next(&saved, &row)) != 0) {
		const char *key = r < 0 ? "" : row.fields[0];

		if (strcmp(key, "boot") == 0)
			this_boot = is_this_boot(notes, rows_get_string(&row, 1));
		else if (strcmp(key, "vm") == 0 && this_boot)
			parse_note(notes, &row);
	}
}

int notes_load(struct notes *notes, struct state *state)
{
	AUTO_FREE char *saved = malloc(NOTES_TEXT_MAX);

	if (!saved)
		return -ENOMEM;
	if (state_load(state, saved, NOTES_TEXT_MAX) > 0)
		notes_parse(notes, saved);
	return 0;
}

int notes_read(struct notes *ret, const struct file_roots *roots)
{
	struct state state;
	TEXT_ON_STACK(name, STATE_NAME_MAX + 1);
	int r = notes_init(ret, roots);

	if (r < 0)
		return r == -ENOMEM ? r : 0;
	state_name(&name, NOTES_NAME, roots);
	state_open_to_read(&state, NOTES_PROGRAM, name.data, NOTES_VERSION);
	r = notes_load(ret, &state);
	state_close(&state);
	return r;
}

/*
 * Start times are on a clock that NTP adjusts, the log's times are not. The two clocks start within
 * CLOCKS_APART_USEC of each other and then drift apart by about ten microseconds per second (26 s a
 * month), at most by one part in CLOCKS_DRIFT.
 */
#define CLOCKS_APART_USEC 2000000
#define CLOCKS_DRIFT      10000

static bool was(const struct note *note, const struct notes_death *death)
{
	const int64_t slack_usec = CLOCKS_APART_USEC + death->kernel_usec / CLOCKS_DRIFT;
	const int64_t start_usec =
		(int64_t)(note->starttime_ticks / (uint64_t)sysconf(_SC_CLK_TCK)) * INT64_C(1000000);

	return strcmp(note->comm, death->comm) == 0 && start_usec <= death->kernel_usec + slack_usec &&
	       (note->exited_usec == 0 || death->kernel_usec <= note->exited_usec + slack_usec);
}

const struct vm_identity *notes_find(const struct notes *notes, const struct notes_death *death)
{
	const struct note *found = NULL;

	if (!boot_id_same(notes->boot_id, death->boot_id))
		return NULL;
	/* If several processes had this pid, take the last that started before the death. */
	for (size_t i = 0; i < notes->count; i++) {
		const struct note *note = notes->list[i];

		if (note->pid == death->pid && was(note, death) &&
		    (!found || note->starttime_ticks > found->starttime_ticks))
			found = note;
	}
	return found ? &found->vm : NULL;
}
