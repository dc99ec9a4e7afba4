/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_PLUGINS_VM_PROMISES_H
#define OOM_PLUGINS_VM_PROMISES_H
/*
 * What the running guests were promised, and what the host has for them.  Two
 * accounts: ordinary memory, and the pools of huge pages, which nothing but the
 * guests that ask for them can use.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/file.h"
#include "base/text.h"
#include "machines/machines.h"

struct promise_rules {
	uint64_t overhead_bytes; /* of a VM, page tables apart */
	uint64_t reserved_bytes; /* for the host itself */
	bool with_swap;
	struct machines_wish machines;
};

/* How it is known what a guest was promised. */
enum promise_source { PROMISE_COMMAND_LINE, PROMISE_CGROUP_LIMIT, PROMISE_HELD };

struct promise {
	const struct machine *vm;
	enum promise_source source;
	uint64_t memory_bytes;   /* of the guest, huge pages included */
	uint64_t hugetlb_bytes;  /* of these */
	uint64_t max_bytes;      /* with what can be plugged */
	uint64_t overhead_bytes; /* besides */
	uint64_t held_bytes;     /* of ordinary memory and swap, now */
	uint64_t hugetlb_held_bytes;
};

struct promises {
	struct machines machines;
	struct promise *list; /* the largest first; machines.count of them */
	/* Sums over the list. */
	uint64_t ordinary_bytes, hugetlb_bytes, overhead_bytes, max_bytes;
	uint64_t untouched_bytes; /* of the guests' memory, huge pages not: never touched or ballooned away */
	size_t without_promise;   /* VMs of which only what they hold is known */
	/* The host. */
	uint64_t ram_bytes, pool_bytes, reserved_bytes;
	uint64_t swap_bytes;      /* 0 unless it counts */
	uint64_t ksm_saved_bytes; /* by promises_read_ksm(); HOST_ABSENT: a kernel without KSM */
	bool ksm_unknown;         /* not read yet, or it could not be */
};

/* 0 or a negative errno and a clause in *error. */
int promises_read(struct promises *ret, const struct promise_rules *rules, const struct file_roots *roots,
		  struct text *error);

/* Adds what KSM saves, which no verdict depends on. */
void promises_read_ksm(struct promises *promises, const struct file_roots *roots);

/* What the host has for guests in ordinary memory; 0 where nothing is left. */
uint64_t promises_capacity(const struct promises *promises);

#endif
