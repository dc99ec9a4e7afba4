/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gather/hosts.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <limits.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/boot_id.h"
#include "base/text.h"
#include "klog/host.h"

static bool is_auto(const struct hosts *hosts)
{
	return hosts->request->sources.count == 0;
}

static void read_name(char *name, const char *path)
{
	char line[256];
	ssize_t length = file_read(path, line, sizeof(line));

	if (length <= 0)
		return;
	line[strcspn(line, " \t\r\n")] = '\0';
	if (!klog_host_is_nameless(line))
		text_copy(name, KLOG_HOST_SIZE, line);
}

void hosts_init(struct hosts *hosts, const struct gather_request *request, const uint8_t *boot_id)
{
	char path[PATH_MAX];

	*hosts = (struct hosts){ .request = request, .boot_id = boot_id };
	/* The first is the name in the reader's UTS namespace: in a container, the container's. */
	if (file_procfs_path(&request->roots, "/sys/kernel/hostname", path, sizeof(path)) == 0)
		read_name(hosts->own[0], path);
	if (file_path(&request->roots, "/etc/hostname", path, sizeof(path)) == 0)
		read_name(hosts->own[1], path);
	if (is_auto(hosts) && request->host)
		text_copy(hosts->own[2], KLOG_HOST_SIZE, request->host);
}

void hosts_destroy(struct hosts *hosts)
{
	if (hosts->addresses)
		freeifaddrs(hosts->addresses);
	hosts->addresses = NULL;
}

/* Whether a file lies in this host's own log directory. */
static bool is_own_file(const struct file_roots *roots, const char *path)
{
	char logs[PATH_MAX], resolved_logs[PATH_MAX], resolved[PATH_MAX];
	size_t length;

	if (file_path(roots, "/var/log", logs, sizeof(logs)) < 0 || !realpath(logs, resolved_logs) ||
	    !realpath(path, resolved))
		return false;
	length = strlen(resolved_logs);
	return strncmp(resolved, resolved_logs, length) == 0 && resolved[length] == '/';
}

void hosts_begin(struct hosts *hosts, enum klog_kind kind, const char *path)
{
	hosts->kind = kind;
	hosts->may_be_others = kind == KLOG_FILE ||
			       (kind == KLOG_JOURNAL && gather_sources_are_files(&hosts->request->sources));
	hosts->is_own_file = kind == KLOG_FILE && is_own_file(&hosts->request->roots, path);
	hosts->own_seen = hosts->wanted_seen = hosts->others = false;
	hosts->own_oldest_usec = hosts->other_newest_usec = KLOG_TIME_UNKNOWN;
	hosts->other[0] = '\0';
}

/* A log server writes a host's address if it cannot look up the name. */
static bool is_own_address(struct hosts *hosts, const char *name)
{
	char address[INET6_ADDRSTRLEN];

	if (!hosts->has_addresses && getifaddrs(&hosts->addresses) < 0)
		hosts->addresses = NULL;
	hosts->has_addresses = true;
	for (const struct ifaddrs *at = hosts->addresses; at; at = at->ifa_next) {
		const struct sockaddr *of = at->ifa_addr;
		const void *bytes =
			!of ? NULL
			: of->sa_family == AF_INET
				? (const void *)&((const struct sockaddr_in *)(const void *)of)->sin_addr
			: of->sa_family == AF_INET6
				? (const void *)&((const struct sockaddr_in6 *)(const void *)of)->sin6_addr
				: NULL;

		if (bytes && inet_ntop(of->sa_family, bytes, address, sizeof(address)) &&
		    strcmp(address, name) == 0)
			return true;
	}
	return false;
}

static bool is_own(struct hosts *hosts, const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(hosts->own); i++) {
		if (hosts->own[i][0] && klog_host_same(hosts->own[i], name))
			return true;
	}
	return klog_host_is_address(name) && is_own_address(hosts, name);
}

bool hosts_knows_own(const struct hosts *hosts)
{
	return hosts->own[0][0] || hosts->own[1][0] || hosts->own[2][0];
}

/* With auto and no name of this host, every line is treated as this host's. */
static bool is_other(struct hosts *hosts, const char *name)
{
	return !klog_host_is_nameless(name) && (hosts_knows_own(hosts) || !is_auto(hosts)) &&
	       !is_own(hosts, name);
}

bool hosts_is_requested(const struct hosts *hosts)
{
	return !is_auto(hosts) && hosts->request->host;
}

bool hosts_may_leave_out(const struct hosts *hosts)
{
	return !hosts->request->any_host && (is_auto(hosts) || hosts->request->host);
}

int hosts_seen(const char *host, int64_t realtime_usec, void *data)
{
	struct hosts *hosts = data;
	const bool has_time = realtime_usec != KLOG_TIME_UNKNOWN;

	if (klog_host_is_nameless(host))
		return 1;
	const bool is_wanted = hosts->request->host && klog_host_same(hosts->request->host, host);

	hosts->wanted_seen |= is_wanted;
	if (!is_other(hosts, host)) {
		hosts->own_seen = true;
		if (has_time &&
		    (hosts->own_oldest_usec == KLOG_TIME_UNKNOWN || realtime_usec < hosts->own_oldest_usec))
			hosts->own_oldest_usec = realtime_usec;
		return !hosts_may_leave_out(hosts) || is_auto(hosts) || is_wanted;
	}
	if (!hosts->other[0])
		text_copy(hosts->other, sizeof(hosts->other), host);
	hosts->others |= !klog_host_same(hosts->other, host);
	if (has_time && realtime_usec > hosts->other_newest_usec)
		hosts->other_newest_usec = realtime_usec;
	/* Its lost records count as long as this host may be meant by that name. */
	if (!hosts_may_leave_out(hosts))
		return 1;
	return is_auto(hosts) ? !hosts->own_seen : is_wanted;
}

enum hosts_whose hosts_whose(struct hosts *hosts, const struct klog_record *record, bool *ret_known)
{
	const struct gather_request *request = hosts->request;
	const bool same_boot =
		record->has_boot_id && hosts->boot_id && boot_id_same(record->boot_id, hosts->boot_id);
	/* With auto and no name of this host, the name in a line decides nothing. */
	const bool nameless =
		klog_host_is_nameless(record->host) || (is_auto(hosts) && !hosts_knows_own(hosts));
	const bool other = !same_boot && is_other(hosts, record->host);

	*ret_known = hosts->kind != KLOG_FILE || same_boot ||
		     (nameless ? hosts->is_own_file : !other && hosts_knows_own(hosts));
	if (is_auto(hosts) || !request->host) {
		if (!other)
			return HOSTS_THIS;
		return hosts_may_leave_out(hosts) ? HOSTS_LEFT : HOSTS_OTHER;
	}
	/* Only lines of the requested host count.  A line without a name in this host's own log
	 * directory belongs to this host. */
	if (nameless && !(*ret_known && is_own(hosts, request->host)))
		return HOSTS_LEFT;
	if (!nameless && !klog_host_same(request->host, record->host))
		return HOSTS_LEFT;
	return other ? HOSTS_OTHER : HOSTS_THIS;
}

bool hosts_is_misnamed(const struct hosts *hosts)
{
	if (!is_auto(hosts) || hosts->request->any_host || hosts->request->host || hosts->others ||
	    !hosts->other[0])
		return false;
	return !hosts->own_seen || (hosts->other_newest_usec != KLOG_TIME_UNKNOWN &&
				    hosts->own_oldest_usec != KLOG_TIME_UNKNOWN &&
				    hosts->other_newest_usec < hosts->own_oldest_usec);
}

bool hosts_is_found(const struct hosts *hosts)
{
	return hosts->request->host ? hosts->wanted_seen : hosts->own_seen;
}

static int on_searched_host(const char *host, int64_t realtime_usec, void *data)
{
	struct hosts *hosts = data;

	hosts_seen(host, realtime_usec, hosts);
	return hosts_is_found(hosts) ? -ECANCELED : 0;
}

static int on_searched_record(const struct klog_record *record, void *data)
{
	return record->host ? on_searched_host(record->host, record->realtime_usec, data) : 0;
}

void hosts_search(struct hosts *hosts, struct klog_source *source, const struct klog_query *query)
{
	const struct klog_host_watch watch = { on_searched_host, hosts };
	struct klog_query search = *query;
	struct klog_summary summary;
	struct klog_failure failure;

	search.filter = NULL;
	search.hosts = &watch;
	klog_read(source, &search, on_searched_record, hosts, &summary, &failure);
}
