/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_GATHER_APART_H
#define OOM_GATHER_APART_H
/*
 * Inside this room only: the records of other hosts, each host's parsed apart, for their
 * reports stand line between line.
 */
#include "gather/hosts.h"
#include "oom/parser.h"

/* Reports that are open at once; of one more host the one that was silent the longest is
 * taken for ended. */
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
	struct oom_list reading;  /* that do not count, of the source that is being read */
	uint64_t reading_dropped; /* that found no room there */
	struct oom_list left_out; /* of the sources before it */
};

void apart_init(struct apart *apart, const struct gather_request *request, struct gather_result *result);
void apart_destroy(struct apart *apart);

/* A record of another host; whether its kills count.  0 or -ENOMEM. */
int apart_feed(struct apart *apart, const struct klog_record *record, bool counts);

/* Ends a source.  0 or -ENOMEM. */
int apart_flush(struct apart *apart);

/* Whether kills of the window were left out in the source that has just ended. */
bool apart_left_out_any(const struct apart *apart);

/* What was left out in that source is this host's, or another's.  0 or -ENOMEM. */
int apart_settle(struct apart *apart, bool is_this_host);

/* While this host's name is not known, the one host that all kills are of may be it: their
 * host is forgotten.  After the last source. */
void apart_adopt(struct apart *apart);

/* Sets result->other_hosts_kills, after the last source. */
void apart_count(struct apart *apart);

#endif
