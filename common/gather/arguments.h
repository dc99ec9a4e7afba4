/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_GATHER_ARGUMENTS_H
#define OOM_GATHER_ARGUMENTS_H
/*
 * Parsers for --source, --since, --until, --host and --vm-cgroup, used by every program with these
 * options.  They return 0, or -EINVAL with a clause in *error.
 */
#include <stdint.h>

#include "base/text.h"
#include "gather/gather.h"

/* A moment: a time before now, a wall-clock time, or none. */
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
		const char *name; /* NULL: not given */
	} host;
};

/* The default: all sources, the last 24 hours. */
#define GATHER_ARGUMENTS_DEFAULT                                                 \
	{                                                                        \
		.since = { GATHER_MOMENT_AGO, INT64_C(24) * 3600 * 1000 * 1000 } \
	}

/*
 * Must be the first call after plugin_init() in a program that gathers kills.  It opens the ring
 * with the privileges the program may have, and drops them, see klog_hold().  The command line
 * decides only whether syslog(2) is read as well and whether root may change to --user: both are
 * assumed if a word names the option or an options file, which may contain it.  Call
 * klog_drop_privileges() once the options are read.
 */
struct klog_held gather_hold(char **argv);

/* auto, kmsg, syslog, journal, journal:PATH, or else the path of a file.  Adds to a struct
 * gather_sources; `auto` empties it.  The path is not copied. */
int gather_argument_source(const char *value, void *sources, struct text *error);

/* 24h, 2026-11-22T21:36:05+07:00, "2026-11-22 21:36" (local time), all; into a
 * struct gather_moment. */
int gather_argument_moment(const char *value, void *moment, struct text *error);

/* any, or a host's name; into a struct gather_host.  The name is not copied. */
int gather_argument_host(const char *value, void *host, struct text *error);

/* The request for these arguments, relative to now.  It points to them. */
struct gather_request gather_request_from(const struct gather_arguments *arguments,
					  const struct file_roots *roots);

/* 0; -EINVAL with a sentence in *error if no kill could ever lie in the window, so that the check
 * would always be OK, or if --host does not apply to the sources. */
int gather_request_check(const struct gather_request *request, struct text *error);

#endif
