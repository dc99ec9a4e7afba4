/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_GATHER_UNITS_H
#define OOM_GATHER_UNITS_H
/*
 * Inside this room only: gives kills of VMs of which the kernel told no cgroup the scope
 * that systemd named in the same two seconds.  Only where one kill and one scope are left,
 * of those that no other tells: nothing is guessed.
 */
#include "gather/gather.h"

void units_settle(const struct gather_request *request, struct oom_list *list);

#endif
