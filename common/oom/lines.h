/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_OOM_LINES_H
#define OOM_OOM_LINES_H
/*
 * Parsers for each line of the kernel's OOM reports, as pure functions; private to this directory.
 * Each returns whether the line is of its kind. A field of *kill that the line does not have, or
 * has in an unreadable form, is left unchanged.
 *
 * The texts are from mm/oom_kill.c, mm/memcontrol.c and mm/show_mem.c (before 6.2 mm/page_alloc.c)
 * from 2.6 to 7.x, and from vendors' kernels of that time.
 */
#include "base/cursor.h"
#include "oom/kill.h"

enum oom_line {
	OOM_LINE_OTHER,
	OOM_LINE_HEADER,    /* "CPU 0/KVM invoked oom-killer: gfp_mask=…" */
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
	OOM_LINE_VM_KILLING,        /* "VM: killing process x", 2.4 to 2.6: a page fault for which
	                             * there was no memory */
	OOM_LINE_BOOT,              /* "Linux version …" */
};

/*
 * Classifies a line by its start and its marker; the functions below then parse it. `in_report`: a
 * report is being read. Most kinds are recognised only then. Outside of a report, nearly every
 * record is OTHER, which takes a few tens of nanoseconds to find out.
 */
enum oom_line oom_line_kind(const char *text, size_t length, bool in_report);

/*
 * Whether the record that begins with this line cannot hold a user's text on a line of its own.
 * Such a record begins with words of the OOM killer's, and the only strings in it are the names of
 * cgroups, which hold no newline (cgroup_mkdir() refuses it), and of processes, whose 15 bytes are
 * not enough for a newline and a line that names a victim.
 */
bool oom_line_is_closed(enum oom_line kind, const char *text, size_t length, bool in_report);

/* The reason that the prefix of a Killed line gives. */
enum oom_prefix {
	OOM_PREFIX_NONE,    /* 2.6.27 to 5.0: an announcement precedes it */
	OOM_PREFIX_HOST,    /* "Out of memory: ": the host, a cpuset or a memory policy */
	OOM_PREFIX_MEMCG,   /* "Memory cgroup out of memory: " */
	OOM_PREFIX_UNKNOWN, /* a vendor's */
};

struct oom_line_reason {
	enum oom_prefix prefix;
	enum oom_constraint constraint; /* OOM_CONSTRAINT_UNKNOWN if the prefix leaves it open */
	int64_t container;              /* the OpenVZ container whose limit was reached; 0: none */
};

/* Sets the reason from the prefix, if the report has none. 0 or -ENOMEM. */
int oom_line_apply_reason(const struct oom_line_reason *reason, struct oom_kill *kill);

/* Whether a record may be the rest of a Killed line that was wrapped after the pid or between the
 * sizes. */
bool oom_line_goes_on(const char *text, size_t length);

/* Store the victim and its sizes in *kill. */
bool oom_line_killed(const char *text, size_t length, struct oom_kill *kill,
		     struct oom_line_reason *ret_reason);
bool oom_line_announced(const char *text, size_t length, struct oom_kill *kill,
			struct oom_line_reason *ret_reason);
bool oom_line_reaped(const char *text, size_t length, struct oom_kill *kill);
bool oom_line_vm_killing(const char *text, size_t length, struct oom_kill *kill);

/* Stores the victim in *kill, if a line of this kind names one by itself, without its report. */
bool oom_line_victim(enum oom_line kind, const char *text, size_t length, struct oom_kill *kill);

/* Stores the invoker, the mask and the order in *kill. */
bool oom_line_header(const char *text, size_t length, struct oom_kill *kill);

/* Gets the process whose stack is printed. Its name is complete here, while the header may have
 * lost a control byte at the start of it. */
bool oom_line_cpu(const char *text, size_t length, int64_t *ret_pid, struct cursor *ret_comm);

struct oom_line_zone {
	struct cursor label; /* "Node 0 DMA" */
	int64_t free_kb;
	int64_t total_kb; /* managed by the page allocator (3.9+), else present; or OOM_UNKNOWN */
};
bool oom_line_zone(const char *text, size_t length, struct oom_line_zone *ret);
bool oom_line_buddy(const char *text, size_t length, int64_t *ret_page_kb); /* size of a page */
bool oom_line_pages(const char *text, size_t length, int64_t *ret_pages);   /* RAM or reserved */

bool oom_line_limit(const char *text, size_t length, int64_t *ret_limit_kb); /* OOM_UNKNOWN: no limit */
bool oom_line_stats(const char *text, size_t length, struct cursor *ret_cgroup);
bool oom_line_group(const char *text, size_t length, struct cursor *ret_cgroup); /* empty: torn */

struct oom_line_task_in {
	struct cursor cgroup;
	struct cursor limit_cgroup;
	bool limit_is_cut; /* it is incomplete: the victim's cgroup is not inside it */
	bool complete;
};
bool oom_line_task_in(const char *text, size_t length, struct oom_line_task_in *ret);

struct oom_line_summary {
	enum oom_constraint constraint;
	struct cursor cgroup;
	struct cursor limit_cgroup;
	bool cgroup_is_open; /* nothing follows it: the line may have been cut within it */
	bool limit_is_open;
	struct cursor comm;
	int64_t pid;
	int64_t uid;
	bool complete; /* ends with the pid and uid: no fragments are missing */
};
bool oom_line_summary(const char *text, size_t length, struct oom_line_summary *ret);

#endif
