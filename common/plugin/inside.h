/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_PLUGIN_INSIDE_H
#define OOM_PLUGIN_INSIDE_H
/*
 * Internal to plugin/: declarations shared by its files.
 */
#include <stdbool.h>
#include <stddef.h>
#include <sys/uio.h>

#include "plugin/options.h"
#include "plugin/plugin.h"

/* Adds all of plugin->labels as U if the answer has no numbers. */
void plugin_perfdata_unknown(struct plugin *plugin);

/* Appends "a=U b=U" for the labels "a b"; nothing for NULL. */
void plugin_unknown_append(struct text *text, const char *labels);

/* Appends untrusted text in quotes, for an error message. */
void plugin_quote_append(struct text *text, const char *string);

/*
 * Final cleanup of the output.  '|' would start the perfdata, and control characters would end a
 * line or control a terminal.  Callers are expected to make untrusted text printable earlier.
 */
void plugin_clean(char *data, size_t length, bool keep_newlines);

/*
 * The first line, "SERVICE STATE - summary | perfdata\n" or "program: summary\n".  _begin() appends
 * it up to the summary, _end() the rest; the summary and the perfdata may be "".  _append() cleans
 * the plugin's summary and appends the whole line.
 */
#define PLUGIN_CUT            "..." /* stands for what did not fit */
#define PLUGIN_FIRST_LINE_MAX (PLUGIN_SUMMARY_MAX + PLUGIN_PERFDATA_MAX + 64)
void plugin_first_line_begin(struct text *line, const struct plugin *plugin, enum plugin_state state,
			     const char *summary);
void plugin_first_line_end(struct text *line, const char *perfdata);
void plugin_first_line_append(struct text *line, struct plugin *plugin);

/*
 * Starts or restarts the timeout and handles the signals that end a run: SIGTERM, SIGINT, SIGXCPU.
 * SIGPIPE and SIGXFSZ become failed writes.  Must be called before opening anything that may block.
 */
void plugin_arm(struct plugin *plugin);

/*
 * Writes the output and modifies the parts.  May be called only once.  From then on a signal of
 * plugin_arm() does not end the run at once: the reader has a quarter of a second to take the rest,
 * then the run ends with `state`.  So no part is written twice, and a pipe that is never read ends
 * the run.  0 or a negative errno.
 */
int plugin_write(int fd, struct iovec *parts, int count, enum plugin_state state);

/* An option of a program, with the base that its offset is relative to. */
struct plugin_bound_option {
	const struct plugin_option *option;
	char *base;
};

/*
 * Reads the sections named by each --extra-opts in argv and removes these options from argv.
 * *ret_argv is set to the options read, in order, as words of a command line.  Returns their
 * number, including argv[0], or 0 if there is no --extra-opts.  Any error ends the program.
 */
#define PLUGIN_EXTRA_MAX   256   /* options */
#define PLUGIN_EXTRA_BYTES 32768 /* total */
int plugin_extra_opts(struct plugin *plugin, int *argc, char **argv, char ***ret_argv);

/* The text of --help, within 80 columns. */
void plugin_help_append(struct text *text, const struct plugin *plugin, const struct plugin_usage *usage,
			const struct plugin_bound_option *options, size_t option_count);

#endif
