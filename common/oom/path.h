/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_OOM_PATH_H
#define OOM_OOM_PATH_H
/*
 * A cgroup's path is up to 4,095 bytes long, and whoever makes cgroups chooses them.
 * Where many are kept, a longer one is shortened to its beginning and a hash of all of
 * it, so that it still tells one cgroup from another.
 */
#include <stdbool.h>

#define OOM_PATH_KEPT 512 /* bytes; a pod's path has 200 to 300 */

/* A path of at most OOM_PATH_KEPT bytes is copied as it is. */
void oom_path_shorten(const char *path, char ret[OOM_PATH_KEPT + 1]);

/* Whether the path's end is not known: a pattern cannot be held against it. */
bool oom_path_is_shortened(const char *path);

/* Whether both are one cgroup's, either may be shortened. */
bool oom_path_same(const char *a, const char *b);

#endif
