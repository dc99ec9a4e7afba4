/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_OOM_DEATH_H
#define OOM_OOM_DEATH_H
/* Recognises two records of one death, and merges them; private to this directory. */
#include "oom/kill.h"

/* Whether pid and name agree, and the times are near. */
bool oom_kill_same_death(const struct oom_kill *a, const struct oom_kill *b);

/* Completes *known from *kill, which is re-initialised. */
void oom_kill_merge(struct oom_kill *known, struct oom_kill *kill);

void oom_kill_exchange(struct oom_kill *a, struct oom_kill *b);

#endif
