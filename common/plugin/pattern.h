/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_PLUGIN_PATTERN_H
#define OOM_PLUGIN_PATTERN_H
/* Regular expressions (POSIX extended) from options that may be repeated. */
#include <regex.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

#define PLUGIN_PATTERNS_MAX 16

struct plugin_patterns {
	regex_t compiled[PLUGIN_PATTERNS_MAX]; /* kept until the program ends */
	size_t count;
	uint64_t hash; /* of all of them, as they were written; 0: none */
};

/* Adds one; has the shape of an option's parser. */
int plugin_option_pattern(const char *value, void *target, struct text *error);

/* Whether any of them matches somewhere in subject; NULL matches none. */
bool plugin_patterns_match(const struct plugin_patterns *patterns, const char *subject);

#endif
