/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_PLUGINS_OOM_KILLS_H
#define OOM_PLUGINS_OOM_KILLS_H
/*
 * The kills found by check_oom_kills: which of them count, and the text for them.
 */
#include <stdbool.h>
#include <stdint.h>

#include "gather/gather.h"
#include "plugin/pattern.h"
#include "plugin/plugin.h"

enum oom_kills_scope { OOM_KILLS_ALL, OOM_KILLS_HOST, OOM_KILLS_MEMCG };

/* Kills that do not count are ignored: neither judged nor listed. */
struct oom_kills_rules {
	enum oom_kills_scope scope;
	struct plugin_patterns ignore_process, ignore_cgroup;
	const struct vm_places *places; /* as in the request */
};

/* Whether the rules (`data`, a struct oom_kills_rules) ignore a kill; for struct gather_rules. */
bool oom_kills_ignores(const struct oom_kill *kill, const void *data);

/* Identifies the rules; never GATHER_RULES_SEVERAL. */
uint64_t oom_kills_rules_hash(const struct oom_kills_rules *rules);

struct oom_kills {
	const struct gather_kill **list; /* those that count, then the others; each newest first */
	uint64_t kills, vm_kills, host_kills, memcg_kills;
	uint64_t others; /* listed, but not counted: */
	uint64_t acknowledged, unconfirmed;
	uint64_t ignored;
	bool has_forgotten;  /* kills that may count were dropped */
	bool has_unrecorded; /* the counter could be compared with the log */
	uint64_t unrecorded;
};

/* Whether `vm_kills` counts the kill; of a VM killed by memory.oom.group it counts one process. */
bool oom_kills_is_vm(const struct gather_kill *kill);

/*
 * Counts and lists the kills of the window; the fields for unrecorded and forgotten kills are left
 * to the caller.  0 or -ENOMEM.  The list points into *result and must be freed with free(3).
 */
int oom_kills_count(struct oom_kills *ret, const struct oom_kills_rules *rules,
		    const struct gather_result *result);

/* Sets the text that a timeout would print while the log is read; a gather_progress_fn, whose data
 * is the struct plugin. */
void oom_kills_say_progress(const struct gather_request *request, const char *source_name,
			    const struct oom_list *so_far, void *plugin);

/* Adds a line of details for each kill: those that count, then the acknowledged and unconfirmed
 * ones. */
void oom_kills_list(struct plugin *plugin, const struct gather_request *request,
		    const struct gather_result *result, const struct oom_kills *found);

/* Sets the first line and the details.  plugin->state must be set. */
void oom_kills_say(struct plugin *plugin, const struct gather_request *request,
		   const struct gather_result *result, const struct oom_kills *found);

#endif
