/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_STATE_INSIDE_H
#define OOM_STATE_INSIDE_H
/*
 * Inside this room only: what its files share.
 */
#include <sys/stat.h>

#include "state/state.h"

/* Keeps the reason unless there is one already; returns error. */
int state_fail(struct state *state, int error, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* The same for a file of the memory's directory and an errno that says it all. */
int state_fail_file(struct state *state, int error, const char *file);

/* The command that helps, unless there is one already. */
void state_suggest(struct state *state, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Why a file or directory is not to be believed, or NULL.  Root could do
 * anything anyway. */
const char *state_distrust(const struct stat *status);

/*
 * Opens the directory of the program, making it where it is missing, and
 * describes it in state->directory.  A file descriptor or a negative errno.
 */
int state_directory_open(struct state *state, const char *program);

/* Locks the memory: a file descriptor that holds the lock, or a negative errno. */
int state_lock(struct state *state);

/* Suggests to give a file or directory (path below state->directory, "" for itself) to
 * the user of this program, or to close it to others, whichever it needs. */
void state_suggest_access(struct state *state, const char *file, const struct stat *status);

#endif
