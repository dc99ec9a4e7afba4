/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_STATE_OWNER_H
#define OOM_STATE_OWNER_H
/*
 * Lets root work on another user's state with that user's rights: files that are created belong to
 * that user, and nothing is trusted that the user could not have read.
 *
 *     state_owner_find(&owner, "nagios", &error);      (before anything is opened)
 *     if (state_owner_become(&owner, &state) == 0)
 *             state_open(&state, ...);
 *     ...
 *     state_owner_leave(&owner);
 */
#include <stdbool.h>
#include <sys/types.h>

#include "base/text.h"
#include "state/state.h"

struct state_owner {
	bool is_another; /* not the user who runs the program */
	uid_t uid;
	gid_t gid;
};

/* Looks up the user and makes it the real user of the process; only root may do this. Returns 0, or
 * a negative errno with a clause in *error. The program must then exit, because its user and group
 * ids may have changed only in part. */
int state_owner_find(struct state_owner *ret, const char *user, struct text *error);

/* Switches to the owner's rights. Returns 0, or a negative errno, which is also stored as the
 * state's failure. The state must not be opened then: its files would belong to root. */
int state_owner_become(const struct state_owner *owner, struct state *state);

/* Switches back to root. If that fails, the program continues with the owner's rights. */
void state_owner_leave(const struct state_owner *owner);

#endif
