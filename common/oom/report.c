/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "oom/report.h"

#include <errno.h>
#include <string.h>

#include "base/array.h"
#include "base/boot_id.h"
#include "base/text.h"
#include "oom/path.h"

/* A Killed line soon follows its summary. Before the summary, a task table of 10,000 lines may take
 * minutes over a serial console. */
#define STEP_MAX_USEC   (60 * INT64_C(1000000))
#define REPORT_MAX_USEC (600 * INT64_C(1000000))

/* The victims of memory.oom.group are killed within milliseconds. A later one is another kill,
 * whose report was rate-limited away. */
#define GROUP_STEP_MAX_USEC INT64_C(1000000)

static void remember_time(struct klog_record *into, const struct klog_record *record)
{
	*into = (struct klog_record){
		.realtime_usec = record->realtime_usec,
		.monotonic_usec = record->monotonic_usec,
		.has_boot_id = record->has_boot_id,
		.proven = record->proven,
		.of_this_host = record->of_this_host,
	};
	memcpy(into->boot_id, record->boot_id, sizeof(into->boot_id));
}

/* The time from `from` to a record; 0 if unknown. It may be negative: records get their time before
 * their place in the ring. */
static int64_t usec_since(const struct klog_record *from, const struct klog_record *record)
{
	int64_t gap;

	if (from->monotonic_usec != KLOG_TIME_UNKNOWN && record->monotonic_usec != KLOG_TIME_UNKNOWN)
		return __builtin_sub_overflow(record->monotonic_usec, from->monotonic_usec, &gap) ? INT64_MAX
												  : gap;
	if (from->realtime_usec != KLOG_TIME_UNKNOWN && record->realtime_usec != KLOG_TIME_UNKNOWN)
		return __builtin_sub_overflow(record->realtime_usec, from->realtime_usec, &gap) ? INT64_MAX
												: gap;
	return 0;
}

void oom_report_clear(struct oom_report *report)
{
	report->open = report->is_begun = false;
	oom_kill_init(&report->about);
	report->cgroup[0] = report->limit_cgroup[0] = '\0';
	report->has_summary = report->has_announced = report->group = false;
	report->skipped = report->taken = report->first_line_lost = report->first_lacks_it = false;
	report->victims = 0;
	oom_kill_init(&report->first);
	report->reaped_count = 0;
	oom_kill_init(&report->reaped);
	report->zone[0] = '\0';
	report->zones_over = report->zones_lack_total = false;
	report->page_kb = report->ram_pages = report->reserved_pages = OOM_UNKNOWN;
	report->torn = OOM_LINE_OTHER;
	report->fragments_length = 0;
}

void oom_report_open(struct oom_report *report, const struct klog_record *record)
{
	oom_report_clear(report);
	report->open = true;
	remember_time(&report->began, record);
	remember_time(&report->latest, record);
}

bool oom_report_is_stale(const struct oom_report *report, const struct klog_record *record)
{
	if (report->began.has_boot_id && record->has_boot_id &&
	    !boot_id_same(report->began.boot_id, record->boot_id))
		return true;
	return usec_since(&report->latest, record) > STEP_MAX_USEC ||
	       usec_since(&report->began, record) > REPORT_MAX_USEC;
}

static void take_cpu(struct oom_report *report, const struct klog_record *record)
{
	struct oom_kill *about = &report->about;
	char comm[sizeof(about->invoker_comm)];
	struct cursor piece;
	int64_t pid;

	if (about->invoker_pid != OOM_UNKNOWN || report->victims > 0 ||
	    !oom_line_cpu(record->text, record->text_length, &pid, &piece))
		return;
	cursor_copy(&piece, comm, sizeof(comm));
	/* Another CPU's stack names another process. The header's name may lack what printk took
	 * for a level ("\0013"), or begin with a log's indentation. */
	if (about->has_invoker && !text_ends_with(comm, about->invoker_comm) &&
	    !text_ends_with(about->invoker_comm, comm))
		return;
	about->has_invoker = true;
	about->invoker_pid = pid;
	memcpy(about->invoker_comm, comm, sizeof(comm));
}

static void add_kb(int64_t *sum, int64_t kb)
{
	if (*sum == OOM_UNKNOWN)
		*sum = kb;
	else if (__builtin_add_overflow(*sum, kb, sum))
		*sum = INT64_MAX;
}

static void take_zone(struct oom_report *report, const struct klog_record *record)
{
	struct oom_line_zone zone;
	char label[sizeof(report->zone)];

	if (report->victims > 0 || report->has_summary || report->zones_over ||
	    !oom_line_zone(record->text, record->text_length, &zone))
		return;
	cursor_copy(&zone.label, label, sizeof(label));
	if (report->zone[0] == '\0') {
		memcpy(report->zone, label, sizeof(label));
	} else if (strcmp(report->zone, label) == 0) {
		report->zones_over = true;
		return;
	}
	add_kb(&report->about.host_free_kb, zone.free_kb);
	if (zone.total_kb == OOM_UNKNOWN)
		report->zones_lack_total = true;
	else
		add_kb(&report->about.host_total_kb, zone.total_kb);
}

static int64_t host_total_kb(const struct oom_report *report)
{
	int64_t pages, kb;

	if (!report->zones_lack_total && report->about.host_total_kb != OOM_UNKNOWN)
		return report->about.host_total_kb;
	if (report->ram_pages == OOM_UNKNOWN || report->page_kb == OOM_UNKNOWN)
		return OOM_UNKNOWN;
	pages = report->ram_pages - (report->reserved_pages != OOM_UNKNOWN ? report->reserved_pages : 0);
	return pages < 0 || __builtin_mul_overflow(pages, report->page_kb, &kb) ? OOM_UNKNOWN : kb;
}

/* The kernel cuts the text of one printk(), and a path is printed by one: at LOG_LINE_MAX until
 * 5.9, since then at PRINTKRB_RECORD_MAX, each with or without the NUL. */
static bool is_cut_by_printk(size_t length)
{
	static const size_t limits[] = { 991, 992, 1023, 1024 };

	for (size_t i = 0; i < ARRAY_SIZE(limits); i++) {
		if (length == limits[i])
			return true;
	}
	return false;
}

static void keep_path(char path[PATH_MAX], struct cursor piece, bool is_cut)
{
	cursor_copy(&piece, path, PATH_MAX);
	if (is_cut || is_cut_by_printk(cursor_left(&piece)))
		oom_path_mark_cut(path, PATH_MAX);
}

/* A proven record is not cut at the edge of a screen. */
static void use_summary(struct oom_report *report, bool is_proven)
{
	struct oom_line_summary summary;

	if (!oom_line_summary(report->fragments, report->fragments_length, &summary))
		return;
	report->has_summary = true;
	report->about.constraint = summary.constraint;
	report->summary_pid = summary.pid;
	report->summary_uid = summary.uid;
	cursor_copy(&summary.comm, report->summary_comm, sizeof(report->summary_comm));
	report->summary_is_cut = !summary.complete;
	keep_path(report->cgroup, summary.cgroup, summary.cgroup_is_open && !is_proven);
	keep_path(report->limit_cgroup, summary.limit_cgroup, summary.limit_is_open && !is_proven);
	if (summary.complete)
		report->torn = OOM_LINE_OTHER;
}

static void use_task_in(struct oom_report *report)
{
	struct oom_line_task_in paths;

	if (!oom_line_task_in(report->fragments, report->fragments_length, &paths))
		return;
	report->about.constraint = OOM_CONSTRAINT_MEMCG;
	keep_path(report->cgroup, paths.cgroup, false);
	keep_path(report->limit_cgroup, paths.limit_cgroup, paths.limit_is_cut);
	if (paths.complete)
		report->torn = OOM_LINE_OTHER;
}

/* Appends a fragment to the torn line and parses what there is of it. */
static void add_fragment(struct oom_report *report, const struct klog_record *record)
{
	if (record->text_length > sizeof(report->fragments) - report->fragments_length) {
		report->torn = OOM_LINE_OTHER;
		return;
	}
	memcpy(report->fragments + report->fragments_length, record->text, record->text_length);
	report->fragments_length += record->text_length;
	if (report->torn == OOM_LINE_SUMMARY)
		use_summary(report, record->proven);
	else
		use_task_in(report);
}

static void begin_fragments(struct oom_report *report, enum oom_line kind, const struct klog_record *record)
{
	report->torn = kind;
	report->fragments_length = 0;
	add_fragment(report, record);
}

/*
 * Whether a record continues the torn line. Only kmsg has a flag for this, and lines of other CPUs
 * may be torn as well, so the record is compared with what can follow.
 */
static bool is_next_fragment(const struct oom_report *report, const struct klog_record *record)
{
	static const char *const starts[] = {
		",nodemask=",
		",cpuset=",
		",mems_allowed=",
		",oom_memcg=",
		",global_oom",
		",task_memcg=",
		",task=",
		",pid=",
		",uid=",
		" killed",
		" as a result of limit of ",
	};
	struct cursor text = { record->text, record->text + record->text_length };
	char last = report->fragments_length > 0 ? report->fragments[report->fragments_length - 1] : '\0';

	if (text.at == text.end)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(starts); i++) {
		if (cursor_starts(&text, starts[i]))
			return true;
	}
	/* a pasted log may be wrapped after any comma or slash as well */
	if (last != '=' && last != ' ' && (record->proven || (last != ',' && last != '/')))
		return false;
	return *text.at == '/' || record->continuation || cursor_find(&text, " ") == NULL;
}

/* Whether the path is, or may be, the ancestor or below it. A path that is unknown or cut may
 * be. */
static bool is_within(const char *path, struct cursor ancestor)
{
	const size_t length = cursor_left(&ancestor);

	if (path[0] == '\0' || oom_path_is_cut(path) || length == 0 || cursor_equals(&ancestor, "/"))
		return true;
	return strncmp(path, ancestor.at, length) == 0 && (path[length] == '\0' || path[length] == '/');
}

static void take_group(struct oom_report *report, const struct klog_record *record)
{
	struct cursor cgroup;

	if (!oom_line_group(record->text, record->text_length, &cgroup))
		return;
	/* mem_cgroup_get_oom_group() returns the victim's cgroup or an ancestor of it. */
	if (!is_within(report->cgroup, cgroup))
		return;
	report->group = true;
	report->first_line_lost = report->victims == 0 && report->has_summary;
	if (cursor_left(&cgroup) > 0)
		keep_path(report->cgroup, cgroup, false);
}

static void take_stats(struct oom_report *report, const struct klog_record *record)
{
	struct cursor cgroup;

	/* since 5.0 it is in the summary; without one, only this line has it */
	if (report->limit_cgroup[0] == '\0' && oom_line_stats(record->text, record->text_length, &cgroup))
		keep_path(report->limit_cgroup, cgroup, false);
}

void oom_report_line(struct oom_report *report, enum oom_line kind, const struct klog_record *record)
{
	const char *text = record->text;
	size_t length = record->text_length;

	switch (kind) {
	case OOM_LINE_HEADER:
		report->is_begun = true;
		oom_line_header(text, length, &report->about);
		break;
	case OOM_LINE_CPU:
		take_cpu(report, record);
		break;
	case OOM_LINE_ZONE:
		take_zone(report, record);
		break;
	case OOM_LINE_BUDDY:
		oom_line_buddy(text, length, &report->page_kb);
		break;
	case OOM_LINE_RAM:
		oom_line_pages(text, length, &report->ram_pages);
		break;
	case OOM_LINE_RESERVED:
		oom_line_pages(text, length, &report->reserved_pages);
		break;
	case OOM_LINE_LIMIT:
		/* printed for a memory cgroup only */
		if (oom_line_limit(text, length, &report->about.limit_kb) &&
		    report->about.constraint == OOM_CONSTRAINT_UNKNOWN)
			report->about.constraint = OOM_CONSTRAINT_MEMCG;
		break;
	case OOM_LINE_STATS:
		take_stats(report, record);
		break;
	case OOM_LINE_GROUP:
		take_group(report, record);
		break;
	case OOM_LINE_SUMMARY:
	case OOM_LINE_TASK_IN:
		report->is_begun = true;
		begin_fragments(report, kind, record);
		break;
	default:
		if (report->torn != OOM_LINE_OTHER && is_next_fragment(report, record))
			add_fragment(report, record);
		else if (report->has_summary || report->has_announced || report->victims > 0)
			return; /* not of this report: must not keep it open */
	}
	/* In a text log, a line may have a forged earlier time, which would make those after it
	 * come too late. */
	if (record->proven || usec_since(&report->latest, record) >= 0)
		remember_time(&report->latest, record);
}

bool oom_report_fits(const struct oom_report *report, const struct klog_record *record,
		     const struct oom_kill *kill, struct oom_line_reason *reason)
{
	bool is_memcg = report->about.constraint == OOM_CONSTRAINT_MEMCG;

	if (!report->open)
		return false;
	if (report->victims > 0)
		return report->group && usec_since(&report->latest, record) <= GROUP_STEP_MAX_USEC;
	if (report->taken && kill->pid != report->summary_pid)
		return false;
	if (reason->prefix == OOM_PREFIX_NONE && report->has_announced)
		*reason = report->announced;
	if (report->about.constraint != OOM_CONSTRAINT_UNKNOWN &&
	    ((reason->prefix == OOM_PREFIX_MEMCG && !is_memcg) ||
	     (reason->prefix == OOM_PREFIX_HOST && is_memcg)))
		return false;
	return !report->has_summary || report->summary_uid == OOM_UNKNOWN || kill->uid == OOM_UNKNOWN ||
	       report->summary_uid == kill->uid;
}

static int copy_path(const char *path, char **ret)
{
	if (path[0] == '\0')
		return 0;
	*ret = strdup(path);
	return *ret != NULL ? 0 : -ENOMEM;
}

/*
 * A process may name itself "a,task=b". The summary, which is split at its last ",task=", then has
 * ",task=a" at the end of the cgroup. The Killed line has the whole name.
 */
static void cut_name_from_path(char *path, const char *comm)
{
	static const char key[] = ",task=";
	const struct cursor name = cursor_of(comm);
	const char *last = cursor_find_last(&name, key);
	TEXT_ON_STACK(end, sizeof(key) + sizeof(((struct oom_kill *)NULL)->comm));

	if (path == NULL || last == NULL)
		return;
	text_append(&end, key);
	text_append_bytes(&end, comm, (size_t)(last - comm));
	if (text_ends_with(path, end.data))
		path[strlen(path) - end.length] = '\0';
}

int oom_report_attach(const struct oom_report *report, struct oom_kill *kill)
{
	const struct oom_kill *about = &report->about;
	int r, r_limit = 0;

	/* 5.0 to 5.3 print the uid only in the summary */
	if (report->has_summary && report->summary_pid == kill->pid && kill->uid == OOM_UNKNOWN)
		kill->uid = report->summary_uid;
	kill->constraint = about->constraint;
	kill->manual = about->manual;
	kill->has_invoker = about->has_invoker;
	kill->invoker_pid = about->invoker_pid;
	memcpy(kill->invoker_comm, about->invoker_comm, sizeof(kill->invoker_comm));
	kill->has_order = about->has_order;
	kill->order = about->order;
	memcpy(kill->gfp_mask, about->gfp_mask, sizeof(kill->gfp_mask));
	kill->host_free_kb = about->host_free_kb;
	kill->host_total_kb = host_total_kb(report);
	r = copy_path(report->cgroup, &kill->cgroup);
	cut_name_from_path(kill->cgroup, kill->comm);
	if (about->constraint == OOM_CONSTRAINT_MEMCG) {
		kill->limit_kb = about->limit_kb;
		r_limit = copy_path(report->limit_cgroup, &kill->limit_cgroup);
	}
	return r < 0 ? r : r_limit;
}

void oom_report_note_reaped(struct oom_report *report, const struct klog_record *record,
			    const struct oom_kill *kill)
{
	if (!report->open || report->victims > 0 || report->has_summary || report->skipped || report->taken ||
	    oom_report_is_stale(report, record) || kill->pid == report->reaped.pid)
		return;
	report->reaped_count++;
	oom_kill_keep_names(&report->reaped, kill);
}

void oom_report_note_unfinished(const struct oom_report *report, struct oom_unfinished *unfinished)
{
	if (!report->open || report->victims > 0 || !report->is_begun || report->skipped || report->taken ||
	    (unfinished->known && unfinished->realtime_usec > report->latest.realtime_usec))
		return;
	unfinished->known = true;
	unfinished->realtime_usec = report->latest.realtime_usec;
	text_copy(unfinished->limit_cgroup, sizeof(unfinished->limit_cgroup), report->limit_cgroup);
}

bool oom_report_is_follower(const struct oom_report *report, const struct oom_kill *kill)
{
	if (!report->group || (report->has_summary && kill->pid == report->summary_pid))
		return false;
	return report->victims > 0 ? kill->pid != report->first.pid : report->first_line_lost;
}

bool oom_report_is_double(const struct oom_report *report, const struct oom_kill *kill)
{
	const struct oom_kill *first = &report->first;

	return report->victims > 0 && kill->pid == first->pid &&
	       (kill->proven ||
		(strcmp(kill->comm, first->comm) == 0 && kill->total_vm_kb <= first->total_vm_kb &&
		 kill->anon_rss_kb <= first->anon_rss_kb));
}

bool oom_report_accepts(const struct oom_report *report, const struct klog_record *record,
			enum oom_prefix prefix)
{
	return prefix != OOM_PREFIX_UNKNOWN || record->proven || record->identifier != NULL ||
	       (report->open && report->victims == 0);
}
