/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_GATHER_PARSERS_H
#define OOM_GATHER_PARSERS_H
/*
 * Internal to gather/.  Turns records into kills, with a parser for this host and one for each
 * other host, because the lines of several hosts' reports are interleaved.
 */
#include "gather/hosts.h"
#include "oom/parser.h"

/* Other hosts whose reports are parsed at the same time.  For one more, the parser of the host that
 * was silent the longest is closed. */
#define PARSERS_HOSTS_MAX 32

struct parsers_host {
	char name[KLOG_HOST_SIZE];
	struct oom_parser *parser;
	bool counts;
	uint64_t used;
};

struct parsers {
	struct gather_result *result;
	struct hosts hosts;
	bool host_found;        /* in one of the sources before */
	struct oom_parser *own; /* this host's */
	struct parsers_host others[PARSERS_HOSTS_MAX];
	size_t count;
	uint64_t used;
	struct oom_list reading;  /* kills that do not count, from the current source */
	uint64_t reading_dropped; /* kills that did not fit in it */
	struct oom_list left_out; /* from the sources before */
};

/* The kills that count are added to result->list.  0 or -ENOMEM.  Free with parsers_destroy() in any
 * case. */
int parsers_init(struct parsers *parsers, const struct gather_request *request, struct gather_result *result);
void parsers_destroy(struct parsers *parsers);

/* Begins a source. */
void parsers_begin(struct parsers *parsers, enum klog_kind kind, const char *path);

/* Takes one record of the source.  0 or -ENOMEM. */
int parsers_feed(struct parsers *parsers, const struct klog_record *record);

/* Ends a source, and decides whether the records of another host are this host's under another
 * name.  `query` is what it was read with.  0 or -ENOMEM. */
int parsers_end(struct parsers *parsers, struct klog_source *source, const struct klog_query *query);

/* After the last source: counts the kills that were left out.  While this host's name is not known,
 * and all kills are of one host, it may be this one, and their host name is cleared. */
void parsers_finish(struct parsers *parsers);

#endif
