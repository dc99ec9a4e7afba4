/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_OOM_MARKS_H
#define OOM_OOM_MARKS_H
/*
 * Inside this room only: the cgroups that systemd-oomd has marked for killing.  That is no kill;
 * when one follows, systemd tells of it by the unit's name alone, and the mark has its path.
 */
#include "klog/klog.h"
#include "oom/cursor.h"

/* systemd-oomd marks one cgroup in 15 seconds, and waits for hooks for a configured time. */
#define OOM_MARKS_MAX 8

/* A longer path is not kept: the kill then has the unit's name only. */
#define OOM_MARK_SIZE 1024

struct oom_marks {
	struct oom_mark {
		int64_t realtime_usec;
		char cgroup[OOM_MARK_SIZE]; /* "" free */
	} marks[OOM_MARKS_MAX];
	size_t next; /* to be overwritten */
};

void oom_marks_add(struct oom_marks *marks, const struct klog_record *record, struct piece cgroup);

/* The path of the newest mark of a cgroup of this name, within ten minutes of the record or of
 * unknown time; at NULL: there is none.  Gone with the next mark. */
struct piece oom_marks_find(const struct oom_marks *marks, const struct klog_record *record,
			    struct piece unit);

#endif
