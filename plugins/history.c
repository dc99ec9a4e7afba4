/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "history.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "state/rows.h"

bool history_read_boot_id(struct state *state, char boot_id[BOOT_ID_TEXT_MAX], const struct file_roots *roots)
{
	struct state_failure *failure = &state->failure;
	uint8_t id[16];
	int r = boot_id_read(roots, id);

	boot_id[0] = '\0';
	if (r == 0)
		boot_id_print(id, boot_id);
	if (r == 0 || r == -ENOENT)
		return true;
	if (failure->error == 0)
		snprintf(failure->reason, sizeof(failure->reason), "this boot's boot_id: %s", strerror(-r));
	failure->error = r;
	state_reject(state, r);
	return false;
}

void history_append_boot_id(struct text *rows, const char *boot_id)
{
	rows_begin(rows, "boot");
	rows_string(rows, boot_id);
	rows_end(rows);
}

int history_save(struct state *state, const struct text *rows, struct text *reason)
{
	int r = state_save(state, rows->data, rows->length);

	state_close(state);
	if (state->failure.error)
		text_printf(reason, "%s%s%s", state->failure.reason, state->failure.remedy[0] ? ": " : "",
			    state->failure.remedy);
	return r;
}
