/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Decides which kills check_oom_kills counts, and in which categories. */
#include <errno.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/hash.h"
#include "oom/path.h"
#include "oom_kills.h"

bool oom_kills_is_vm(const struct gather_kill *kill)
{
	return kill->vm.role == VM_ROLE_HYPERVISOR && !kill->is_duplicate;
}

/*
 * Whether --ignore-cgroup applies.  In a text log any user can write a forged report before a real
 * Killed line.  So a process with a hypervisor's name is not ignored for a cgroup that cannot hold
 * a VM, unless the record is proven.  No kill is ignored for a cgroup that is truncated or
 * cgroup_doubtful.
 */
static bool cgroup_excuses(const struct oom_kills_rules *rules, const struct oom_kill *kill)
{
	struct vm_identity vm;

	if (!kill->cgroup || kill->cgroup_doubtful || oom_path_is_shortened(kill->cgroup) ||
	    oom_path_is_cut(kill->cgroup) || !plugin_patterns_match(&rules->ignore_cgroup, kill->cgroup))
		return false;
	return kill->proven || !vm_identify(&vm, NULL, NULL, kill->comm) || vm.role != VM_ROLE_HYPERVISOR ||
	       vm_identify(&vm, rules->places, kill->cgroup, NULL);
}

/* A kill whose cause is not logged may belong to either scope, so it counts in both. */
static bool is_in_scope(enum oom_kills_scope wanted, const struct oom_kill *kill)
{
	const enum oom_scope scope = oom_kill_scope(kill);

	return wanted == OOM_KILLS_ALL || scope == OOM_SCOPE_UNKNOWN ||
	       scope == (wanted == OOM_KILLS_HOST ? OOM_SCOPE_HOST : OOM_SCOPE_MEMCG);
}

bool oom_kills_ignores(const struct oom_kill *kill, const void *data)
{
	const struct oom_kills_rules *rules = data;

	if (!is_in_scope(rules->scope, kill))
		return true;
	return plugin_patterns_match(&rules->ignore_process, kill->comm) || cgroup_excuses(rules, kill);
}

uint64_t oom_kills_rules_hash(const struct oom_kills_rules *rules)
{
	const uint64_t parts[] = { (uint64_t)rules->scope, rules->ignore_process.hash,
				   rules->ignore_cgroup.hash };

	return hash_add_numbers(HASH_OF_NOTHING, parts, ARRAY_SIZE(parts)) | 1;
}

static void count_kill(struct oom_kills *found, const struct gather_kill *kill)
{
	found->list[found->kills++] = kill;
	found->vm_kills += oom_kills_is_vm(kill);
	const enum oom_scope scope = oom_kill_scope(kill->kill);
	found->host_kills += scope == OOM_SCOPE_HOST;
	found->memcg_kills += scope == OOM_SCOPE_MEMCG;
}

int oom_kills_count(struct oom_kills *ret, const struct oom_kills_rules *rules,
		    const struct gather_result *result)
{
	struct oom_kills found = {
		.ignored = result->dropped.ignored,
		.acknowledged = result->dropped.acknowledged,
		.unconfirmed = result->dropped.unconfirmed,
	};

	found.list = result->count > 0 ? calloc(result->count, sizeof(struct gather_kill *)) : NULL;
	if (result->count > 0 && !found.list)
		return -ENOMEM;
	for (size_t i = 0; i < result->count; i++) {
		const struct gather_kill *kill = &result->kills[i];

		if (oom_kills_ignores(kill->kill, rules))
			found.ignored++;
		else if (kill->acknowledged)
			found.acknowledged++;
		else if (kill->unconfirmed)
			found.unconfirmed++;
		else
			count_kill(&found, kill);
	}
	for (size_t i = 0; i < result->count; i++) {
		const struct gather_kill *kill = &result->kills[i];

		if ((kill->acknowledged || kill->unconfirmed) && !oom_kills_ignores(kill->kill, rules))
			found.list[found.kills + found.others++] = kill;
	}
	*ret = found;
	return 0;
}
