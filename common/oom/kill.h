/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_OOM_KILL_H
#define OOM_OOM_KILL_H
/*
 * One process killed for lack of memory, and the list of them.  This room
 * knows nothing of files, VMs or plugins.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "klog/klog.h"
#include "oom/units.h"

#define OOM_UNKNOWN (-1) /* pid, uid and every _kb */

/* The numbers of these are saved: a new one is added at the end, before the count. */
enum oom_killer { OOM_KILLER_KERNEL, OOM_KILLER_SYSTEMD_OOMD, OOM_KILLER_EARLYOOM, OOM_KILLER_COUNT };
enum oom_constraint {
	OOM_CONSTRAINT_UNKNOWN,   /* the report says none (rate-limited, torn, cut) */
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

	int64_t pid;      /* of the thread group, as the Killed line has it; systemd-oomd
	                * kills whole cgroups and names no pid */
	char comm[64];    /* the kernel's 15 bytes, as they are, terminated; of systemd-oomd
	                * the last component of the cgroup, which is all it names */
	bool comm_is_cut; /* the line ended within it */
	int64_t uid;
	int64_t total_vm_kb;
	int64_t anon_rss_kb;
	int64_t file_rss_kb;
	int64_t shmem_rss_kb;
	int64_t pgtables_kb;
	int64_t rss_kb; /* anonymous, file and shmem together, where the log does not tell them apart */
	bool has_oom_score_adj;
	int oom_score_adj;

	enum oom_killer killer;
	enum oom_constraint constraint;
	bool not_memcg;            /* "Out of memory:", which of the constraints leaves open all but a
	                            * memory cgroup's */
	bool follower;             /* of a group (memory.oom.group), and not the one that was chosen */
	bool manual;               /* sysrq f: order=-1 */
	bool proven;               /* the kernel's or journald's word, see klog_record */
	bool dubious;              /* may be a user's text inside another record (klog_record.may_continue),
	                            * and no other source proves it */
	bool by_unit;              /* systemd-oomd's, and told by systemd of the unit, when that was empty */
	bool inferred;             /* no Killed line was seen: announced, summed up or reaped only */
	bool line_lost;            /* the kernel has counted this death once more than its Killed lines
	                            * were read: inferred from its report, or the first of two lines of
	                            * memory.oom.group is missing */
	char host[KLOG_HOST_SIZE]; /* that the log names and that is not known to be this one, ""
	                            * this host or unknown */
	bool of_this_host;         /* known to be, see klog_record */
	bool remembered;           /* known from an earlier run only: no log read now tells of it */

	char *cgroup;          /* task_memcg: where the victim lived; NULL unknown */
	bool cgroup_doubtful;  /* another account of the death has none, and what joins them
	                        * is no proof */
	char *limit_cgroup;    /* oom_memcg: whose limit was reached; NULL none or unknown */
	int64_t limit_kb;      /* that limit */
	int64_t host_free_kb;  /* free in the zones of the report's Mem-Info, and their size: */
	int64_t host_total_kb; /* of the nodes of the cpuset or policy where that is the reason */

	bool has_invoker; /* who asked for memory when there was none */
	int64_t invoker_pid;
	char invoker_comm[64];
	bool has_order;
	int order;         /* 2^order pages */
	char gfp_mask[24]; /* "0x140dca", "" unknown */

	int64_t order_usec; /* the list's own, for sorting */
	uint64_t arrival;
	int worth;
};

void oom_kill_init(struct oom_kill *kill); /* all unknown */
/* As much as any record of it tells; the rest unknown. */
void oom_kill_begin(struct oom_kill *kill, const struct klog_record *record);
void oom_kill_forget_sizes(struct oom_kill *kill);
/* A copy that owns nothing: without the cgroups. */
void oom_kill_keep_names(struct oom_kill *into, const struct oom_kill *kill);
void oom_kill_destroy(struct oom_kill *kill);

const char *oom_killer_name(enum oom_killer killer); /* "kernel", "systemd-oomd", "earlyoom" */
const char *
oom_constraint_name(enum oom_constraint constraint); /* "none", "memcg", "cpuset", "mempolicy", "unknown" */

/* Whose memory there was none of, as far as that is known. */
enum oom_scope {
	OOM_SCOPE_UNKNOWN,
	OOM_SCOPE_HOST,  /* the host's, or that of NUMA nodes: of a cpuset, of a policy */
	OOM_SCOPE_MEMCG, /* a memory cgroup's own limit */
	OOM_SCOPE_NONE,  /* nobody's: somebody asked for a kill (SysRq-f) */
};
enum oom_scope oom_kill_scope(const struct oom_kill *kill);

/*
 * The kills, each death once whatever it was read from.  After
 * oom_list_sort() they stand oldest first and are at most OOM_LIST_MAX: those
 * of the highest worth, and of the same worth the newest.  Between two sorts
 * half as many again are held.  Starts as { 0 }, where all are worth the same.
 */
#define OOM_LIST_MAX 4096

/* A report of which the log does not tell whom it killed. */
struct oom_unfinished {
	bool known;
	int64_t realtime_usec;  /* or KLOG_TIME_UNKNOWN */
	char limit_cgroup[256]; /* "" unknown, or none; a longer one is cut */
};

struct oom_list {
	struct oom_kill *kills;
	size_t count;
	size_t allocated;
	uint32_t *index;                  /* by pid, see list.c */
	struct oom_units units;           /* for parsers to note */
	struct oom_unfinished unfinished; /* the newest, for parsers to note */

	/* What the caller knows and this room does not; both may be NULL. */
	int (*worth)(const struct oom_kill *kill, void *data);
	void (*on_drop)(const struct oom_kill *kill, void *data); /* the list is full */
	void *keep_data;                                          /* of both */
};

/* Whether two accounts of one pid cannot be of one death: the name, the cgroup, a size
 * or the reason differs, and both know it.  The kernel's own accounts do not contradict
 * each other: memory.oom.group prints a victim twice, with what is left of its sizes. */
bool oom_kill_contradicts(const struct oom_kill *a, const struct oom_kill *b);

/*
 * Takes over the strings of *kill (which is re-initialised).  A death that is
 * there already (same pid, name and time, see list.c) is completed from it
 * rather than added.  0; -ENOMEM, and *kill is still the caller's.
 */
int oom_list_add(struct oom_list *list, struct oom_kill *kill);

/* Whether a kill of this pid is there. */
bool oom_list_has_pid(const struct oom_list *list, int64_t pid);

/* Kills whose time is unknown stay behind the one that they were added after. */
void oom_list_sort(struct oom_list *list);
void oom_list_destroy(struct oom_list *list);

#endif
