/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_PLUGIN_INSIDE_H
#define OOM_PLUGIN_INSIDE_H
/*
 * Inside this room only: what its files share.
 */
#include <stdbool.h>
#include <stddef.h>
#include <sys/uio.h>

#include "plugin/options.h"
#include "plugin/plugin.h"

/*
 * Appends a finite number as perfdata wants it: decimal point '.', whatever
 * the locale; no exponent; integers exact, fractions to six digits without
 * trailing zeros.
 */
void plugin_number_append(struct text *text, double value);

/* All of plugin->labels as U, for an answer that has no number. */
void plugin_perfdata_unknown(struct plugin *plugin);

/* Appends "a=U b=U" for the labels "a b"; nothing for NULL. */
void plugin_unknown_append(struct text *text, const char *labels);

/* Appends foreign text in quotes, for an error message. */
void plugin_quote_append(struct text *text, const char *string);

/*
 * The last line of defence before a monitoring system reads the output: '|'
 * would start perfdata, a control character would end a line or steer a
 * terminal.  Callers have made foreign text printable long before.
 */
void plugin_clean(char *data, size_t length, bool keep_newlines);

/*
 * The output lies where it was built and is handed over in parts: putting it
 * together once more would touch ten more pages.
 */
struct plugin_output {
	struct iovec parts[16];
	int count;
};

/* Cleans the summary and adds the first line as it is now, its \n included. */
void plugin_add_first_line(struct plugin_output *output, struct plugin *plugin);

/*
 * Starts the timeout (anew) and takes over the signals that end a run: SIGTERM,
 * SIGINT, SIGXCPU.  SIGPIPE and SIGXFSZ become failed writes.  Called before
 * anything is opened that may keep its reader waiting.
 */
void plugin_arm(struct plugin *plugin);

/*
 * Writes the output, uses up the parts, and is called once.  A signal of
 * plugin_arm() no longer ends the run at once: the reader has a quarter of a second to
 * take the rest, then the run ends with `state`.  So no part is written twice, and a
 * pipe that nobody reads ends the run.  0 or a negative errno.
 */
int plugin_write(int fd, struct iovec *parts, int count, enum plugin_state state);

/* An option of a program together with what its offset is relative to. */
struct plugin_bound_option {
	const struct plugin_option *option;
	char *base;
};

/*
 * Reads what each --extra-opts of argv names, takes it out of argv and sets
 * *ret_argv to the options read, in order, as words of a command line.
 * Returns their number (argv[0] counted), 0 where there was none.  Anything
 * wrong ends the program.
 */
#define PLUGIN_EXTRA_MAX   256   /* options */
#define PLUGIN_EXTRA_BYTES 32768 /* of all of them */
int plugin_extra_opts(struct plugin *plugin, int *argc, char **argv, char ***ret_argv);

/* The text of --help, within 80 columns. */
void plugin_help_append(struct text *text, const struct plugin *plugin, const struct plugin_usage *usage,
			const struct plugin_bound_option *options, size_t option_count);

#endif
