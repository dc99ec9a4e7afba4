/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_PLUGINS_VM_RANKING_H
#define OOM_PLUGINS_VM_RANKING_H
/*
 * The kernel's order of OOM victims.
 *
 * It is computed by the kernel's own formula from /proc/PID/status, because oom_score is rounded:
 * on a host of 512 GiB one step is 0.75 GiB, and VMs of one flavor have the same score.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/file.h"
#include "base/text.h"
#include "host/oom_score.h"
#include "plugin/pattern.h"
#include "running/running_vms.h"

struct ranked {
	pid_t pid;
	const struct running_vm *vm; /* NULL: another process */
	bool is_protected;           /* its name is among those that must not be killed before a VM */
	int adj;
	uint64_t score; /* by ranking_read_details(); HOST_ABSENT: not listed, or it has exited */
	struct host_badness badness;
	struct host_process_status status;
	bool has_limit_state;
	struct running_vm_limit limit; /* of a VM, if has_limit_state */
	bool has_usage;
	struct running_vm_usage usage; /* by ranking_read_details(), if has_usage */
	char comm[HOST_COMM_MAX];
};

struct ranking_options {
	struct running_vms_options vms;
	bool all;                                      /* rank every process */
	const struct plugin_patterns *protected_names; /* also rank these */
};

struct ranking {
	uint64_t total_kb; /* RAM and swap */
	enum host_oom_formula formula;
	struct running_vms vms;
	size_t count;
	struct ranked *list; /* the next victim first, unkillable processes last */
	size_t vm_count;
	size_t unkillable_vm_count;
	size_t hidden_limit_count; /* VMs whose cgroup is not visible here */
};

/* 0, or a negative errno and a clause in *error.  Processes that exit meanwhile are left out. */
int ranking_read(struct ranking *ret, const struct ranking_options *options, const struct file_roots *roots,
		 struct text *error);

/* Reads the scores of the first `listed` processes, finds what they mean on this kernel, and reads
 * what the VMs' cgroups hold.  Only for the long output; no state depends on it. */
void ranking_read_details(struct ranking *ranking, size_t listed, const struct file_roots *roots);

/* Its share of all RAM and swap in percent, without oom_score_adj. */
double ranking_share(const struct ranking *ranking, const struct ranked *ranked);

/* Its share of its cgroup's limit in percent; NaN if there is no limit or it is unknown. */
double ranking_limit_share(const struct ranked *ranked);

#endif
