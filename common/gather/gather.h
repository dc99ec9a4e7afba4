/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_GATHER_GATHER_H
#define OOM_GATHER_GATHER_H
/*
 * From a list of sources and a window to the kills in it, each with its VM:
 * the road klog -> oom -> vm walked once, for every program that asks the same
 * question.  Which source is taken, what part of the window none could see and
 * who vouches for it is decided here; what that means for a verdict is not.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/file.h"
#include "klog/klog.h"
#include "oom/kill.h"
#include "vm/identity.h"

#define GATHER_SOURCES_MAX 16

struct gather_source {
	enum klog_kind kind;
	const char *path; /* NULL: the system's own */
};

struct gather_request {
	struct gather_source sources[GATHER_SOURCES_MAX]; /* none: auto */
	size_t source_count;
	int64_t since_usec; /* realtime, or KLOG_TIME_UNKNOWN: all */
	int64_t until_usec; /* realtime, or KLOG_TIME_UNKNOWN: now */
	struct file_roots roots;
};

#endif
