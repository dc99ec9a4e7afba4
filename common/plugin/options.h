/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_PLUGIN_OPTIONS_H
#define OOM_PLUGIN_OPTIONS_H
/*
 * Options are a table: what is parsed, what --help prints and what the man
 * page lists is one source.
 */
#include <stddef.h>

#include "base/file.h"
#include "plugin/plugin.h"

/*
 * Parses `value` (NULL for a flag or an argument left out) into *target.  Returns 0, or -EINVAL with
 * `error` holding a clause for "--option: …".  An option that may be repeated
 * has a function of its program's own that appends to its target; of any
 * other the last one wins.
 */
typedef int (*plugin_option_parse_fn)(const char *value, void *target, struct text *error);

struct plugin_option {
	char letter;          /* 0: none */
	const char *name;     /* long name without -- */
	const char *argument; /* "RANGE"; "[SIZE]": may be left out (long name only); NULL: a flag */
	const char *help;     /* a sentence or more, wrapped by --help, \n starts a new line;
	                       * NULL: understood but not listed, another name for an option */
	plugin_option_parse_fn parse;
	size_t offset; /* of the target in the config struct */
};

#define PLUGIN_OPTIONS_MAX 40 /* of a program, besides those that all have */

struct plugin_usage {
	const char *summary; /* one sentence: what the program does */
	const struct plugin_option *options;
	size_t option_count;
	const char *examples; /* real ones, as lines */
	const char *notes;    /* NULL or a paragraph: exit codes, privileges */
};

/* Targets: struct plugin_range (of plain numbers; or in percent, with or without
 * its unit: a limit of another dimension would never alert), bool, uint64_t
 * bytes, int64_t usec, char const * (which points into argv or what --extra-opts
 * read: both last as long as the program), unsigned of at least 1. */
int plugin_option_range(const char *value, void *target, struct text *error);
int plugin_option_percent_range(const char *value, void *target, struct text *error);
int plugin_option_flag(const char *value, void *target, struct text *error);
int plugin_option_bytes(const char *value, void *target, struct text *error);
int plugin_option_duration(const char *value, void *target, struct text *error);
int plugin_option_string(const char *value, void *target, struct text *error);
int plugin_option_positive(const char *value, void *target, struct text *error);

/*
 * For an option of a program's own that takes one of a few words: the index of
 * `value` in words[0..count), of which the last is one and others may be NULL
 * (numbers without a word); -EINVAL with "must be ok, warning or critical".
 */
int plugin_option_word(const char *value, const char *const *words, size_t count, struct text *error);

/*
 * Starts the timeout, then reads argv (after --extra-opts) into *config by the
 * table, with -h -V -v -t --extra-opts --rootfs --procfs --sysfs for all
 * programs.  A wrong option ends the program: UNKNOWN, one line that says what
 * is wrong.  -h and -V print and exit: UNKNOWN (3) as the guidelines have it, a
 * plain tool 0.
 */
void plugin_options(struct plugin *plugin, const struct plugin_usage *usage, struct file_roots *roots,
		    void *config, int argc, char **argv);

#endif
