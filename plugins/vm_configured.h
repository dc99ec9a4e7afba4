/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_PLUGINS_VM_CONFIGURED_H
#define OOM_PLUGINS_VM_CONFIGURED_H
/*
 * How much memory is configured for the running guests, and how much the host has for them.  Ordinary
 * memory and the pools of huge pages are counted separately, as only guests that request huge pages
 * can use the pools.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/file.h"
#include "base/text.h"
#include "running/running_vms.h"

struct configured_rules {
	uint64_t overhead_bytes; /* per VM, without page tables */
	uint64_t reserved_bytes; /* for the host itself */
	bool with_swap;
	struct running_vms_options vms;
};

/* The source of a guest's configured memory. */
enum configured_source { CONFIGURED_COMMAND_LINE, CONFIGURED_CGROUP_LIMIT, CONFIGURED_HELD };

struct configured_vm {
	const struct running_vm *vm;
	enum configured_source source;
	uint64_t memory_bytes;   /* of the guest, including huge pages */
	uint64_t hugetlb_bytes;  /* part of memory_bytes */
	uint64_t max_bytes;      /* including memory that can be plugged */
	uint64_t overhead_bytes; /* in addition */
	uint64_t held_bytes;     /* ordinary memory and swap now in use */
	uint64_t hugetlb_held_bytes;
};

struct configured_vms {
	struct running_vms vms;
	struct configured_vm *list; /* largest first; vms.count entries */
	/* Sums over the list. */
	uint64_t ordinary_bytes, hugetlb_bytes, overhead_bytes, max_bytes;
	uint64_t untouched_bytes;  /* guests' memory without huge pages that was never touched or was
				   * ballooned away */
	size_t unconfigured_count; /* VMs of which only the memory in use is known */
	/* The host. */
	uint64_t ram_bytes, pool_bytes, reserved_bytes;
	uint64_t swap_bytes;      /* 0 unless it counts */
	uint64_t ksm_saved_bytes; /* by configured_read_ksm(); HOST_ABSENT: a kernel without KSM */
	bool ksm_unknown;         /* not read yet, or could not be read */
};

/* 0, or a negative errno and a clause in *error. */
int configured_read(struct configured_vms *ret, const struct configured_rules *rules,
		    const struct file_roots *roots, struct text *error);

/* Reads what KSM saves, on which the state does not depend. */
void configured_read_ksm(struct configured_vms *configured, const struct file_roots *roots);

/* Ordinary memory that the host has for guests, in bytes; 0 if nothing is left. */
uint64_t configured_capacity(const struct configured_vms *configured);

#endif
