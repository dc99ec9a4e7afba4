/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vm_oom_words.h"

#include <math.h>
#include <string.h>

#include "base/number.h"
#include "vm/complete.h"

void vm_oom_say_name(struct text *text, const struct ranked *ranked)
{
	const char *name = ranked->vm ? ranked->vm->name : ranked->comm;

	text_append_name(text, name);
	if (!ranked->vm)
		text_printf(text, "[%d]", (int)ranked->pid);
}

/* Appends the name and project from nova, oVirt or Proxmox if their files can be read. */
static void say_owner(struct text *text, const struct ranked *ranked, const struct vm_places *places,
		      const struct file_roots *roots)
{
	const struct vm_process process = {
		.pid = ranked->pid,
		.places = places,
		.cgroup = ranked->vm->cgroup,
		.comm = ranked->comm,
	};
	static struct vm_identity vm;

	if (!vm_identify_living(&vm, &process, roots))
		return;
	if (vm.display_name[0] && !strstr(ranked->vm->name, vm.display_name)) {
		text_append(text, ", ");
		text_append_name(text, vm.display_name);
	}
	if (vm.project[0]) {
		text_append(text, ", project ");
		text_append_name(text, vm.project);
	}
}

/* "instance-0000002a (38.0 % of RAM and swap, web-01, project acme)" */
static void say_victim(struct text *text, const struct ranking *ranking, const struct ranked *victim,
		       const struct vm_places *places, const struct file_roots *roots)
{
	vm_oom_say_name(text, victim);
	text_printf(text, " (%.1f %% of RAM and swap", ranking_share(ranking, victim));
	if (victim->adj != 0)
		text_printf(text, ", adj %d", victim->adj);
	if (victim->vm && roots)
		say_owner(text, victim, places, roots);
	text_append(text, victim->vm ? ")" : "), not a VM");
}

static const struct ranked *first_vm(const struct ranking *ranking)
{
	for (size_t i = 0; i < ranking->count; i++) {
		if (ranking->list[i].vm && !ranking->list[i].badness.unkillable)
			return &ranking->list[i];
	}
	return NULL;
}

void vm_oom_say_order(struct text *text, const struct ranking *ranking, bool all,
		      const struct vm_places *places, const struct file_roots *roots)
{
	const struct ranked *vm = first_vm(ranking);
	const struct ranked *victim = all && ranking->count > 0 ? &ranking->list[0] : vm;

	if (ranking->vm_count == 0)
		text_append(text, "no VMs");
	if (ranking->vm_count == 0 && victim && !victim->badness.unkillable)
		text_append(text, "; ");
	if (victim && !victim->badness.unkillable) {
		/* Without --all other processes are not compared and may be larger. */
		text_printf(text, all ? "next victim would be " : "next victim among VMs would be ");
		say_victim(text, ranking, victim, places, roots);
	} else if (ranking->vm_count > 0) {
		text_append(text, "no VM can be killed");
	}
	if (victim && vm && victim != vm) {
		text_append(text, "; first VM ");
		say_victim(text, ranking, vm, places, roots);
	}
	if (ranking->vm_count > 0)
		text_printf(text, "; %zu VM%s", ranking->vm_count, ranking->vm_count == 1 ? "" : "s");
	if (ranking->hidden_limit_count > 0)
		text_printf(
			text,
			"; limits of %zu VM%s not visible in this cgroup namespace (mount the host's /sys "
			"and set --sysfs)",
			ranking->hidden_limit_count, ranking->hidden_limit_count == 1 ? "" : "s");
}

static void say_amount(struct text *text, const char *what, uint64_t bytes)
{
	text_append(text, what);
	number_append_bytes(text, bytes);
}

static void say_limits(struct text *text, const struct running_vm_limit *limit,
		       const struct running_vm_usage *usage)
{
	say_amount(text, "; cgroup holds ", usage->held_bytes);
	if (host_or_zero(usage->hugetlb_bytes) > 0) {
		say_amount(text, " (", usage->hugetlb_bytes);
		text_append(text, " of which in huge pages)");
	}
	if (host_known(limit->max_bytes))
		say_amount(text, " of at most ", limit->max_bytes);
	if (host_known(usage->high_bytes))
		say_amount(text, ", memory.high ", usage->high_bytes);
	if (host_or_zero(usage->oom_kills) > 0)
		text_printf(text, ", %llu killed in it", (unsigned long long)usage->oom_kills);
}

static void say_score(struct text *text, const struct ranking *ranking, const struct ranked *ranked)
{
	const double permille = host_oom_score_permille(ranking->formula, ranked->score);

	text_printf(text, ", oom_score %llu", (unsigned long long)ranked->score);
	if (ranked->badness.unkillable)
		text_append(text, " (cannot be killed)");
	else if (!isnan(permille))
		text_printf(text, " (%.0f thousandths with adj)", permille);
}

void vm_oom_say_ranked(struct text *text, const struct ranking *ranking, const struct ranked *ranked)
{
	text_append(text, ranked->vm ? "VM " : "process ");
	vm_oom_say_name(text, ranked);
	text_printf(text, ": %.1f %% of RAM and swap, adj %d", ranking_share(ranking, ranked), ranked->adj);
	if (host_known(ranked->score))
		say_score(text, ranking, ranked);
	say_amount(text, ", RSS ", host_or_zero(ranked->status.vm_rss_kb) * 1024);
	say_amount(text, ", swap ", host_or_zero(ranked->status.vm_swap_kb) * 1024);
	if (host_or_zero(ranked->status.hugetlb_kb) > 0) {
		say_amount(text, ", plus ", ranked->status.hugetlb_kb * 1024);
		text_append(text, " in huge pages, which the OOM killer does not count");
	}
	if (ranked->has_usage)
		say_limits(text, &ranked->limit, &ranked->usage);
	text_printf(text, "; pid %d", (int)ranked->pid);
	if (ranked->vm && ranked->vm->uuid[0])
		text_printf(text, ", uuid %s", ranked->vm->uuid);
}
