/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gather/gather.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/boot_id.h"
#include "base/clock.h"
#include "base/text.h"
#include "gather/coverage.h"
#include "gather/hosts.h"
#include "gather/other_hosts.h"
#include "gather/saved.h"
#include "gather/select.h"
#include "gather/units.h"
#include "klog/privilege.h"
#include "oom/parser.h"

/* Where distributions keep kernel messages as text: kern.log on Debian and Ubuntu, messages on EL
 * and SUSE, syslog elsewhere. */
static const char *const log_files[] = { "/var/log/kern.log", "/var/log/messages", "/var/log/syslog" };

/* A second source is read this far into the time that the first one covers, so that one of them has
 * a whole report at the seam.  oom_list_add() merges a death that both report. */
#define SEAM_USEC 5000000

/* How far the wall clock may have been changed around the seam. */
#define CLOCK_SLACK_USEC 3600000000

struct gathering {
	const struct gather_request *request;
	struct gather_result *result;
	struct oom_parser *parser;
	struct hosts hosts;
	struct other_hosts others;
	bool host_found; /* in one of the sources */
	gather_progress_fn progress;
	void *progress_data;
	size_t progress_count;
	const struct gather_source_status *reading;
	bool may_be_others; /* it may hold records of other hosts */
	uint8_t boot_id[16];
	bool has_boot_id;
	struct select_keep keep;
	bool ring_read;                     /* kmsg or syslog(2) was read */
	int64_t ring_oldest_monotonic_usec; /* KLOG_TIME_UNKNOWN before its first record */
};

static void report_progress(struct gathering *g)
{
	g->progress_count = g->result->list.count;
	if (g->progress)
		g->progress(g->request, g->reading->name, &g->result->list, g->progress_data);
}

/* Whether the ring, which is preferred, has already yielded this record. */
static bool told_by_ring(const struct gathering *g, const struct klog_record *record)
{
	return g->ring_read && !coverage_is_ring(g->reading->kind) && record->has_boot_id && g->has_boot_id &&
	       boot_id_same(record->boot_id, g->boot_id) &&
	       g->ring_oldest_monotonic_usec != KLOG_TIME_UNKNOWN &&
	       record->monotonic_usec != KLOG_TIME_UNKNOWN &&
	       record->monotonic_usec > g->ring_oldest_monotonic_usec + SEAM_USEC;
}

/* A text log, or a journal given by path, may hold the records of several hosts. */
static int feed_by_host(struct gathering *g, const struct klog_record *record)
{
	struct klog_record known = *record;
	enum hosts_whose whose;

	if (g->reading->kind == KLOG_JOURNAL && record->host)
		hosts_seen(record->host, record->realtime_usec, &g->hosts);
	whose = hosts_whose(&g->hosts, record, &known.of_this_host);
	return whose == HOSTS_THIS ? oom_parser_feed(&known, g->parser)
				   : other_hosts_feed(&g->others, &known, whose == HOSTS_OTHER);
}

static int on_record(const struct klog_record *record, void *data)
{
	struct gathering *g = data;

	if (coverage_is_ring(g->reading->kind) && g->ring_oldest_monotonic_usec == KLOG_TIME_UNKNOWN)
		g->ring_oldest_monotonic_usec = record->monotonic_usec;
	if (told_by_ring(g, record))
		return 0;
	int r = g->may_be_others ? feed_by_host(g, record) : oom_parser_feed(record, g->parser);
	if (g->result->list.count != g->progress_count)
		report_progress(g);
	return r;
}

static struct gather_source_status *add_status(struct gathering *g, enum klog_kind kind)
{
	struct gather_source_status *status = &g->result->statuses[g->result->status_count];

	if (g->result->status_count == GATHER_STATUSES_MAX)
		return NULL;
	*status = (struct gather_source_status){ .kind = kind };
	g->result->status_count++;
	return status;
}

/* NULL if it cannot be opened; the reason is in status[]. */
static struct klog_source *open_source(struct gathering *g, enum klog_kind kind, const char *path)
{
	struct gather_source_status *status = add_status(g, kind);
	struct klog_source *source = NULL;
	struct text name;

	if (!status)
		return NULL;
	text_init(&name, status->name, sizeof(status->name));
	int r = coverage_is_ring(kind) && g->request->held
			? klog_open_held(&source, g->request->held, kind, &g->request->roots,
					 &status->failure)
			: klog_open(&source, kind, path, &g->request->roots, &status->failure);
	if (r < 0) {
		status->failed = true;
		text_append(&name, path ? path : klog_kind_name(kind));
		return NULL;
	}
	status->opened = true;
	text_append(&name, klog_source_name(source));
	klog_cache_searches(source, g->request->searches);
	return source;
}

/* Counts a kill that the kernel has counted in this boot but whose Killed line is lost, or was lost
 * in an earlier run. */
static void count_lost_line(const struct gathering *g, const struct oom_kill *kill,
			    struct coverage_lines *lines)
{
	const struct saved_kill *remembered = g->request->saved ? saved_find(g->request->saved, kill) : NULL;
	const bool was_lost = remembered && remembered->kill.line_lost;
	const bool is_old = kill->monotonic_usec <= g->request->past.newest_line_usec;

	lines->unproven += kill->killer == OOM_KILLER_KERNEL && !kill->proven && !kill->host[0] &&
			   kill->realtime_usec > g->result->boot_usec;
	if (kill->killer != OOM_KILLER_KERNEL || !kill->proven || !kill->has_boot_id ||
	    !boot_id_same(kill->boot_id, g->boot_id))
		return;
	lines->lost += kill->line_lost;
	lines->lost_since_past += kill->line_lost && (was_lost || !is_old);
	lines->found_late += !kill->line_lost && was_lost && is_old;
}

static struct coverage_lines lines_read(const struct gathering *g)
{
	struct coverage_lines lines = { .newest_line_usec = KLOG_TIME_UNKNOWN };

	if (!g->has_boot_id)
		return lines;
	lines.all = oom_parser_killed_lines(g->parser, g->boot_id);
	lines.since_past = oom_parser_killed_lines_after(
		g->parser, g->boot_id, g->request->past.newest_line_usec, &lines.newest_line_usec);
	for (size_t i = 0; i < g->result->list.count; i++)
		count_lost_line(g, &g->result->list.kills[i], &lines);
	return lines;
}

/* For use while the logs are being read, when the list does not contain the remembered kills
 * yet. */
static struct coverage_lines lines_so_far(const struct gathering *g)
{
	const struct saved_kills *saved = g->request->saved;
	struct coverage_lines lines = lines_read(g), remembered = { 0 };

	for (size_t i = 0; saved && g->has_boot_id && i < saved->kill_count; i++)
		count_lost_line(g, &saved->kills[i].kill, &remembered);
	if (remembered.lost > lines.lost)
		lines.lost = remembered.lost;
	if (remembered.lost_since_past > lines.lost_since_past)
		lines.lost_since_past = remembered.lost_since_past;
	return lines;
}

/* How long after the counter has risen the kill's line may be printed. */
#define LINE_LATE_USEC 200000

/*
 * The counter rises shortly before the line is printed.  If the counter is ahead of the lines read,
 * wait that long and read on.
 */
static int read_late_lines(struct gathering *g, struct klog_source *source, const struct klog_query *query,
			   struct gather_source_status *status)
{
	const struct coverage_lines lines = lines_so_far(g);
	struct klog_summary late;

	if (!coverage_is_ahead(g->request, &lines, g->boot_id, status->summary.whole_boot, g->result))
		return 0;
	usleep(LINE_LATE_USEC);
	int r = klog_read(source, query, on_record, g, &late, &status->failure);
	status->summary.lost_records += late.lost_records;
	return r;
}

/*
 * A kill before the window, while no check ran, is counted although its line has not been read.  It
 * must not be reported as missing from the log.  So if the counter is ahead of what was read and
 * remembered, read on back to the boot.
 */
static int read_before_window(struct gathering *g, struct klog_source *source, const struct klog_query *query)
{
	const struct coverage_lines lines = lines_so_far(g);
	struct klog_query whole_boot = *query;
	struct klog_summary earlier;
	struct klog_failure failure;

	if (query->since_usec == KLOG_TIME_UNKNOWN || query->since_usec <= g->result->boot_usec ||
	    !coverage_is_ahead(g->request, &lines, g->boot_id, false, g->result))
		return 0;
	if (oom_parser_flush(g->parser) < 0)
		return -ENOMEM;
	whole_boot.since_usec = g->result->boot_usec;
	/* A failure here concerns records before the window; ignore it. */
	return klog_read(source, &whole_boot, on_record, g, &earlier, &failure) == -ENOMEM ? -ENOMEM : 0;
}

static int on_searched_host(const char *host, int64_t realtime_usec, void *data)
{
	struct hosts *hosts = data;

	hosts_seen(host, realtime_usec, hosts);
	return hosts_is_found(hosts) ? -ECANCELED : 0;
}

static int on_searched_record(const struct klog_record *record, void *data)
{
	return record->host ? on_searched_host(record->host, record->realtime_usec, data) : 0;
}

/* Searches all lines for the host whose kills count.  Until now only lines at both ends of the file
 * and around kills were checked. */
static void search_host(struct gathering *g, struct klog_source *source, const struct klog_query *query)
{
	const struct klog_host_watch watch = { on_searched_host, &g->hosts };
	struct klog_query search = *query;
	struct klog_summary summary;
	struct klog_failure failure;

	search.filter = NULL;
	search.hosts = &watch;
	klog_read(source, &search, on_searched_record, &g->hosts, &summary, &failure);
}

/* Decides at the end of a source whether the records of another host are this host's under another
 * name.  0 or -ENOMEM. */
static int settle_hosts(struct gathering *g, struct klog_source *source, const struct klog_query *query)
{
	const bool is_wanted = g->request->sources.count > 0 && g->request->host;
	bool misnamed;
	int r = other_hosts_flush(&g->others);

	if (r < 0)
		return r;
	if (!hosts_is_found(&g->hosts) && hosts_may_leave_out(&g->hosts) &&
	    (is_wanted ? !g->host_found : other_hosts_left_out_any(&g->others)))
		search_host(g, source, query);
	g->host_found |= hosts_is_found(&g->hosts);
	misnamed = hosts_is_misnamed(&g->hosts);
	if (misnamed)
		text_copy(g->result->assumed_host, sizeof(g->result->assumed_host), g->hosts.other);
	else if (!is_wanted && !hosts_is_found(&g->hosts) && other_hosts_left_out_any(&g->others))
		g->result->host_unseen = true;
	return other_hosts_settle(&g->others, misnamed);
}

/* Reads and closes a source.  -ENOMEM is the only error returned; others are recorded in `status`.
 * request->until_usec is applied later, because the lines are compared with the counter as it is
 * now. */
static int read_source(struct gathering *g, struct klog_source *source, struct gather_source_status *status,
		       int64_t until_usec)
{
	const struct klog_host_watch watch = { hosts_seen, &g->hosts };
	const struct klog_query query = {
		/* Always read the whole ring: all kills of this boot are compared with the
		 * counter. */
		.since_usec = coverage_is_ring(status->kind) ? KLOG_TIME_UNKNOWN : g->request->since_usec,
		.until_usec = until_usec,
		.filter = &oom_filter,
		.pasted = status->kind == KLOG_FILE && g->request->sources.count > 0,
		.hosts = &watch,
	};

	g->reading = status;
	g->may_be_others = status->kind == KLOG_FILE ||
			   (status->kind == KLOG_JOURNAL && gather_sources_are_files(&g->request->sources));
	if (g->may_be_others)
		hosts_begin(&g->hosts, status->kind, klog_source_name(source));
	report_progress(g);
	int r = klog_read(source, &query, on_record, g, &status->summary, &status->failure);
	if (r == 0 && status->kind == KLOG_KMSG)
		r = read_late_lines(g, source, &query, status);
	if (r == 0 && status->kind == KLOG_JOURNAL)
		r = read_before_window(g, source, &query);
	int settled = g->may_be_others ? settle_hosts(g, source, &query) : 0;
	klog_close(source);
	g->result->lost_records += status->summary.lost_records;
	if (coverage_is_ring(status->kind) && r == 0)
		g->ring_read = true;
	int flushed = oom_parser_flush(g->parser);
	if (r == -ENOMEM || flushed < 0 || settled < 0)
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
static int read_named(struct gathering *g)
{
	const struct gather_sources *wanted = &g->request->sources;
	struct klog_source *sources[GATHER_SOURCES_MAX] = { NULL };
	int r = 0;

	release_unwanted(g->request);
	for (size_t i = 0; i < wanted->count; i++)
		sources[i] = open_source(g, wanted->list[i].kind, wanted->list[i].path);
	for (size_t i = 0; i < wanted->count; i++) {
		if (!sources[i])
			continue;
		if (r == 0)
			r = read_source(g, sources[i], &g->result->statuses[i], KLOG_TIME_UNKNOWN);
		else
			klog_close(sources[i]);
	}
	return r;
}

/* Reads the journal or a log file for the time before `seen_since_usec`.  *ret_living: it is still
 * being written. */
static int read_older(struct gathering *g, enum klog_kind kind, const char *path, bool *ret_living)
{
	int64_t until_usec = KLOG_TIME_UNKNOWN;
	struct klog_source *source = open_source(g, kind, path);

	*ret_living = false;
	if (!source)
		return 0;
	struct gather_source_status *status = &g->result->statuses[g->result->status_count - 1];
	if (g->ring_read && g->result->seen_since_usec != KLOG_TIME_UNKNOWN)
		until_usec = g->result->seen_since_usec + CLOCK_SLACK_USEC;
	int r = read_source(g, source, status, until_usec);
	coverage_update(g->request, g->result);
	*ret_living = !status->left_behind;
	return r;
}

/* No source named: read the ring, then the journal, then the first log file that is still being
 * written, until the window is covered. */
static int read_auto(struct gathering *g)
{
	struct klog_source *ring = open_source(g, KLOG_KMSG, NULL);
	bool living = false;
	int r = 0;

	if (!ring)
		ring = open_source(g, KLOG_SYSLOG, NULL);
	if (ring)
		r = read_source(g, ring, &g->result->statuses[g->result->status_count - 1],
				KLOG_TIME_UNKNOWN);
	coverage_update(g->request, g->result);
	if (r == 0 && !coverage_complete(g->request, g->result))
		r = read_older(g, KLOG_JOURNAL, NULL, &living);
	living = false;
	for (size_t i = 0; r == 0 && !living && i < ARRAY_SIZE(log_files); i++) {
		char path[PATH_MAX];

		if (coverage_complete(g->request, g->result))
			break;
		if (file_path(&g->request->roots, log_files[i], path, sizeof(path)) == 0)
			r = read_older(g, KLOG_FILE, path, &living);
	}
	return r;
}

static void judge_coverage(struct gathering *g)
{
	const struct coverage_lines lines = lines_read(g);

	/* A line count that may be too high could hide a missing kill. */
	g->result->has_counter &= !oom_parser_counter_is_full(g->parser);
	coverage_judge(g->request, &lines, g->boot_id, g->result);
}

/*
 * Read the counter before the logs.  It rises shortly before the line is printed (mm/oom_kill.c
 * __oom_kill_process), so that a counter read later could be ahead of the lines.  Without the boot
 * id no line can be assigned to this boot and no count can be explained.
 */
static void read_counter(struct gathering *g)
{
	struct gather_result *result = g->result;
	const int boot = boot_id_read(&g->request->roots, g->boot_id);
	const int counted = coverage_counter(&g->request->roots, &result->counter);
	const int r = counted < 0 ? counted : boot;

	g->has_boot_id = boot == 0;
	result->has_counter = counted == 0;
	if (r != -ENOENT && !gather_sources_are_files(&g->request->sources))
		result->counter_error = r;
}

int gather(const struct gather_request *request, gather_progress_fn progress, void *progress_data,
	   struct gather_result *ret)
{
	*ret = (struct gather_result){
		/* Not cleared: each entry is set when it is added, and most are never touched. */
		.statuses = malloc(GATHER_STATUSES_MAX * sizeof(*ret->statuses)),
		.seen_since_usec = KLOG_TIME_UNKNOWN,
		.boot_usec = klog_boot_usec(request->now_usec),
	};
	struct gathering g = {
		.request = request,
		.result = ret,
		.parser = oom_parser_new(&ret->list),
		.progress = progress,
		.progress_data = progress_data,
		.keep = { request, ret },
		.ring_oldest_monotonic_usec = KLOG_TIME_UNKNOWN,
	};

	select_begin(&g.keep);
	if (!ret->statuses || !g.parser) {
		oom_parser_free(g.parser);
		return -ENOMEM;
	}
	read_counter(&g);
	hosts_init(&g.hosts, request, g.has_boot_id ? g.boot_id : NULL);
	other_hosts_init(&g.others, request, ret);
	int r = request->sources.count > 0 ? read_named(&g) : read_auto(&g);
	other_hosts_count(&g.others);
	units_settle(request, &ret->list);
	if (!hosts_knows_own(&g.hosts))
		other_hosts_adopt(&g.others);
	if (request->sources.count > 0 && request->host && !g.host_found)
		ret->host_unseen = true;
	if (r == 0)
		r = select_kills(request, ret);
	if (r == 0)
		judge_coverage(&g);
	other_hosts_destroy(&g.others);
	hosts_destroy(&g.hosts);
	oom_parser_free(g.parser);
	return r;
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
