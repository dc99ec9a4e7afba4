/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_PLUGIN_PLUGIN_H
#define OOM_PLUGIN_PLUGIN_H
/*
 * A run of a plugin: its answer, and the one function that prints and exits.
 * Knows nothing of Linux's files.
 */
#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "plugin/range.h"
#include "plugin/state.h"

#define PLUGIN_SUMMARY_MAX  512 /* bytes of the first line before the perfdata */
#define PLUGIN_PERFDATA_MAX 4096
#define PLUGIN_DETAILS_MAX  32768 /* bytes of the lines after it; NRPE cuts at 65,504 */

struct plugin {
	const char *program; /* "check_oom_kills" */
	const char *service; /* "OOM_KILLS" */
	unsigned verbose;    /* how many -v */
	unsigned timeout_sec;
	enum plugin_state state;
	struct text summary; /* rest of the first line, without perfdata */
	struct text perfdata;
	struct text details; /* lines, each ended by \n */
	char summary_buffer[PLUGIN_SUMMARY_MAX];
	char perfdata_buffer[PLUGIN_PERFDATA_MAX];
	char details_buffer[PLUGIN_DETAILS_MAX];
};

/* Starts with state UNKNOWN and nothing to say. */
void plugin_init(struct plugin *plugin, const char *program, const char *service);

/*
 * Arms the timeout and SIGTERM/SIGINT: from now on either ends the run at once
 * with UNKNOWN, the reason and the latest plugin_progress() text.  Safe
 * wherever the program is, a blocked read included.
 */
void plugin_arm(struct plugin *plugin);

/* What a timeout would say now: "reading the journal; found so far: 1 VM
 * killed (instance-0000002a)".  Cheap; async-signal-safe hand-over. */
void plugin_progress(struct plugin *plugin, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* One metric; limits may be NULL.  `unit` is "", "B", "s", "%" or "c". */
void plugin_perfdata(struct plugin *plugin, const char *label, double value, const char *unit,
		     const struct plugin_range *warning, const struct plugin_range *critical,
		     const double *min, const double *max);

/* Prints "SERVICE STATE - summary | perfdata\ndetails" with one write and
 * exits with the state. */
_Noreturn void plugin_exit(struct plugin *plugin);

/* For what stops a run before it can judge: UNKNOWN and one line. */
_Noreturn void plugin_unknown(struct plugin *plugin, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
