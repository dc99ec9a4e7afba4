/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_OOM_PATH_H
#define OOM_OOM_PATH_H
/*
 * A cgroup's path is up to 4,095 bytes long, and whoever makes cgroups chooses them.
 * Where many are kept, a longer one is shortened to its beginning and a hash of all of
 * it, so that it still tells one cgroup from another.
 */
#include <stdbool.h>
#include <stddef.h>

#define OOM_PATH_KEPT 512 /* bytes; a pod's path has 200 to 300 */

/* A log may have cut a line within the path, and with it the end of a VM's name.  Such a
 * path ends in the mark of journalctl's pager: whatever "/machine.slice/machine-qe>" is, it
 * is no name. */
#define OOM_PATH_CUT '>'

/* Puts the mark behind the path, in place of one that a pager left. */
void oom_path_mark_cut(char *path, size_t size);

bool oom_path_is_cut(const char *path);

/* A path of at most OOM_PATH_KEPT bytes is copied as it is. */
void oom_path_shorten(const char *path, char ret[OOM_PATH_KEPT + 1]);

/* Whether the path's end is not known, for it was shortened here: a pattern cannot be held
 * against it, nor against one that was cut. */
bool oom_path_is_shortened(const char *path);

/* Whether both are one cgroup's, as far as both are known: either may be shortened or cut. */
bool oom_path_same(const char *a, const char *b);

#endif
