/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_OOM_REPORT_H
#define OOM_OOM_REPORT_H
/*
 * Inside this room only: what the kernel said about one shortage of memory,
 * line by line, until it names a victim.
 *
 * Lines are joined because they follow each other, not by pid: the summary
 * names the thread group that was chosen and the killed line the thread that
 * had the memory, and the announcement of old kernels a parent whose child was
 * killed.  The kernel writes a report under oom_lock, so that two never mix;
 * records of others stand between their lines, though, and a line built with
 * pr_cont() comes in fragments then.
 */
#include <limits.h>

#include "oom/lines.h"

struct oom_report {
	bool open;
	struct oom_kill about; /* invoker, constraint, limit, host's memory; no strings */
	char cgroup[PATH_MAX]; /* "" unknown */
	char limit_cgroup[PATH_MAX];

	bool has_summary;
	int64_t summary_pid;
	int64_t summary_uid;
	char summary_comm[64];
	bool summary_is_cut; /* the name's end was not seen */

	bool has_announced;
	struct oom_line_reason announced;

	bool is_begun;          /* its first line was seen, or that of a memory cgroup's limit */
	bool skipped;           /* it is said that nobody is killed; of a text log that is no proof */
	bool group;             /* all of a cgroup is being killed: memory.oom.group */
	unsigned victims;       /* named so far */
	struct oom_kill first;  /* of them; no strings */
	bool first_lacks_it;    /* it was killed before this report was opened */
	bool taken;             /* a text log's line of another pid than the summary's: may be forged */
	struct oom_kill reaped; /* meanwhile, and killed by nobody known; no strings */
	unsigned reaped_count;  /* of several none is guessed to be the victim */
	bool first_line_lost;   /* the group's first victim was killed, but not in this log */

	struct klog_record began; /* times and boot only */
	struct klog_record latest;

	char zone[32]; /* the first one's label: a second Mem-Info is another's */
	bool zones_over;
	bool zones_lack_total;
	int64_t page_kb, ram_pages, reserved_pages;

	enum oom_line torn; /* which line is being put together; OOM_LINE_OTHER: none */
	char fragments[8192];
	size_t fragments_length;
};

void oom_report_open(struct oom_report *report, const struct klog_record *record);
void oom_report_clear(struct oom_report *report);

/* Whether the record comes too late, or from too late a boot, to belong. */
bool oom_report_is_stale(const struct oom_report *report, const struct klog_record *record);

/* Takes note of whom the reaper names, while nothing else has told of a victim.  It is the
 * report's only if that ends without a Killed line. */
void oom_report_note_reaped(struct oom_report *report, const struct klog_record *record,
			    const struct oom_kill *kill);

/* memory.oom.group prints its first victim a second time, with what is left of its
 * sizes.  Without a proof that it was the kernel, what is larger is another account. */
bool oom_report_is_double(const struct oom_report *report, const struct oom_kill *kill);

/* Whether this victim, not yet counted, only belongs to the group of the one that was
 * chosen: the summary names that, and its line comes first. */
bool oom_report_is_follower(const struct oom_report *report, const struct oom_kill *kill);

/* Whether a killed line behind this prefix is one: a prefix that nobody knows must at least be
 * the kernel's for sure. */
bool oom_report_accepts(const struct oom_report *report, const struct klog_record *record,
			enum oom_prefix prefix);

/* Takes note of it if it ends without a victim, and is the newest that does. */
void oom_report_note_unfinished(const struct oom_report *report, struct oom_unfinished *unfinished);

/* A record of an open report, of any kind that names no victim. */
void oom_report_line(struct oom_report *report, enum oom_line kind, const struct klog_record *record);

/*
 * Whether the report is about this victim.  *reason is the killed line's, and
 * becomes the announcement's where the killed line gives none.
 */
bool oom_report_fits(const struct oom_report *report, const struct klog_record *record,
		     const struct oom_kill *kill, struct oom_line_reason *reason);

/* Fills *kill from the report.  0; -ENOMEM if it had to leave out the cgroups. */
int oom_report_attach(const struct oom_report *report, struct oom_kill *kill);

#endif
