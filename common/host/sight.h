/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_HOST_SIGHT_H
#define OOM_HOST_SIGHT_H
/*
 * Whether a mount of /proc shows all processes of the host. In a container it shows only those of
 * its pid namespace, and with hidepid only those of the user. A host with hidden VMs would look
 * like one without VMs.
 *
 * The pid namespace of a mount is that of its pid 1 (pid_namespaces(7)). The initial one has the
 * inode 0xEFFFFFFC on every kernel (PROC_PID_INIT_INO, include/linux/proc_ns.h, 3.8).
 */
#include "base/text.h"
#include "host/process.h"

/*
 * Returns 0, or -EACCES with a clause and the remedy in *error. A recorded tree, which is not a
 * mount of procfs, is accepted unless it has the link of another namespace.
 */
int host_sight(const struct host_processes *processes, struct text *error);

/* The same for the pid namespace alone: whether pids here are those in the kernel's log. */
int host_sight_namespace(const struct host_processes *processes, struct text *error);

#endif
