/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_GATHER_SELECT_H
#define OOM_GATHER_SELECT_H
/*
 * Internal to gather/.  Selects the kills in the window, identifies their VMs, and ranks kills for
 * when not all of them can be kept.
 */
#include "gather/gather.h"

/* The worth of a kill depends on what is known of its boot. */
struct select_keep {
	const struct gather_request *request;
	struct gather_result *result;
};

/* Whether the caller's rules ignore the kill. */
bool select_is_ignored(const struct gather_request *request, const struct oom_kill *kill);

/* Sets result->list's ranking, before the first kill is read.  *keep must stay valid until the last
 * kill is in the list. */
void select_begin(struct select_keep *keep);

/* Sorts result->list and sets kills, count and known_count.  Kills that the list drops are added to
 * dropped and forgotten.  0 or -ENOMEM. */
int select_kills(const struct gather_request *request, struct gather_result *result);

/* Sets is_duplicate.  Can be repeated when more is known of the VMs. */
void select_count_each_vm_once(struct gather_result *result);

/* How much a kill is worth keeping; higher is better. */
int select_worth(const struct gather_request *request, const struct gather_kill *kill);

/* Whether the kill can be saved.  An ignored kill with a long cgroup cannot, because the rule needs
 * the whole path. */
bool select_is_lasting(const struct gather_request *request, const struct gather_kill *kill);

/* Records in *forgotten that a kill is dropped. */
void select_forget(const struct gather_request *request, const struct gather_kill *kill,
		   struct gather_forgotten *forgotten);

#endif
