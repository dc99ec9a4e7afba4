/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "klog/source.h"

struct klog_window klog_query_window(const struct klog_query *query)
{
	struct klog_window window = { .from_usec = INT64_MIN, .to_usec = INT64_MAX };
	int64_t around_usec = query->filter ? query->filter->usec_around : 0;

	if (query->since_usec != KLOG_TIME_UNKNOWN &&
	    __builtin_sub_overflow(query->since_usec, around_usec, &window.from_usec))
		window.from_usec = INT64_MIN;
	if (query->until_usec != KLOG_TIME_UNKNOWN &&
	    __builtin_add_overflow(query->until_usec, around_usec, &window.to_usec))
		window.to_usec = INT64_MAX;
	return window;
}
