/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_GATHER_HOSTS_H
#define OOM_GATHER_HOSTS_H
/*
 * Internal to gather/.  Decides which host a record belongs to.  A log server's files have lines of
 * other hosts, and a named file may be a copy from another host.  Only this module decides to which
 * kills this host's counter applies and whose kills count.
 */
#include "gather/gather.h"

struct ifaddrs;

/* How a record is treated. */
enum hosts_whose {
	HOSTS_THIS,  /* this host's, or without a host */
	HOSTS_OTHER, /* another host's; its kills count */
	HOSTS_LEFT,  /* another host's; its kills do not count */
};

struct hosts {
	const struct gather_request *request;
	char own[3][KLOG_HOST_SIZE]; /* from the roots' /proc and /etc, and with auto from --host; "":
				      * unknown */
	struct ifaddrs *addresses;
	bool has_addresses;     /* or reading them has failed */
	const uint8_t *boot_id; /* NULL: not known */

	/* For the current source: */
	enum klog_kind kind;
	bool may_be_others; /* a text log, or a journal given by path */
	bool is_own_file;   /* its lines without a host are this host's */
	bool own_seen, wanted_seen;
	int64_t own_oldest_usec;
	char other[KLOG_HOST_SIZE]; /* a host that is not this one; "": none */
	bool others;                /* there is more than one */
	int64_t other_newest_usec;
};

/* `boot_id` of this boot is not copied and must stay valid; NULL if unknown. */
void hosts_init(struct hosts *hosts, const struct gather_request *request, const uint8_t *boot_id);
void hosts_destroy(struct hosts *hosts);

/* Begins another source. */
void hosts_begin(struct hosts *hosts, enum klog_kind kind, const char *path);

/* For struct klog_host_watch; `data` is the struct hosts. */
int hosts_seen(const char *host, int64_t realtime_usec, void *data);

/* Decides how a record is treated.  *ret_known: it certainly belongs to this host, so its counter
 * applies. */
enum hosts_whose hosts_whose(struct hosts *hosts, const struct klog_record *record, bool *ret_known);

/* Whether the caller has named sources, and the host whose kills count. */
bool hosts_is_requested(const struct hosts *hosts);

/* Whether only the kills of some hosts count. */
bool hosts_may_leave_out(const struct hosts *hosts);

/*
 * With auto: whether the only other host in a file is this one under a former name, or under its
 * name elsewhere (a container has its own).  This is so if the file has no lines of this host's
 * name, or only after all of the other's.
 */
bool hosts_is_misnamed(const struct hosts *hosts);

/* Whether a name of this host is known, to compare with those in lines. */
bool hosts_knows_own(const struct hosts *hosts);

/* Whether a line of the host whose kills count was seen. */
bool hosts_is_found(const struct hosts *hosts);

/* Searches all lines of a source for the host whose kills count.  Until now only lines at both ends
 * of the file and around kills were checked. */
void hosts_search(struct hosts *hosts, struct klog_source *source, const struct klog_query *query);

#endif
