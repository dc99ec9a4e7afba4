/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_GATHER_UNITS_H
#define OOM_GATHER_UNITS_H
/*
 * Internal to gather/.  A kill of a VM whose cgroup the kernel did not log is assigned to the scope
 * that systemd named within two seconds of it.  This is done only if exactly one kill and one scope
 * remain after those with a known partner are removed; nothing is guessed.
 */
#include "gather/gather.h"

void units_assign(const struct gather_request *request, struct oom_list *list);

#endif
