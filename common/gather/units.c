/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gather/units.h"

#include <ctype.h>
#include <limits.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"

/* systemd learns of the kill from the cgroup's memory.events, immediately unless it is starved
 * itself. */
#define NEAR_USEC INT64_C(2000000)

/* Each assignment may make another one unambiguous, so repeat, but not without limit. */
#define PASSES_MAX 16

/* The cgroup path under which VM managers create a scope of this name; false if none does. */
static bool path_of(const struct oom_unit *scope, struct text *path)
{
	size_t digits = 0;

	while (isdigit((unsigned char)scope->unit[digits]))
		digits++;
	if (digits > 0 && strcmp(scope->unit + digits, ".scope") == 0)
		text_printf(path, "/qemu.slice/%s", scope->unit);
	else if (strncmp(scope->unit, "machine-", 8) == 0)
		text_printf(path, "/machine.slice/%s", scope->unit);
	return path->length > 0 && !path->truncated;
}

static bool is_near(const struct oom_kill *kill, const struct oom_unit *scope)
{
	return kill->realtime_usec != KLOG_TIME_UNKNOWN && strcmp(kill->host, scope->host) == 0 &&
	       clock_is_near(kill->realtime_usec, scope->realtime_usec, NEAR_USEC);
}

/* Whether the scope belongs to a VM and the victim may have been in it. */
static bool is_vm(const struct gather_request *request, const struct oom_unit *scope, const char *comm)
{
	TEXT_ON_STACK(path, PATH_MAX);
	struct vm_identity vm;

	return path_of(scope, &path) && vm_identify(&vm, request->places, path.data, comm) &&
	       vm.role == VM_ROLE_HYPERVISOR;
}

static bool lacks_scope(const struct oom_kill *kill)
{
	struct vm_identity vm;

	return kill->killer == OOM_KILLER_KERNEL && kill->cgroup == NULL && !kill->remembered &&
	       vm_identify(&vm, NULL, NULL, kill->comm) && vm.role == VM_ROLE_HYPERVISOR;
}

/* Whether a kill in the list has a logged cgroup in this scope. */
static bool is_claimed(const struct oom_list *list, const struct oom_unit *scope)
{
	for (size_t i = 0; i < list->count; i++) {
		if (list->kills[i].cgroup != NULL && is_near(&list->kills[i], scope) &&
		    strstr(list->kills[i].cgroup, scope->unit) != NULL)
			return true;
	}
	return false;
}

/* Sets the path of systemd-oomd's kill in the scope if no line has named it. */
static void give_path(struct oom_list *list, const struct oom_unit *scope)
{
	TEXT_ON_STACK(path, PATH_MAX);
	const bool is_known = path_of(scope, &path);

	for (size_t i = 0; i < list->count && is_known; i++) {
		struct oom_kill *kill = &list->kills[i];

		if (kill->by_unit && kill->cgroup == NULL && is_near(kill, scope) &&
		    strncmp(kill->comm, scope->unit, sizeof(kill->comm) - 1) == 0)
			/* If this fails, keep the kill without a cgroup. */
			kill->cgroup = strdup(path.data);
	}
}

/* The only kill near the scope that has no cgroup; NULL if there is none or several. */
static struct oom_kill *only_kill(const struct oom_list *list, const struct oom_unit *scope)
{
	struct oom_kill *found = NULL;

	for (size_t i = 0; i < list->count; i++) {
		if (!is_near(&list->kills[i], scope) || !lacks_scope(&list->kills[i]))
			continue;
		if (found != NULL)
			return NULL;
		found = &list->kills[i];
	}
	return found;
}

/* Whether another scope near the kill may be the kill's. */
static bool has_other(const struct gather_request *request, const struct oom_list *list,
		      const struct oom_unit *scope, const struct oom_kill *kill)
{
	for (size_t i = 0; i < list->units.count; i++) {
		const struct oom_unit *other = &list->units.units[i];

		if (other != scope && !other->by_oomd && is_near(kill, other) &&
		    is_vm(request, other, kill->comm) && !is_claimed(list, other))
			return true;
	}
	return false;
}

void units_assign(const struct gather_request *request, struct oom_list *list)
{
	bool goes_on = list->units.count > 0;

	for (size_t i = 0; i < list->units.count; i++) {
		if (list->units.units[i].by_oomd)
			give_path(list, &list->units.units[i]);
	}
	for (unsigned pass = 0; goes_on && pass < PASSES_MAX; pass++) {
		goes_on = false;
		for (size_t i = 0; i < list->units.count; i++) {
			const struct oom_unit *scope = &list->units.units[i];
			struct oom_kill *kill = only_kill(list, scope);
			TEXT_ON_STACK(path, PATH_MAX);

			if (scope->by_oomd || kill == NULL || !is_vm(request, scope, kill->comm) ||
			    is_claimed(list, scope) || has_other(request, list, scope, kill) ||
			    !path_of(scope, &path))
				continue;
			/* If this fails, keep the kill without a cgroup. */
			kill->cgroup = strdup(path.data);
			kill->cgroup_doubtful = true;
			goes_on |= kill->cgroup != NULL;
		}
	}
}
