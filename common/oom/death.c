/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Two records are of one death if pid and name agree and their times are near. A pid is used again
 * after pid_max others at the earliest, which takes minutes on a busy host. One death is recorded
 * twice within milliseconds (memory.oom.group, before and after its announcement), within seconds
 * (oom_reaper, earlyoom's SIGKILL after its SIGTERM, a text log without fractions) or, if clocks
 * were converted, within a minute. If the wall clock was set in between, the same line is
 * recognised by the kernel's monotonic time, which must be equal to the microsecond.
 */
#include "oom/death.h"

#include <stdlib.h>
#include <string.h>

#include "base/boot_id.h"
#include "base/clock.h"
#include "klog/host.h"
#include "oom/path.h"

#define SAME_DEATH_USEC (60 * INT64_C(1000000))

/* The reaper may need minutes for a large VM. */
#define SAME_INFERRED_DEATH_USEC (600 * INT64_C(1000000))

/* Either may be cut or unknown. */
static bool names_agree(const struct oom_kill *a, const struct oom_kill *b)
{
	const size_t a_length = strlen(a->comm), b_length = strlen(b->comm);

	return strcmp(a->comm, b->comm) == 0 || a_length == 0 || b_length == 0 ||
	       (a->comm_is_cut && a_length < b_length && memcmp(a->comm, b->comm, a_length) == 0) ||
	       (b->comm_is_cut && b_length < a_length && memcmp(a->comm, b->comm, b_length) == 0);
}

static bool paths_agree(const char *a, const char *b)
{
	return a == NULL || b == NULL || oom_path_same(a, b);
}

/* A kill that was saved before hosts were stored has none. */
static bool hosts_agree(const struct oom_kill *a, const struct oom_kill *b)
{
	if (a->host[0] == '\0' || b->host[0] == '\0')
		return a->host[0] == b->host[0] || (a->host[0] == '\0' ? a : b)->remembered;
	return klog_host_same(a->host, b->host);
}

static bool numbers_agree(int64_t a, int64_t b)
{
	return a == b || a == OOM_UNKNOWN || b == OOM_UNKNOWN;
}

static bool sizes_agree(const struct oom_kill *a, const struct oom_kill *b)
{
	return numbers_agree(a->total_vm_kb, b->total_vm_kb) && numbers_agree(a->anon_rss_kb, b->anon_rss_kb);
}

static bool reasons_agree(const struct oom_kill *a, const struct oom_kill *b)
{
	return a->constraint == b->constraint || a->constraint == OOM_CONSTRAINT_UNKNOWN ||
	       b->constraint == OOM_CONSTRAINT_UNKNOWN;
}

bool oom_kill_contradicts(const struct oom_kill *a, const struct oom_kill *b)
{
	if (!names_agree(a, b) || !hosts_agree(a, b))
		return true;
	/* The kernel and earlyoom read the sizes of a process at different moments. */
	if ((a->proven && b->proven) || a->killer != b->killer)
		return false;
	return !paths_agree(a->cgroup, b->cgroup) || !paths_agree(a->limit_cgroup, b->limit_cgroup) ||
	       !sizes_agree(a, b) || !numbers_agree(a->file_rss_kb, b->file_rss_kb) ||
	       !numbers_agree(a->shmem_rss_kb, b->shmem_rss_kb) ||
	       !numbers_agree(a->pgtables_kb, b->pgtables_kb) || !numbers_agree(a->uid, b->uid) ||
	       (a->has_oom_score_adj && b->has_oom_score_adj && a->oom_score_adj != b->oom_score_adj) ||
	       !reasons_agree(a, b);
}

/* systemd reports a unit when its cgroup is empty; systemd-oomd does not wait for that. */
static int64_t bound_of(const struct oom_kill *a, const struct oom_kill *b)
{
	return a->inferred || b->inferred || a->by_unit != b->by_unit ? SAME_INFERRED_DEATH_USEC
								      : SAME_DEATH_USEC;
}

static bool times_agree(const struct oom_kill *a, const struct oom_kill *b)
{
	bool same_boot = a->has_boot_id && b->has_boot_id;
	bool have_monotonic =
		a->monotonic_usec != KLOG_TIME_UNKNOWN && b->monotonic_usec != KLOG_TIME_UNKNOWN;
	const int64_t bound_usec = bound_of(a, b);

	if (same_boot && !boot_id_same(a->boot_id, b->boot_id))
		return false;
	if (same_boot && have_monotonic)
		return clock_is_near(a->monotonic_usec, b->monotonic_usec, bound_usec);
	if (a->realtime_usec != KLOG_TIME_UNKNOWN && b->realtime_usec != KLOG_TIME_UNKNOWN)
		return clock_is_near(a->realtime_usec, b->realtime_usec, bound_usec) ||
		       (have_monotonic && a->monotonic_usec == b->monotonic_usec && sizes_agree(a, b));
	if (have_monotonic)
		return clock_is_near(a->monotonic_usec, b->monotonic_usec, bound_usec);
	return sizes_agree(a, b);
}

bool oom_kill_same_death(const struct oom_kill *a, const struct oom_kill *b)
{
	if (a->pid != b->pid || oom_kill_contradicts(a, b))
		return false;
	/* Without a pid, only the name and the cgroup identify the victim. With a pid, both the
	 * kernel and earlyoom may report the death. */
	if (a->pid == OOM_UNKNOWN &&
	    (a->killer != b->killer || !paths_agree(a->cgroup, b->cgroup) || strcmp(a->comm, b->comm) != 0))
		return false;
	return times_agree(a, b);
}

static void complete_number(int64_t *into, int64_t from)
{
	if (*into == OOM_UNKNOWN)
		*into = from;
}

static void complete_string(char **into, char **from)
{
	if (*into == NULL) {
		*into = *from;
		*from = NULL;
	}
}

static void complete_time(struct oom_kill *into, const struct oom_kill *from)
{
	if (into->realtime_usec == KLOG_TIME_UNKNOWN)
		into->realtime_usec = from->realtime_usec;
	if (into->monotonic_usec == KLOG_TIME_UNKNOWN)
		into->monotonic_usec = from->monotonic_usec;
	/* Of two times that are not proven, the later one counts: an earlier one could be before
	 * the window or an acknowledgement. */
	if (!into->proven && into->inferred == from->inferred && into->by_unit == from->by_unit &&
	    from->realtime_usec > into->realtime_usec)
		into->realtime_usec = from->realtime_usec;
	if (!into->has_boot_id && from->has_boot_id) {
		into->has_boot_id = true;
		memcpy(into->boot_id, from->boot_id, sizeof(into->boot_id));
	}
}

static void complete_invoker(struct oom_kill *into, const struct oom_kill *from)
{
	if (!into->has_invoker && from->has_invoker) {
		into->has_invoker = true;
		memcpy(into->invoker_comm, from->invoker_comm, sizeof(into->invoker_comm));
		into->invoker_pid = from->invoker_pid;
	}
	if (!into->has_order && from->has_order) {
		into->has_order = true;
		into->order = from->order;
	}
	if (into->gfp_mask[0] == '\0')
		memcpy(into->gfp_mask, from->gfp_mask, sizeof(into->gfp_mask));
}

/* Whether both are the same complete Killed line. To forge it, one would have to know the victim's
 * sizes to the kilobyte. */
static bool same_line(const struct oom_kill *a, const struct oom_kill *b)
{
	return a->killer == b->killer && !a->inferred && !b->inferred && strcmp(a->comm, b->comm) == 0 &&
	       a->total_vm_kb != OOM_UNKNOWN && a->anon_rss_kb != OOM_UNKNOWN &&
	       a->total_vm_kb == b->total_vm_kb && a->anon_rss_kb == b->anon_rss_kb &&
	       a->file_rss_kb == b->file_rss_kb && a->shmem_rss_kb == b->shmem_rss_kb &&
	       a->pgtables_kb == b->pgtables_kb && a->uid == b->uid;
}

/* Whether `path` is the more complete of two paths of one cgroup. Either may be shortened or
 * cut. */
static bool tells_more(const char *path, const char *than)
{
	if (oom_path_is_cut(path) != oom_path_is_cut(than))
		return oom_path_is_cut(than);
	return strlen(path) > strlen(than);
}

/* Completes the victim's cgroup. That a Killed line belongs to the report is proven only if both
 * records are proven. Otherwise the cgroup is taken, but marked doubtful, so that no rule can
 * ignore the kill by it. */
static void complete_cgroup(struct oom_kill *into, struct oom_kill *from)
{
	const bool is_proven = into->proven && from->proven;
	const bool one_lacks_it = (into->cgroup == NULL) != (from->cgroup == NULL);

	if (one_lacks_it && !is_proven && (into->cgroup == NULL || !from->inferred))
		into->cgroup_doubtful |= !into->proven || into->cgroup == NULL;
	else if (into->cgroup == NULL)
		into->cgroup_doubtful = from->cgroup_doubtful;
	if (into->cgroup && from->cgroup && tells_more(from->cgroup, into->cgroup)) {
		free(into->cgroup);
		into->cgroup = NULL;
	}
	complete_string(&into->cgroup, &from->cgroup);
}

/* Completes what the report around the Killed line contains. */
static void complete_report(struct oom_kill *into, struct oom_kill *from)
{
	if (into->constraint == OOM_CONSTRAINT_UNKNOWN)
		into->constraint = from->constraint;
	complete_cgroup(into, from);
	if (into->limit_cgroup && from->limit_cgroup && tells_more(from->limit_cgroup, into->limit_cgroup)) {
		free(into->limit_cgroup);
		into->limit_cgroup = NULL;
	}
	complete_string(&into->limit_cgroup, &from->limit_cgroup);
	complete_number(&into->limit_kb, from->limit_kb);
	complete_number(&into->host_free_kb, from->host_free_kb);
	complete_number(&into->host_total_kb, from->host_total_kb);
	complete_invoker(into, from);
	into->manual |= from->manual;
	into->not_memcg |= from->not_memcg;
}

/* Must run before `inferred` is merged. A line of the reaper does not show whether the Killed line
 * was lost. */
static void complete_lost_line(struct oom_kill *into, const struct oom_kill *from)
{
	const bool into_is_reaped = into->inferred && !into->line_lost;
	const bool from_is_reaped = from->inferred && !from->line_lost;

	if (into_is_reaped)
		into->line_lost = from->line_lost;
	else if (!from_is_reaped)
		into->line_lost &= from->line_lost;
}

/* Fills the unknown fields of `into` from `from`. Known fields stay. */
static void complete(struct oom_kill *into, struct oom_kill *from)
{
	const bool is_equal_rank = from->proven || !into->proven;

	complete_time(into, from);
	if (strlen(from->comm) > strlen(into->comm)) {
		memcpy(into->comm, from->comm, sizeof(into->comm));
		into->comm_is_cut = from->comm_is_cut;
	} else if (strcmp(from->comm, into->comm) == 0) {
		into->comm_is_cut &= from->comm_is_cut;
	}
	complete_number(&into->uid, from->uid);
	complete_number(&into->total_vm_kb, from->total_vm_kb);
	complete_number(&into->anon_rss_kb, from->anon_rss_kb);
	complete_number(&into->file_rss_kb, from->file_rss_kb);
	complete_number(&into->shmem_rss_kb, from->shmem_rss_kb);
	complete_number(&into->pgtables_kb, from->pgtables_kb);
	complete_number(&into->rss_kb, from->rss_kb);
	if (!into->has_oom_score_adj && from->has_oom_score_adj) {
		into->has_oom_score_adj = true;
		into->oom_score_adj = from->oom_score_adj;
	}
	if (is_equal_rank || same_line(into, from))
		complete_report(into, from);
	if (into->host[0] == '\0')
		memcpy(into->host, from->host, sizeof(into->host));
	into->of_this_host |= from->of_this_host;
	into->dubious = !into->proven && (into->dubious || from->dubious);
	into->remembered &= from->remembered;
	if (is_equal_rank && into->killer == from->killer) {
		complete_lost_line(into, from);
		into->follower &= from->follower;
		into->inferred &= from->inferred;
		into->by_unit &= from->by_unit;
	}
}

/* The record of the higher rank is completed from the other: a proven one before one that is not,
 * the kernel's before earlyoom's, a Killed line before an inferred kill. */
static unsigned rank_of(const struct oom_kill *kill)
{
	return (kill->proven ? 4 : 0) | (kill->killer == OOM_KILLER_KERNEL ? 2 : 0) |
	       (kill->inferred || kill->by_unit ? 0 : 1);
}

void oom_kill_exchange(struct oom_kill *a, struct oom_kill *b)
{
	const struct oom_kill other = *a;

	*a = *b;
	*b = other;
}

void oom_kill_merge(struct oom_kill *known, struct oom_kill *kill)
{
	if (rank_of(kill) > rank_of(known))
		oom_kill_exchange(known, kill);
	complete(known, kill);
	oom_kill_destroy(kill);
}
