/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_HOST_SIGHT_H
#define OOM_HOST_SIGHT_H
/*
 * Whether a mount of /proc shows all processes of the host.  One in a container
 * shows those of its pid namespace only, and one with hidepid those of the user
 * only: what is missing there looks like a host without it.
 *
 * The pid namespace of a mount is that of its pid 1 (pid_namespaces(7)).  The
 * initial one has the inode 0xEFFFFFFC on every kernel (PROC_PID_INIT_INO,
 * include/linux/proc_ns.h, 3.8).
 */
#include "base/text.h"
#include "host/process.h"

/*
 * 0, or -EACCES with a clause and the remedy in *error.  A recorded tree, which is
 * no mount of a kernel's /proc, is believed unless it has the link of a foreign
 * namespace.
 */
int host_sight(const struct host_processes *processes, struct text *error);

/* The same of the pid namespace alone: whether pids are those of the kernel's log. */
int host_sight_namespace(const struct host_processes *processes, struct text *error);

#endif
