/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_BASE_LIBRARY_H
#define OOM_BASE_LIBRARY_H
/*
 * Shared libraries that are loaded only where they are needed: linking
 * libsystemd doubles the start-up time of a check that never reads a journal.
 * The functions go into a struct of pointers, each typed by the library's own
 * header:
 *
 *     struct zlib { __typeof__(inflate) *inflate; };
 *     static const struct library_symbol symbols[] = {
 *             LIBRARY_SYMBOL(struct zlib, inflate, "inflate"),
 *     };
 *     r = library_open(&handle, "libz.so.1", symbols, 1, &zlib, &reason);
 */
#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

struct library_symbol {
	const char *name;
	size_t offset;    /* of the function pointer in the caller's struct */
	bool is_optional; /* NULL where the library lacks it */
};

#define LIBRARY_SYMBOL(type, member, name)          \
	{                                           \
		name, offsetof(type, member), false \
	}
#define LIBRARY_SYMBOL_OPTIONAL(type, member, name) \
	{                                           \
		name, offsetof(type, member), true  \
	}

/*
 * Loads `soname` and sets the function pointers of `functions`.  0; -ENOENT
 * where no such library is installed; -ELIBACC where there may be one, but it
 * cannot be loaded (no memory, no descriptor, not readable, a library that it
 * needs is missing); -ENOSYS where it lacks a symbol that is not optional (is too old).  On
 * failure *reason is told why, nothing stays loaded and *functions holds
 * nothing of use.  Close with library_close().
 */
int library_open(void **ret_handle, const char *soname, const struct library_symbol *symbols, size_t count,
		 void *functions, struct text *reason);
void library_close(void *handle); /* NULL is fine */

#endif
