/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_GATHER_REGISTERED_H
#define OOM_GATHER_REGISTERED_H
/*
 * Inside this room only: which VM had a pid, by what systemd-machined logged
 * when it started and ended.  It outlives the VM, its files and the boot.
 */
#include <stdbool.h>

#include "gather/gather.h"

struct klog_lookup;

struct registered {
	const struct gather_request *request;
	struct klog_lookup *lookup;
	bool opened; /* or tried to */
};

/* Starts as { .request = … }; the journal is opened when the first VM needs it. */
void registered_close(struct registered *registered);

/* Names the VM of a kill whose report had no cgroup, if the journal can. */
void registered_name(struct registered *registered, struct gather_kill *kill);

#endif
