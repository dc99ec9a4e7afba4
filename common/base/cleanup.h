/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_BASE_CLEANUP_H
#define OOM_BASE_CLEANUP_H
/*
 * Scope-bound cleanup: the resource is released on every return path.
 *
 *     AUTO_CLOSE int fd = open(...);
 *     AUTO_FREE char *copy = strdup(...);
 */
#include <stdlib.h>
#include <unistd.h>

static inline void cleanup_free(void *pointer_to_pointer)
{
	free(*(void **)pointer_to_pointer);
}

static inline void cleanup_close(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

#define AUTO_FREE  __attribute__((cleanup(cleanup_free)))
#define AUTO_CLOSE __attribute__((cleanup(cleanup_close)))

#endif
