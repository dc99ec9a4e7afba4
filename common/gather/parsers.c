/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gather/parsers.h"

#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "gather/select.h"
#include "klog/host.h"

static void on_drop(const struct oom_kill *kill, void *data)
{
	struct parsers *parsers = data;

	(void)kill;
	parsers->reading_dropped++;
}

static void begin_reading(struct parsers *parsers)
{
	parsers->reading = (struct oom_list){ .on_drop = on_drop, .keep_data = parsers };
	parsers->reading_dropped = 0;
}

int parsers_init(struct parsers *parsers, const struct gather_request *request, struct gather_result *result)
{
	*parsers = (struct parsers){ .result = result, .own = oom_parser_new(&result->list) };
	begin_reading(parsers);
	hosts_init(&parsers->hosts, request, result->has_boot_id ? result->boot_id : NULL);
	return parsers->own ? 0 : -ENOMEM;
}

void parsers_destroy(struct parsers *parsers)
{
	oom_parser_free(parsers->own);
	for (size_t i = 0; i < parsers->count; i++)
		oom_parser_free(parsers->others[i].parser);
	oom_list_destroy(&parsers->reading);
	oom_list_destroy(&parsers->left_out);
	hosts_destroy(&parsers->hosts);
}

void parsers_begin(struct parsers *parsers, enum klog_kind kind, const char *path)
{
	hosts_begin(&parsers->hosts, kind, path);
}

static void end_host(struct parsers_host *host, int *r)
{
	const int flushed = oom_parser_flush(host->parser);

	oom_parser_free(host->parser);
	if (*r == 0)
		*r = flushed;
}

static struct parsers_host *find(struct parsers *parsers, const char *name, bool counts)
{
	for (size_t i = 0; i < parsers->count; i++) {
		if (parsers->others[i].counts == counts && klog_host_same(parsers->others[i].name, name))
			return &parsers->others[i];
	}
	return NULL;
}

static struct parsers_host *make_room(struct parsers *parsers, int *r)
{
	struct parsers_host *oldest = &parsers->others[0];

	if (parsers->count < PARSERS_HOSTS_MAX)
		return &parsers->others[parsers->count++];
	for (size_t i = 1; i < parsers->count; i++) {
		if (parsers->others[i].used < oldest->used)
			oldest = &parsers->others[i];
	}
	end_host(oldest, r);
	return oldest;
}

static int feed_other(struct parsers *parsers, const struct klog_record *record, bool counts)
{
	const char *name = record->host ? record->host : "";
	struct parsers_host *host = find(parsers, name, counts);
	int r = 0;

	if (!host) {
		struct oom_parser *parser =
			oom_parser_new(counts ? &parsers->result->list : &parsers->reading);

		if (!parser)
			return -ENOMEM;
		host = make_room(parsers, &r);
		*host = (struct parsers_host){ .parser = parser, .counts = counts };
		text_copy(host->name, sizeof(host->name), name);
		oom_parser_set_host(host->parser, host->name);
	}
	host->used = ++parsers->used;
	return r < 0 ? r : oom_parser_feed(record, host->parser);
}

/* A text log, or a journal given by path, may hold the records of several hosts. */
static int feed_by_host(struct parsers *parsers, const struct klog_record *record)
{
	struct klog_record known = *record;
	const enum hosts_whose whose = hosts_whose(&parsers->hosts, record, &known.of_this_host);

	return whose == HOSTS_THIS ? oom_parser_feed(&known, parsers->own)
				   : feed_other(parsers, &known, whose == HOSTS_OTHER);
}

int parsers_feed(struct parsers *parsers, const struct klog_record *record)
{
	struct hosts *hosts = &parsers->hosts;

	if (!hosts->may_be_others)
		return oom_parser_feed(record, parsers->own);
	if (hosts->kind == KLOG_JOURNAL && record->host)
		hosts_seen(record->host, record->realtime_usec, hosts);
	return feed_by_host(parsers, record);
}

static int end_others(struct parsers *parsers)
{
	int r = 0;

	for (size_t i = 0; i < parsers->count; i++)
		end_host(&parsers->others[i], &r);
	parsers->count = 0;
	return r;
}

static bool is_counted(const struct parsers *parsers, const struct oom_kill *kill)
{
	const struct gather_request *request = parsers->hosts.request;

	return gather_in_window(request, kill->realtime_usec) && !select_is_ignored(request, kill);
}

/* Whether kills of the window were left out in the source that has just ended. */
static bool left_out_any(const struct parsers *parsers)
{
	for (size_t i = 0; i < parsers->reading.count; i++) {
		if (is_counted(parsers, &parsers->reading.kills[i]))
			return true;
	}
	return parsers->reading_dropped > 0;
}

/* The kills left out in the source that has just ended are this host's, or another's. */
static int settle(struct parsers *parsers, bool is_this_host)
{
	struct gather_result *result = parsers->result;
	struct oom_list *into = is_this_host ? &result->list : &parsers->left_out;
	int r = 0;

	for (size_t i = 0; i < parsers->reading.count && r == 0; i++) {
		struct oom_kill *kill = &parsers->reading.kills[i];

		if (is_this_host) {
			kill->host[0] = '\0';
			kill->of_this_host = true;
		}
		r = oom_list_add(into, kill);
	}
	*(is_this_host ? &result->dropped.counted : &result->other_hosts_kills) += parsers->reading_dropped;
	oom_list_destroy(&parsers->reading);
	begin_reading(parsers);
	return r;
}

static int settle_hosts(struct parsers *parsers, struct klog_source *source, const struct klog_query *query)
{
	struct hosts *hosts = &parsers->hosts;
	int r = end_others(parsers);

	if (r < 0)
		return r;
	if (!hosts_is_found(hosts) && hosts_may_leave_out(hosts) &&
	    (hosts_is_requested(hosts) ? !parsers->host_found : left_out_any(parsers)))
		hosts_search(hosts, source, query);
	parsers->host_found |= hosts_is_found(hosts);
	const bool is_misnamed = hosts_is_misnamed(hosts);
	if (is_misnamed)
		text_copy(parsers->result->assumed_host, sizeof(parsers->result->assumed_host), hosts->other);
	else if (!hosts_is_requested(hosts) && !hosts_is_found(hosts) && left_out_any(parsers))
		parsers->result->host_unseen = true;
	return settle(parsers, is_misnamed);
}

int parsers_end(struct parsers *parsers, struct klog_source *source, const struct klog_query *query)
{
	const int settled = parsers->hosts.may_be_others ? settle_hosts(parsers, source, query) : 0;
	const int flushed = oom_parser_flush(parsers->own);

	return settled < 0 ? settled : flushed;
}

static void adopt(struct oom_list *list)
{
	for (size_t i = 1; i < list->count; i++) {
		if (!klog_host_same(list->kills[0].host, list->kills[i].host))
			return;
	}
	for (size_t i = 0; i < list->count; i++)
		list->kills[i].host[0] = '\0';
}

void parsers_finish(struct parsers *parsers)
{
	struct gather_result *result = parsers->result;

	for (size_t i = 0; i < parsers->left_out.count; i++)
		result->other_hosts_kills += is_counted(parsers, &parsers->left_out.kills[i]);
	if (!hosts_knows_own(&parsers->hosts))
		adopt(&result->list);
	if (hosts_is_requested(&parsers->hosts) && !parsers->host_found)
		result->host_unseen = true;
}
