/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gather/coverage.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "base/boot_id.h"
#include "base/number.h"

bool coverage_counter(const struct file_roots *roots, uint64_t *ret)
{
	char path[PATH_MAX], buffer[32768]; /* about 5 KiB on 6.x; without it nobody vouches */
	static const char name[] = "\noom_kill ";

	if (file_procfs_path(roots, "/vmstat", path, sizeof(path)) < 0 ||
	    file_read(path, buffer, sizeof(buffer)) < 0)
		return false;
	const char *line = strstr(buffer, name);
	if (!line)
		return false;
	line += strlen(name);
	return number_parse_u64(line, strlen(line), ret) > 0;
}

bool coverage_is_ring(enum klog_kind kind)
{
	return kind == KLOG_KMSG || kind == KLOG_SYSLOG;
}

/* The journal's first entry of a boot is written this long after the boot. */
#define BOOT_SLACK_USEC 120000000

static int64_t later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static int64_t earlier_known(int64_t a, int64_t b)
{
	return a == KLOG_TIME_UNKNOWN || (b != KLOG_TIME_UNKNOWN && b < a) ? b : a;
}

/* Text files that the caller named speak for themselves: they may be another
 * host's, and this host's boot and counter say nothing about them. */
bool gather_sources_are_files(const struct gather_sources *sources)
{
	for (size_t i = 0; i < sources->count; i++) {
		if (sources->list[i].kind != KLOG_FILE &&
		    !(sources->list[i].kind == KLOG_JOURNAL && sources->list[i].path))
			return false;
	}
	return sources->count > 0;
}

/* From where on a source tells all up to now; KLOG_TIME_UNKNOWN where it does not say. */
static int64_t reaches_back(const struct gather_result *result, const struct gather_tried *tried)
{
	const struct klog_summary *summary = &tried->summary;

	if (coverage_is_ring(tried->kind))
		return summary->whole_boot ? result->boot_usec : summary->oldest_usec;
	if (tried->left_behind || (summary->knows_boot && summary->boot_oldest_usec == KLOG_TIME_UNKNOWN))
		return KLOG_TIME_UNKNOWN;
	if (summary->knows_boot && summary->boot_oldest_usec > BOOT_SLACK_USEC)
		return result->boot_usec + summary->boot_oldest_usec;
	return summary->oldest_usec > result->boot_usec &&
			       summary->oldest_usec <= result->boot_usec + BOOT_SLACK_USEC
		       ? result->boot_usec
		       : summary->oldest_usec;
}

/* How late clocks and daemons may be. */
#define WRITTEN_SLACK_USEC INT64_C(3600000000)

/*
 * A log that is still written holds the oldest record of the ring, or at least
 * what the kernel said when it booted.  One that ends before that was a syslog
 * daemon's that is gone.
 */
static bool is_left_behind(const struct gather_request *request, const struct gather_result *result,
			   const struct gather_tried *tried)
{
	int64_t living_usec = result->boot_usec;

	if (tried->kind != KLOG_FILE || tried->summary.newest_usec == KLOG_TIME_UNKNOWN ||
	    gather_sources_are_files(&request->sources))
		return false;
	for (size_t i = 0; i < result->tried_count; i++) {
		if (result->tried[i].opened && coverage_is_ring(result->tried[i].kind))
			living_usec = later(living_usec, reaches_back(result, &result->tried[i]));
	}
	return tried->summary.newest_usec < living_usec - WRITTEN_SLACK_USEC;
}

void coverage_update(const struct gather_request *request, struct gather_result *result)
{
	int64_t *seen_usec = &result->seen_since_usec;

	for (size_t i = 0; i < result->tried_count; i++) {
		struct gather_tried *tried = &result->tried[i];

		if (!tried->opened)
			continue;
		tried->left_behind = is_left_behind(request, result, tried);
		result->ring_whole |= coverage_is_ring(tried->kind) && tried->summary.whole_boot;
		*seen_usec = earlier_known(*seen_usec, reaches_back(result, tried));
		/* What a journal lacks of this boot, another source may have. */
		if (tried->summary.knows_boot && *seen_usec != KLOG_TIME_UNKNOWN &&
		    *seen_usec <= result->boot_usec + BOOT_SLACK_USEC)
			*seen_usec = earlier_known(*seen_usec, tried->summary.oldest_usec);
	}
}

bool coverage_complete(const struct gather_request *request, const struct gather_result *result)
{
	return request->since_usec != KLOG_TIME_UNKNOWN && result->seen_since_usec != KLOG_TIME_UNKNOWN &&
	       result->seen_since_usec <= request->since_usec;
}

/* A log of earlier boots that is there but cannot be read. */
static bool history_withheld(const struct gather_result *result)
{
	for (size_t i = 0; i < result->tried_count; i++) {
		const struct gather_tried *tried = &result->tried[i];

		if (coverage_is_ring(tried->kind) || !tried->failed)
			continue;
		if (tried->opened || (tried->failure.error != -ENOENT && tried->failure.error != -ENODATA))
			return true;
	}
	return false;
}

static bool any_failed(const struct gather_result *result, bool opened_only)
{
	for (size_t i = 0; i < result->tried_count; i++) {
		if (result->tried[i].failed && (result->tried[i].opened || !opened_only))
			return true;
	}
	return false;
}

/*
 * From which moment on all proven lines of this boot were read, INT64_MAX if
 * none were.  Text files do not count: their lines prove nothing.
 */
static int64_t lines_read_since(const struct gather_request *request, const struct gather_result *result)
{
	int64_t since_usec = INT64_MAX;

	for (size_t i = 0; i < result->tried_count; i++) {
		const struct gather_tried *tried = &result->tried[i];

		if (!tried->opened || tried->failed || tried->kind == KLOG_FILE)
			continue;
		int64_t from_usec = reaches_back(result, tried);
		if (from_usec == KLOG_TIME_UNKNOWN)
			continue;
		if (!coverage_is_ring(tried->kind))
			from_usec = later(from_usec, request->since_usec);
		if (from_usec < since_usec)
			since_usec = from_usec;
	}
	return since_usec;
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

	if (!result->has_counter || (!ring_whole && !goes_on))
		return false;
	return result->counter >
	       told_before + (ring_whole ? lines->all : past->explained + lines->since_past);
}

/*
 * Takes the account on from the past one.  Where no run of this boot has left
 * one, or lines since then may be lost to both, it starts anew: with all lines
 * of the boot if they were read, else by believing that what the counter has
 * now was told when it happened.
 */
static void settle_account(const struct gather_request *request, const struct coverage_lines *lines,
			   const uint8_t boot_id[16], struct gather_result *result)
{
	const struct gather_account *past = &request->past;
	const int64_t read_since_usec = lines_read_since(request, result);
	const bool goes_on = goes_on_from(past, boot_id);
	struct gather_account *account = &result->account;

	if (!result->has_counter || read_since_usec == INT64_MAX) {
		*account = *past;
		account->known = goes_on;
		return;
	}
	*account = (struct gather_account){
		.known = true,
		.newest_line_usec =
			later(lines->newest_line_usec, goes_on ? past->newest_line_usec : INT64_MIN),
	};
	memcpy(account->boot_id, boot_id, sizeof(account->boot_id));
	if (read_since_usec <= result->boot_usec) {
		account->explained = lines->all;
		/* the boot's wall clock is reckoned anew in each run */
		account->vouched_since_usec =
			goes_on && past->vouched_since_usec <= result->boot_usec + BOOT_SLACK_USEC
				? past->vouched_since_usec
				: result->boot_usec;
	} else if (goes_on) {
		account->explained = past->explained + lines->since_past;
		account->vouched_since_usec = past->vouched_since_usec;
	} else {
		account->explained = result->counter > lines->all ? result->counter : lines->all;
		account->vouched_since_usec = request->now_usec;
	}
	if (result->counter > account->explained)
		account->unrecorded = result->counter - account->explained;
}

bool coverage_any_dubious(const struct gather_result *result)
{
	for (size_t i = 0; i < result->count; i++) {
		if (result->kills[i].kill->dubious)
			return true;
	}
	return false;
}

/* A log says that it lost records of an earlier boot, which no counter makes up for. */
static bool lost_before_boot(const struct gather_result *result)
{
	for (size_t i = 0; i < result->tried_count; i++) {
		const struct klog_summary *summary = &result->tried[i].summary;

		if (result->tried[i].opened && summary->lost_since_usec != KLOG_TIME_UNKNOWN &&
		    summary->lost_since_usec < result->boot_usec)
			return true;
	}
	return false;
}

void coverage_judge(const struct gather_request *request, const struct coverage_lines *lines,
		    const uint8_t boot_id[16], struct gather_result *result)
{
	const bool named = request->sources.count > 0;
	const int64_t since_usec =
		request->since_usec == KLOG_TIME_UNKNOWN ? INT64_MIN + 1 : request->since_usec;

	coverage_update(request, result);
	const int64_t seen_usec =
		result->seen_since_usec == KLOG_TIME_UNKNOWN ? INT64_MAX : result->seen_since_usec;
	if (gather_sources_are_files(&request->sources))
		result->account = request->past;
	else
		settle_account(request, lines, boot_id, result);
	/* What the counter has more than the log is told as that, not as blindness. */
	result->counter_agrees = result->has_counter &&
				 (result->counter <= lines->all ||
				  (result->account.known && result->account.vouched_since_usec <=
								    later(since_usec, result->boot_usec)));
	result->this_boot_unseen = seen_usec > result->boot_usec && seen_usec > since_usec;
	/* What was not read does not count as missing. */
	if (!gather_first_opened(result) || any_failed(result, !named)) {
		result->gap = GATHER_GAP_BLIND;
		return;
	}
	const bool torn = result->lost_records > 0 || coverage_any_dubious(result);
	/* This host's counter says nothing of them. */
	if (gather_sources_are_files(&request->sources)) {
		result->gap = torn ? GATHER_GAP_BLIND : GATHER_GAP_NONE;
		return;
	}

	const bool earlier_unseen = since_usec < result->boot_usec && seen_usec > since_usec;
	const bool has_hole = result->this_boot_unseen || torn;
	if ((has_hole && !result->counter_agrees) || lost_before_boot(result) ||
	    (earlier_unseen && history_withheld(result)))
		result->gap = GATHER_GAP_BLIND;
	else if (earlier_unseen)
		result->gap = GATHER_GAP_BEFORE;
	else if (result->this_boot_unseen)
		result->gap = GATHER_GAP_VOUCHED;
	else
		result->gap = GATHER_GAP_NONE;
}
