/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_KLOG_PRIVILEGE_H
#define OOM_KLOG_PRIVILEGE_H
/*
 * Gives up what klog_open() needed, before the first foreign byte is parsed:
 * every capability, permitted, effective, inheritable and ambient, but for
 * CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH where root runs the check (it reads
 * other users' files then as root does).  Ours is CAP_SYSLOG by setcap(8), or
 * all of them as root.  Cannot fail in a way that a check should act on.
 */
void klog_drop_privileges(void);

#endif
