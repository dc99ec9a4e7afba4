/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_GATHER_SELECT_H
#define OOM_GATHER_SELECT_H
/*
 * Inside this room only: which of the kills read are in the window, whose they
 * are, and what of them is kept where not all can be.
 */
#include "gather/gather.h"

/* What a kill is worth depends on what is known of its boot. */
struct select_keep {
	const struct gather_request *request;
	struct gather_result *result;
};

/* Whether the kill lies in the request's window; one whose time is unknown does. */
bool select_in_window(const struct gather_request *request, const struct oom_kill *kill);

/* Before the first kill is read: tells result->list what its kills are worth.  *keep is
 * in use until the last kill is in the list. */
void select_begin(struct select_keep *keep);

/* Sorts result->list and sets kills and count; dropped and forgotten grow with what the
 * list drops.  0 or -ENOMEM. */
int select_kills(const struct gather_request *request, struct gather_result *result);

/* Sets counted_elsewhere, anew if more is known of the VMs. */
void select_count_each_vm_once(struct gather_result *result);

/* How much a kill is worth keeping, the higher the more. */
int select_worth(const struct gather_request *request, const struct gather_kill *kill);

/* Whether it can be remembered: the rule that ignores it needs the cgroup's whole path. */
bool select_is_lasting(const struct gather_request *request, const struct gather_kill *kill);

/* Takes note that a kill is dropped. */
void select_forget(const struct gather_request *request, const struct gather_kill *kill,
		   struct gather_forgotten *forgotten);

#endif
