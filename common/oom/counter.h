/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_OOM_COUNTER_H
#define OOM_OOM_COUNTER_H
/*
 * Inside this room only: how many "Killed process" lines a boot's log proves,
 * to be held against /proc/vmstat's oom_kill.  A line that two sources yield
 * (the ring and the journal that was filled from it) counts once: it has the
 * same boot, kernel time and pid in both.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "klog/klog.h"

#define COUNTER_BOOTS_MAX 32
#define COUNTER_LINES_MAX 16384 /* told apart; beyond it a line may count twice */

struct counter_line {
	int64_t monotonic_usec;
	int64_t pid;
	unsigned boot; /* its number; 0: a free slot */
};

struct counter {
	struct counter_boot {
		unsigned number; /* from 1 on; 0: no boot yet */
		uint8_t id[16];
		uint64_t lines;
	} boots[COUNTER_BOOTS_MAX]; /* beyond them the newest takes the oldest's place, but the
	                             * first's, which is the ring's: of this boot */
	unsigned boot_count;
	struct counter_line *lines; /* open addressing, at most half full */
	size_t line_count;
	size_t slots;
	bool is_full; /* the count proves nothing any more */
};

/* 0 or -ENOMEM (the line was counted, but will not be known again). */
int counter_add(struct counter *counter, const struct klog_record *record, int64_t pid);
uint64_t counter_lines(const struct counter *counter, const uint8_t boot_id[16]);

/* Those whose kernel time is after `monotonic_usec` (KLOG_TIME_UNKNOWN: all);
 * *ret_newest_usec is raised to the newest line's, if there is one. */
uint64_t counter_lines_after(const struct counter *counter, const uint8_t boot_id[16], int64_t monotonic_usec,
			     int64_t *ret_newest_usec);
void counter_destroy(struct counter *counter);

#endif
