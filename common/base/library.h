/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_BASE_LIBRARY_H
#define OOM_BASE_LIBRARY_H
/*
 * Shared libraries that are loaded only when needed: linking libsystemd doubles the start-up time
 * of a check that never reads a journal. The functions are stored in a struct of pointers, each
 * typed by the library's own header:
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
	bool is_optional; /* if the library lacks it, the pointer is NULL */
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
 * Loads `soname` and sets the function pointers in `functions`. Returns 0; -ENOENT if the library
 * is not installed; -ELIBACC if it may be installed but cannot be loaded (no memory, no descriptor,
 * not readable, a missing dependency); -ENOSYS if it is too old and lacks a required symbol. On
 * failure *reason explains why, nothing stays loaded and the contents of *functions are undefined.
 * Close with library_close().
 */
int library_open(void **ret_handle, const char *soname, const struct library_symbol *symbols, size_t count,
		 void *functions, struct text *reason);
void library_close(void *handle); /* NULL is fine */

#endif
