/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_OOM_USERSPACE_H
#define OOM_OOM_USERSPACE_H
/*
 * The lines of OOM killers in userspace, which act before the kernel does; private to this
 * directory.
 */
#include "oom/cursor.h"
#include "oom/kill.h"

enum oom_oomd_line {
	OOM_OOMD_OTHER,
	OOM_OOMD_KILLED, /* the processes of the cgroup were killed */
	OOM_OOMD_MARKED, /* they will be, or were, killed; a hook may still prevent it
	                  * (systemd.resource-control(5)) */
};

/*
 * systemd-oomd, src/oom/oomd-manager.c: "Killed /a.slice/b.scope due to memory pressure for …"
 * (248), "… due to memory used (…", "Marked /a for killing due to …" (since then 260). What its
 * rules do (OOMRules=, 261) is logged in other words. Sets *kill and *ret_cgroup, if the line is
 * one of these.
 */
enum oom_oomd_line oom_oomd_line(const char *text, size_t length, struct oom_kill *kill,
				 struct piece *ret_cgroup);

/*
 * systemd, src/core/cgroup.c, about a unit whose cgroup is empty: "b.scope: systemd-oomd killed 3
 * process(es) in this unit." (249), "… killed some process(es) …". The number is that of all kills
 * in the unit so far. Sets *kill, except for the cgroup, and *ret_unit.
 */
bool oom_unit_oomd_killed(const char *text, size_t length, struct oom_kill *kill, struct piece *ret_unit);

/* What a line of earlyoom means for the kill that it announced last. */
enum oom_earlyoom_line {
	OOM_EARLYOOM_OTHER,
	OOM_EARLYOOM_SENDING, /* announces which process it will signal */
	OOM_EARLYOOM_DONE,    /* the signal was sent */
	OOM_EARLYOOM_FAILED,  /* it was not */
};

/*
 * rfjakob/earlyoom kill.c: "sending SIGTERM to process 7 uid 0 "x": …" (1.6; without the uid 1.3),
 * "killing process 7 "x" with signal 15: …" (1.2). Sets *kill for OOM_EARLYOOM_SENDING.
 */
enum oom_earlyoom_line oom_earlyoom_line(const char *text, size_t length, struct oom_kill *kill);

#endif
