/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the programs ask of a request and its result. */
#include <stdlib.h>

#include "base/clock.h"
#include "gather/gather.h"

/* Files that the caller named may be another host's: this host's boot and counter do not apply to
 * them. */
bool gather_sources_are_files(const struct gather_sources *sources)
{
	for (size_t i = 0; i < sources->count; i++) {
		if (sources->list[i].kind != KLOG_FILE &&
		    !(sources->list[i].kind == KLOG_JOURNAL && sources->list[i].path))
			return false;
	}
	return sources->count > 0;
}

bool gather_in_window(const struct gather_request *request, int64_t realtime_usec)
{
	return realtime_usec == KLOG_TIME_UNKNOWN ||
	       (realtime_usec >= request->since_usec &&
		(request->until_usec == KLOG_TIME_UNKNOWN || realtime_usec <= request->until_usec));
}

bool gather_is_complete(const struct gather_request *request, const struct gather_result *result)
{
	if (result->gap == GATHER_GAP_BLIND || result->dropped.counted > 0)
		return false;
	/* A window without a start is complete with all that exists. */
	return result->gap != GATHER_GAP_BEFORE || request->since_usec == KLOG_TIME_UNKNOWN;
}

bool gather_has_forgotten(const struct gather_request *request, const struct gather_forgotten *forgotten)
{
	int64_t usec = forgotten->counted_usec;

	if (forgotten->rules != request->rules.hash)
		usec = clock_later(usec, forgotten->ignored_usec);
	return usec != 0 && (request->hold_unacknowledged || usec >= request->since_usec);
}

void gather_result_destroy(struct gather_result *result)
{
	free(result->kills);
	free(result->statuses);
	oom_list_destroy(&result->list);
	*result = (struct gather_result){ 0 };
}

const struct gather_source_status *gather_first_opened(const struct gather_result *result)
{
	for (size_t i = 0; i < result->status_count; i++) {
		if (result->statuses[i].opened)
			return &result->statuses[i];
	}
	return NULL;
}

bool gather_gap_is_acknowledged(const struct gather_result *result)
{
	return result->this_boot_unseen && result->counter > 0 && result->account.known &&
	       result->account.counter_valid_since_usec == GATHER_ACKNOWLEDGED_USEC;
}
