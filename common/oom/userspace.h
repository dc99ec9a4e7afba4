/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_OOM_USERSPACE_H
#define OOM_OOM_USERSPACE_H
/*
 * Inside this room only: the lines of the killers that act before the kernel
 * has to.
 */
#include "oom/cursor.h"
#include "oom/kill.h"

/*
 * systemd-oomd, src/oom/oomd-manager.c: "Killed /a.slice/b.scope due to memory
 * pressure for …" (248), "… due to memory used (…", "Marked /a for killing due
 * to …" (259).  Fills *kill and *ret_cgroup.
 */
bool oom_oomd_killed(const char *text, size_t length, struct oom_kill *kill, struct piece *ret_cgroup);

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
