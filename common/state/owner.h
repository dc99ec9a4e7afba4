/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_STATE_OWNER_H
#define OOM_STATE_OWNER_H
/*
 * Root at work on the state of another user, as that user: what is made belongs to him,
 * and nothing is believed that he could not have read.
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
	bool is_another; /* than the user who runs the program */
	uid_t uid;
	gid_t gid;
};

/* Only root may.  0, or a negative errno with a clause in *error, after which the program
 * has to end: it may be neither the one user nor the other. */
int state_owner_find(struct state_owner *ret, const char *user, struct text *error);

/* 0, or a negative errno, which is the state's failure then: the state must not be
 * opened, for it would be root's. */
int state_owner_become(const struct state_owner *owner, struct state *state);

/* Root again.  Where it fails the program goes on with the rights of the owner. */
void state_owner_leave(const struct state_owner *owner);

#endif
