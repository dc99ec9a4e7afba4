/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_GATHER_SELECT_H
#define OOM_GATHER_SELECT_H
/* Inside this room only: which of the kills read are in the window, and whose. */
#include "gather/gather.h"

/* Sorts result->list and sets kills, count and dropped_kills.  0 or -ENOMEM. */
int select_kills(const struct gather_request *request, struct gather_result *result);

#endif
