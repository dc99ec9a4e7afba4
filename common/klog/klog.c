/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "klog/klog.h"

#include <errno.h>

#include "klog/source.h"

static const char *const kind_names[KLOG_KIND_COUNT] = {
	[KLOG_AUTO] = "auto",       [KLOG_KMSG] = "kmsg", [KLOG_SYSLOG] = "syslog",
	[KLOG_JOURNAL] = "journal", [KLOG_FILE] = "file",
};

const char *klog_kind_name(enum klog_kind kind)
{
	return kind_names[kind];
}

int klog_open(struct klog_source **ret, enum klog_kind kind, const char *path, const struct file_roots *roots,
	      struct klog_failure *failure)
{
	switch (kind) {
	case KLOG_KMSG:
		return klog_kmsg_open(ret, roots, failure);
	case KLOG_SYSLOG:
		return klog_syslog_open(ret, roots, failure);
	case KLOG_JOURNAL:
		return klog_journal_open(ret, path, roots, failure);
	case KLOG_FILE:
		if (!path)
			return klog_fail(failure, -EINVAL, "give the path of a log file",
					 "file: no path given");
		return klog_file_open(ret, path, failure);
	case KLOG_AUTO:
	case KLOG_KIND_COUNT:
		break;
	}
	return klog_fail(failure, -EINVAL, NULL, "no source of kernel log records given");
}

void klog_close(struct klog_source *source)
{
	if (source)
		source->close(source);
}

void klog_cache_searches(struct klog_source *source, const struct klog_search_cache *cache)
{
	source->cache = cache;
}

const char *klog_source_name(const struct klog_source *source)
{
	return source->name;
}

int klog_read(struct klog_source *source, const struct klog_query *query, klog_record_fn record_fn,
	      void *data, struct klog_summary *ret_summary, struct klog_failure *failure)
{
	*ret_summary = (struct klog_summary){
		.oldest_usec = KLOG_TIME_UNKNOWN,
		.newest_usec = KLOG_TIME_UNKNOWN,
		.boot_oldest_usec = KLOG_TIME_UNKNOWN,
		.lost_since_usec = KLOG_TIME_UNKNOWN,
	};
	*failure = (struct klog_failure){ 0 };
	return source->read(source, query, record_fn, data, ret_summary, failure);
}
