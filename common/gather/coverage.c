/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gather/coverage.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "base/number.h"

bool coverage_counter(const struct file_roots *roots, uint64_t *ret)
{
	char path[PATH_MAX], buffer[8192]; /* about 5 KiB on 6.x */
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

bool coverage_boot_id(const struct file_roots *roots, uint8_t ret[16])
{
	char path[PATH_MAX], buffer[64];
	size_t digits = 0;

	if (file_procfs_path(roots, "/sys/kernel/random/boot_id", path, sizeof(path)) < 0 ||
	    file_read(path, buffer, sizeof(buffer)) < 0)
		return false;
	for (const char *c = buffer; *c && digits < 32; c++) {
		uint64_t value;

		if (*c == '-')
			continue;
		if (number_parse_hex(c, 1, &value) != 1)
			return false;
		ret[digits / 2] = (uint8_t)(digits % 2 ? ret[digits / 2] | value : value << 4);
		digits++;
	}
	return digits == 32;
}

static bool is_ring(enum klog_kind kind)
{
	return kind == KLOG_KMSG || kind == KLOG_SYSLOG;
}

void coverage_update(struct gather_result *result)
{
	for (size_t i = 0; i < result->tried_count; i++) {
		const struct gather_tried *tried = &result->tried[i];
		int64_t oldest_usec = tried->summary.oldest_usec;

		if (!tried->opened)
			continue;
		if (is_ring(tried->kind) && tried->summary.whole_boot) {
			result->ring_whole = true;
			oldest_usec = result->boot_usec;
		}
		if (oldest_usec != KLOG_TIME_UNKNOWN &&
		    (result->seen_since_usec == KLOG_TIME_UNKNOWN || oldest_usec < result->seen_since_usec))
			result->seen_since_usec = oldest_usec;
	}
}

bool coverage_complete(const struct gather_request *request, const struct gather_result *result)
{
	return request->since_usec != KLOG_TIME_UNKNOWN && result->seen_since_usec != KLOG_TIME_UNKNOWN &&
	       result->seen_since_usec <= request->since_usec;
}

/* The journal's first entry of a boot is written this long after the boot. */
#define BOOT_SLACK_USEC 120000000

/* A log of earlier boots that is there but cannot be read. */
static bool history_withheld(const struct gather_result *result)
{
	for (size_t i = 0; i < result->tried_count; i++) {
		const struct gather_tried *tried = &result->tried[i];

		if (!is_ring(tried->kind) && tried->failed && tried->failure.error != -ENOENT &&
		    tried->failure.error != -ENOTSUP)
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

/* Text files that the caller named speak for themselves: they may be another
 * host's, and this host's boot and counter say nothing about them. */
static bool only_files(const struct gather_sources *sources)
{
	for (size_t i = 0; i < sources->count; i++) {
		if (sources->list[i].kind != KLOG_FILE &&
		    !(sources->list[i].kind == KLOG_JOURNAL && sources->list[i].path))
			return false;
	}
	return sources->count > 0;
}

void coverage_judge(const struct gather_request *request, uint64_t lines, struct gather_result *result)
{
	const bool named = request->sources.count > 0;
	const int64_t since_usec =
		request->since_usec == KLOG_TIME_UNKNOWN ? INT64_MIN + 1 : request->since_usec;
	const int64_t slack_usec = result->boot_usec + BOOT_SLACK_USEC;

	coverage_update(result);
	const int64_t seen_usec =
		result->seen_since_usec == KLOG_TIME_UNKNOWN ? INT64_MAX : result->seen_since_usec;
	/* What was not read does not count as missing. */
	if (!gather_first_opened(result) || any_failed(result, !named)) {
		result->gap = GATHER_GAP_BLIND;
		return;
	}
	if (only_files(&request->sources)) {
		result->gap = GATHER_GAP_NONE;
		return;
	}
	const bool whole_boot = seen_usec <= slack_usec && (since_usec <= slack_usec || result->ring_whole);
	result->counter_agrees = result->has_counter && result->counter <= lines;
	result->has_unrecorded = result->has_counter && whole_boot;
	if (result->has_unrecorded && result->counter > lines)
		result->unrecorded_kills = result->counter - lines;

	const bool this_boot_unseen = seen_usec > slack_usec && seen_usec > since_usec;
	const bool earlier_unseen = since_usec < result->boot_usec && seen_usec > since_usec;
	if ((this_boot_unseen && !result->counter_agrees) || result->unrecorded_kills > 0 ||
	    (earlier_unseen && history_withheld(result)))
		result->gap = GATHER_GAP_BLIND;
	else if (earlier_unseen)
		result->gap = GATHER_GAP_BEFORE;
	else if (this_boot_unseen)
		result->gap = GATHER_GAP_VOUCHED;
	else
		result->gap = GATHER_GAP_NONE;
}
