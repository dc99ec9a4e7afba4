/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_PLUGINS_OOM_KILLS_STATE_H
#define OOM_PLUGINS_OOM_KILLS_STATE_H
/*
 * What check_oom_kills remembers between runs, and its state file.  Errors are reported in
 * `state.failure`, and the check continues.  OK becomes UNKNOWN if the state could not be read, and
 * with --window=until-acknowledged also if it was lost or cannot be saved.
 */
#include "gather/gather.h"
#include "gather/saved.h"
#include "running/notes.h"
#include "state/owner.h"
#include "state/state.h"

struct oom_kills_state {
	struct saved_kills saved;
	struct state state;
	struct notes notes;
	struct state_owner owner; /* set by the caller */
};

enum oom_kills_purpose {
	OOM_KILLS_TO_SAVE, /* for oom_kills_save() */
	OOM_KILLS_TO_LOOK, /* also reads the notes; takes no lock, creates no directory, saves nothing */
};

/* Opens and reads the state for the requested sources, and sets request->saved, past and, if they
 * are read, notes. */
void oom_kills_load(struct oom_kills_state *saved, struct gather_request *request,
		    enum oom_kills_purpose how);

/* Whether kills of the window may be missing that only the state had: it could not be read, or was
 * lost in the window.  Named files still contain their kills. */
bool oom_kills_lacks(const struct oom_kills_state *saved, const struct gather_request *request);

/* Saves the state if it has changed.  0, or a negative errno; then the old file is still there. */
int oom_kills_save(struct oom_kills_state *saved);

/* Releases the state's lock. */
void oom_kills_close(struct oom_kills_state *saved);

/* Whether unacknowledged kills may have been forgotten: the state could not be read or cannot be
 * kept, or was damaged or removed and this has not been acknowledged. */
bool oom_kills_forgets(const struct oom_kills_state *saved);

/* Appends the reason and the remedy: "PATH: reason. Remedy: command". */
void oom_kills_say_why_it_forgets(struct text *text, const struct oom_kills_state *saved);

#endif
