/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_GATHER_REGISTERED_H
#define OOM_GATHER_REGISTERED_H
/*
 * Internal to gather/.  Finds which VM had a PID from the entries that systemd-machined logs when a
 * machine starts and stops.  They outlive the VM, its files and the boot.
 */
#include <stdbool.h>

#include "gather/gather.h"

struct klog_lookup;

struct registered {
	const struct gather_request *request;
	struct klog_lookup *lookup;
	bool opened; /* or opening it has failed */
};

/* Initialise with { .request = … }; the journal is opened when the first VM needs it. */
void registered_close(struct registered *registered);

/* Names the VM of a kill if nothing else has named it and the journal has its machine. */
void registered_name(struct registered *registered, struct gather_kill *kill);

#endif
