/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_OOM_REPORT_H
#define OOM_OOM_REPORT_H
/*
 * One OOM report of the kernel, collected line by line until it names a victim; private to this
 * directory.
 *
 * Lines are joined by adjacency, not by pid: the summary names the thread group that was chosen,
 * the Killed line the thread that had the memory, and the announcement of old kernels a parent
 * whose child was killed. The kernel writes a report under oom_lock, so two reports never mix.
 * There may be other records between the lines, however, and a line built with pr_cont() then comes
 * in fragments.
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
	bool summary_is_cut; /* the end of the name was not seen */

	bool has_announced;
	struct oom_line_reason announced;

	bool is_begun;          /* its header, its summary or its "Task in" line was seen */
	bool skipped;           /* a line says that no process is killed; in a text log this is not
	                         * proof */
	bool group;             /* all processes of a cgroup are killed: memory.oom.group */
	unsigned victims;       /* named so far */
	struct oom_kill first;  /* the first of them; no strings */
	bool first_lacks_it;    /* it was killed before this report was opened */
	bool taken;             /* a text log named a pid other than the summary's, which may be
	                         * forged */
	struct oom_kill reaped; /* a process that was reaped meanwhile and is not a known victim; no
	                         * strings */
	unsigned reaped_count;  /* if there are several, none is taken for the victim */
	bool first_line_lost;   /* the first victim of the group was killed, but its line is missing */

	struct klog_record began; /* times, boot, proven and of_this_host only */
	struct klog_record latest;

	char zone[32]; /* the label of the first one: if it comes again, it is another Mem-Info */
	bool zones_over;
	bool zones_lack_total;
	int64_t page_kb, ram_pages, reserved_pages;

	enum oom_line torn; /* the kind of the line that is being assembled; OOM_LINE_OTHER: none */
	char fragments[8192];
	size_t fragments_length;
};

void oom_report_open(struct oom_report *report, const struct klog_record *record);
void oom_report_clear(struct oom_report *report);

/* Whether the record comes too late to belong to the report, or is from another boot. */
bool oom_report_is_stale(const struct oom_report *report, const struct klog_record *record);

/* Notes the process that the reaper names, if no other line has named a victim. It is used only if
 * the report ends without a Killed line. */
void oom_report_note_reaped(struct oom_report *report, const struct klog_record *record,
			    const struct oom_kill *kill);

/* Whether the victim is the first one again: memory.oom.group prints it twice, the second time with
 * its remaining sizes. If the record is not proven, a different name or larger sizes mean that it
 * is another victim. */
bool oom_report_is_double(const struct oom_report *report, const struct oom_kill *kill);

/* Whether this victim, not yet counted, was killed only because it belongs to the group of the one
 * that was chosen. The chosen one is named in the summary, and its line comes first. */
bool oom_report_is_follower(const struct oom_report *report, const struct oom_kill *kill);

/* Whether to accept a Killed line with this prefix. If the prefix is unknown, the record must be
 * proven, or have the kernel's tag, or there must be an open report without a victim. */
bool oom_report_accepts(const struct oom_report *report, const struct klog_record *record,
			enum oom_prefix prefix);

/* Stores the report in *unfinished if it ends without a victim and is the newest that does. */
void oom_report_note_unfinished(const struct oom_report *report, struct oom_unfinished *unfinished);

/* Adds a record that names no victim to an open report. */
void oom_report_line(struct oom_report *report, enum oom_line kind, const struct klog_record *record);

/*
 * Whether the report is about this victim. *reason is that of the Killed line; if that gives none,
 * it is replaced with the announcement's.
 */
bool oom_report_fits(const struct oom_report *report, const struct klog_record *record,
		     const struct oom_kill *kill, struct oom_line_reason *reason);

/* Completes *kill from the report. 0, or -ENOMEM if a cgroup had to be left out. */
int oom_report_attach(const struct oom_report *report, struct oom_kill *kill);

#endif
