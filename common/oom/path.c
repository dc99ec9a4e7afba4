/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "oom/path.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "base/hash.h"
#include "base/text.h"

#define HASH_DIGITS 16
#define HASH_BYTES  (1 + HASH_DIGITS) /* "#0123456789abcdef" */

void oom_path_mark_cut(char *path, size_t size)
{
	static const char *const marks[] = { ">", "\xe2\x80\xa6" /* an ellipsis */ };
	size_t length = strlen(path);

	for (size_t i = 0; i < ARRAY_SIZE(marks); i++) {
		if (text_ends_with(path, marks[i])) {
			length -= strlen(marks[i]);
			break;
		}
	}
	if (length > size - 2)
		length = size - 2;
	path[length] = OOM_PATH_CUT;
	path[length + 1] = '\0';
}

bool oom_path_is_cut(const char *path)
{
	const size_t length = strlen(path);

	return length > 0 && path[length - 1] == OOM_PATH_CUT;
}

/* Whether `cut` is a cut path and `path` begins with it. */
static bool begins(const char *cut, const char *path)
{
	return oom_path_is_cut(cut) && strncmp(cut, path, strlen(cut) - 1) == 0;
}

void oom_path_shorten(const char *path, char ret[OOM_PATH_KEPT + 1])
{
	const size_t length = strlen(path);

	if (length <= OOM_PATH_KEPT) {
		memcpy(ret, path, length + 1);
		return;
	}
	memcpy(ret, path, OOM_PATH_KEPT - HASH_BYTES);
	snprintf(ret + OOM_PATH_KEPT - HASH_BYTES, HASH_BYTES + 1, "#%0*" PRIx64, HASH_DIGITS,
		 hash_add(HASH_OF_NOTHING, path, length));
}

bool oom_path_is_shortened(const char *path)
{
	const size_t length = strlen(path);
	const char *hash = path + OOM_PATH_KEPT - HASH_BYTES;

	return length == OOM_PATH_KEPT && hash[0] == '#' &&
	       strspn(hash + 1, "0123456789abcdef") == HASH_DIGITS;
}

bool oom_path_same(const char *a, const char *b)
{
	char a_kept[OOM_PATH_KEPT + 1], b_kept[OOM_PATH_KEPT + 1];

	if (strcmp(a, b) == 0 || begins(a, b) || begins(b, a))
		return true;
	if (oom_path_is_shortened(a) == oom_path_is_shortened(b))
		return false;
	oom_path_shorten(a, a_kept);
	oom_path_shorten(b, b_kept);
	return strcmp(a_kept, b_kept) == 0;
}
