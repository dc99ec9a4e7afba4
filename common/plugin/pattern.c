/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plugin/pattern.h"

#include <errno.h>
#include <string.h>

#include "base/hash.h"

int plugin_option_pattern(const char *value, void *target, struct text *error)
{
	struct plugin_patterns *patterns = target;

	if (patterns->count == PLUGIN_PATTERNS_MAX) {
		text_printf(error, "given more than %d times", PLUGIN_PATTERNS_MAX);
		return -EINVAL;
	}
	regex_t *compiled = &patterns->compiled[patterns->count];
	int r = regcomp(compiled, value, REG_EXTENDED | REG_NOSUB);
	if (r != 0) {
		char reason[128];

		regerror(r, compiled, reason, sizeof(reason));
		text_append(error, reason);
		return -EINVAL;
	}
	patterns->count++;
	/* including the NUL, which separates it from the next */
	patterns->hash = hash_add(patterns->hash ^ HASH_OF_NOTHING, value, strlen(value) + 1);
	return 0;
}

bool plugin_patterns_match(const struct plugin_patterns *patterns, const char *subject)
{
	for (size_t i = 0; subject && i < patterns->count; i++) {
		if (regexec(&patterns->compiled[i], subject, 0, NULL, 0) == 0)
			return true;
	}
	return false;
}
