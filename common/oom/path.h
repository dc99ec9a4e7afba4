/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_OOM_PATH_H
#define OOM_OOM_PATH_H
/*
 * A cgroup's path can be 4,095 bytes long, and is chosen by the user who creates the cgroup. Where
 * many paths are stored, a longer one is shortened to its beginning and a hash of all of it, which
 * still distinguishes it from others.
 */
#include <stdbool.h>
#include <stddef.h>

#define OOM_PATH_KEPT 512 /* bytes; a pod's path has 200 to 300 */

/* A log may have cut a line within the path, and with it the end of a VM's name. Such a path ends
 * in the mark of journalctl's pager. "/machine.slice/machine-qe>" is therefore not a complete
 * name. */
#define OOM_PATH_CUT '>'

/* Appends the mark to the path, in place of a mark that a pager left. */
void oom_path_mark_cut(char *path, size_t size);

bool oom_path_is_cut(const char *path);

/* A path of at most OOM_PATH_KEPT bytes is copied unchanged. */
void oom_path_shorten(const char *path, char ret[OOM_PATH_KEPT + 1]);

/* Whether the path was shortened here, so that its end is unknown. Neither such a path nor one that
 * was cut can be matched against a pattern. */
bool oom_path_is_shortened(const char *path);

/* Whether both can be the path of one cgroup. Either may be shortened or cut. */
bool oom_path_same(const char *a, const char *b);

#endif
