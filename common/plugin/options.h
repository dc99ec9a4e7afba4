/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_PLUGIN_OPTIONS_H
#define OOM_PLUGIN_OPTIONS_H
/*
 * Options are a table: the parser, --help and the man page share one source.
 */
#include <stddef.h>

#include "base/file.h"
#include "plugin/plugin.h"

/*
 * Parses `value` (NULL for a flag or an omitted optional argument) into *target.  Returns 0, or
 * -EINVAL with a clause for "--option: …" in `error`.  The parser of a repeatable option appends to
 * its target; for all others the last use wins.
 */
typedef int (*plugin_option_parse_fn)(const char *value, void *target, struct text *error);

struct plugin_option {
	char letter;          /* 0: none */
	const char *name;     /* long name without -- */
	const char *argument; /* "RANGE"; "[SIZE]": optional (long name only); NULL: a flag */
	const char *help;     /* wrapped by --help, \n starts a new line; NULL: accepted but not listed,
			       * an alias */
	plugin_option_parse_fn parse; /* NULL: `argument` has the words, "text|json"; an enum or unsigned
				       * target gets the index of the one that is given */
	size_t offset;                /* of the target in the config struct */
};

#define PLUGIN_OPTIONS_MAX 40 /* of a program, without the common ones */

struct plugin_usage {
	const char *summary; /* one sentence: what the program does */
	const struct plugin_option *options;
	size_t option_count;
	const char *examples; /* lines, all of them valid commands */
	const char *notes;    /* a paragraph on exit codes, privileges; or NULL */
};

/* Targets, in this order: struct plugin_range of plain numbers; struct plugin_range in percent,
 * with or without the unit; bool; uint64_t bytes; int64_t usec; char const *, which points into
 * argv or into what --extra-opts read (both last as long as the program); unsigned of at least 1.
 * A range with another unit is refused because it would never alert. */
int plugin_option_range(const char *value, void *target, struct text *error);
int plugin_option_percent_range(const char *value, void *target, struct text *error);
int plugin_option_flag(const char *value, void *target, struct text *error);
int plugin_option_bytes(const char *value, void *target, struct text *error);
int plugin_option_duration(const char *value, void *target, struct text *error);
int plugin_option_string(const char *value, void *target, struct text *error);
int plugin_option_positive(const char *value, void *target, struct text *error);

/* One of the words of "ok|warning|critical", as its index in *ret.  0, or -EINVAL with "must be ok,
 * warning or critical". */
int plugin_option_word(const char *value, const char *words, unsigned *ret, struct text *error);

/*
 * For the parser of an option METRIC=LIMIT, which an error calls METRIC=`limit`.  Returns the index
 * of METRIC in `metrics`, "slab, unaccounted", with *ret_limit at the text after the '='; or
 * -EINVAL with a clause in *error.
 */
int plugin_option_metric(const char *value, const char *limit, const char *metrics, const char **ret_limit,
			 struct text *error);

/*
 * Starts the timeout, then reads --extra-opts and argv into *config by the table, and -h -V -v -t
 * --extra-opts --rootfs --procfs --sysfs for all programs.  A wrong option ends the program with
 * UNKNOWN and one line that describes the error.  -h and -V print and exit: a check with UNKNOWN
 * (3), as the guidelines require, a plain tool with 0.
 */
void plugin_options(struct plugin *plugin, const struct plugin_usage *usage, struct file_roots *roots,
		    void *config, int argc, char **argv);

#endif
