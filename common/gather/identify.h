/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_GATHER_IDENTIFY_H
#define OOM_GATHER_IDENTIFY_H
/* Inside this room only: what more than the kernel's report tells of the VMs. */
#include "gather/gather.h"

/* Completes the VMs of result->kills, which vm_identify() has seen. */
void identify_kills(const struct gather_request *request, struct gather_result *result);

#endif
