/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_PLUGIN_PATTERN_H
#define OOM_PLUGIN_PATTERN_H
/* POSIX extended regular expressions from repeatable options. */
#include <regex.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

#define PLUGIN_PATTERNS_MAX 16

struct plugin_patterns {
	regex_t compiled[PLUGIN_PATTERNS_MAX]; /* kept until the program ends */
	size_t count;
	uint64_t hash; /* of the text of all patterns; 0: none */
};

/* Adds a pattern; a plugin_option_parse_fn. */
int plugin_option_pattern(const char *value, void *target, struct text *error);

/* Whether any of them matches somewhere in subject; NULL matches none. */
bool plugin_patterns_match(const struct plugin_patterns *patterns, const char *subject);

#endif
