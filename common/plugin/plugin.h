/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_PLUGIN_PLUGIN_H
#define OOM_PLUGIN_PLUGIN_H
/*
 * A run of a plugin: its answer, and the one function that prints and exits.
 * Knows nothing of Linux's files.
 *
 * A plain tool (one without a service) shares the options, the timeout and the
 * errors, which it writes as "program: what is wrong" to standard error.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/text.h"
#include "plugin/range.h"
#include "plugin/state.h"

#define PLUGIN_SUMMARY_MAX  1024 /* bytes of the first line before the perfdata: an error and its remedy */
#define PLUGIN_PERFDATA_MAX 4096
#define PLUGIN_DETAILS_MAX  32768     /* bytes of the lines after it; NRPE cuts at 65,504 */
#define PLUGIN_DETAILS_LONG (8 << 20) /* the same with -v, which lists everything */
#define PLUGIN_TIMEOUT_SEC  10        /* as all of monitoring-plugins */

struct plugin {
	const char *program;  /* "check_oom_kills" */
	const char *service;  /* "OOM_KILLS"; NULL: a plain tool */
	unsigned verbose;     /* how many -v */
	unsigned timeout_sec; /* 0: none, what a plain tool starts with */
	enum plugin_state state;
	const char *labels;        /* by plugin_set_labels(); NULL: not known */
	struct text summary;       /* rest of the first line, without perfdata */
	struct text perfdata;      /* by plugin_perfdata() only */
	struct text details;       /* lines, each ended by \n */
	void *extra_options;       /* what --extra-opts read; options point into it: never freed */
	uint64_t details_left_out; /* lines that plugin_detail() had no room for */
	char summary_buffer[PLUGIN_SUMMARY_MAX];
	char perfdata_buffer[PLUGIN_PERFDATA_MAX];
	char details_buffer[PLUGIN_DETAILS_MAX];
};

/* Starts with state UNKNOWN and nothing to say.  Called before anything is opened:
 * it fills closed standard descriptors, see output.c. */
void plugin_init(struct plugin *plugin, const char *program, const char *service);

/*
 * From plugin_options() on the timeout, SIGTERM and SIGINT end the run at once
 * with UNKNOWN, the reason and this, what is being done and was found so far:
 * "reading the journal; found so far: 1 VM killed (instance-0000002a)".  Safe
 * wherever the program is, a blocked read included.  Cheap.
 */
void plugin_progress(struct plugin *plugin, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * The answer is final as it is now: state, first line, perfdata and the details
 * so far.  Whatever ends the run from now on prints it and exits with its state,
 * and what follows may take `seconds` at most (and never more than is left of
 * -t), then the run ends that way.  So settle as soon as the state is known, and
 * before a state file is written or anything is read for the details alone: a
 * disk may hang, and a process that the kernel is reclaiming from may keep its
 * reader waiting.  May be called again for a fuller answer.
 */
#define PLUGIN_LISTING_SEC 2 /* for what is listed besides the answer */
#define PLUGIN_SAVING_SEC  5 /* for writing what is remembered: fsync on a disk that swaps */
void plugin_settle(struct plugin *plugin, unsigned seconds);

/* Empties the first line and the perfdata, to say them anew once more is known.
 * What was settled stays settled. */
void plugin_answer_anew(struct plugin *plugin);

/* The same for the details.  False, and they are as they were, without memory for it. */
bool plugin_details_anew(struct plugin *plugin);

/*
 * One metric; limits may be NULL.  `unit` is "", "B", "s", "%" or "c", and the
 * unit of the limits too: a limit of another dimension is left out.  A value that
 * is not known (NaN) is U, as the guidelines have it.  Labels are [a-z0-9_] and
 * fixed for ever.
 *
 * What reads U: RRD and what feeds it (PNP4Nagios) store a gap, Nagios and NRPE hand
 * it on.  Icinga 2 (lib/base/perfdatavalue.cpp, 2.13 and later) keeps the text; its
 * writers for Graphite, InfluxDB and the like skip this one metric with a line
 * "Ignoring invalid perfdata" in icinga2.log.  So U is for what is there and was not
 * seen; what a host does not have (swap, huge pages, KSM) has no label.
 */
void plugin_perfdata(struct plugin *plugin, const char *label, double value, const char *unit,
		     const struct plugin_range *warning, const struct plugin_range *critical,
		     const double *min, const double *max);

/* The same for a metric that is never below 0 and has neither limits nor maximum. */
void plugin_perfdata_amount(struct plugin *plugin, const char *label, double value, const char *unit);

/*
 * Tells the labels of the program's perfdata, "a b c" (a constant), once the options
 * are read: an answer that has no numbers, the timeout's included, has each as U.
 */
void plugin_set_labels(struct plugin *plugin, const char *labels);

/* One line of details, its \n added.  The first that does not fit and all that
 * follow are left out and counted, and the last line says how many.  With -v the
 * buffer grows to PLUGIN_DETAILS_LONG as long as there is memory for it. */
void plugin_detail(struct plugin *plugin, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Prints "SERVICE STATE - summary | perfdata\ndetails" with one write and
 * exits with the state; UNKNOWN where the output cannot be written. */
_Noreturn void plugin_exit(struct plugin *plugin);

/*
 * A stream to standard output for a plain tool's report, which waits where the
 * descriptor is non-blocking and full; stdio's own streams lose the rest there.
 * NULL without memory.  fclose(3) says whether all was written.
 */
FILE *plugin_report_open(void);

/* For what stops a run before it can judge: UNKNOWN and one line. */
_Noreturn void plugin_unknown(struct plugin *plugin, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
