/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "oom/marks.h"

#include <string.h>

#include "base/clock.h"

/* It may take minutes to free a large VM's memory before its cgroup is empty. */
#define LATE_MAX_USEC (600 * INT64_C(1000000))

void oom_marks_add(struct oom_marks *marks, const struct klog_record *record, struct cursor cgroup)
{
	struct oom_mark *mark = &marks->marks[marks->next];

	if (cursor_left(&cgroup) >= sizeof(mark->cgroup))
		return;
	mark->realtime_usec = record->realtime_usec;
	cursor_copy(&cgroup, mark->cgroup, sizeof(mark->cgroup));
	marks->next = (marks->next + 1) % OOM_MARKS_MAX;
}

static bool is_near(const struct oom_mark *mark, const struct klog_record *record)
{
	if (mark->realtime_usec == KLOG_TIME_UNKNOWN || record->realtime_usec == KLOG_TIME_UNKNOWN)
		return true;
	return clock_is_near(record->realtime_usec, mark->realtime_usec, LATE_MAX_USEC);
}

struct cursor oom_marks_find(const struct oom_marks *marks, const struct klog_record *record,
			     struct cursor unit)
{
	for (size_t i = 0; i < OOM_MARKS_MAX; i++) {
		/* newest first */
		const size_t slot = (marks->next + OOM_MARKS_MAX - 1 - i) % OOM_MARKS_MAX;
		const struct oom_mark *mark = &marks->marks[slot];
		const char *name = strrchr(mark->cgroup, '/');

		if (name != NULL && cursor_equals(&unit, name + 1) && is_near(mark, record))
			return cursor_of(mark->cgroup);
	}
	return (struct cursor){ NULL, NULL };
}
