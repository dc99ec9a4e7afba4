/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_PLUGIN_INI_H
#define OOM_PLUGIN_INI_H
/*
 * Inside this room only: the configuration files of monitoring-plugins, as its
 * lib/parse_ini.c (2.3) reads them.
 *
 *     # comment        also ;  a comment has a line of its own: what follows a
 *     [section]        value belongs to it, '#' and quotes included
 *     key = value
 *     flag =
 *     key = again      repeated keys and sections add up
 *
 * A parser of its own because inih, the usual library, by its defaults cuts
 * lines at 200 bytes, strips inline comments, joins indented lines and refuses
 * a key without '=': the file that configures the other plugins would be read
 * differently.
 */
#include <stddef.h>

struct plugin_ini {
	const char *cursor;
	const char *end;
	unsigned line; /* of the entry returned last, or of the error */
};

/* Strings lie in the buffer and are not terminated. */
struct plugin_ini_entry {
	enum { PLUGIN_INI_SECTION, PLUGIN_INI_KEY } kind;
	const char *name;
	size_t name_length; /* 0: "= value", wrong, but whose section it is decides whether it matters */
	const char *value;
	size_t value_length; /* 0: a flag */
};

/* 1 with *ret set, 0 at the end, -EINVAL with *ret_error saying what is wrong
 * in ini->line. */
int plugin_ini_next(struct plugin_ini *ini, struct plugin_ini_entry *ret, const char **ret_error);

#endif
