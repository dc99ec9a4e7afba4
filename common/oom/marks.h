/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_OOM_MARKS_H
#define OOM_OOM_MARKS_H
/*
 * The cgroups that systemd-oomd has marked for killing; private to this directory. A mark is not a
 * kill. When the kill follows, systemd reports it with the unit's name only, and the mark has the
 * path.
 */
#include "base/cursor.h"
#include "klog/klog.h"

/* systemd-oomd marks one cgroup every 15 seconds, and waits for hooks for a configured time. */
#define OOM_MARKS_MAX 8

/* Longer paths are not stored; the kill then has only the unit's name. */
#define OOM_MARK_SIZE 1024

struct oom_marks {
	struct oom_mark {
		int64_t realtime_usec;
		char cgroup[OOM_MARK_SIZE]; /* "": free */
	} marks[OOM_MARKS_MAX];
	size_t next; /* the next one to be overwritten */
};

/* Stores a mark, in place of the oldest one. */
void oom_marks_add(struct oom_marks *marks, const struct klog_record *record, struct cursor cgroup);

/* The path of the newest mark of a cgroup with this name, within ten minutes of the record or of
 * unknown time. `at` is NULL if there is none. Valid until the next mark is added. */
struct cursor oom_marks_find(const struct oom_marks *marks, const struct klog_record *record,
			     struct cursor unit);

#endif
