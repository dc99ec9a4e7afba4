/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The notes as rows of text: the boot id, then a row for each process.
 *
 *     boot 12237401aa9c4b34bf70363244b75367
 *     vm PID STARTTIME INODE GONE COMM ROLE STACK LOSSY NAME ID UUID DISPLAY PROJECT
 */
#include <string.h>

#include "base/boot_id.h"
#include "running/notes.h"
#include "running/vm_rows.h"
#include "state/rows.h"

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

_Static_assert(6 + VM_ROWS_FIELDS <= ROWS_FIELDS_MAX, "a process is one row");

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
