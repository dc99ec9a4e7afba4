/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vm_ranking.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/meminfo.h"

double ranking_share(const struct ranking *ranking, const struct ranked *ranked)
{
	return 100.0 * (double)ranked->badness.held_kb / (double)ranking->total_kb;
}

double ranking_limit_share(const struct ranked *ranked)
{
	if (!ranked->has_limit_state || !host_known(ranked->limit.max_bytes) || ranked->limit.max_bytes == 0)
		return NAN;
	return 100.0 * (double)ranked->limit.held_bytes / (double)ranked->limit.max_bytes;
}

static int read_total(struct ranking *ranking, const struct file_roots *roots, struct text *error)
{
	struct host_meminfo meminfo;
	int r = host_meminfo_read(&meminfo, roots, error);

	if (r < 0)
		return r;
	ranking->total_kb = host_or_zero(meminfo.mem_total_kb) + host_or_zero(meminfo.swap_total_kb);
	if (ranking->total_kb > 0)
		return 0;
	text_append(error, "/proc/meminfo: MemTotal is 0");
	return -EBADMSG;
}

/* Computes the badness of a process whose status is known. */
static int weigh(struct ranked *ranked, const struct host_processes *processes, uint64_t total_kb)
{
	int r = host_process_oom_score_adj(processes, ranked->pid, &ranked->adj);

	if (r == 0)
		ranked->badness = host_oom_badness(ranked->pid, &ranked->status, ranked->adj, total_kb);
	return r;
}

static int append(struct ranking *ranking, const struct ranked *ranked)
{
	if ((ranking->count & (ranking->count - 1)) == 0) {
		size_t room = ranking->count ? 2 * ranking->count : 1;
		struct ranked *list = reallocarray(ranking->list, room, sizeof(*list));

		if (!list)
			return -ENOMEM;
		ranking->list = list;
	}
	ranking->list[ranking->count++] = *ranked;
	return 0;
}

static int add_vms(struct ranking *ranking, const struct host_processes *processes,
		   const struct host_cgroups *cgroups, struct text *error)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < ranking->vms.count; i++) {
		const struct running_vm *vm = &ranking->vms.list[i];
		struct ranked ranked = {
			.pid = vm->pid, .vm = vm, .status = vm->status, .score = HOST_ABSENT
		};

		memcpy(ranked.comm, vm->comm, sizeof(ranked.comm));
		r = weigh(&ranked, processes, ranking->total_kb);
		if (r == -ESRCH) { /* it has exited */
			r = 0;
			continue;
		}
		if (r < 0) {
			text_printf(error, "/proc/%d/oom_score_adj: %s", (int)vm->pid, strerror(-r));
			return r;
		}
		r = cgroups ? running_vms_limit(&ranked.limit, vm, cgroups) : -ENOENT;
		ranked.has_limit_state = r == 0;
		if (r < 0 && r != -ENOENT && !vm->is_outside_cgroup_namespace) {
			text_printf(error, "memory of cgroup %s: %s", vm->cgroup, strerror(-r));
			return r;
		}
		ranking->hidden_limit_count += vm->is_outside_cgroup_namespace && !ranked.has_limit_state;
		ranking->vm_count++;
		ranking->unkillable_vm_count += ranked.badness.unkillable;
		r = append(ranking, &ranked);
		if (r < 0)
			text_append(error, "out of memory while listing the VMs");
	}
	return r;
}

/* -ESRCH: it has exited. */
static int add_other(struct ranking *ranking, const struct ranking_options *options,
		     const struct host_processes *processes, pid_t pid)
{
	struct ranked ranked = { .pid = pid, .score = HOST_ABSENT };
	int r = host_process_comm(processes, pid, ranked.comm);

	if (r < 0)
		return r;
	ranked.is_protected = plugin_patterns_match(options->protected_names, ranked.comm);
	if ((!options->all && !ranked.is_protected) || running_vms_find(&ranking->vms, pid))
		return 0;
	r = host_process_status(processes, pid, &ranked.status);
	if (r == 0)
		r = weigh(&ranked, processes, ranking->total_kb);
	if (r < 0 || ranked.badness.unkillable)
		return r;
	return append(ranking, &ranked);
}

static int add_others(struct ranking *ranking, const struct ranking_options *options,
		      struct host_processes *processes, struct text *error)
{
	pid_t pid;
	int r;

	rewinddir(processes->directory);
	while ((r = host_processes_next(processes, &pid, error)) > 0) {
		r = add_other(ranking, options, processes, pid);
		if (r < 0 && r != -ESRCH) {
			text_printf(error, "/proc/%d: %s", (int)pid, strerror(-r));
			return r;
		}
	}
	return r;
}

/* Only for listed processes: the order does not need the score, and reading it takes as long as
 * reading a name. */
static void read_scores(struct ranking *ranking, const struct host_processes *processes, size_t listed)
{
	for (size_t i = 0; i < ranking->count; i++) {
		struct ranked *ranked = &ranking->list[i];

		if (i >= listed || host_process_oom_score(processes, ranked->pid, &ranked->score) < 0)
			ranked->score = HOST_ABSENT;
	}
}

/* The formula follows from any process whose badness and score are both known.  Our own process
 * always exists; the VMs serve in a recorded tree or another PID namespace. */
static void find_formula(struct ranking *ranking, const struct host_processes *processes)
{
	struct ranked own = { .pid = getpid() };

	if (host_process_status(processes, own.pid, &own.status) == 0 &&
	    weigh(&own, processes, ranking->total_kb) == 0 &&
	    host_process_oom_score(processes, own.pid, &own.score) == 0)
		ranking->formula = host_oom_formula(&own.badness, ranking->total_kb, own.score);
	for (size_t i = 0; ranking->formula == HOST_OOM_FORMULA_UNKNOWN && i < ranking->count; i++) {
		const struct ranked *ranked = &ranking->list[i];

		if (host_known(ranked->score))
			ranking->formula =
				host_oom_formula(&ranked->badness, ranking->total_kb, ranked->score);
	}
}

/* Among equal points the kernel chooses the last process it visits, and it visits the oldest
 * first. */
static int compare(const void *left, const void *right)
{
	const struct ranked *a = left, *b = right;

	if (a->badness.unkillable != b->badness.unkillable)
		return a->badness.unkillable ? 1 : -1;
	if (a->badness.points_kb != b->badness.points_kb)
		return a->badness.points_kb > b->badness.points_kb ? -1 : 1;
	return (a->pid < b->pid) - (a->pid > b->pid);
}

static int rank(struct ranking *ranking, const struct ranking_options *options,
		struct host_processes *processes, const struct host_cgroups *cgroups, struct text *error)
{
	int r = running_vms_read(&ranking->vms, processes, cgroups, &options->vms, error);

	if (r == 0)
		r = add_vms(ranking, processes, cgroups, error);
	if (r == 0 && (options->all || options->protected_names->count > 0))
		r = add_others(ranking, options, processes, error);
	if (r < 0)
		return r;
	if (ranking->count > 0)
		qsort(ranking->list, ranking->count, sizeof(ranking->list[0]), compare);
	return 0;
}

int ranking_read(struct ranking *ret, const struct ranking_options *options, const struct file_roots *roots,
		 struct text *error)
{
	static struct host_cgroups cgroups;
	struct host_processes processes;

	*ret = (struct ranking){ 0 };
	int r = read_total(ret, roots, error);
	if (r == 0)
		r = host_processes_open(&processes, roots, error);
	if (r < 0)
		return r;
	r = host_cgroups_find(&cgroups, roots, NULL);
	if (r == 0 || r == -ENOENT)
		r = rank(ret, options, &processes, r == 0 ? &cgroups : NULL, error);
	else
		text_printf(error, "/sys/fs/cgroup: %s", strerror(-r));
	host_processes_close(&processes);
	return r;
}

static void read_usages(struct ranking *ranking, const struct host_cgroups *cgroups, size_t listed)
{
	for (size_t i = 0; i < ranking->count && i < listed; i++) {
		struct ranked *ranked = &ranking->list[i];

		ranked->has_usage =
			ranked->has_limit_state &&
			running_vms_usage(&ranked->usage, ranked->vm, &ranked->limit, cgroups) == 0;
	}
}

void ranking_read_details(struct ranking *ranking, size_t listed, const struct file_roots *roots)
{
	static struct host_cgroups cgroups;
	struct host_processes processes;

	if (host_cgroups_find(&cgroups, roots, NULL) == 0)
		read_usages(ranking, &cgroups, listed);

	if (host_processes_open(&processes, roots, NULL) < 0)
		return;
	read_scores(ranking, &processes, listed);
	find_formula(ranking, &processes);
	host_processes_close(&processes);
}
