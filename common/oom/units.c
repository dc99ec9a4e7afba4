/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "oom/units.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

#define SAME_USEC INT64_C(2000000)

static bool is_scope(const char *unit)
{
	const char *end = strrchr(unit, '.');

	return end != NULL && strcmp(end, ".scope") == 0;
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

int oom_units_add(struct oom_units *units, const struct oom_unit *unit)
{
	if (unit->realtime_usec == KLOG_TIME_UNKNOWN || !is_scope(unit->unit) ||
	    units->count == OOM_UNITS_MAX || is_there(units, unit))
		return 0;
	if (units->units == NULL)
		units->units = malloc(OOM_UNITS_MAX * sizeof(*units->units));
	if (units->units == NULL)
		return -ENOMEM;
	units->units[units->count++] = *unit;
	return 0;
}

void oom_units_destroy(struct oom_units *units)
{
	free(units->units);
	*units = (struct oom_units){ 0 };
}
