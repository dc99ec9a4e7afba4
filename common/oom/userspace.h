/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_OOM_USERSPACE_H
#define OOM_OOM_USERSPACE_H
/*
 * Inside this room only: the lines of the killers that act before the kernel
 * has to.
 */
#include "oom/cursor.h"
#include "oom/kill.h"

enum oom_oomd_line {
	OOM_OOMD_OTHER,
	OOM_OOMD_KILLED, /* has killed what is in the cgroup */
	OOM_OOMD_MARKED, /* will, or has; a hook may still keep it (systemd.resource-control(5)) */
};

/*
 * systemd-oomd, src/oom/oomd-manager.c: "Killed /a.slice/b.scope due to memory
 * pressure for …" (248), "… due to memory used (…", "Marked /a for killing due
 * to …" (since then 260).  What its rules do (OOMRules=, 261) it does not say by
 * these words.  Fills *kill and *ret_cgroup, if it is one of them.
 */
enum oom_oomd_line oom_oomd_line(const char *text, size_t length, struct oom_kill *kill,
				 struct piece *ret_cgroup);

/*
 * systemd of its unit, src/core/cgroup.c, when the unit's cgroup is empty: "b.scope: systemd-oomd
 * killed 3 process(es) in this unit." (249), "… killed some process(es) …".  The number is of all
 * kills in the unit so far.  Fills *kill, all but the cgroup, and *ret_unit.
 */
bool oom_unit_oomd_killed(const char *text, size_t length, struct oom_kill *kill, struct piece *ret_unit);

/* What a line of earlyoom says of the kill that it announced last. */
enum oom_earlyoom_line {
	OOM_EARLYOOM_OTHER,
	OOM_EARLYOOM_SENDING, /* says whom it will signal, before it does */
	OOM_EARLYOOM_DONE,    /* the signal was sent */
	OOM_EARLYOOM_FAILED,  /* it was not */
};

/*
 * rfjakob/earlyoom kill.c: "sending SIGTERM to process 7 uid 0 "x": …" (1.6;
 * without the uid 1.3), "killing process 7 "x" with signal 15: …" (1.2).
 * Fills *kill for OOM_EARLYOOM_SENDING.
 */
enum oom_earlyoom_line oom_earlyoom_line(const char *text, size_t length, struct oom_kill *kill);

#endif
