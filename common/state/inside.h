/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_STATE_INSIDE_H
#define OOM_STATE_INSIDE_H
/* Shared by the files of this directory only. */
#include <sys/stat.h>

#include "state/state.h"

/* Stores the failure's reason unless there is one already. Returns error. */
int state_fail(struct state *state, int error, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* The same for a file of the state's directory, with the errno's text as the reason. */
int state_fail_file(struct state *state, int error, const char *file);

/* Stores the command that fixes the problem, unless there is one already. */
void state_suggest(struct state *state, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The reason why a file or directory cannot be trusted, or NULL. Files of root are trusted: root
 * could change the state in any case. */
const char *state_distrust(const struct stat *status);

/*
 * Opens the directory of the program, creating it if necessary, and stores its path in
 * state->directory. Returns a file descriptor or a negative errno.
 */
int state_directory_open(struct state *state, const char *program);

/* Locks the state. Returns a file descriptor that holds the lock, or a negative errno. */
int state_lock(struct state *state);

/* Suggests a command that gives a file or directory to the user of this program, or makes it
 * inaccessible to others, whichever is needed. `file` is a path below state->directory, "" for the
 * directory itself. */
void state_suggest_access(struct state *state, const char *file, const struct stat *status);

#endif
