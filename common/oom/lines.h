/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_OOM_LINES_H
#define OOM_OOM_LINES_H
/*
 * Inside this room only: the grammar of each line of the kernel's OOM reports,
 * as pure functions.  Each returns whether the line is of its kind; what a
 * line does not say, or says unreadably, stays as it was.
 *
 * Texts: mm/oom_kill.c, mm/memcontrol.c and mm/show_mem.c (before 6.2
 * mm/page_alloc.c) from 2.6 to 7.x, and the vendors' kernels in between.
 */
#include "oom/cursor.h"
#include "oom/kill.h"

enum oom_line {
	OOM_LINE_OTHER,
	OOM_LINE_OPENER,    /* "CPU 0/KVM invoked oom-killer: gfp_mask=…" */
	OOM_LINE_CPU,       /* "CPU: 1 PID: 377 Comm: qemu-kvm Not tainted …" */
	OOM_LINE_ZONE,      /* "Node 0 DMA free:892kB …" */
	OOM_LINE_BUDDY,     /* "Node 0 DMA: 1*4kB …" */
	OOM_LINE_RAM,       /* "65406 pages RAM" */
	OOM_LINE_RESERVED,  /* "9811 pages reserved" */
	OOM_LINE_LIMIT,     /* "memory: usage 24576kB, limit 24576kB, failcnt 37" */
	OOM_LINE_STATS,     /* "Memory cgroup stats for /a:" */
	OOM_LINE_TASK_IN,   /* "Task in /a killed as a result of limit of /a", before 5.0 */
	OOM_LINE_SUMMARY,   /* "oom-kill:constraint=…", from 5.0 on */
	OOM_LINE_ANNOUNCED, /* "…: Kill process 7 (x) score 8 or sacrifice child", before 5.1 */
	OOM_LINE_KILLED,    /* "…: Killed process 7 (x) total-vm:…", OpenVZ: "…: OOM killed …" */
	OOM_LINE_GROUP,     /* "Tasks in /a are going to be killed due to memory.oom.group set" */
	OOM_LINE_SKIPPED,   /* "…: OOM victim 7 (x) is already exiting. Skip killing the task" */
	OOM_LINE_REAPED,    /* "oom_reaper: reaped process 7 (x), now anon-rss:0kB, …" */
	OOM_LINE_NOBODY,    /* "Out of memory and no killable processes...", panic */
	OOM_LINE_ALLOCATION_FAILED, /* "__alloc_pages: 0-order allocation failed (gfp=…", 2.4 */
	OOM_LINE_VM_KILLING,        /* "VM: killing process x", 2.4 to 2.6: a page fault without memory */
	OOM_LINE_BOOT,              /* "Linux version …" */
};

/*
 * What kind a line is, by its start and its marker; the functions below then
 * read it.  `in_report` says that a report is being read: only there do most
 * lines mean anything.  Outside of one nearly every record of a log is OTHER,
 * which this finds out in a few tens of nanoseconds.
 */
enum oom_line oom_line_kind(const char *text, size_t length, bool in_report);

/*
 * Whether nothing that a user chose can stand on a line of its own in the record
 * that begins with this line.  It begins with words of the OOM killer's, and its
 * strings are the names of cgroups, which hold no newline (cgroup_mkdir() refuses
 * it), and of processes, whose 15 bytes do not suffice for a newline and a line that
 * names a victim.
 */
bool oom_line_is_closed(enum oom_line kind, const char *text, size_t length, bool in_report);

/* A killed line's prefix says why, as far as it goes. */
enum oom_prefix {
	OOM_PREFIX_NONE,    /* 2.6.27 to 5.0: an announcement stands before it */
	OOM_PREFIX_HOST,    /* "Out of memory: ": the host, a cpuset or a memory policy */
	OOM_PREFIX_MEMCG,   /* "Memory cgroup out of memory: " */
	OOM_PREFIX_UNKNOWN, /* some vendor's */
};

struct oom_line_reason {
	enum oom_prefix prefix;
	enum oom_constraint constraint; /* as far as the prefix says */
	int64_t container;              /* of OpenVZ, whose limit was reached; 0: none */
};

/* What the prefix says, where the report has said nothing.  0 or -ENOMEM. */
int oom_line_apply_reason(const struct oom_line_reason *reason, struct oom_kill *kill);

/* Whether a record may go on where a killed line was wrapped: behind the pid,
 * or between its sizes. */
bool oom_line_goes_on(const char *text, size_t length);

/* Victim and sizes go into *kill. */
bool oom_line_killed(const char *text, size_t length, struct oom_kill *kill,
		     struct oom_line_reason *ret_reason);
bool oom_line_announced(const char *text, size_t length, struct oom_kill *kill,
			struct oom_line_reason *ret_reason);
bool oom_line_reaped(const char *text, size_t length, struct oom_kill *kill);
bool oom_line_vm_killing(const char *text, size_t length, struct oom_kill *kill);

/* The victim that a line of this kind names by itself, without its report. */
bool oom_line_victim(enum oom_line kind, const char *text, size_t length, struct oom_kill *kill);

/* Who asked for memory: invoker and order go into *kill. */
bool oom_line_opener(const char *text, size_t length, struct oom_kill *kill);

/* Whose stack it is.  The opener may have lost a control byte at the start of
 * the name; this line has it whole. */
bool oom_line_cpu(const char *text, size_t length, int64_t *ret_pid, struct piece *ret_comm);

struct oom_line_zone {
	struct piece label; /* "Node 0 DMA" */
	int64_t free_kb;
	int64_t total_kb; /* managed by the page allocator (3.9+), else present; or OOM_UNKNOWN */
};
bool oom_line_zone(const char *text, size_t length, struct oom_line_zone *ret);
bool oom_line_buddy(const char *text, size_t length, int64_t *ret_page_kb); /* size of a page */
bool oom_line_pages(const char *text, size_t length, int64_t *ret_pages);   /* RAM or reserved */

bool oom_line_limit(const char *text, size_t length, int64_t *ret_limit_kb); /* OOM_UNKNOWN: no limit */
bool oom_line_stats(const char *text, size_t length, struct piece *ret_cgroup);
bool oom_line_group(const char *text, size_t length, struct piece *ret_cgroup); /* empty: torn */

struct oom_line_task_in {
	struct piece cgroup;
	struct piece limit_cgroup;
	bool limit_is_cut; /* it cannot be whole: the victim does not live in it */
	bool complete;
};
bool oom_line_task_in(const char *text, size_t length, struct oom_line_task_in *ret);

struct oom_line_summary {
	enum oom_constraint constraint;
	struct piece cgroup;
	struct piece limit_cgroup;
	bool cgroup_is_open; /* nothing follows it: the line may have been cut within */
	bool limit_is_open;
	struct piece comm;
	int64_t pid;
	int64_t uid;
	bool complete; /* ends as it should: no fragments are missing */
};
bool oom_line_summary(const char *text, size_t length, struct oom_line_summary *ret);

#endif
