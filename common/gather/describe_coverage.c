/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <ctype.h>
#include <string.h>

#include "base/number.h"
#include "gather/coverage.h"
#include "gather/describe.h"

static void append_ago(struct text *text, int64_t now_usec, int64_t then_usec)
{
	number_append_duration(text, now_usec > then_usec ? now_usec - then_usec : 0);
	text_append(text, " ago");
}

void describe_window(struct text *text, const struct gather_request *request)
{
	if (request->since_usec == KLOG_TIME_UNKNOWN) {
		text_append(text, " on record");
	} else if (request->until_usec != KLOG_TIME_UNKNOWN) {
		text_append(text, " in the window");
	} else {
		text_append(text, " in the last ");
		number_append_duration(text, request->now_usec - request->since_usec);
	}
}

static void append_names(struct text *text, const struct gather_result *result)
{
	const char *separator = "";

	for (size_t i = 0; i < result->status_count; i++) {
		if (!result->statuses[i].opened)
			continue;
		text_append(text, separator);
		text_append_name(text, result->statuses[i].name);
		separator = ", ";
	}
}

void describe_coverage(struct text *text, const struct gather_request *request,
		       const struct gather_result *result)
{
	const bool since_boot = result->ring_whole && result->seen_since_usec == result->boot_usec;

	append_names(text, result);
	if (since_boot || result->seen_since_usec != KLOG_TIME_UNKNOWN) {
		text_append(text, since_boot ? " since boot " : " since ");
		append_ago(text, request->now_usec, result->seen_since_usec);
	}
	if (gather_gap_is_acknowledged(result)) {
		text_append(text, "; the gap before it has been acknowledged");
	} else if (result->gap == GATHER_GAP_COUNTED) {
		text_printf(text, ", kernel counter shows no %skill before that since boot ",
			    result->counter > 0 ? "other " : "");
		append_ago(text, request->now_usec, result->boot_usec);
	} else if (result->counter_agrees && result->account.known && result->account.unrecorded == 0) {
		text_append(text, ", counter agrees");
	}
	/* For named files the time since which they cover the window has been printed above. */
	if (result->gap == GATHER_GAP_BEFORE && !gather_sources_are_files(&request->sources))
		text_append(text, "; no older records");
	describe_hosts(text, "; ", result);
}

void describe_hosts(struct text *text, const char *separator, const struct gather_result *result)
{
	if (result->other_hosts_kills > 0) {
		text_printf(text, "%s%llu kill%s of other hosts left out", separator,
			    (unsigned long long)result->other_hosts_kills,
			    result->other_hosts_kills == 1 ? "" : "s");
		separator = "; ";
	}
	if (result->assumed_host[0]) {
		text_printf(text, "%shost ", separator);
		text_append_name(text, result->assumed_host);
		text_append(text, " assumed to be this host");
	}
}

static void append_clause(struct text *text, const char **separator, const char *clause)
{
	text_append(text, *separator);
	text_append_name(text, clause);
	*separator = "; ";
}

/* A missing source explains nothing if another one exists. */
static bool explains(const struct gather_result *result, const struct gather_source_status *status)
{
	if (!status->failed)
		return false;
	if (!coverage_is_absent(status))
		return true;
	for (size_t i = 0; i < result->status_count; i++) {
		if (!coverage_is_absent(&result->statuses[i]))
			return false;
	}
	return true;
}

static bool any_explains(const struct gather_result *result)
{
	for (size_t i = 0; i < result->status_count; i++) {
		if (explains(result, &result->statuses[i]))
			return true;
	}
	return false;
}

/* A text log reports its own losses; those of a ring are found from gaps in it. */
static bool says_it_lost(const struct gather_source_status *status)
{
	return status->kind == KLOG_FILE && status->summary.lost_records > 0;
}

static bool any_says_it_lost(const struct gather_result *result)
{
	for (size_t i = 0; i < result->status_count; i++) {
		if (says_it_lost(&result->statuses[i]))
			return true;
	}
	return false;
}

/* Gaps in the sources that were read. */
static void append_holes(struct text *text, const char **separator, const struct gather_result *result)
{
	for (size_t i = 0; i < result->status_count; i++) {
		const struct gather_source_status *status = &result->statuses[i];
		TEXT_ON_STACK(clause, 384);

		if (!status->left_behind)
			continue;
		text_printf(&clause, "%s: not written since ", status->name);
		describe_time(&clause, status->summary.newest_usec);
		append_clause(text, separator, clause.data);
	}
	if (coverage_any_dubious(result) && !result->counter_agrees)
		append_clause(text, separator,
			      "a kill record may be a user's text in another record (/dev/kmsg or the "
			      "journal can confirm it)");
	for (size_t i = 0; i < result->status_count; i++) {
		const struct gather_source_status *status = &result->statuses[i];
		TEXT_ON_STACK(clause, 384);

		if (!says_it_lost(status))
			continue;
		text_printf(&clause, "%s: reports %llu lost record%s", status->name,
			    (unsigned long long)status->summary.lost_records,
			    status->summary.lost_records == 1 ? "" : "s");
		append_clause(text, separator, clause.data);
	}
	if (result->counter_agrees)
		return;
	if (result->account.known && result->this_boot_unseen)
		text_printf(text, "%sthe log does not reach back far enough", *separator);
	else if (result->lost_records > 0 && !any_says_it_lost(result))
		text_printf(text, "%s%llu log records are lost", *separator,
			    (unsigned long long)result->lost_records);
	else
		return;
	if (result->account.known)
		text_printf(text, "; the log does not account for all %llu kills counted since boot",
			    (unsigned long long)result->counter);
	*separator = "; ";
}

/* An OOM report without a victim. */
static void append_unfinished(struct text *text, const char **separator, const struct gather_result *result)
{
	const struct oom_unfinished *unfinished = &result->list.unfinished;

	text_printf(text, "%sthe log does not name the OOM killer's victim", *separator);
	if (unfinished->realtime_usec != KLOG_TIME_UNKNOWN) {
		text_append(text, " at ");
		describe_time(text, unfinished->realtime_usec);
	}
	if (unfinished->limit_cgroup[0]) {
		text_append(text, " for the limit of ");
		text_append_name(text, unfinished->limit_cgroup);
	}
	*separator = "; ";
}

/* No line of the host whose kills count is known. */
static void append_host_unseen(struct text *text, const char **separator,
			       const struct gather_request *request)
{
	if (request->host && request->sources.count > 0) {
		text_append(text, "no line of host ");
		text_append_name(text, request->host);
		text_append(text, " in the sources (without --host, kills of all hosts count)");
	} else {
		text_append(text, "a log file has kills of other hosts but no line of this host (set its "
				  "name with --host=NAME)");
	}
	*separator = "; ";
}

static const char *remedy_of_holes(const struct gather_result *result)
{
	if (any_says_it_lost(result))
		return ". Raise the rate limits of the log daemon";
	if (result->counter_error < 0)
		return ". Give this check read access to both files";
	return ". Keep a persistent journal (Storage=persistent in journald.conf)";
}

void describe_blindness(struct text *text, const struct gather_request *request,
			const struct gather_result *result)
{
	const char *separator = "";

	if (result->host_unseen)
		append_host_unseen(text, &separator, request);
	const size_t said = text->length;
	for (size_t i = 0; i < result->status_count; i++) {
		if (explains(result, &result->statuses[i]))
			append_clause(text, &separator, result->statuses[i].failure.reason);
	}
	append_holes(text, &separator, result);
	if (result->counter_error < 0) {
		TEXT_ON_STACK(clause, 128);

		text_printf(&clause, "the kernel's counter of kills (/proc/vmstat, boot_id): %s",
			    strerror(-result->counter_error));
		append_clause(text, &separator, clause.data);
	}
	if (coverage_is_unfinished(request, result))
		append_unfinished(text, &separator, result);
	if (result->window_unseen)
		append_clause(text, &separator, "no log that was read covers the window");
	if (*separator == '\0')
		text_append(text, "the log does not reach back far enough");
	if (result->host_unseen && text->length == said)
		return;
	const char *conjunction = ". ";
	if (coverage_is_unfinished(request, result) && !coverage_any_dubious(result) && !any_explains(result))
		return;
	if (gather_first_opened(result) && !any_explains(result)) {
		text_append(text, remedy_of_holes(result));
		return;
	}
	for (size_t i = 0; i < result->status_count; i++) {
		const char *remedy = result->statuses[i].failure.remedy;

		/* kmsg and syslog(2) need the same capability: print the remedy once. */
		if (!explains(result, &result->statuses[i]) || !remedy[0] || strstr(text->data, remedy + 1))
			continue;
		text_append(text, conjunction);
		if (strcmp(conjunction, ". ") == 0 && islower((unsigned char)remedy[0])) {
			text_printf(text, "%c", toupper((unsigned char)remedy[0]));
			remedy++;
		}
		text_append_name(text, remedy);
		conjunction = ", or ";
	}
}

void describe_source(struct text *text, const struct gather_source_status *status)
{
	text_printf(text, "source %s: ", status->name);
	if (status->opened) {
		text_printf(text, "%llu record%s", (unsigned long long)status->summary.yielded_records,
			    status->summary.yielded_records == 1 ? "" : "s");
		if (status->summary.oldest_usec != KLOG_TIME_UNKNOWN) {
			text_append(text, ", oldest ");
			describe_time(text, status->summary.oldest_usec);
		}
		text_printf(text, ", %llu lost", (unsigned long long)status->summary.lost_records);
		if (status->summary.suppressed > 0)
			text_printf(text, ", %llu of other units suppressed by journald",
				    (unsigned long long)status->summary.suppressed);
	}
	if (status->failed)
		text_printf(text, "%snot read: %s", status->opened ? ", then " : "", status->failure.reason);
}
