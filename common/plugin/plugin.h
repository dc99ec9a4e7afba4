/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_PLUGIN_PLUGIN_H
#define OOM_PLUGIN_PLUGIN_H
/*
 * A run of a plugin: its answer, and the one function that prints it and exits.  Nothing here reads
 * Linux's files.
 *
 * A plain tool, which has no service, shares the options, the timeout and the errors.  It writes
 * errors as "program: message" to standard error.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/text.h"
#include "plugin/range.h"
#include "plugin/state.h"

#define PLUGIN_SUMMARY_MAX  1024 /* bytes of the first line before the perfdata: an error and its remedy */
#define PLUGIN_PERFDATA_MAX 4096
#define PLUGIN_DETAILS_MAX  32768     /* bytes of the lines after it; NRPE truncates at 65,504 */
#define PLUGIN_DETAILS_LONG (8 << 20) /* the same with -v, which lists everything */
#define PLUGIN_TIMEOUT_SEC  10        /* as in all of monitoring-plugins */

struct plugin {
	const char *program;  /* "check_oom_kills" */
	const char *service;  /* "OOM_KILLS"; NULL: a plain tool */
	unsigned verbose;     /* the number of -v */
	unsigned timeout_sec; /* 0: none, the default of a plain tool */
	enum plugin_state state;
	const char *labels;        /* from plugin_set_labels(); NULL: not set */
	struct text summary;       /* rest of the first line, without perfdata */
	struct text perfdata;      /* set only by plugin_perfdata() */
	struct text details;       /* lines, each ended by \n */
	void *extra_options;       /* read by --extra-opts; never freed, as options point into it */
	uint64_t details_left_out; /* lines that did not fit */
	char summary_buffer[PLUGIN_SUMMARY_MAX];
	char perfdata_buffer[PLUGIN_PERFDATA_MAX];
	char details_buffer[PLUGIN_DETAILS_MAX];
};

/* Initialises with state UNKNOWN and no output.  Call before opening anything: it fills closed
 * standard descriptors, see output.c. */
void plugin_init(struct plugin *plugin, const char *program, const char *service);

/*
 * Sets the text printed if the run is ended.  From plugin_options() on, the timeout, SIGTERM and
 * SIGINT end the run at once with UNKNOWN, the reason and this text, which describes the current
 * action and the results so far: "reading the journal; found so far: 1 VM killed
 * (instance-0000002a)".  This works anywhere, also during a blocked read.  Cheap.
 */
void plugin_progress(struct plugin *plugin, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * Makes the current state, first line, perfdata and details final.  Whatever ends the run from now
 * on prints them and exits with this state.  The rest of the run may take `seconds` at most, and
 * never more than is left of -t.  So settle as soon as the state is known, before a state file is
 * written or anything is read only for the details: a disk may hang, and reading a process may
 * block while the kernel reclaims its memory.  May be called again with a fuller answer.
 */
#define PLUGIN_LISTING_SEC 2 /* for listings besides the answer */
#define PLUGIN_SAVING_SEC  5 /* for writing a state: fsync on a disk that is swapping */
void plugin_settle(struct plugin *plugin, unsigned seconds);

/* Empties the first line and the perfdata, to rewrite them when more is known.  A settled answer
 * stays settled. */
void plugin_answer_anew(struct plugin *plugin);

/* The same for the details.  Returns false and leaves them unchanged if out of memory. */
bool plugin_details_anew(struct plugin *plugin);

/*
 * Adds a metric.  Limits may be NULL.  `unit` is "", "B", "s", "%" or "c".  Limits must have the
 * same unit; one of another dimension is left out.  An unknown value (NaN) is printed as U, as the
 * guidelines say.  Labels are [a-z0-9_] and must never change.
 *
 * How consumers handle U: RRD and its feeders (PNP4Nagios) store a gap; Nagios and NRPE pass it on.
 * Icinga 2 (lib/base/perfdatavalue.cpp, 2.13 and later) keeps the text; its writers for Graphite,
 * InfluxDB and the like skip this one metric and log "Ignoring invalid perfdata" to icinga2.log.
 * So U is for values that exist but could not be read.  What a host does not have (swap, huge
 * pages, KSM) has no label.
 */
void plugin_perfdata(struct plugin *plugin, const char *label, double value, const char *unit,
		     const struct plugin_range *warning, const struct plugin_range *critical,
		     const double *min, const double *max);

/* The same for a metric with minimum 0, no limits and no maximum. */
void plugin_perfdata_amount(struct plugin *plugin, const char *label, double value, const char *unit);

/*
 * Sets the labels of the program's perfdata, "a b c" (a constant), once the options are read.  An
 * answer without numbers, also the timeout's, has each of them as U.
 */
void plugin_set_labels(struct plugin *plugin, const char *labels);

/* Adds a line of details and its \n.  The first line that does not fit and all that follow are left
 * out and counted; the last line printed has their number.  With -v the buffer grows to
 * PLUGIN_DETAILS_LONG while there is memory for it. */
void plugin_detail(struct plugin *plugin, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Prints "SERVICE STATE - summary | perfdata\ndetails" with one write and exits with the state, or
 * with UNKNOWN if the output cannot be written. */
_Noreturn void plugin_exit(struct plugin *plugin);

/*
 * A stream to standard output for a plain tool's report.  If the descriptor is non-blocking and
 * full, it waits; stdio's own streams would lose the rest.  NULL if out of memory.  fclose(3)
 * returns whether everything was written.
 */
FILE *plugin_report_open(void);

/* Exits with UNKNOWN and one line, for errors that prevent a result. */
_Noreturn void plugin_unknown(struct plugin *plugin, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
