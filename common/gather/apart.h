/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_GATHER_APART_H
#define OOM_GATHER_APART_H
/*
 * Internal to gather/.  Parses the records of other hosts, each host with a parser of its own,
 * because the lines of their reports are interleaved.
 */
#include "gather/hosts.h"
#include "oom/parser.h"

/* Hosts whose reports are parsed at the same time.  For one more, the parser of the host that was
 * silent the longest is closed. */
#define APART_HOSTS_MAX 32

struct apart_host {
	char name[KLOG_HOST_SIZE];
	struct oom_parser *parser;
	bool counts;
	uint64_t used;
};

struct apart {
	const struct gather_request *request;
	struct gather_result *result;
	struct apart_host hosts[APART_HOSTS_MAX];
	size_t count;
	uint64_t used;
	struct oom_list reading;  /* kills that do not count, from the current source */
	uint64_t reading_dropped; /* kills that did not fit in it */
	struct oom_list left_out; /* from the sources before */
};

void apart_init(struct apart *apart, const struct gather_request *request, struct gather_result *result);
void apart_destroy(struct apart *apart);

/* Feeds a record of another host; `counts`: whether its kills count.  0 or -ENOMEM. */
int apart_feed(struct apart *apart, const struct klog_record *record, bool counts);

/* Ends a source.  0 or -ENOMEM. */
int apart_flush(struct apart *apart);

/* Whether kills of the window were left out in the source that has just ended. */
bool apart_left_out_any(const struct apart *apart);

/* Decides whether the kills left out in that source are this host's or another's.  0 or -ENOMEM. */
int apart_settle(struct apart *apart, bool is_this_host);

/* For use while this host's name is not known.  If all kills are of one host, it may be this one,
 * and their host name is cleared.  Call after the last source. */
void apart_adopt(struct apart *apart);

/* Adds the kills left out to result->other_hosts_kills, after the last source. */
void apart_count(struct apart *apart);

#endif
