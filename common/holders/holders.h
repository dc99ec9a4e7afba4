/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_HOLDERS_HOLDERS_H
#define OOM_HOLDERS_HOLDERS_H
/*
 * Who holds the host's memory: the largest VMs by their cgroups' account, the
 * largest of the other processes by RSS and swap.  Reads the status of every
 * process (14 us each), so ask only where somebody will look at the answer.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/file.h"
#include "base/text.h"
#include "host/value.h"
#include "vm/places.h"

#define HOLDERS_LISTED 5

struct holder {
	uint64_t bytes;         /* RAM and swap without huge pages; a process's shared pages count
				 * in full */
	uint64_t swap_bytes;    /* of these */
	uint64_t hugetlb_bytes; /* besides these, whether or not the cgroup's account includes
				 * them; HOST_ABSENT unknown */
	pid_t pid;              /* 0: a cgroup's */
	char name[256];         /* of the VM, or a comm: foreign text */
};

enum holders_order { HOLDERS_BY_MEMORY, HOLDERS_BY_HUGETLB };

struct holder_list {
	enum holders_order order;
	size_t count;                          /* of `largest` */
	struct holder largest[HOLDERS_LISTED]; /* the largest first */
	uint64_t all_count, all_bytes;
};

struct holders {
	struct holder_list vms;
	struct holder_list processes; /* without those of the VMs */
	bool cut_short;               /* the time was up before all were read */
	bool any_unread;              /* a VM could not be read, or its huge pages */
};

/*
 * Sees what it can see: without a memory hierarchy VMs are known by their
 * processes.  `places` as vm_identify() takes it.  Why not all of the host's processes
 * are in it, or what of the first VM could not be read, is written to *hidden.
 * Stops at until_usec (CLOCK_MONOTONIC) with what it has by then; a single read may still
 * block for longer (the lock of a process's memory map, a page from disk), and the timeout
 * has to end that.  0, or the negative errno of opening /proc.
 */
int holders_read(struct holders *ret, enum holders_order order, const struct file_roots *roots,
		 const struct vm_places *places, int64_t until_usec, struct text *hidden);

#endif
