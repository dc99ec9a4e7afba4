/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "oom/units.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/text.h"
#include "oom/cursor.h"

#define SAME_USEC INT64_C(2000000)

/*
 * systemd src/core/cgroup.c and unit.c:
 *	UNIT: A process of this unit has been killed by the OOM killer.		(243)
 *	UNIT: The kernel OOM killer killed some processes in this unit.		(262)
 *	UNIT: systemd-oomd killed 3 process(es) in this unit.			(249)
 *	UNIT: Failed with result 'oom-kill'.
 */
static bool take_unit(const struct klog_record *record, struct piece *ret, bool *ret_by_oomd)
{
	static const struct {
		const char *end;
		bool by_oomd;
	} forms[] = {
		{ ".scope: A process of this unit has been killed by the OOM killer", false },
		{ ".scope: The kernel OOM killer killed some processes in this unit", false },
		{ ".scope: systemd-oomd killed ", true },
		{ ".scope: Failed with result 'oom-kill'", false },
	};
	const struct cursor line = cursor_trimmed(record->text, record->text_length);

	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		const char *end = cursor_find(&line, forms[i].end);

		if (end == NULL)
			continue;
		*ret = (struct piece){ line.at, (size_t)(end - line.at) + strlen(".scope") };
		*ret_by_oomd = forms[i].by_oomd;
		return memchr(ret->at, ' ', ret->length) == NULL &&
		       memchr(ret->at, '/', ret->length) == NULL && ret->length < OOM_UNIT_SIZE;
	}
	return false;
}

static bool is_there(const struct oom_units *units, const struct oom_unit *scope)
{
	for (size_t i = 0; i < units->count; i++) {
		const struct oom_unit *other = &units->units[i];

		if (other->by_oomd == scope->by_oomd && strcmp(other->unit, scope->unit) == 0 &&
		    strcmp(other->host, scope->host) == 0 &&
		    clock_is_near(other->realtime_usec, scope->realtime_usec, SAME_USEC))
			return true;
	}
	return false;
}

int oom_units_add(struct oom_units *units, const struct klog_record *record, const char *host)
{
	struct oom_unit scope = { .realtime_usec = record->realtime_usec };
	struct piece unit;

	if (record->realtime_usec == KLOG_TIME_UNKNOWN || !take_unit(record, &unit, &scope.by_oomd))
		return 0;
	cursor_copy(unit, scope.unit, sizeof(scope.unit));
	text_copy(scope.host, sizeof(scope.host), host);
	if (units->count == OOM_UNITS_MAX || is_there(units, &scope))
		return 0;
	if (units->units == NULL)
		units->units = malloc(OOM_UNITS_MAX * sizeof(*units->units));
	if (units->units == NULL)
		return -ENOMEM;
	units->units[units->count++] = scope;
	return 0;
}

void oom_units_destroy(struct oom_units *units)
{
	free(units->units);
	*units = (struct oom_units){ 0 };
}
