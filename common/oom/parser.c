/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Determines from the order of lines which process was killed. A kill is identified by the "Killed process"
 * line, which the kernel neither tears nor leaves out. The report before it may be torn, cut off or
 * rate-limited away.
 */
#include "oom/parser.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "oom/counter.h"
#include "oom/lines.h"
#include "oom/report.h"
#include "oom/userspace.h"
#include "oom/wrapped.h"

/* What the previous record was, if the next one depends on it. */
enum previous {
	PREVIOUS_OTHER,
	PREVIOUS_ANNOUNCED,         /* its Killed line is still to come */
	PREVIOUS_KILLED_WRAPPED,    /* the rest may be on the next line */
	PREVIOUS_ALLOCATION_FAILED, /* "VM: killing process" then is a kill for lack of memory */
};

struct oom_parser {
	struct oom_target target;
	struct counter counter;
	struct oom_report report;
	struct oom_kill latest; /* the latest kill with a Killed line; no strings */
	enum previous previous;
	bool run_is_sound;          /* since a record that certainly began one, see is_dubious() */
	struct oom_kill announced;  /* of PREVIOUS_ANNOUNCED; no strings */
	struct oom_wrapped wrapped; /* of PREVIOUS_KILLED_WRAPPED */
	struct oom_userspace userspace;
};

struct oom_parser *oom_parser_new(struct oom_list *list)
{
	struct oom_parser *parser = calloc(1, sizeof(*parser));

	if (parser == NULL)
		return NULL;
	parser->target.list = list;
	oom_report_clear(&parser->report);
	oom_kill_init(&parser->latest);
	return parser;
}

void oom_parser_set_host(struct oom_parser *parser, const char *host)
{
	text_copy(parser->target.host, sizeof(parser->target.host), host);
}

void oom_parser_free(struct oom_parser *parser)
{
	if (parser != NULL)
		counter_destroy(&parser->counter);
	free(parser);
}

/*
 * Ends the report. The kernel prints a summary when it is about to kill. If there is no Killed
 * line, it is therefore missing from the log. A kill that is in the list already is only completed
 * from the report.
 */
static int conclude(struct oom_parser *parser)
{
	struct oom_report *report = &parser->report;
	struct oom_kill kill;
	int r = 0, r_add = 0;

	if (report->open && report->victims == 0 && report->has_summary && !report->skipped &&
	    !report->taken && report->summary_pid != OOM_UNKNOWN) {
		oom_kill_begin(&kill, &report->latest);
		kill.pid = report->summary_pid;
		kill.uid = report->summary_uid;
		memcpy(kill.comm, report->summary_comm, sizeof(kill.comm));
		kill.comm_is_cut = report->summary_is_cut;
		kill.inferred = kill.line_lost = true;
		r = oom_report_attach(report, &kill);
		r_add = oom_target_add(&parser->target, &kill);
	} else if (report->open && report->victims == 0 && report->reaped_count == 1) {
		oom_kill_keep_names(&kill, &report->reaped);
		r = oom_report_attach(report, &kill);
		r_add = oom_target_add(&parser->target, &kill);
	} else {
		oom_report_note_unfinished(report, &parser->target.list->unfinished);
	}
	oom_report_clear(report);
	return r < 0 ? r : r_add;
}

static int open_report(struct oom_parser *parser, const struct klog_record *record)
{
	int r = conclude(parser);

	oom_report_open(&parser->report, record);
	return r;
}

/* Opens a report for a line that belongs to one, if its header was not seen. */
static int need_report(struct oom_parser *parser, enum oom_line kind, const struct klog_record *record)
{
	const struct oom_report *report = &parser->report;

	if (report->open && report->victims == 0 && !(kind == OOM_LINE_SUMMARY && report->has_summary))
		return 0;
	return open_report(parser, record);
}

/* The summary names the thread group that was chosen, the Killed line the thread that had the
 * memory, so a different pid may be right. In a text log it may also be forged, and the victim's
 * own line may still follow. */
static void count_victim(struct oom_report *report, const struct klog_record *record, struct oom_kill *kill)
{
	if (report->first_line_lost && kill->pid == report->summary_pid)
		kill->line_lost = true;
	if (!record->proven && report->has_summary && !report->group && report->victims == 0 &&
	    kill->pid != report->summary_pid) {
		report->taken = true;
		return;
	}
	if (report->victims++ == 0)
		oom_kill_keep_names(&report->first, kill);
}

static void keep_wrapped(struct oom_parser *parser, const struct klog_record *record)
{
	if (oom_wrapped_keep(&parser->wrapped, record))
		parser->previous = PREVIOUS_KILLED_WRAPPED;
}

static int feed_killed(struct oom_parser *parser, const struct klog_record *record)
{
	struct oom_report *report = &parser->report;
	struct oom_line_reason reason;
	struct oom_kill kill;
	int r = 0, r_attach = 0, r_reason, r_add;

	oom_kill_begin(&kill, record);
	if (!oom_line_killed(record->text, record->text_length, &kill, &reason)) {
		keep_wrapped(parser, record);
		return 0;
	}
	if (!oom_report_accepts(&parser->report, record, reason.prefix))
		return 0;
	/* if this fails, a line may count twice, but the kill must not be lost */
	if (record->proven)
		counter_add(&parser->counter, record, kill.pid);
	if (oom_report_fits(report, record, &kill, &reason)) {
		r_attach = oom_report_attach(report, &kill);
		report->latest.realtime_usec = record->realtime_usec;
		report->latest.monotonic_usec = record->monotonic_usec;
		if (oom_report_is_double(report, &kill)) {
			if (!report->first_lacks_it) {
				oom_kill_destroy(&kill);
				return r_attach;
			}
			oom_kill_forget_sizes(&kill); /* only its report is needed */
		}
		kill.follower = oom_report_is_follower(report, &kill);
		count_victim(report, record, &kill);
	} else {
		r = conclude(parser);
	}
	r_reason = oom_line_apply_reason(&reason, &kill);
	if (kill.anon_rss_kb == OOM_UNKNOWN && kill.rss_kb == OOM_UNKNOWN)
		keep_wrapped(parser, record);
	oom_kill_keep_names(&parser->latest, &kill);
	r_add = oom_target_add(&parser->target, &kill);
	return r < 0 ? r : r_attach < 0 ? r_attach : r_reason < 0 ? r_reason : r_add;
}

/* Whether the line is the rest of the wrapped line before it, which is then complete. */
static bool join_wrapped(struct oom_parser *parser, const struct klog_record *record)
{
	return parser->previous == PREVIOUS_KILLED_WRAPPED && oom_wrapped_join(&parser->wrapped, record);
}

/* Opens a report for a group whose own report was rate-limited away. Its first victim has already
 * been named and will be named again. */
static void open_group(struct oom_parser *parser, const struct klog_record *record)
{
	struct cursor cgroup;

	if (parser->report.open || !oom_line_group(record->text, record->text_length, &cgroup))
		return;
	oom_report_open(&parser->report, record);
	parser->report.victims = 1;
	parser->report.first = parser->latest;
	parser->report.first_lacks_it = true;
}

static int feed_announced(struct oom_parser *parser, const struct klog_record *record)
{
	struct oom_line_reason reason;
	struct oom_kill kill;
	int r;

	oom_kill_begin(&kill, record);
	if (!oom_line_announced(record->text, record->text_length, &kill, &reason))
		return 0;
	r = need_report(parser, OOM_LINE_ANNOUNCED, record);
	parser->report.has_announced = true;
	parser->report.announced = reason;
	parser->previous = PREVIOUS_ANNOUNCED;
	oom_line_apply_reason(&reason, &kill);
	kill.inferred = kill.line_lost = true;
	parser->announced = kill;
	return r;
}

static int feed_reaped(struct oom_parser *parser, const struct klog_record *record)
{
	struct oom_kill kill;

	oom_kill_begin(&kill, record);
	if (!oom_line_reaped(record->text, record->text_length, &kill))
		return 0;
	/* The kernel also reaps processes that were already exiting, and does not count these as
	 * kills. */
	kill.inferred = true;
	/* The victim of an earlier report may be reaped during this one, whose victim is still to
	 * come. */
	if (!oom_list_has_pid(parser->target.list, kill.pid))
		oom_report_note_reaped(&parser->report, record, &kill);
	return oom_target_add(&parser->target, &kill);
}

/* A kill by the page fault handlers, until 2.6.3x. It is counted only if it was for lack of memory,
 * not after "bogus page" and the like. */
static int feed_vm_killing(struct oom_parser *parser, const struct klog_record *record,
			   enum previous previous)
{
	struct oom_kill kill;

	if (previous != PREVIOUS_ALLOCATION_FAILED && !(parser->report.open && parser->report.victims == 0))
		return 0;
	oom_kill_begin(&kill, record);
	if (!oom_line_vm_killing(record->text, record->text_length, &kill))
		return 0;
	if (parser->report.open)
		parser->report.victims++;
	return oom_target_add(&parser->target, &kill);
}

/*
 * Whether the line may be a user's text inside another record. This is possible if it can continue
 * the record before it. It is ruled out if no line since the last certain beginning of a record can
 * hold a user's text: a whole report may be printed within a microsecond. Must be called once for
 * each record of the kernel.
 */
static bool is_dubious(struct oom_parser *parser, const struct klog_record *record, enum oom_line kind)
{
	const bool is_sound = !record->may_continue || parser->run_is_sound;

	parser->run_is_sound =
		is_sound && oom_line_is_closed(kind, record->text, record->text_length, parser->report.open);
	return !is_sound;
}

/*
 * A dubious line that names a victim becomes a kill of its own, which proves nothing. It does not
 * become part of a report, because VMs are named from reports.
 */
static int feed_dubious(struct oom_parser *parser, const struct klog_record *record, enum oom_line kind)
{
	struct oom_kill kill;

	if (kind == OOM_LINE_ZONE && parser->report.open)
		oom_report_line(&parser->report, kind, record); /* only numbers are used, no names */
	if (join_wrapped(parser, record)) {
		record = &parser->wrapped.record;
		kind = OOM_LINE_KILLED;
	}
	parser->previous = PREVIOUS_OTHER;
	oom_kill_begin(&kill, record);
	kill.proven = false;
	kill.dubious = true;
	return oom_line_victim(kind, record->text, record->text_length, &kill)
		       ? oom_target_add(&parser->target, &kill)
		       : 0;
}

/*
 * The kernel kills no process after all: the victim is already exiting (printed after the summary),
 * or there is none (printed in place of the summary). In a text log the line may be forged, so a
 * Killed line after it still gets its report.
 */
static void skip_report(struct oom_report *report, const struct klog_record *record, enum oom_line kind)
{
	if (record->proven || !report->has_summary)
		oom_report_clear(report);
	else if (kind == OOM_LINE_SKIPPED)
		report->skipped = true;
}

static int feed_kernel(struct oom_parser *parser, const struct klog_record *record, enum oom_line kind)
{
	const enum previous previous = parser->previous;
	const bool is_joined = join_wrapped(parser, record);
	int r = 0;

	parser->previous = PREVIOUS_OTHER;
	if (parser->report.open && oom_report_is_stale(&parser->report, record))
		r = conclude(parser);
	if (r < 0)
		return r;
	if (is_joined)
		return feed_killed(parser, &parser->wrapped.record);
	switch (kind) {
	case OOM_LINE_KILLED:
		return feed_killed(parser, record);
	case OOM_LINE_ANNOUNCED:
		return feed_announced(parser, record);
	case OOM_LINE_REAPED:
		return feed_reaped(parser, record);
	case OOM_LINE_VM_KILLING:
		return feed_vm_killing(parser, record, previous);
	case OOM_LINE_ALLOCATION_FAILED:
		parser->previous = PREVIOUS_ALLOCATION_FAILED;
		return 0;
	case OOM_LINE_SKIPPED:
	case OOM_LINE_NOBODY:
		skip_report(&parser->report, record, kind);
		return 0;
	case OOM_LINE_BOOT:
		return conclude(parser);
	case OOM_LINE_HEADER:
		r = open_report(parser, record);
		break;
	case OOM_LINE_GROUP:
		open_group(parser, record);
		break;
	case OOM_LINE_TASK_IN:
	case OOM_LINE_LIMIT:
	case OOM_LINE_STATS:
	case OOM_LINE_SUMMARY:
		r = need_report(parser, kind, record);
		break;
	default:
		break;
	}
	if (parser->report.open)
		oom_report_line(&parser->report, kind, record);
	return r;
}

int oom_parser_feed(const struct klog_record *record, void *data)
{
	struct oom_parser *parser = data;
	enum oom_line kind;
	int r;

	if (oom_userspace_feed(&parser->userspace, record, &parser->target, &r))
		return r;
	if (!klog_record_is_kernel(record))
		return 0;
	kind = oom_line_kind(record->text, record->text_length, parser->report.open);
	if (is_dubious(parser, record, kind))
		return feed_dubious(parser, record, kind);
	if (kind == OOM_LINE_OTHER && !parser->report.open && parser->previous == PREVIOUS_OTHER)
		return 0;
	return feed_kernel(parser, record, kind);
}

int oom_parser_flush(struct oom_parser *parser)
{
	int r_announced = 0, r_report, r_userspace;

	if (parser->previous == PREVIOUS_ANNOUNCED) {
		r_announced = oom_target_add(&parser->target, &parser->announced);
		parser->report.victims++; /* else the report would be one without a victim */
	}
	parser->previous = PREVIOUS_OTHER;
	parser->run_is_sound = false;
	r_report = conclude(parser);
	r_userspace = oom_userspace_flush(&parser->userspace, &parser->target);
	return r_announced < 0 ? r_announced : r_report < 0 ? r_report : r_userspace;
}

uint64_t oom_parser_killed_lines(const struct oom_parser *parser, const uint8_t boot_id[16])
{
	return counter_lines(&parser->counter, boot_id);
}

uint64_t oom_parser_killed_lines_after(const struct oom_parser *parser, const uint8_t boot_id[16],
				       int64_t monotonic_usec, int64_t *ret_newest_usec)
{
	return counter_lines_after(&parser->counter, boot_id, monotonic_usec, ret_newest_usec);
}

bool oom_parser_counter_is_full(const struct oom_parser *parser)
{
	return parser->counter.is_full;
}
