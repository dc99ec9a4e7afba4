/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gather/coverage.h"

#include <errno.h>

#include "base/clock.h"

bool coverage_is_ring(enum klog_kind kind)
{
	return kind == KLOG_KMSG || kind == KLOG_SYSLOG;
}

static int64_t earlier_known(int64_t a, int64_t b)
{
	return a == KLOG_TIME_UNKNOWN || (b != KLOG_TIME_UNKNOWN && b < a) ? b : a;
}

/* The time since which this source is complete; KLOG_TIME_UNKNOWN if it does not show it. */
static int64_t reaches_back(const struct gather_result *result, const struct gather_source_status *status)
{
	const struct klog_summary *summary = &status->summary;

	if (coverage_is_ring(status->kind))
		return summary->whole_boot ? result->boot_usec : summary->oldest_usec;
	if (status->left_behind || (summary->knows_boot && summary->boot_oldest_usec == KLOG_TIME_UNKNOWN))
		return KLOG_TIME_UNKNOWN;
	if (summary->knows_boot && summary->boot_oldest_usec > ACCOUNT_BOOT_SLACK_USEC)
		return result->boot_usec + summary->boot_oldest_usec;
	return summary->oldest_usec > result->boot_usec &&
			       summary->oldest_usec <= result->boot_usec + ACCOUNT_BOOT_SLACK_USEC
		       ? result->boot_usec
		       : summary->oldest_usec;
}

/* Tolerance for clocks and slow daemons. */
#define WRITTEN_SLACK_USEC INT64_C(3600000000)

/*
 * A log that is still written contains the oldest record of the ring, or at least the kernel's boot
 * messages.  One that ends before that belonged to a syslog daemon that is no longer used.
 */
static bool is_left_behind(const struct gather_request *request, const struct gather_result *result,
			   const struct gather_source_status *status)
{
	int64_t living_usec = result->boot_usec;

	if (status->kind != KLOG_FILE || status->summary.newest_usec == KLOG_TIME_UNKNOWN ||
	    gather_sources_are_files(&request->sources))
		return false;
	for (size_t i = 0; i < result->status_count; i++) {
		if (result->statuses[i].opened && coverage_is_ring(result->statuses[i].kind))
			living_usec = clock_later(living_usec, reaches_back(result, &result->statuses[i]));
	}
	return status->summary.newest_usec < living_usec - WRITTEN_SLACK_USEC;
}

void coverage_update(const struct gather_request *request, struct gather_result *result)
{
	int64_t *seen_usec = &result->seen_since_usec;

	for (size_t i = 0; i < result->status_count; i++) {
		struct gather_source_status *status = &result->statuses[i];

		if (!status->opened)
			continue;
		status->left_behind = is_left_behind(request, result, status);
		result->ring_whole |= coverage_is_ring(status->kind) && status->summary.whole_boot;
		*seen_usec = earlier_known(*seen_usec, reaches_back(result, status));
		/* Another source may have what this journal lacks of this boot. */
		if (status->summary.knows_boot && *seen_usec != KLOG_TIME_UNKNOWN &&
		    *seen_usec <= result->boot_usec + ACCOUNT_BOOT_SLACK_USEC)
			*seen_usec = earlier_known(*seen_usec, status->summary.oldest_usec);
	}
}

bool coverage_complete(const struct gather_request *request, const struct gather_result *result)
{
	return request->since_usec != KLOG_TIME_UNKNOWN && result->seen_since_usec != KLOG_TIME_UNKNOWN &&
	       result->seen_since_usec <= request->since_usec;
}

bool coverage_is_absent(const struct gather_source_status *status)
{
	return !status->opened && (status->failure.error == -ENOENT || status->failure.error == -ENODATA);
}

/* Whether a log of earlier boots exists but could not be read. */
static bool history_withheld(const struct gather_result *result)
{
	for (size_t i = 0; i < result->status_count; i++) {
		const struct gather_source_status *status = &result->statuses[i];

		if (status->failed && !coverage_is_ring(status->kind) && !coverage_is_absent(status))
			return true;
	}
	return false;
}

static bool any_failed(const struct gather_result *result, bool opened_only)
{
	for (size_t i = 0; i < result->status_count; i++) {
		if (result->statuses[i].failed && (result->statuses[i].opened || !opened_only))
			return true;
	}
	return false;
}

/*
 * The time since which all proven lines of this boot were read; INT64_MAX if none were.  Text files
 * do not count, as their lines prove nothing.
 */
static int64_t lines_read_since(const struct gather_request *request, const struct gather_result *result)
{
	int64_t since_usec = INT64_MAX;

	for (size_t i = 0; i < result->status_count; i++) {
		const struct gather_source_status *status = &result->statuses[i];

		if (!status->opened || status->failed || status->kind == KLOG_FILE)
			continue;
		int64_t from_usec = reaches_back(result, status);
		if (from_usec == KLOG_TIME_UNKNOWN)
			continue;
		if (!coverage_is_ring(status->kind))
			from_usec = clock_later(from_usec, request->since_usec);
		if (from_usec < since_usec)
			since_usec = from_usec;
	}
	return since_usec;
}

bool coverage_any_dubious(const struct gather_result *result)
{
	for (size_t i = 0; i < result->count; i++) {
		if (result->kills[i].kill->dubious)
			return true;
	}
	return false;
}

bool coverage_is_unfinished(const struct gather_request *request, const struct gather_result *result)
{
	const struct oom_unfinished *unfinished = &result->list.unfinished;

	/* For other sources the counter shows such a kill, or, if the host crashed, it was in an
	 * earlier boot. */
	return unfinished->known && gather_sources_are_files(&request->sources) &&
	       gather_in_window(request, unfinished->realtime_usec);
}

/* Whether a log reports that it lost records of an earlier boot, for which there is no counter. */
static bool lost_before_boot(const struct gather_result *result)
{
	for (size_t i = 0; i < result->status_count; i++) {
		const struct klog_summary *summary = &result->statuses[i].summary;

		if (result->statuses[i].opened && summary->lost_records > 0 &&
		    summary->lost_since_usec != KLOG_TIME_UNKNOWN &&
		    summary->lost_since_usec < result->boot_usec)
			return true;
	}
	return false;
}

/* Whether a source covers some of the time from `from_usec` to `to_usec`, or all of it. */
struct reach {
	bool some, all;
};

/* A log file that is still written covers the time up to now, however old its last line is: a quiet
 * kernel logs nothing for days. */
static struct reach reach_of(const struct gather_request *request, const struct gather_result *result,
			     const struct gather_source_status *status, int64_t from_usec, int64_t to_usec)
{
	const struct klog_summary *summary = &status->summary;
	const bool is_over = status->left_behind ||
			     (status->kind == KLOG_FILE && summary->newest_usec != KLOG_TIME_UNKNOWN &&
			      summary->newest_usec < result->boot_usec - WRITTEN_SLACK_USEC);
	int64_t oldest_usec = status->left_behind ? summary->oldest_usec : reaches_back(result, status);
	const int64_t newest_usec = is_over ? summary->newest_usec : INT64_MAX;

	/* Records without times, from a saved ring, are in every window. */
	if (oldest_usec == KLOG_TIME_UNKNOWN && gather_sources_are_files(&request->sources))
		return (struct reach){ true, true };
	if (oldest_usec == KLOG_TIME_UNKNOWN)
		oldest_usec = INT64_MAX;
	return (struct reach){
		.some = !summary->not_in_window && oldest_usec < to_usec && newest_usec > from_usec,
		.all = !summary->not_in_window && oldest_usec <= from_usec && newest_usec >= to_usec,
	};
}

static struct reach reach_of_all(const struct gather_request *request, const struct gather_result *result,
				 int64_t from_usec, int64_t to_usec)
{
	struct reach all = { false, false };

	for (size_t i = 0; i < result->status_count; i++) {
		if (!result->statuses[i].opened)
			continue;
		const struct reach one = reach_of(request, result, &result->statuses[i], from_usec, to_usec);
		all.some |= one.some;
		all.all |= one.all;
	}
	return all;
}

static enum gather_gap gap_of(const struct gather_request *request, struct gather_result *result)
{
	const bool files_only = gather_sources_are_files(&request->sources);
	const int64_t from_usec =
		request->since_usec == KLOG_TIME_UNKNOWN ? INT64_MIN + 1 : request->since_usec;
	const int64_t to_usec = request->until_usec <= from_usec ? request->now_usec : request->until_usec;
	const int64_t seen_usec =
		result->seen_since_usec == KLOG_TIME_UNKNOWN ? INT64_MAX : result->seen_since_usec;
	const struct reach reach = reach_of_all(request, result, from_usec, to_usec);
	const bool reaches_this_boot = files_only || to_usec > result->boot_usec;

	result->this_boot_unseen =
		reaches_this_boot && !reach.all && seen_usec > result->boot_usec && seen_usec > from_usec;
	/* In auto mode a source that could not be opened is not yet a gap. */
	if (!gather_first_opened(result) || any_failed(result, request->sources.count == 0))
		return GATHER_GAP_BLIND;
	result->window_unseen = !reach.some && (files_only || !reaches_this_boot || !result->counter_agrees);
	if (result->window_unseen)
		return GATHER_GAP_BLIND;
	/* Without the counter, a kill whose line the log has lost without a trace would go
	 * unnoticed. */
	if (result->host_unseen || coverage_is_unfinished(request, result) ||
	    (reaches_this_boot && result->counter_error < 0))
		return GATHER_GAP_BLIND;
	const bool torn = result->lost_records > 0 || coverage_any_dubious(result);
	/* This host's counter does not apply to files. */
	if (files_only && torn)
		return GATHER_GAP_BLIND;
	if (files_only)
		return reach.all || request->since_usec == KLOG_TIME_UNKNOWN ? GATHER_GAP_NONE
									     : GATHER_GAP_BEFORE;

	const bool earlier_unseen = from_usec < result->boot_usec && seen_usec > from_usec && !reach.all;
	const bool has_hole = result->this_boot_unseen || torn;
	if ((has_hole && !result->counter_agrees) || lost_before_boot(result) ||
	    (earlier_unseen && history_withheld(result)))
		return GATHER_GAP_BLIND;
	if (earlier_unseen)
		return GATHER_GAP_BEFORE;
	return result->this_boot_unseen ? GATHER_GAP_COUNTED : GATHER_GAP_NONE;
}

void coverage_judge(const struct gather_request *request, const struct account_lines *lines,
		    struct gather_result *result)
{
	coverage_update(request, result);
	account_update(request, lines, lines_read_since(request, result), result);
	result->gap = gap_of(request, result);
}
