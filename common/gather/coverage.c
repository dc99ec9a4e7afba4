/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gather/coverage.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "base/boot_id.h"
#include "base/cleanup.h"
#include "base/number.h"
#include "base/retry.h"

#define VMSTAT_MAX 32768 /* about 5 KiB on 6.x */

static int read_counter(const char *path, char buffer[VMSTAT_MAX], uint64_t *ret)
{
	static const char name[] = "\noom_kill ";
	const ssize_t length = file_read(path, buffer, VMSTAT_MAX);

	if (length < 0)
		return (int)length;
	/* The kernel writes whole lines, and at least the one of the free pages. */
	if (length == 0 || buffer[length - 1] != '\n')
		return -EIO;
	const char *line = strstr(buffer, name);
	if (!line)
		return -ENOENT;
	line += strlen(name);
	return number_parse_u64(line, strlen(line), ret) > 0 ? 0 : -EINVAL;
}

int coverage_counter(const struct file_roots *roots, uint64_t *ret)
{
	AUTO_FREE char *buffer = malloc(VMSTAT_MAX);
	char path[PATH_MAX];
	struct retry retry = RETRY_ONCE;
	int r = file_procfs_path(roots, "/vmstat", path, sizeof(path));

	if (!buffer)
		return -ENOMEM;
	if (r < 0)
		return r;
	do {
		r = read_counter(path, buffer, ret);
	} while (retry_again(&retry, r));
	return r;
}

bool coverage_is_ring(enum klog_kind kind)
{
	return kind == KLOG_KMSG || kind == KLOG_SYSLOG;
}

/* The journal's first entry of a boot is written within this time after the boot. */
#define BOOT_SLACK_USEC 120000000

static int64_t later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static int64_t earlier_known(int64_t a, int64_t b)
{
	return a == KLOG_TIME_UNKNOWN || (b != KLOG_TIME_UNKNOWN && b < a) ? b : a;
}

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

/* The time since which this source is complete; KLOG_TIME_UNKNOWN if it does not show it. */
static int64_t reaches_back(const struct gather_result *result, const struct gather_source_status *status)
{
	const struct klog_summary *summary = &status->summary;

	if (coverage_is_ring(status->kind))
		return summary->whole_boot ? result->boot_usec : summary->oldest_usec;
	if (status->left_behind || (summary->knows_boot && summary->boot_oldest_usec == KLOG_TIME_UNKNOWN))
		return KLOG_TIME_UNKNOWN;
	if (summary->knows_boot && summary->boot_oldest_usec > BOOT_SLACK_USEC)
		return result->boot_usec + summary->boot_oldest_usec;
	return summary->oldest_usec > result->boot_usec &&
			       summary->oldest_usec <= result->boot_usec + BOOT_SLACK_USEC
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
			living_usec = later(living_usec, reaches_back(result, &result->statuses[i]));
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
		    *seen_usec <= result->boot_usec + BOOT_SLACK_USEC)
			*seen_usec = earlier_known(*seen_usec, status->summary.oldest_usec);
	}
}

bool coverage_complete(const struct gather_request *request, const struct gather_result *result)
{
	return request->since_usec != KLOG_TIME_UNKNOWN && result->seen_since_usec != KLOG_TIME_UNKNOWN &&
	       result->seen_since_usec <= request->since_usec;
}

/* Whether a log of earlier boots exists but could not be read. */
static bool history_withheld(const struct gather_result *result)
{
	for (size_t i = 0; i < result->status_count; i++) {
		const struct gather_source_status *status = &result->statuses[i];

		if (coverage_is_ring(status->kind) || !status->failed)
			continue;
		if (status->opened || (status->failure.error != -ENOENT && status->failure.error != -ENODATA))
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
			from_usec = later(from_usec, request->since_usec);
		if (from_usec < since_usec)
			since_usec = from_usec;
	}
	return since_usec;
}

/* Whether the counter can be compared with the lines of this boot. */
static bool can_compare(const struct gather_result *result)
{
	return result->has_counter && result->counter_error == 0;
}

static bool goes_on_from(const struct gather_account *past, const uint8_t boot_id[16])
{
	return past->known && boot_id_same(past->boot_id, boot_id);
}

bool coverage_is_ahead(const struct gather_request *request, const struct coverage_lines *lines,
		       const uint8_t boot_id[16], bool ring_whole, const struct gather_result *result)
{
	const struct gather_account *past = &request->past;
	const bool goes_on = goes_on_from(past, boot_id);
	const uint64_t told_before = goes_on ? past->unrecorded : 0;

	if (!can_compare(result) || (!ring_whole && !goes_on))
		return false;
	return result->counter >
	       told_before + (ring_whole ? lines->all + lines->lost
					 : past->explained + lines->since_past + lines->lost_since_past);
}

/*
 * Computes the account from all lines of this boot if they were read, else continues the past
 * account of this boot.  If there is none, it assumes that everything counted so far was reported
 * when it happened.
 */
static void reconcile_counter(const struct gather_request *request, const struct coverage_lines *lines,
			      const uint8_t boot_id[16], struct gather_result *result)
{
	const struct gather_account *past = &request->past;
	const int64_t read_since_usec = lines_read_since(request, result);
	const bool goes_on = goes_on_from(past, boot_id);
	struct gather_account *account = &result->account;

	if (!can_compare(result) || read_since_usec == INT64_MAX) {
		*account = *past;
		account->known = goes_on;
		return;
	}
	*account = (struct gather_account){
		.known = true,
		.unproven = lines->unproven,
		.newest_line_usec =
			later(lines->newest_line_usec, goes_on ? past->newest_line_usec : INT64_MIN),
	};
	uint64_t lost = lines->lost;
	memcpy(account->boot_id, boot_id, sizeof(account->boot_id));
	if (read_since_usec <= result->boot_usec) {
		account->explained = lines->all;
		/* the wall time of the boot is computed anew in each run */
		account->counter_valid_since_usec =
			goes_on && past->counter_valid_since_usec <= result->boot_usec + BOOT_SLACK_USEC
				? past->counter_valid_since_usec
				: result->boot_usec;
	} else if (goes_on) {
		account->explained = past->explained + lines->since_past + lines->found_late;
		account->counter_valid_since_usec = past->counter_valid_since_usec;
		lost = lines->lost_since_past;
	} else {
		/* Kills whose line is lost are subtracted, because later runs count them again. */
		account->explained =
			result->counter > lines->all + lost ? result->counter - lost : lines->all;
		account->counter_valid_since_usec = request->now_usec;
	}
	if (result->counter > account->explained + lost)
		account->unrecorded = result->counter - account->explained - lost;
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
	       (unfinished->realtime_usec == KLOG_TIME_UNKNOWN ||
		(unfinished->realtime_usec >= request->since_usec &&
		 (request->until_usec == KLOG_TIME_UNKNOWN ||
		  unfinished->realtime_usec <= request->until_usec)));
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
	return result->this_boot_unseen ? GATHER_GAP_VOUCHED : GATHER_GAP_NONE;
}

bool gather_is_complete(const struct gather_request *request, const struct gather_result *result)
{
	if (result->gap == GATHER_GAP_BLIND || result->dropped.counted > 0)
		return false;
	/* A window without a start is complete with all that exists. */
	return result->gap != GATHER_GAP_BEFORE || request->since_usec == KLOG_TIME_UNKNOWN;
}

void coverage_judge(const struct gather_request *request, const struct coverage_lines *lines,
		    const uint8_t boot_id[16], struct gather_result *result)
{
	const bool files = gather_sources_are_files(&request->sources);

	coverage_update(request, result);
	if (files)
		result->account = request->past;
	else
		reconcile_counter(request, lines, boot_id, result);
	/* An excess in the kernel's counter is reported as unrecorded kills, not as missing
	 * coverage. */
	result->counter_agrees =
		!files && can_compare(result) &&
		(result->counter <= lines->all + lines->lost ||
		 (result->account.known &&
		  result->account.counter_valid_since_usec <= later(request->since_usec, result->boot_usec)));
	result->gap = gap_of(request, result);
}
