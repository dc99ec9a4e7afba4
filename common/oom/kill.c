/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "oom/kill.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void oom_kill_init(struct oom_kill *kill)
{
	*kill = (struct oom_kill){
		.realtime_usec = KLOG_TIME_UNKNOWN,
		.monotonic_usec = KLOG_TIME_UNKNOWN,
		.pid = OOM_UNKNOWN,
		.uid = OOM_UNKNOWN,
		.total_vm_kb = OOM_UNKNOWN,
		.anon_rss_kb = OOM_UNKNOWN,
		.file_rss_kb = OOM_UNKNOWN,
		.shmem_rss_kb = OOM_UNKNOWN,
		.pgtables_kb = OOM_UNKNOWN,
		.rss_kb = OOM_UNKNOWN,
		.limit_kb = OOM_UNKNOWN,
		.host_free_kb = OOM_UNKNOWN,
		.host_total_kb = OOM_UNKNOWN,
		.invoker_pid = OOM_UNKNOWN,
	};
}

void oom_kill_begin(struct oom_kill *kill, const struct klog_record *record)
{
	oom_kill_init(kill);
	kill->realtime_usec = record->realtime_usec;
	kill->monotonic_usec = record->monotonic_usec;
	kill->has_boot_id = record->has_boot_id;
	memcpy(kill->boot_id, record->boot_id, sizeof(kill->boot_id));
	kill->proven = record->proven;
	kill->of_this_host = record->of_this_host;
}

void oom_kill_forget_sizes(struct oom_kill *kill)
{
	kill->total_vm_kb = kill->anon_rss_kb = kill->file_rss_kb = kill->shmem_rss_kb = OOM_UNKNOWN;
	kill->pgtables_kb = kill->rss_kb = OOM_UNKNOWN;
}

void oom_kill_keep_names(struct oom_kill *into, const struct oom_kill *kill)
{
	*into = *kill;
	into->cgroup = into->limit_cgroup = NULL;
}

int oom_kill_copy(struct oom_kill *into, const struct oom_kill *kill)
{
	*into = *kill;
	into->cgroup = kill->cgroup ? strdup(kill->cgroup) : NULL;
	into->limit_cgroup = kill->limit_cgroup ? strdup(kill->limit_cgroup) : NULL;
	if ((kill->cgroup && !into->cgroup) || (kill->limit_cgroup && !into->limit_cgroup)) {
		oom_kill_destroy(into);
		return -ENOMEM;
	}
	return 0;
}

void oom_kill_destroy(struct oom_kill *kill)
{
	free(kill->cgroup);
	free(kill->limit_cgroup);
	oom_kill_init(kill);
}

const char *oom_killer_name(enum oom_killer killer)
{
	static const char *const names[OOM_KILLER_COUNT] = {
		[OOM_KILLER_KERNEL] = "kernel",
		[OOM_KILLER_SYSTEMD_OOMD] = "systemd-oomd",
		[OOM_KILLER_EARLYOOM] = "earlyoom",
	};

	return names[killer];
}

const char *oom_constraint_name(enum oom_constraint constraint)
{
	static const char *const names[OOM_CONSTRAINT_COUNT] = {
		[OOM_CONSTRAINT_UNKNOWN] = "unknown",     [OOM_CONSTRAINT_NONE] = "none",
		[OOM_CONSTRAINT_MEMCG] = "memcg",         [OOM_CONSTRAINT_CPUSET] = "cpuset",
		[OOM_CONSTRAINT_MEMPOLICY] = "mempolicy",
	};

	return names[constraint];
}

enum oom_scope oom_kill_scope(const struct oom_kill *kill)
{
	if (kill->manual)
		return OOM_SCOPE_NONE;
	switch (kill->constraint) {
	case OOM_CONSTRAINT_MEMCG:
		return OOM_SCOPE_MEMCG;
	case OOM_CONSTRAINT_NONE:
	case OOM_CONSTRAINT_CPUSET:
	case OOM_CONSTRAINT_MEMPOLICY:
		return OOM_SCOPE_HOST;
	case OOM_CONSTRAINT_UNKNOWN:
	case OOM_CONSTRAINT_COUNT:
		break;
	}
	/* earlyoom checks only the memory of the host. */
	return kill->not_memcg || kill->killer == OOM_KILLER_EARLYOOM ? OOM_SCOPE_HOST : OOM_SCOPE_UNKNOWN;
}
