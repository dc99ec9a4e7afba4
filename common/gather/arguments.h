/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_GATHER_ARGUMENTS_H
#define OOM_GATHER_ARGUMENTS_H
/*
 * What stands behind --source, --since, --until, --host and --vm-cgroup, for every program
 * that has them.  The functions have the shape of an option's parser: 0, or -EINVAL
 * with a clause in *error.
 */
#include <stdint.h>

#include "base/text.h"
#include "gather/gather.h"

/* A moment: before now, on the wall clock, or none. */
struct gather_moment {
	enum { GATHER_MOMENT_NONE, GATHER_MOMENT_AGO, GATHER_MOMENT_AT } kind;
	int64_t usec; /* before now, or since the epoch */
};

struct gather_arguments {
	struct gather_sources sources;
	struct gather_moment since, until;
	struct vm_places places;
	struct gather_host {
		bool any;
		const char *name; /* NULL: none is given */
	} host;
};

/* The default: all sources, the last 24 hours. */
#define GATHER_ARGUMENTS_DEFAULT                                                 \
	{                                                                        \
		.since = { GATHER_MOMENT_AGO, INT64_C(24) * 3600 * 1000 * 1000 } \
	}

/*
 * The first call of a program that gathers kills, right after plugin_init(): opens
 * the ring with the privilege the program may have, and gives that up, see
 * klog_hold().  The command line decides only whether syslog(2) is read as well
 * and whether root may become --user: where a word of it says so, or names an options
 * file, which may.  klog_drop_privileges() follows once the options are read.
 */
struct klog_held gather_hold(char **argv);

/* auto, kmsg, syslog, journal, journal:PATH or else a file's path; adds to a
 * struct gather_sources, `auto` empties it. */
int gather_argument_source(const char *value, void *sources, struct text *error);

/* 24h, 2026-11-22T21:36:05+07:00, "2026-11-22 21:36" (local time), all; into a
 * struct gather_moment. */
int gather_argument_moment(const char *value, void *moment, struct text *error);

/* any, or a host's name; into a struct gather_host. */
int gather_argument_host(const char *value, void *host, struct text *error);

/* What the arguments ask for, as of now.  It points to them. */
struct gather_request gather_request_from(const struct gather_arguments *arguments,
					  const struct file_roots *roots);

/* 0; -EINVAL with a sentence in *error where no kill can ever lie in the window:
 * a check would be OK for ever. */
int gather_request_check(const struct gather_request *request, struct text *error);

#endif
