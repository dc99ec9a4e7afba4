/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_PLUGIN_INI_H
#define OOM_PLUGIN_INI_H
/*
 * Internal to plugin/.  Parses the configuration files of monitoring-plugins like its
 * lib/parse_ini.c (2.3).
 *
 *     # comment        also ;  a comment needs a line of its own: text after a
 *     [section]        value belongs to it, including '#' and quotes
 *     key = value
 *     flag =
 *     key = again      repeated keys and sections accumulate
 *
 * The usual library, inih, would read the file differently from the other plugins: by default it
 * cuts lines at 200 bytes, strips inline comments, joins indented lines and refuses a key without
 * '='.
 */
#include "base/cursor.h"

struct plugin_ini {
	struct cursor rest; /* of the file */
	unsigned line;      /* of the entry returned last, or of the error */
};

struct plugin_ini_entry {
	enum { PLUGIN_INI_SECTION, PLUGIN_INI_KEY } kind;
	struct cursor name;  /* empty: "= value", an error only in a section that is used */
	struct cursor value; /* empty: a flag */
};

/* Reads the next entry.  1 with *ret set; 0 at the end; -EINVAL with *ret_error describing the
 * error in ini->line. */
int plugin_ini_next(struct plugin_ini *ini, struct plugin_ini_entry *ret, const char **ret_error);

#endif
