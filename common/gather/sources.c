/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gather/sources.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/array.h"
#include "base/boot_id.h"
#include "base/text.h"
#include "gather/coverage.h"

/* Where distributions keep kernel messages as text: kern.log on Debian and Ubuntu, messages on EL
 * and SUSE, syslog elsewhere. */
static const char *const log_files[] = { "/var/log/kern.log", "/var/log/messages", "/var/log/syslog" };

/* A second source is read this far into the time that the first one covers, so that one of them has
 * a whole report at the seam.  oom_list_add() merges a death that both report. */
#define SEAM_USEC 5000000

/* How far the wall clock may have been changed around the seam. */
#define CLOCK_SLACK_USEC 3600000000

struct reading {
	const struct gather_request *request;
	struct gather_result *result;
	struct parsers *parsers;
	gather_progress_fn progress;
	void *progress_data;
	size_t progress_count;
	const struct gather_source_status *current; /* source */
	bool ring_read;                             /* kmsg or syslog(2) was read */
	int64_t ring_oldest_monotonic_usec;         /* KLOG_TIME_UNKNOWN before its first record */
};

static void report_progress(struct reading *reading)
{
	reading->progress_count = reading->result->list.count;
	if (reading->progress)
		reading->progress(reading->request, reading->current->name, &reading->result->list,
				  reading->progress_data);
}

/* Whether the ring, which is preferred, has already yielded this record. */
static bool told_by_ring(const struct reading *reading, const struct klog_record *record)
{
	return reading->ring_read && !coverage_is_ring(reading->current->kind) && record->has_boot_id &&
	       reading->result->has_boot_id && boot_id_same(record->boot_id, reading->result->boot_id) &&
	       reading->ring_oldest_monotonic_usec != KLOG_TIME_UNKNOWN &&
	       record->monotonic_usec != KLOG_TIME_UNKNOWN &&
	       record->monotonic_usec > reading->ring_oldest_monotonic_usec + SEAM_USEC;
}

static int on_record(const struct klog_record *record, void *data)
{
	struct reading *reading = data;

	if (coverage_is_ring(reading->current->kind) &&
	    reading->ring_oldest_monotonic_usec == KLOG_TIME_UNKNOWN)
		reading->ring_oldest_monotonic_usec = record->monotonic_usec;
	if (told_by_ring(reading, record))
		return 0;
	int r = parsers_feed(reading->parsers, record);
	if (reading->result->list.count != reading->progress_count)
		report_progress(reading);
	return r;
}

static struct gather_source_status *add_status(struct reading *reading, enum klog_kind kind)
{
	struct gather_source_status *status = &reading->result->statuses[reading->result->status_count];

	if (reading->result->status_count == GATHER_STATUSES_MAX)
		return NULL;
	*status = (struct gather_source_status){ .kind = kind };
	reading->result->status_count++;
	return status;
}

/* NULL if it cannot be opened; the reason is in statuses[]. */
static struct klog_source *open_source(struct reading *reading, enum klog_kind kind, const char *path)
{
	struct gather_source_status *status = add_status(reading, kind);
	struct klog_source *source = NULL;

	if (!status)
		return NULL;
	int r = coverage_is_ring(kind) && reading->request->held
			? klog_open_held(&source, reading->request->held, kind, &reading->request->roots,
					 &status->failure)
			: klog_open(&source, kind, path, &reading->request->roots, &status->failure);
	if (r < 0) {
		status->failed = true;
		text_copy(status->name, sizeof(status->name), path ? path : klog_kind_name(kind));
		return NULL;
	}
	status->opened = true;
	text_copy(status->name, sizeof(status->name), klog_source_name(source));
	klog_cache_searches(source, reading->request->searches);
	return source;
}

/* How long after the counter has risen the kill's line may be printed. */
#define LINE_LATE_USEC 200000

/*
 * The counter rises shortly before the line is printed.  If the counter is ahead of the lines read,
 * wait that long and read on.
 */
static int read_late_lines(struct reading *reading, struct klog_source *source,
			   const struct klog_query *query, struct gather_source_status *status)
{
	const struct account_lines lines =
		account_lines_so_far(reading->request, reading->result, reading->parsers->own);
	struct klog_summary late;

	if (!account_is_ahead(reading->request, reading->result, &lines, status->summary.whole_boot))
		return 0;
	usleep(LINE_LATE_USEC);
	int r = klog_read(source, query, on_record, reading, &late, &status->failure);
	status->summary.lost_records += late.lost_records;
	return r;
}

/*
 * A kill before the window, while no check ran, is counted although its line has not been read.  It
 * must not be reported as missing from the log.  So if the counter is ahead of what was read and
 * remembered, read on back to the boot.
 */
static int read_before_window(struct reading *reading, struct klog_source *source,
			      const struct klog_query *query)
{
	const struct account_lines lines =
		account_lines_so_far(reading->request, reading->result, reading->parsers->own);
	struct klog_query whole_boot = *query;
	struct klog_summary earlier;
	struct klog_failure failure;

	if (query->since_usec == KLOG_TIME_UNKNOWN || query->since_usec <= reading->result->boot_usec ||
	    !account_is_ahead(reading->request, reading->result, &lines, false))
		return 0;
	if (oom_parser_flush(reading->parsers->own) < 0)
		return -ENOMEM;
	whole_boot.since_usec = reading->result->boot_usec;
	/* A failure here concerns records before the window; ignore it. */
	return klog_read(source, &whole_boot, on_record, reading, &earlier, &failure) == -ENOMEM ? -ENOMEM
												 : 0;
}

/* Reads and closes a source.  -ENOMEM is the only error returned; others are recorded in `status`.
 * request->until_usec is applied later, because the lines are compared with the counter as it is
 * now. */
static int read_source(struct reading *reading, struct klog_source *source,
		       struct gather_source_status *status, int64_t until_usec)
{
	const struct klog_host_watch watch = { hosts_seen, &reading->parsers->hosts };
	const struct klog_query query = {
		/* Always read the whole ring: all kills of this boot are compared with the
		 * counter. */
		.since_usec =
			coverage_is_ring(status->kind) ? KLOG_TIME_UNKNOWN : reading->request->since_usec,
		.until_usec = until_usec,
		.filter = &oom_filter,
		.pasted = status->kind == KLOG_FILE && reading->request->sources.count > 0,
		.hosts = &watch,
	};

	reading->current = status;
	parsers_begin(reading->parsers, status->kind, klog_source_name(source));
	report_progress(reading);
	int r = klog_read(source, &query, on_record, reading, &status->summary, &status->failure);
	if (r == 0 && status->kind == KLOG_KMSG)
		r = read_late_lines(reading, source, &query, status);
	if (r == 0 && status->kind == KLOG_JOURNAL)
		r = read_before_window(reading, source, &query);
	const int ended = parsers_end(reading->parsers, source, &query);
	klog_close(source);
	reading->result->lost_records += status->summary.lost_records;
	if (coverage_is_ring(status->kind) && r == 0)
		reading->ring_read = true;
	if (r == -ENOMEM || ended < 0)
		return -ENOMEM;
	status->failed = r < 0;
	return 0;
}

/* Closes a held ring that no named source needs: the process may be short of descriptors. */
static void release_unwanted(const struct gather_request *request)
{
	const struct gather_sources *wanted = &request->sources;

	for (size_t i = 0; i < wanted->count; i++) {
		if (coverage_is_ring(wanted->list[i].kind))
			return;
	}
	if (request->held && wanted->count > 0)
		klog_held_release(request->held);
}

/* Reads all sources that the caller named. */
static int read_named(struct reading *reading)
{
	const struct gather_sources *wanted = &reading->request->sources;
	struct klog_source *sources[GATHER_SOURCES_MAX] = { NULL };
	int r = 0;

	release_unwanted(reading->request);
	for (size_t i = 0; i < wanted->count; i++)
		sources[i] = open_source(reading, wanted->list[i].kind, wanted->list[i].path);
	for (size_t i = 0; i < wanted->count; i++) {
		if (!sources[i])
			continue;
		if (r == 0)
			r = read_source(reading, sources[i], &reading->result->statuses[i],
					KLOG_TIME_UNKNOWN);
		else
			klog_close(sources[i]);
	}
	return r;
}

/* Reads the journal or a log file for the time before `seen_since_usec`.  *ret_living: it is still
 * being written. */
static int read_older(struct reading *reading, enum klog_kind kind, const char *path, bool *ret_living)
{
	int64_t until_usec = KLOG_TIME_UNKNOWN;
	struct klog_source *source = open_source(reading, kind, path);

	*ret_living = false;
	if (!source)
		return 0;
	struct gather_source_status *status = &reading->result->statuses[reading->result->status_count - 1];
	if (reading->ring_read && reading->result->seen_since_usec != KLOG_TIME_UNKNOWN)
		until_usec = reading->result->seen_since_usec + CLOCK_SLACK_USEC;
	int r = read_source(reading, source, status, until_usec);
	coverage_update(reading->request, reading->result);
	*ret_living = !status->left_behind;
	return r;
}

/* No source named: read the ring, then the journal, then the first log file that is still being
 * written, until the window is covered. */
static int read_auto(struct reading *reading)
{
	struct klog_source *ring = open_source(reading, KLOG_KMSG, NULL);
	bool living = false;
	int r = 0;

	if (!ring)
		ring = open_source(reading, KLOG_SYSLOG, NULL);
	if (ring)
		r = read_source(reading, ring, &reading->result->statuses[reading->result->status_count - 1],
				KLOG_TIME_UNKNOWN);
	coverage_update(reading->request, reading->result);
	if (r == 0 && !coverage_complete(reading->request, reading->result))
		r = read_older(reading, KLOG_JOURNAL, NULL, &living);
	living = false;
	for (size_t i = 0; r == 0 && !living && i < ARRAY_SIZE(log_files); i++) {
		char path[PATH_MAX];

		if (coverage_complete(reading->request, reading->result))
			break;
		if (file_path(&reading->request->roots, log_files[i], path, sizeof(path)) == 0)
			r = read_older(reading, KLOG_FILE, path, &living);
	}
	return r;
}

int sources_read(const struct gather_request *request, struct parsers *parsers, gather_progress_fn progress,
		 void *progress_data, struct gather_result *result)
{
	struct reading reading = {
		.request = request,
		.result = result,
		.parsers = parsers,
		.progress = progress,
		.progress_data = progress_data,
		.ring_oldest_monotonic_usec = KLOG_TIME_UNKNOWN,
	};

	/* Not cleared: each entry is set when it is added, and most are never touched. */
	result->statuses = malloc(GATHER_STATUSES_MAX * sizeof(*result->statuses));
	if (!result->statuses)
		return -ENOMEM;
	return request->sources.count > 0 ? read_named(&reading) : read_auto(&reading);
}
