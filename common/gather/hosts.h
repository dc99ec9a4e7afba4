/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_GATHER_HOSTS_H
#define OOM_GATHER_HOSTS_H
/*
 * Inside this room only: whose a record is.  A log server's files hold other hosts'
 * lines, and a named file may be another host's copy.  Here alone it is decided which
 * kills this host's counter speaks of, and whose kills count.
 */
#include "gather/gather.h"

struct ifaddrs;

/* What a record is to this run. */
enum hosts_whose {
	HOSTS_THIS,  /* this host's, or it does not say whose */
	HOSTS_OTHER, /* another host's, whose kills count */
	HOSTS_LEFT,  /* another host's, whose kills do not count */
};

struct hosts {
	const struct gather_request *request;
	char own[3][KLOG_HOST_SIZE]; /* of the roots' /proc and /etc, with auto of --host; "" unknown */
	struct ifaddrs *addresses;
	bool has_addresses;     /* or tried to read them */
	const uint8_t *boot_id; /* NULL: not known */

	/* Of the source that is being read: */
	enum klog_kind kind;
	bool is_own_file; /* its lines without a HOST are this host's */
	bool own_seen, wanted_seen;
	int64_t own_oldest_usec;
	char other[KLOG_HOST_SIZE]; /* a host that is not this one, "" none */
	bool others;                /* there are more of them */
	int64_t other_newest_usec;
};

/* `boot_id` of this boot is the caller's, and stays; NULL where it is not known. */
void hosts_init(struct hosts *hosts, const struct gather_request *request, const uint8_t *boot_id);
void hosts_destroy(struct hosts *hosts);

/* Another source begins. */
void hosts_begin(struct hosts *hosts, enum klog_kind kind, const char *path);

/* For struct klog_host_watch; `data` is the struct hosts. */
int hosts_seen(const char *host, int64_t realtime_usec, void *data);

/* *ret_known: it is this host's for certain, so that its counter speaks of it. */
enum hosts_whose hosts_whose(struct hosts *hosts, const struct klog_record *record, bool *ret_known);

/* Whether the source can be read for some hosts' kills only. */
bool hosts_may_leave_out(const struct hosts *hosts);

/*
 * With auto: whether the one other host in a file is this one by a name that it had, or
 * has elsewhere (a container has its own): its lines stand alone, or all before those of
 * this host's name.
 */
bool hosts_is_misnamed(const struct hosts *hosts);

/* Whether this host has a name that lines can be held against. */
bool hosts_knows_own(const struct hosts *hosts);

/* Whether a line was seen of the host whose kills are looked for. */
bool hosts_is_found(const struct hosts *hosts);

#endif
