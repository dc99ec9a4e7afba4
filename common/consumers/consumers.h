/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_CONSUMERS_CONSUMERS_H
#define OOM_CONSUMERS_CONSUMERS_H
/*
 * The largest users of the host's memory: VMs by the accounting of their cgroups, other processes
 * by RSS and swap. Reads the status of every process (14 us each), so call this only if the result
 * will be shown.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/file.h"
#include "base/text.h"
#include "host/value.h"
#include "vm/places.h"

#define CONSUMERS_LISTED 5

struct consumer {
	uint64_t bytes;         /* RAM and swap without huge pages; a process's shared pages count in full */
	uint64_t swap_bytes;    /* part of bytes */
	uint64_t hugetlb_bytes; /* not part of bytes, whether or not the cgroup's accounting includes them;
	                         * HOST_ABSENT if unknown */
	pid_t pid;              /* 0 for a cgroup */
	char name[256];         /* the VM's name or a comm; untrusted text */
};

enum consumers_order { CONSUMERS_BY_MEMORY, CONSUMERS_BY_HUGETLB };

struct consumer_list {
	enum consumers_order order;
	size_t count;                              /* entries in `largest` */
	struct consumer largest[CONSUMERS_LISTED]; /* in descending order */
	uint64_t all_count, all_bytes;
};

struct consumers {
	struct consumer_list vms;
	struct consumer_list processes; /* without the processes of VMs */
	bool cut_short;                 /* the time was up before everything was read */
	bool any_unread;                /* a VM, or its huge pages, could not be read */
};

/*
 * Reads what it can: without a memory hierarchy VMs are found by their processes. `places` as for
 * vm_identify(). *hidden gets the reason if not all of the host's processes are included, or if
 * part of a VM could not be read (for the first such VM). Stops at until_usec (CLOCK_MONOTONIC)
 * with what it has by then. A single read can block longer (on the lock of a process's memory map,
 * or for a page from disk); the caller's timeout must end that. Returns 0, or the negative errno of
 * opening /proc.
 */
int consumers_read(struct consumers *ret, enum consumers_order order, const struct file_roots *roots,
		   const struct vm_places *places, int64_t until_usec, struct text *hidden);

#endif
