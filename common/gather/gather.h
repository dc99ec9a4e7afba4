/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_GATHER_GATHER_H
#define OOM_GATHER_GATHER_H
/*
 * From a list of sources and a window to the kills in it, each with its VM:
 * the road klog -> oom -> vm walked once, for every program that asks the same
 * question.  Which source is taken, what part of the window none could see and
 * who vouches for it is found out here; what that means for a verdict is not.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/file.h"
#include "klog/klog.h"
#include "klog/privilege.h"
#include "oom/kill.h"
#include "vm/identity.h"

#define GATHER_SOURCES_MAX 16
#define GATHER_TRIED_MAX   GATHER_SOURCES_MAX

struct gather_source {
	enum klog_kind kind;
	const char *path; /* NULL: the system's own */
};

struct gather_sources {
	struct gather_source list[GATHER_SOURCES_MAX];
	size_t count; /* 0: auto */
};

struct memory;
struct notes;

/* vouched_since_usec where somebody has acknowledged whatever was before. */
#define GATHER_ACKNOWLEDGED_USEC INT64_C(0)

/*
 * How the kernel's counter of kills (/proc/vmstat oom_kill, since 4.13) stands
 * against the Killed lines that were read: remembered from run to run, it tells
 * of kills whose line nobody has seen.
 */
struct gather_account {
	bool known;
	uint8_t boot_id[16];
	uint64_t explained;         /* kills of the counter that are accounted for */
	uint64_t unrecorded;        /* and that are not */
	uint64_t unproven;          /* kills of this boot that only lines tell which anybody may have
	                             * written: they account for nothing.  Not saved */
	int64_t newest_line_usec;   /* kernel time of the newest Killed line read */
	int64_t vouched_since_usec; /* realtime: the account holds from here on */
};

/* Which kills the caller does not count.  What is dropped from a full store is decided
 * by that too; `hash` tells other rules apart, whose caller may count what these drop. */
struct gather_rules {
	bool (*ignores)(const struct oom_kill *kill, const void *data); /* NULL: none */
	const void *data;
	uint64_t hash;
};

struct gather_request {
	struct gather_sources sources;
	int64_t since_usec; /* realtime, or KLOG_TIME_UNKNOWN: all there is */
	int64_t until_usec; /* realtime, or KLOG_TIME_UNKNOWN: no end */
	int64_t now_usec;   /* realtime */
	struct file_roots roots;
	struct klog_held *held;         /* the ring opened with a privilege; NULL: nothing is held */
	const struct vm_places *places; /* of VMs' cgroups besides the managers' own, NULL: none */
	struct gather_account past;     /* of an earlier run, if known */
	const struct memory *memory;    /* of earlier runs, NULL: none */
	const struct notes *notes;      /* of VMs while they lived, NULL: gather_name_vms() reads
	                                 * them when the first kill needs them (with a memory only) */
	bool hold_unacknowledged;       /* kills are in the window until they are acknowledged */
	/* Of large log files, gather/searched.h; NULL: none. */
	const struct klog_search_memory *searches;
	struct gather_rules rules;
	bool any_host;    /* all hosts' kills count; named sources: so they do without `host` */
	const char *host; /* named sources: whose kills count; auto: this host's name in log
	                   * files, besides its own; NULL: none is given */
};

struct gather_kill {
	const struct oom_kill *kill; /* in gather_result.list */
	struct vm_identity vm;       /* role VM_ROLE_NONE: no VM's process */
	bool acknowledged;           /* somebody has seen it, see memory.h */
	bool unconfirmed;            /* told by a text log alone, where anybody can write, while
	                              * the kernel had counted no kill in its boot; or by a line
	                              * of syslog(2) that may be a user's (oom_kill.dubious) */
	bool counted_elsewhere;      /* one more process of a VM that died at once, by
	                              * memory.oom.group: the largest stands for the VM */
};

/* Kills of the window that were read and are not in `kills`, of which there were more
 * than OOM_LIST_MAX. */
struct gather_dropped {
	uint64_t counted;
	uint64_t ignored, acknowledged, unconfirmed;
};

/* Kills that a full list or memory has dropped and that nobody has acknowledged. */
struct gather_forgotten {
	int64_t counted_usec; /* realtime of the newest that counts, 0: none */
	int64_t ignored_usec; /* of the newest that does not count by the rules `rules` */
	uint64_t rules;
};
#define GATHER_RULES_SEVERAL UINT64_C(0) /* no gather_rules.hash */

/* A source that was read or could not be. */
struct gather_tried {
	enum klog_kind kind;
	char name[128];
	bool opened;
	bool failed;      /* not opened, or not read to its end: see `failure` */
	bool left_behind; /* a file that nobody writes any more: it tells nothing of now */
	struct klog_failure failure;
	struct klog_summary summary; /* where opened */
};

/* What none of the sources read could tell. */
enum gather_gap {
	GATHER_GAP_NONE,    /* the whole window was seen */
	GATHER_GAP_VOUCHED, /* this boot's log is not whole, but the kernel's counter says that
	                     * no kill is missing */
	GATHER_GAP_BEFORE,  /* nothing older is kept anywhere: earlier boots, before the
	                     * installation */
	GATHER_GAP_BLIND,   /* a part was not seen, and nothing vouches for it */
};

struct gather_result {
	struct gather_kill *kills; /* in the window, newest first, then all others */
	size_t count;              /* in the window */
	size_t known_count;
	struct gather_tried *tried; /* in the order in which they were */
	size_t tried_count;

	enum gather_gap gap;
	bool window_unseen;            /* no source tells of any part of the window */
	bool this_boot_unseen;         /* a part of the window in this boot */
	int64_t seen_since_usec;       /* from here on the window was seen; KLOG_TIME_UNKNOWN: the
	                          * logs do not say how far back they go */
	int64_t boot_usec;             /* realtime of this boot */
	bool ring_whole;               /* the ring still holds all of this boot */
	bool has_counter;              /* /proc/vmstat oom_kill, since 4.13 */
	int counter_error;             /* negative errno: there may be one, and it could not be
	                                * read or held against the lines; 0: none failed, or
	                                * the sources are files, of which it tells nothing */
	uint64_t counter;              /* kills and their doubles since boot */
	bool counter_agrees;           /* as many Killed lines were read of this boot */
	struct gather_account account; /* as of this run; not known: nothing to compare */
	uint64_t lost_records;
	uint64_t other_hosts_kills;        /* left out, of the window */
	char assumed_host[KLOG_HOST_SIZE]; /* auto: a name in a log file that is not this host's, whose
	                                    * lines were taken for this host's; "" none */
	bool host_unseen;                  /* no line was read that is known to be of the host whose
	                                    * kills count, while there are others' */
	struct gather_dropped dropped;
	struct gather_forgotten forgotten;

	struct oom_list list; /* owns what `kills` points to */
};

/* Called when another source begins and when another kill was found. */
typedef void (*gather_progress_fn)(const struct gather_request *request, const char *source_name,
				   const struct oom_list *so_far, void *data);

/*
 * Opens, reads and parses the logs.  0, or -ENOMEM; what could not be read is in tried[].
 * Free with gather_result_destroy() in any case.
 */
int gather(const struct gather_request *request, gather_progress_fn progress, void *progress_data,
	   struct gather_result *ret);

/*
 * Completes the VMs of the kills by what other files tell: the notes, libvirt's files,
 * machined's entries in the journal.  gather() has named them by the log and the memory
 * alone, for these files may keep their reader waiting.  Neither adds nor removes a
 * kill; whether it is a VM's, and which, may change (see gather_may_be_vm()).
 */
void gather_name_vms(const struct gather_request *request, struct gather_result *result);

/* Before gather_name_vms(): whether a kill that seems to be of no VM may turn out to be
 * one's, because the log does not tell its cgroup. */
bool gather_may_be_vm(const struct gather_kill *kill);
void gather_result_destroy(struct gather_result *result);

/* Whether the caller named log files or journals by their paths, and nothing else. */
bool gather_sources_are_files(const struct gather_sources *sources);
/* Whether all kills of the window are known, as far as `gap` says: for all the same answer. */
bool gather_is_complete(const struct gather_request *request, const struct gather_result *result);

/* Whether kills that may count were dropped, and would be in the window. */
bool gather_has_forgotten(const struct gather_request *request, const struct gather_forgotten *forgotten);

/* The first source that was opened, NULL if none was: all blind. */
const struct gather_tried *gather_first_opened(const struct gather_result *result);

/* This boot's log has lost its beginning, kills with it, and somebody has acknowledged
 * that. */
bool gather_gap_is_acknowledged(const struct gather_result *result);

#endif
