/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "oom_report_json.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>
#include <time.h>

#include "base/array.h"
#include "base/text.h"

/* A comm or a path may have any byte; unprintable ones are escaped as in the kernel's log. */
static json_t *json_untrusted(const char *name, enum text_untrusted how)
{
	char buffer[4 * 4096 + 1];
	struct text text;

	if (!name || !name[0])
		return json_null();
	text_init(&text, buffer, sizeof(buffer));
	text_append_untrusted(&text, name, strlen(name), how | TEXT_BAR);
	return json_string(text.data);
}

static json_t *json_known(int64_t value)
{
	return value == OOM_UNKNOWN ? json_null() : json_integer(value);
}

/* RFC 3339 in local time with its offset; null if the time is unknown or cannot be represented. */
static json_t *json_time(int64_t realtime_usec)
{
	/* Rounded down, also before the epoch. */
	const bool is_cut_upwards = realtime_usec % 1000000 < 0;
	const int fraction = (int)(realtime_usec % 1000000) + (is_cut_upwards ? 1000000 : 0);
	const time_t seconds = (time_t)(realtime_usec / 1000000) - is_cut_upwards;
	struct tm tm;
	char date[40], zone[8];

	if (realtime_usec == KLOG_TIME_UNKNOWN || !localtime_r(&seconds, &tm) || tm.tm_year < -1900 ||
	    tm.tm_year > 9999 - 1900 || strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &tm) == 0 ||
	    strftime(zone, sizeof(zone), "%z", &tm) == 0)
		return json_null();
	return json_sprintf("%s.%06d%.3s:%s", date, fraction, zone, zone + 3);
}

static json_t *json_invoker(const struct oom_kill *kill)
{
	if (!kill->has_invoker)
		return json_null();
	return json_pack("{so, so, so, so}", "pid", json_known(kill->invoker_pid), "comm",
			 json_untrusted(kill->invoker_comm, TEXT_ASCII), "order",
			 kill->has_order ? json_integer(kill->order) : json_null(), "gfp_mask",
			 json_untrusted(kill->gfp_mask, TEXT_ASCII));
}

static json_t *json_origins(const struct vm_identity *vm)
{
	json_t *origins = json_array();

	for (unsigned bit = 0; bit < VM_ORIGIN_COUNT; bit++)
		if (vm->origins & 1U << bit)
			json_array_append_new(origins, json_string(vm_origin_name(1U << bit)));
	return origins;
}

static json_t *json_vm(const struct vm_identity *vm)
{
	const struct {
		const char *key, *value;
	} names[] = {
		{ "name", vm->name },
		{ "id", vm->id },
		{ "uuid", vm->uuid },
		{ "display_name", vm->display_name },
		{ "project", vm->project },
		{ "project_id", vm->project_id },
		{ "user", vm->user },
		{ "flavor", vm->flavor },
		{ "manager", vm->manager },
		{ "tags", vm->tags },
		{ "libvirt_reason", vm->libvirt_reason },
	};

	if (vm->role == VM_ROLE_NONE)
		return json_null();
	json_t *object = json_pack("{ss, ss}", "stack", vm_stack_name(vm->stack), "role",
				   vm->role == VM_ROLE_HYPERVISOR ? "machine" : "helper");
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		json_object_set_new(object, names[i].key, json_untrusted(names[i].value, TEXT_UTF8));
	/* Whether `name` may differ from the domain's full name. */
	json_object_set_new(object, "name_is_shortened", json_boolean(vm->name_is_truncated));
	json_object_set_new(object, "name_is_ambiguous", json_boolean(vm->name_is_ambiguous));
	if (vm->doubt != VM_DOUBT_NONE)
		json_object_set_new(
			object, "definition",
			json_string(vm->doubt == VM_DOUBT_REUSED ? "of another VM" : "newer than the kill"));
	json_object_set_new(object, "origins", json_origins(vm));
	return object;
}

static json_t *json_kill(const struct gather_kill *entry)
{
	const struct oom_kill *kill = entry->kill;

	return json_pack(
		"{so, so, so, so, so, so, so, so, so, so, so, ss, ss, sb, sb, so, so, so, so, so, so, so, "
		"sb, "
		"sb, sb, so}",
		"time", json_time(kill->realtime_usec), "pid", json_known(kill->pid), "comm",
		json_untrusted(kill->comm, TEXT_ASCII), "uid", json_known(kill->uid), "total_vm_kb",
		json_known(kill->total_vm_kb), "anon_rss_kb", json_known(kill->anon_rss_kb), "file_rss_kb",
		json_known(kill->file_rss_kb), "shmem_rss_kb", json_known(kill->shmem_rss_kb), "pgtables_kb",
		json_known(kill->pgtables_kb), "rss_kb", json_known(kill->rss_kb), "oom_score_adj",
		kill->has_oom_score_adj ? json_integer(kill->oom_score_adj) : json_null(), "killer",
		oom_killer_name(kill->killer), "constraint", oom_constraint_name(kill->constraint), "manual",
		kill->manual, "inferred", kill->inferred, "cgroup", json_untrusted(kill->cgroup, TEXT_ASCII),
		"limit_cgroup", json_untrusted(kill->limit_cgroup, TEXT_ASCII), "limit_kb",
		json_known(kill->limit_kb), "host_free_kb", json_known(kill->host_free_kb), "host_total_kb",
		json_known(kill->host_total_kb), "invoker", json_invoker(kill), "vm", json_vm(&entry->vm),
		"acknowledged", entry->acknowledged, "unconfirmed", entry->unconfirmed || kill->dubious,
		"remembered", kill->remembered, "host", json_untrusted(kill->host, TEXT_UTF8));
}

/* OOM killer lines in an unknown format, and "FILE:LINE" of the first. */
struct unread {
	uint64_t lines;
	char at[300];
};

static struct unread count_unread(const struct gather_result *result)
{
	struct unread unread = { 0 };

	for (size_t i = 0; i < result->status_count; i++) {
		const struct klog_summary *summary = &result->statuses[i].summary;

		if (!result->statuses[i].opened || summary->unread_lines == 0)
			continue;
		if (unread.lines == 0)
			snprintf(unread.at, sizeof(unread.at), "%s:%llu", summary->unread_name,
				 (unsigned long long)summary->unread_number);
		unread.lines += summary->unread_lines;
	}
	return unread;
}

int oom_report_print_json(FILE *file, const struct gather_request *request,
			  const struct gather_result *result, uint64_t unrecorded, bool complete)
{
	const struct gather_source_status *first = gather_first_opened(result);
	const struct unread unread = count_unread(result);
	json_t *kills = json_array();

	for (size_t i = 0; i < result->count; i++) {
		/* json_kill() returns NULL if out of memory, and jansson then returns -1. */
		if (json_array_append_new(kills, json_kill(&result->kills[i])) < 0) {
			json_decref(kills);
			return -ENOMEM;
		}
	}
	json_t *report = json_pack(
		"{so, s{so, so}, so, so, so, sb, so, so, so, so}", "source",
		first ? json_string(klog_kind_name(first->kind)) : json_null(), "window", "since",
		json_time(request->since_usec), "until",
		json_time(request->until_usec == KLOG_TIME_UNKNOWN ? request->now_usec : request->until_usec),
		"kills", kills, "unrecorded_kills",
		result->account.known ? json_integer((json_int_t)unrecorded) : json_null(), "lost_records",
		json_integer((json_int_t)result->lost_records), "complete", complete, "other_hosts_kills",
		json_integer((json_int_t)result->other_hosts_kills), "assumed_host",
		json_untrusted(result->assumed_host, TEXT_UTF8), "unread_lines",
		json_integer((json_int_t)unread.lines), "unread_at", json_untrusted(unread.at, TEXT_UTF8));
	if (!report)
		return -ENOMEM;
	errno = 0; /* jansson does not distinguish a full disk from a lack of memory */
	int r = json_dumpf(report, file, JSON_INDENT(1) | JSON_PRESERVE_ORDER);
	if (r < 0)
		r = errno ? -errno : -ENOMEM;
	else
		putc('\n', file);
	json_decref(report);
	return r;
}
