/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_GATHER_OTHER_HOSTS_H
#define OOM_GATHER_OTHER_HOSTS_H
/*
 * Internal to gather/.  Parses the records of other hosts, each host with a parser of its own,
 * because the lines of their reports are interleaved.
 */
#include "gather/hosts.h"
#include "oom/parser.h"

/* Hosts whose reports are parsed at the same time.  For one more, the parser of the host that was
 * silent the longest is closed. */
#define OTHER_HOSTS_MAX 32

struct other_host {
	char name[KLOG_HOST_SIZE];
	struct oom_parser *parser;
	bool counts;
	uint64_t used;
};

struct other_hosts {
	const struct gather_request *request;
	struct gather_result *result;
	struct other_host hosts[OTHER_HOSTS_MAX];
	size_t count;
	uint64_t used;
	struct oom_list reading;  /* kills that do not count, from the current source */
	uint64_t reading_dropped; /* kills that did not fit in it */
	struct oom_list left_out; /* from the sources before */
};

void other_hosts_init(struct other_hosts *apart, const struct gather_request *request,
		      struct gather_result *result);
void other_hosts_destroy(struct other_hosts *apart);

/* Feeds a record of another host; `counts`: whether its kills count.  0 or -ENOMEM. */
int other_hosts_feed(struct other_hosts *apart, const struct klog_record *record, bool counts);

/* Ends a source.  0 or -ENOMEM. */
int other_hosts_flush(struct other_hosts *apart);

/* Whether kills of the window were left out in the source that has just ended. */
bool other_hosts_left_out_any(const struct other_hosts *apart);

/* Decides whether the kills left out in that source are this host's or another's.  0 or -ENOMEM. */
int other_hosts_settle(struct other_hosts *apart, bool is_this_host);

/* For use while this host's name is not known.  If all kills are of one host, it may be this one,
 * and their host name is cleared.  Call after the last source. */
void other_hosts_adopt(struct other_hosts *apart);

/* Adds the kills left out to result->other_hosts_kills, after the last source. */
void other_hosts_count(struct other_hosts *apart);

#endif
