/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_GATHER_RECALL_H
#define OOM_GATHER_RECALL_H
/*
 * Internal to gather/.  Completes the VMs of kills from earlier runs: for a remembered kill with
 * what was known when it was first seen, for another with what was noted of its process while it
 * ran (running/notes.h).
 */
#include "gather/gather.h"

/* Both complete the VMs of result->kills.  request->memory must be set. */
void recall_remembered(const struct gather_request *request, struct gather_result *result);
void recall_noted(const struct gather_request *request, struct gather_result *result); /* reads a file */

/* Completes *vm from *known, unless they are different VMs. */
void recall_complete(struct vm_identity *vm, const struct vm_identity *known);

#endif
