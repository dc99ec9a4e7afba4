/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gather/account.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/boot_id.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/number.h"
#include "base/retry.h"
#include "gather/saved.h"

#define VMSTAT_MAX 32768 /* about 5 KiB on 6.x */

static int parse_counter(const char *path, char buffer[VMSTAT_MAX], uint64_t *ret)
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

/* -ENOENT: the kernel has no counter (before 4.13). */
static int read_counter(const struct file_roots *roots, uint64_t *ret)
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
		r = parse_counter(path, buffer, ret);
	} while (retry_again(&retry, r));
	return r;
}

/*
 * Read the counter before the logs.  It rises shortly before the line is printed (mm/oom_kill.c
 * __oom_kill_process), so that a counter read later could be ahead of the lines.  Without the boot
 * id no line can be assigned to this boot and no count can be explained.
 */
void account_read_counter(const struct gather_request *request, struct gather_result *result)
{
	const int boot = boot_id_read(&request->roots, result->boot_id);
	const int counted = read_counter(&request->roots, &result->counter);
	const int r = counted < 0 ? counted : boot;

	result->has_boot_id = boot == 0;
	result->has_counter = counted == 0;
	if (r != -ENOENT && !gather_sources_are_files(&request->sources))
		result->counter_error = r;
}

/* Counts a kill that the kernel has counted in this boot but whose Killed line is lost, or was lost
 * in an earlier run. */
static void count_lost_line(const struct gather_request *request, const struct gather_result *result,
			    const struct oom_kill *kill, struct account_lines *lines)
{
	const struct saved_kill *remembered = request->saved ? saved_find(request->saved, kill) : NULL;
	const bool was_lost = remembered && remembered->kill.line_lost;
	const bool is_old = kill->monotonic_usec <= request->past.newest_line_usec;

	lines->unproven += kill->killer == OOM_KILLER_KERNEL && !kill->proven && !kill->host[0] &&
			   kill->realtime_usec > result->boot_usec;
	if (kill->killer != OOM_KILLER_KERNEL || !kill->proven || !kill->has_boot_id ||
	    !boot_id_same(kill->boot_id, result->boot_id))
		return;
	lines->lost += kill->line_lost;
	lines->lost_since_past += kill->line_lost && (was_lost || !is_old);
	lines->found_late += !kill->line_lost && was_lost && is_old;
}

struct account_lines account_lines_read(const struct gather_request *request,
					const struct gather_result *result, const struct oom_parser *parser)
{
	struct account_lines lines = { .newest_line_usec = KLOG_TIME_UNKNOWN };

	if (!result->has_boot_id)
		return lines;
	lines.all = oom_parser_killed_lines(parser, result->boot_id);
	lines.since_past = oom_parser_killed_lines_after(
		parser, result->boot_id, request->past.newest_line_usec, &lines.newest_line_usec);
	for (size_t i = 0; i < result->list.count; i++)
		count_lost_line(request, result, &result->list.kills[i], &lines);
	return lines;
}

struct account_lines account_lines_so_far(const struct gather_request *request,
					  const struct gather_result *result, const struct oom_parser *parser)
{
	const struct saved_kills *saved = request->saved;
	struct account_lines lines = account_lines_read(request, result, parser), remembered = { 0 };

	for (size_t i = 0; saved && result->has_boot_id && i < saved->kill_count; i++)
		count_lost_line(request, result, &saved->kills[i].kill, &remembered);
	if (remembered.lost > lines.lost)
		lines.lost = remembered.lost;
	if (remembered.lost_since_past > lines.lost_since_past)
		lines.lost_since_past = remembered.lost_since_past;
	return lines;
}

/* Whether the counter can be compared with the lines of this boot. */
static bool can_compare(const struct gather_result *result)
{
	return result->has_counter && result->counter_error == 0;
}

/* Whether the past account is of this boot. */
static bool goes_on(const struct gather_request *request, const struct gather_result *result)
{
	return request->past.known && boot_id_same(request->past.boot_id, result->boot_id);
}

bool account_is_ahead(const struct gather_request *request, const struct gather_result *result,
		      const struct account_lines *lines, bool ring_whole)
{
	const struct gather_account *past = &request->past;
	const bool is_continued = goes_on(request, result);
	const uint64_t told_before = is_continued ? past->unrecorded : 0;

	if (!can_compare(result) || (!ring_whole && !is_continued))
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
static void reconcile(const struct gather_request *request, const struct account_lines *lines,
		      int64_t read_since_usec, struct gather_result *result)
{
	const struct gather_account *past = &request->past;
	const bool is_continued = goes_on(request, result);
	struct gather_account *account = &result->account;

	if (!can_compare(result) || read_since_usec == INT64_MAX) {
		*account = *past;
		account->known = is_continued;
		return;
	}
	*account = (struct gather_account){
		.known = true,
		.unproven = lines->unproven,
		.newest_line_usec = clock_later(lines->newest_line_usec,
						is_continued ? past->newest_line_usec : INT64_MIN),
	};
	uint64_t lost = lines->lost;
	memcpy(account->boot_id, result->boot_id, sizeof(account->boot_id));
	if (read_since_usec <= result->boot_usec) {
		account->explained = lines->all;
		/* the wall time of the boot is computed anew in each run */
		account->counter_valid_since_usec =
			is_continued && past->counter_valid_since_usec <=
						result->boot_usec + ACCOUNT_BOOT_SLACK_USEC
				? past->counter_valid_since_usec
				: result->boot_usec;
	} else if (is_continued) {
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

void account_update(const struct gather_request *request, const struct account_lines *lines,
		    int64_t read_since_usec, struct gather_result *result)
{
	result->counter_agrees = false;
	if (gather_sources_are_files(&request->sources)) {
		result->account = request->past;
		return;
	}
	reconcile(request, lines, read_since_usec, result);
	/* An excess in the kernel's counter is reported as unrecorded kills, not as missing
	 * coverage. */
	result->counter_agrees =
		can_compare(result) &&
		(result->counter <= lines->all + lines->lost ||
		 (result->account.known && result->account.counter_valid_since_usec <=
						   clock_later(request->since_usec, result->boot_usec)));
}
