/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_GATHER_GATHER_H
#define OOM_GATHER_GATHER_H
/*
 * Reads a list of sources and returns the kills within a time window, each with its VM, for every
 * program that needs them.  It chooses the sources, finds which part of the window none of them
 * covers, and checks whether the kernel's counter covers that part.  What this means for a check's
 * state is left to the caller.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/file.h"
#include "klog/klog.h"
#include "klog/privilege.h"
#include "oom/kill.h"
#include "vm/identity.h"

#define GATHER_SOURCES_MAX  16
#define GATHER_STATUSES_MAX GATHER_SOURCES_MAX

struct gather_source {
	enum klog_kind kind;
	const char *path; /* NULL: the system's default */
};

struct gather_sources {
	struct gather_source list[GATHER_SOURCES_MAX];
	size_t count; /* 0: auto */
};

struct saved_kills;
struct notes;

/* Value of counter_valid_since_usec once everything earlier has been acknowledged. */
#define GATHER_ACKNOWLEDGED_USEC INT64_C(0)

/*
 * The kernel's counter of kills (/proc/vmstat oom_kill, since 4.13) compared with the Killed lines
 * that were read.  It is saved between runs, and shows kills for which no line was ever read.
 */
struct gather_account {
	bool known;
	uint8_t boot_id[16];
	uint64_t explained;               /* counted kills that are accounted for */
	uint64_t unrecorded;              /* counted kills that are not */
	uint64_t unproven;                /* kills of this boot known only from lines that any user can write;
				     * they do not explain a count.  Not saved */
	int64_t newest_line_usec;         /* kernel time of the newest Killed line read */
	int64_t counter_valid_since_usec; /* realtime: the account is valid from here on */
};

/* Kills that the caller does not count.  They are dropped first when a list or the state is full.
 * `hash` identifies the rules: a check with other rules may count the kills that these ignore. */
struct gather_rules {
	bool (*ignores)(const struct oom_kill *kill, const void *data); /* NULL: none */
	const void *data;
	uint64_t hash;
};

struct gather_request {
	struct gather_sources sources;
	int64_t since_usec; /* realtime, or KLOG_TIME_UNKNOWN: no start */
	int64_t until_usec; /* realtime, or KLOG_TIME_UNKNOWN: no end */
	int64_t now_usec;   /* realtime */
	struct file_roots roots;
	struct klog_held *held;          /* the ring, opened with privileges; NULL: not opened */
	const struct vm_places *places;  /* additional locations of VMs' cgroups; NULL: none */
	struct gather_account past;      /* from an earlier run, if known */
	const struct saved_kills *saved; /* from earlier runs; NULL: none */
	const struct notes *notes;       /* on VMs, taken while they ran; NULL: gather_name_vms() reads
					 * them when the first kill needs them (only with a memory) */
	bool hold_unacknowledged;        /* a kill stays in the window until it is acknowledged */
	/* Earlier searches of large log files, see gather/searched.h; NULL: none. */
	const struct klog_search_cache *searches;
	struct gather_rules rules;
	bool any_host;    /* kills of all hosts count; the default for named sources without `host` */
	const char *host; /* named sources: the host whose kills count; auto: another name of this host
			   * in log files; NULL: not given */
};

struct gather_kill {
	const struct oom_kill *kill; /* in gather_result.list */
	struct vm_identity vm;       /* role VM_ROLE_NONE: not a process of a VM */
	bool acknowledged;           /* see saved.h */
	bool unconfirmed;            /* recorded only in a text log, where any user can write, while the
				      * kernel had counted no kill in that boot; or a line of syslog(2)
				      * that may be part of a user's text (oom_kill.dubious) */
	bool is_duplicate;           /* a further process of a VM that was killed as a whole by
				      * memory.oom.group: the largest process stands for the VM */
};

/* Kills of the window that are not in `kills` because more than OOM_LIST_MAX were read. */
struct gather_dropped {
	uint64_t counted;
	uint64_t ignored, acknowledged, unconfirmed;
};

/* Unacknowledged kills that were dropped because the list or the memory was full. */
struct gather_forgotten {
	int64_t counted_usec; /* realtime of the newest that counts; 0: none */
	int64_t ignored_usec; /* realtime of the newest that the rules `rules` ignore; 0: none */
	uint64_t rules;
};
#define GATHER_RULES_SEVERAL UINT64_C(0) /* not a valid gather_rules.hash */

/* The result for one source. */
struct gather_source_status {
	enum klog_kind kind;
	char name[128];
	bool opened;
	bool failed;      /* could not be opened or read to its end, see `failure` */
	bool left_behind; /* a file that is no longer written, so it does not cover the present */
	struct klog_failure failure;
	struct klog_summary summary; /* if opened */
};

/* The part of the window that no source covers. */
enum gather_gap {
	GATHER_GAP_NONE,    /* the whole window is covered */
	GATHER_GAP_COUNTED, /* this boot's log is incomplete, but by the kernel's counter no kill is
			     * missing */
	GATHER_GAP_BEFORE,  /* the time before the oldest log, in earlier boots or before the
			     * installation */
	GATHER_GAP_BLIND,   /* a part is not covered, and the counter does not cover it either */
};

struct gather_result {
	struct gather_kill *kills; /* those in the window first, then all others; each newest first */
	size_t count;              /* in the window */
	size_t known_count;
	struct gather_source_status *statuses; /* in the order in which they were tried */
	size_t status_count;

	enum gather_gap gap;
	bool window_unseen;      /* no source covers any part of the window */
	bool this_boot_unseen;   /* a part of the window in this boot is not covered */
	int64_t seen_since_usec; /* the window is covered from here on; KLOG_TIME_UNKNOWN: the logs
				        * do not show how far back they go */
	int64_t boot_usec;       /* realtime of this boot */
	uint8_t boot_id[16];     /* its id */
	bool has_boot_id;
	bool ring_whole;               /* the ring still holds all of this boot */
	bool has_counter;              /* /proc/vmstat oom_kill, since 4.13 */
	int counter_error;             /* negative errno: there may be a counter, but it could not be
				        * read or compared with the lines; 0: no error, or the sources
				        * are files, to which the counter does not apply */
	uint64_t counter;              /* kills since boot, including those counted twice */
	bool counter_agrees;           /* every kill that it counted in this boot has a line, or
				        * `account` covers the window and has the others as unrecorded */
	struct gather_account account; /* after this run; not known: there was nothing to compare */
	uint64_t lost_records;
	uint64_t other_hosts_kills;        /* in the window, not counted */
	char assumed_host[KLOG_HOST_SIZE]; /* auto: another host's name in a log file whose lines were taken
					    * for this host's; "": none */
	bool host_unseen;                  /* the host whose kills count has no known line, while other
					    * hosts have */
	struct gather_dropped dropped;
	struct gather_forgotten forgotten;

	struct oom_list list; /* owns what `kills` points to */
};

/* Called when a source begins and when a kill was found. */
typedef void (*gather_progress_fn)(const struct gather_request *request, const char *source_name,
				   const struct oom_list *so_far, void *data);

/*
 * Opens, reads and parses the logs.  0, or -ENOMEM; sources that could not be read are reported in
 * statuses[].  Free with gather_result_destroy() in any case.
 */
int gather(const struct gather_request *request, gather_progress_fn progress, void *progress_data,
	   struct gather_result *ret);

/*
 * Completes the VMs of the kills from other files: the notes, libvirt's files, and machined's
 * entries in the journal.  gather() names VMs from the log and the memory only, because reading
 * these files may block.  It does not add or remove kills, but it may change which VM a kill
 * belongs to, and whether it belongs to one (see gather_may_be_vm()).
 */
void gather_name_vms(const struct gather_request *request, struct gather_result *result);

/* Whether gather_name_vms() may still assign a VM to a kill that has none, because the log does not
 * record its cgroup. */
bool gather_may_be_vm(const struct gather_kill *kill);
void gather_result_destroy(struct gather_result *result);

/* Whether all sources are log files or journals that the caller named by path. */
bool gather_sources_are_files(const struct gather_sources *sources);
/* Whether the time lies in the request's window.  An unknown time does. */
bool gather_in_window(const struct gather_request *request, int64_t realtime_usec);
/* Whether all kills of the window are known.  All programs use this definition of complete. */
bool gather_is_complete(const struct gather_request *request, const struct gather_result *result);

/* Whether dropped kills may count and would be in the window. */
bool gather_has_forgotten(const struct gather_request *request, const struct gather_forgotten *forgotten);

/* The first source that was opened; NULL if none was. */
const struct gather_source_status *gather_first_opened(const struct gather_result *result);

/* Whether this boot's log has lost its beginning while kills were counted, and this has been
 * acknowledged. */
bool gather_gap_is_acknowledged(const struct gather_result *result);

#endif
