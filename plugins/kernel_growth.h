/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_PLUGINS_KERNEL_GROWTH_H
#define OOM_PLUGINS_KERNEL_GROWTH_H
/* By how much what check_mem_kernel measures has grown since earlier runs. */
#include <stdbool.h>
#include <stdint.h>

#include "base/boot_id.h"
#include "base/file.h"
#include "base/text.h"
#include "host/kernel_memory.h"
#include "state/state.h"

#define KERNEL_SAMPLES_MAX 96

enum kernel_amount { KERNEL_SLAB, KERNEL_UNACCOUNTED, KERNEL_AMOUNTS };

struct kernel_sample {
	int64_t time_usec; /* CLOCK_BOOTTIME */
	uint64_t kb[KERNEL_AMOUNTS];
};

/* One run's history, between reading and saving it. */
struct kernel_growth {
	struct state state;
	int64_t over_usec;
	int64_t watched_usec; /* since the oldest sample that counts */
	bool is_known;        /* growth_kb is: the samples cover the time */
	bool is_blind;        /* the samples of earlier runs could not be read */
	int64_t growth_kb[KERNEL_AMOUNTS];
	char boot_id[BOOT_ID_TEXT_MAX]; /* "": this kernel has none */
	size_t count;
	struct kernel_sample samples[KERNEL_SAMPLES_MAX]; /* this run's comes last */
};

/*
 * Adds this run's sample to those that earlier runs of this boot have saved, and compares
 * the lowest value of the newest sixth of over_usec with the lowest of the oldest sixth,
 * so that neither a peak nor a dip of some minutes counts.
 */
void kernel_growth_read(struct kernel_growth *growth, const struct host_kernel_memory *memory,
			int64_t over_usec, const struct file_roots *roots);

/* Saves the samples.  0, or a negative errno and the reason in *reason; waits for the disk. */
int kernel_growth_save(struct kernel_growth *growth, struct text *reason);

#endif
