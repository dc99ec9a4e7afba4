/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_GATHER_RECALL_H
#define OOM_GATHER_RECALL_H
/*
 * Inside this room only: what earlier runs knew of the VMs of kills.  Of a kill
 * that is remembered, what was known when it was first seen; of another, what
 * was noted of its process while it lived (machines/notes.h).
 */
#include "gather/gather.h"

/* Both complete the VMs of result->kills.  request->memory is there. */
void recall_remembered(const struct gather_request *request, struct gather_result *result);
void recall_noted(const struct gather_request *request, struct gather_result *result); /* reads a file */

/* Completes a VM by what was known of it. */
void recall_complete(struct vm_identity *vm, const struct vm_identity *known);

#endif
