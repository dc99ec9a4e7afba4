/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_KLOG_PRIVILEGE_H
#define OOM_KLOG_PRIVILEGE_H
/*
 * Reading the ring buffer needs CAP_SYSLOG if kernel.dmesg_restrict=1. So the ring buffer is opened
 * first, then the capabilities are dropped, and only then is anything read that others have
 * written: the environment, an options file, a state file, /proc, the log.
 */
#include <stdbool.h>

#include "base/file.h"
#include "klog/klog.h"

/* The ring buffer, opened with CAP_SYSLOG. */
struct klog_held {
	int kmsg_fd;          /* /dev/kmsg; -1 if not open */
	char *syslog_text;    /* the text of syslog(2); NULL if it was not read */
	size_t syslog_length; /* in bytes */
};

/* What a run may need that is not available after klog_hold(). */
struct klog_needs {
	bool syslog;      /* syslog(2) is a source; the kernel checks the permission at each call */
	bool change_user; /* root keeps CAP_SETUID and CAP_SETGID until klog_drop_privileges() */
};

/*
 * Call before anything else is read or opened. With CAP_SYSLOG it opens /dev/kmsg, and reads
 * syslog(2) if that failed or was requested; without CAP_SYSLOG it opens nothing. Then it drops the
 * capabilities like klog_drop_privileges().
 */
struct klog_held klog_hold(struct klog_needs needs);

/*
 * Like klog_open(), but uses what klog_hold() opened for KLOG_KMSG or KLOG_SYSLOG if it has not
 * been used yet. With a rootfs the held /dev/kmsg is used only if ROOTFS/dev/kmsg is that device
 * too: there is only one ring buffer.
 */
int klog_open_held(struct klog_source **ret, struct klog_held *held, enum klog_kind kind,
		   const struct file_roots *roots, struct klog_failure *failure);

/* Closes and frees what was not used. */
void klog_held_release(struct klog_held *held);

/*
 * Drops every capability (permitted, effective, inheritable and ambient) except CAP_DAC_OVERRIDE
 * and CAP_DAC_READ_SEARCH if root runs the check, which then can still read other users' files.
 * Programs have either CAP_SYSLOG from setcap(8) or, as root, all capabilities. There is no failure
 * that a check should act on.
 */
void klog_drop_privileges(void);

#endif
