/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gather/other_hosts.h"

#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "gather/select.h"
#include "klog/host.h"

static void on_drop(const struct oom_kill *kill, void *data)
{
	struct other_hosts *apart = data;

	(void)kill;
	apart->reading_dropped++;
}

static void begin_reading(struct other_hosts *apart)
{
	apart->reading = (struct oom_list){ .on_drop = on_drop, .keep_data = apart };
	apart->reading_dropped = 0;
}

void other_hosts_init(struct other_hosts *apart, const struct gather_request *request,
		      struct gather_result *result)
{
	*apart = (struct other_hosts){ .request = request, .result = result };
	begin_reading(apart);
}

void other_hosts_destroy(struct other_hosts *apart)
{
	for (size_t i = 0; i < apart->count; i++)
		oom_parser_free(apart->hosts[i].parser);
	apart->count = 0;
	oom_list_destroy(&apart->reading);
	oom_list_destroy(&apart->left_out);
}

static void end_host(struct other_host *host, int *r)
{
	const int flushed = oom_parser_flush(host->parser);

	oom_parser_free(host->parser);
	if (*r == 0)
		*r = flushed;
}

static struct other_host *find(struct other_hosts *apart, const char *name, bool counts)
{
	for (size_t i = 0; i < apart->count; i++) {
		if (apart->hosts[i].counts == counts && klog_host_same(apart->hosts[i].name, name))
			return &apart->hosts[i];
	}
	return NULL;
}

static struct other_host *make_room(struct other_hosts *apart, int *r)
{
	struct other_host *oldest = &apart->hosts[0];

	if (apart->count < OTHER_HOSTS_MAX)
		return &apart->hosts[apart->count++];
	for (size_t i = 1; i < apart->count; i++) {
		if (apart->hosts[i].used < oldest->used)
			oldest = &apart->hosts[i];
	}
	end_host(oldest, r);
	return oldest;
}

int other_hosts_feed(struct other_hosts *apart, const struct klog_record *record, bool counts)
{
	const char *name = record->host ? record->host : "";
	struct other_host *host = find(apart, name, counts);
	int r = 0;

	if (!host) {
		struct oom_parser *parser = oom_parser_new(counts ? &apart->result->list : &apart->reading);

		if (!parser)
			return -ENOMEM;
		host = make_room(apart, &r);
		*host = (struct other_host){ .parser = parser, .counts = counts };
		text_copy(host->name, sizeof(host->name), name);
		oom_parser_set_host(host->parser, host->name);
	}
	host->used = ++apart->used;
	return r < 0 ? r : oom_parser_feed(record, host->parser);
}

int other_hosts_flush(struct other_hosts *apart)
{
	int r = 0;

	for (size_t i = 0; i < apart->count; i++)
		end_host(&apart->hosts[i], &r);
	apart->count = 0;
	return r;
}

static bool is_counted(const struct gather_request *request, const struct oom_kill *kill)
{
	return select_in_window(request, kill) &&
	       !(request->rules.ignores && request->rules.ignores(kill, request->rules.data));
}

bool other_hosts_left_out_any(const struct other_hosts *apart)
{
	for (size_t i = 0; i < apart->reading.count; i++) {
		if (is_counted(apart->request, &apart->reading.kills[i]))
			return true;
	}
	return apart->reading_dropped > 0;
}

int other_hosts_settle(struct other_hosts *apart, bool is_this_host)
{
	struct oom_list *into = is_this_host ? &apart->result->list : &apart->left_out;
	int r = 0;

	for (size_t i = 0; i < apart->reading.count && r == 0; i++) {
		struct oom_kill *kill = &apart->reading.kills[i];

		if (is_this_host) {
			kill->host[0] = '\0';
			kill->of_this_host = true;
		}
		r = oom_list_add(into, kill);
	}
	if (is_this_host)
		apart->result->dropped.counted += apart->reading_dropped;
	else
		apart->result->other_hosts_kills += apart->reading_dropped;
	oom_list_destroy(&apart->reading);
	begin_reading(apart);
	return r;
}

void other_hosts_adopt(struct other_hosts *apart)
{
	struct oom_list *list = &apart->result->list;

	for (size_t i = 1; i < list->count; i++) {
		if (!klog_host_same(list->kills[0].host, list->kills[i].host))
			return;
	}
	for (size_t i = 0; i < list->count; i++)
		list->kills[i].host[0] = '\0';
}

void other_hosts_count(struct other_hosts *apart)
{
	for (size_t i = 0; i < apart->left_out.count; i++)
		apart->result->other_hosts_kills += is_counted(apart->request, &apart->left_out.kills[i]);
}
