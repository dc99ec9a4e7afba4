/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_KLOG_PRIVILEGE_H
#define OOM_KLOG_PRIVILEGE_H
/*
 * The ring needs CAP_SYSLOG where kernel.dmesg_restrict=1.  It is opened first of
 * all, then the capabilities go, and only then is anything read that somebody else
 * has written: the environment, an options file, a state file, /proc, the log.
 */
#include <stdbool.h>

#include "base/file.h"
#include "klog/klog.h"

/* The ring as it was opened with CAP_SYSLOG. */
struct klog_held {
	int kmsg_fd;          /* /dev/kmsg; -1: not held */
	char *syslog_text;    /* the text of syslog(2); NULL: not held */
	size_t syslog_length; /* in bytes */
};

/* What a run may want that cannot be had after klog_hold(). */
struct klog_wishes {
	bool syslog;      /* syslog(2) as a source: its permission is checked at each call */
	bool change_user; /* root keeps CAP_SETUID and CAP_SETGID until klog_drop_privileges() */
};

/*
 * Called before anything else is read or opened.  With CAP_SYSLOG it opens
 * /dev/kmsg, and reads syslog(2) if that failed or is wished for.  Without CAP_SYSLOG
 * nothing is held.  Then the capabilities go as in klog_drop_privileges().
 */
struct klog_held klog_hold(struct klog_wishes wishes);

/*
 * klog_open() of KLOG_KMSG and KLOG_SYSLOG, which takes what is held if it has not
 * been taken before; of other kinds nothing is held.  With a rootfs /dev/kmsg is
 * taken if ROOTFS/dev/kmsg is that device too: there is one ring.
 */
int klog_open_held(struct klog_source **ret, struct klog_held *held, enum klog_kind kind,
		   const struct file_roots *roots, struct klog_failure *failure);

/* Lets go of what was not taken. */
void klog_held_release(struct klog_held *held);

/*
 * Gives up every capability, permitted, effective, inheritable and ambient, except
 * CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH where root runs the check (it reads
 * other users' files then as root does).  Ours is CAP_SYSLOG by setcap(8), or
 * all of them as root.  Cannot fail in a way that a check should act on.
 */
void klog_drop_privileges(void);

#endif
