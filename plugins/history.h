/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_PLUGINS_HISTORY_H
#define OOM_PLUGINS_HISTORY_H
/* What the saved samples of check_mem_available and check_mem_kernel have in common: they are
 * of one boot, and lost if they cannot be saved. */
#include <stdbool.h>

#include "base/boot_id.h"
#include "base/file.h"
#include "base/text.h"
#include "state/state.h"

/*
 * Reads this boot's id after the state was loaded; "" if this kernel has none, then only the
 * clock separates boots. False if it cannot be read: the saved samples may be of any boot, so
 * the state is rejected, with the reason in its failure.
 */
bool history_read_boot_id(struct state *state, char boot_id[BOOT_ID_TEXT_MAX],
			  const struct file_roots *roots);

/* Appends the row that stands before the samples of a boot. */
void history_append_boot_id(struct text *rows, const char *boot_id);

/* Saves the rows and closes the state.  0 or a negative errno; *reason says what is wrong with
 * the state, even if it could be saved. */
int history_save(struct state *state, const struct text *rows, struct text *reason);

#endif
