/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_OOM_KILL_H
#define OOM_OOM_KILL_H
/*
 * A process that was killed for lack of memory, and the list of such kills. This directory contains
 * no knowledge of files, VMs or plugins.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "klog/klog.h"
#include "oom/units.h"

#define OOM_UNKNOWN (-1) /* pid, uid and every _kb */

/* The values are saved in the state: add new ones at the end, before the count. */
enum oom_killer { OOM_KILLER_KERNEL, OOM_KILLER_SYSTEMD_OOMD, OOM_KILLER_EARLYOOM, OOM_KILLER_COUNT };
enum oom_constraint {
	OOM_CONSTRAINT_UNKNOWN,   /* not in the report (rate-limited, torn, cut) */
	OOM_CONSTRAINT_NONE,      /* the whole host is out of memory */
	OOM_CONSTRAINT_MEMCG,     /* a memory cgroup reached its limit */
	OOM_CONSTRAINT_CPUSET,    /* the NUMA nodes of a cpuset */
	OOM_CONSTRAINT_MEMPOLICY, /* the NUMA nodes of a memory policy */
	OOM_CONSTRAINT_COUNT
};

struct oom_kill {
	int64_t realtime_usec; /* of the kill; or KLOG_TIME_UNKNOWN */
	int64_t monotonic_usec;
	bool has_boot_id;
	uint8_t boot_id[16];

	int64_t pid;      /* of the thread group, as in the Killed line; OOM_UNKNOWN for
	                   * systemd-oomd, which kills whole cgroups */
	char comm[64];    /* the kernel's 15 bytes, terminated; for systemd-oomd, the last component
	                   * of the cgroup, as it names no process */
	bool comm_is_cut; /* the line ended within it */
	int64_t uid;
	int64_t total_vm_kb;
	int64_t anon_rss_kb;
	int64_t file_rss_kb;
	int64_t shmem_rss_kb;
	int64_t pgtables_kb;
	int64_t rss_kb; /* anonymous, file and shmem together, if the log has only the sum */
	bool has_oom_score_adj;
	int oom_score_adj;

	enum oom_killer killer;
	enum oom_constraint constraint;
	bool not_memcg;            /* "Out of memory:" or the like: the constraint is not a memory
	                            * cgroup's */
	bool follower;             /* killed with its group (memory.oom.group), but not the one that
	                            * was chosen */
	bool manual;               /* SysRq-f: order=-1 */
	bool proven;               /* from the kernel or journald, see klog_record */
	bool dubious;              /* may be a user's text inside another record (klog_record.may_continue),
	                            * and no other source proves it */
	bool by_unit;              /* killed by systemd-oomd, but reported by systemd, when the
	                            * unit's cgroup was empty */
	bool inferred;             /* no Killed line was seen, only an announcement, a summary or
	                            * the reaper's line */
	bool line_lost;            /* the kernel has counted this kill once more than there are
	                            * Killed lines: the kill is inferred from its report, or the
	                            * first of two lines of memory.oom.group is missing */
	char host[KLOG_HOST_SIZE]; /* as named in the log, unless it is known to be this host; "":
	                            * this host or unknown */
	bool of_this_host;         /* see klog_record */
	bool remembered;           /* only known from an earlier run: it is in no log that was read
	                            * now */

	char *cgroup;          /* task_memcg, the victim's cgroup; NULL: unknown */
	bool cgroup_doubtful;  /* another record of the death has none, and it is not proven that
	                        * the two belong together */
	char *limit_cgroup;    /* oom_memcg, whose limit was reached; NULL: none or unknown */
	int64_t limit_kb;      /* its limit */
	int64_t host_free_kb;  /* free memory in the zones of the report's Mem-Info; only in the
	                        * nodes of the cpuset or policy, if that is the constraint */
	int64_t host_total_kb; /* the size of these zones */

	bool has_invoker; /* the process that invoked the OOM killer */
	int64_t invoker_pid;
	char invoker_comm[64];
	bool has_order;
	int order;         /* 2^order pages */
	char gfp_mask[24]; /* "0x140dca", "" unknown */
};

void oom_kill_init(struct oom_kill *kill); /* all unknown */
/* Sets times, boot, proven and of_this_host from the record; the rest is unknown. */
void oom_kill_begin(struct oom_kill *kill, const struct klog_record *record);
void oom_kill_forget_sizes(struct oom_kill *kill);
/* Makes a copy that owns its strings. 0 or -ENOMEM. */
int oom_kill_copy(struct oom_kill *into, const struct oom_kill *kill);
/* Makes a copy without the cgroups, which owns no memory. */
void oom_kill_keep_names(struct oom_kill *into, const struct oom_kill *kill);
void oom_kill_destroy(struct oom_kill *kill);

const char *oom_killer_name(enum oom_killer killer); /* "kernel", "systemd-oomd", "earlyoom" */
const char *
oom_constraint_name(enum oom_constraint constraint); /* "none", "memcg", "cpuset", "mempolicy", "unknown" */

/* What was out of memory, as far as this is known. */
enum oom_scope {
	OOM_SCOPE_UNKNOWN,
	OOM_SCOPE_HOST,  /* the host, or the NUMA nodes of a cpuset or policy */
	OOM_SCOPE_MEMCG, /* a memory cgroup, at its own limit */
	OOM_SCOPE_NONE,  /* nothing: the kill was triggered manually (SysRq-f) */
};
enum oom_scope oom_kill_scope(const struct oom_kill *kill);

/*
 * The list of kills. Each death is in it once, however many sources record it. After
 * oom_list_sort(), the kills are sorted oldest first, and there are at most OOM_LIST_MAX: those of
 * the highest worth, and among kills of equal worth the newest. Between two sorts, the list holds
 * up to half as many more. A list starts as { 0 }, with which all kills have equal worth.
 */
#define OOM_LIST_MAX 4096

/* A report whose victim is not in the log. */
struct oom_unfinished {
	bool known;
	int64_t realtime_usec;  /* or KLOG_TIME_UNKNOWN */
	char limit_cgroup[256]; /* "": unknown or none; a longer one is cut */
};

struct oom_list {
	struct oom_kill *kills;
	size_t count;
	size_t allocated;
	uint32_t *index;                  /* by pid, see list.c */
	struct oom_list_key *keys;        /* for sorting, see list.c */
	struct oom_units units;           /* set by parsers */
	struct oom_unfinished unfinished; /* the newest one, set by parsers */

	/* Callbacks for what only the caller knows; both may be NULL. */
	int (*worth)(const struct oom_kill *kill, void *data);
	void (*on_drop)(const struct oom_kill *kill, void *data); /* called for each kill that is
	                                                           * dropped because the list is
	                                                           * full */
	void *keep_data;                                          /* passed to both */
};

/* Whether two records of one pid cannot be of one death: both have the name, the cgroup, a size or
 * the reason, and it differs. If both are proven, or the killers differ, only name and host are
 * compared: memory.oom.group prints a victim twice, the second time with its remaining sizes. */
bool oom_kill_contradicts(const struct oom_kill *a, const struct oom_kill *b);

/*
 * Adds *kill, whose strings are taken over and which is re-initialised. If the death is in the list
 * already (same pid, name and time, see death.c), that kill is completed instead. 0, or -ENOMEM:
 * *kill is still the caller's.
 */
int oom_list_add(struct oom_list *list, struct oom_kill *kill);

/* Whether a kill of this pid is in the list. */
bool oom_list_has_pid(const struct oom_list *list, int64_t pid);

/* Sorts the list and drops kills beyond OOM_LIST_MAX. A kill of unknown time stays after the one
 * that it was added after. */
void oom_list_sort(struct oom_list *list);
void oom_list_destroy(struct oom_list *list);

#endif
