/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_OOM_COUNTER_H
#define OOM_OOM_COUNTER_H
/*
 * Counts the proven "Killed process" lines of each boot, for comparison with oom_kill in
 * /proc/vmstat; private to this directory. A line that two sources yield (the ring and the journal
 * that was filled from it) counts once: it has the same boot, kernel time and pid in both.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "klog/klog.h"

#define COUNTER_BOOTS_MAX 32
#define COUNTER_LINES_MAX 16384 /* distinguished; beyond this, a line may count twice */

struct counter_line {
	int64_t monotonic_usec;
	int64_t pid;
	unsigned boot; /* its number */
};

struct counter {
	struct counter_boot {
		unsigned number; /* from 1; 0: unused */
		uint8_t id[16];
		uint64_t lines;
	} boots[COUNTER_BOOTS_MAX]; /* when all are used, a new boot replaces the oldest one, but
	                             * never the first, which is this boot, from the ring */
	unsigned boot_count;
	struct counter_line *lines; /* sorted by boot, time and pid */
	size_t line_count;
	size_t allocated;
	bool is_full; /* the count is no longer reliable */
};

/* Counts a line of a known boot. 0, or -ENOMEM: the line was counted, but will be counted again if
 * another source yields it. */
int counter_add(struct counter *counter, const struct klog_record *record, int64_t pid);

/* The number of lines counted for this boot. */
uint64_t counter_lines(const struct counter *counter, const uint8_t boot_id[16]);

/* The number of lines whose kernel time is after `monotonic_usec` (KLOG_TIME_UNKNOWN: all that have
 * one). *ret_newest_usec is raised to the time of the newest line, if there is one. */
uint64_t counter_lines_after(const struct counter *counter, const uint8_t boot_id[16], int64_t monotonic_usec,
			     int64_t *ret_newest_usec);
void counter_destroy(struct counter *counter);

#endif
