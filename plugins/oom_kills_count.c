/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which kills check_oom_kills counts, and as what. */
#include <errno.h>
#include <stdlib.h>

#include "oom_kills.h"

bool oom_kills_is_vm(const struct gather_kill *kill)
{
	return kill->vm.role == VM_ROLE_MACHINE && !kill->counted_elsewhere;
}

static bool is_ignored(const struct oom_kills_rules *rules, const struct oom_kill *kill)
{
	if (rules->scope != OOM_KILLS_ALL && oom_kill_is_host(kill) != (rules->scope == OOM_KILLS_HOST))
		return true;
	return plugin_patterns_match(&rules->ignore_process, kill->comm) ||
	       plugin_patterns_match(&rules->ignore_cgroup, kill->cgroup);
}

static void count_kill(struct oom_kills *found, const struct gather_kill *kill)
{
	found->list[found->kills++] = kill;
	found->vm_kills += oom_kills_is_vm(kill);
	if (oom_kill_is_host(kill->kill))
		found->host_kills++;
	else
		found->memcg_kills++;
}

int oom_kills_count(struct oom_kills *ret, const struct oom_kills_rules *rules,
		    const struct gather_result *result)
{
	struct oom_kills found = { 0 };

	found.list = result->count > 0 ? calloc(result->count, sizeof(struct gather_kill *)) : NULL;
	if (result->count > 0 && !found.list)
		return -ENOMEM;
	for (size_t i = 0; i < result->count; i++) {
		const struct gather_kill *kill = &result->kills[i];

		if (is_ignored(rules, kill->kill))
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

		if ((kill->acknowledged || kill->unconfirmed) && !is_ignored(rules, kill->kill))
			found.list[found.kills + found.others++] = kill;
	}
	*ret = found;
	return 0;
}
