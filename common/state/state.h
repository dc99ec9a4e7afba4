/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_STATE_STATE_H
#define OOM_STATE_STATE_H
/*
 * What a program remembers between its runs: one small file for each user,
 * program and name, laid out as monitoring-plugins' lib/utils_base.c (2.3)
 * does it:
 *
 *     $MP_STATE_PATH, else $NAGIOS_PLUGIN_STATE_DIRECTORY, else STATE_DIRECTORY
 *         /EFFECTIVE-UID/PROGRAM/NAME
 *
 * A program that gains privileges by being executed ignores the environment.
 *
 * A reader sees the old bytes or the new, whenever the writer is killed or the
 * power fails.  No symbolic link is followed below the first directory, and
 * nothing is believed that another user could have written.
 *
 * State is optional: every call is safe after a failure, and the check goes on
 * without it.  What fails once is tried once more.  But a state that could not be read
 * is never replaced: state_save() writes only where nothing was saved before (ENOENT),
 * where what was saved could be loaded, or where it was read whole and is damaged.  The
 * damaged file is kept beside the new one as NAME.damaged.  An empty file .NAME.saved stands there from the first
 * save on: so a file that was removed, with its lock or by "rm *", is told from one that
 * never was.  Who removes the directory has reset it.
 *
 *     struct state state;
 *     state_open(&state, "check_oom_kills", "kills", 1);   (name: see state_name())
 *     length = state_load(&state, buffer, sizeof(buffer));
 *     ...
 *     state_save(&state, data, data_length);
 *     state_close(&state);
 *     if (plugin.verbose && state.failure.error)
 *             plugin_detail(&plugin, "state: %s", state.failure.reason);
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/file.h"
#include "base/text.h"

#define STATE_BYTES_MAX      262144 /* of one memory */
#define STATE_NAME_MAX       128    /* bytes of a program or a name */
#define STATE_LOCK_WAIT_MSEC 1000   /* another run of the same check holds it for milliseconds */

/* What is known of the state's file. */
enum state_found {
	STATE_NOT_READ, /* not looked at yet, or it could not be read: never replaced */
	STATE_NOTHING,  /* nothing was ever saved: the file or a directory above it is missing */
	STATE_LOST,     /* something was saved, and its file has gone */
	STATE_LOADED,
	STATE_DAMAGED /* read whole, but it is not what was saved */
};

/* The first thing that went wrong, in words; what follows from it is not told. */
struct state_failure {
	int error;        /* negative errno, 0: nothing went wrong */
	char reason[512]; /* "/var/lib/monitoring-plugins/112: Permission denied" */
	char remedy[512]; /* a command, "install -d -o 112 -m 700 /var/lib/…", or "" */
};

struct state {
	struct state_failure failure;
	enum state_found found;
	unsigned loaded_version; /* of what was loaded: `version` or an older one */

	/* The rest is this room's. */
	bool reads_only;
	int directory_fd; /* -1: nothing can be loaded */
	int lock_fd;      /* -1: nothing can be saved */
	bool was_saved;   /* .NAME.saved says so */
	unsigned version; /* of the data */
	uint64_t loaded_checksum;
	size_t loaded_length;
	char name[STATE_NAME_MAX + 1];
	char directory[384]; /* for messages */
};

/*
 * Writes the name of a state about the host behind these roots: the stem for this
 * host's own /, /proc and /sys, with a hash of the paths added for any other, so that
 * two hosts' states are kept apart.  The paths are those of file_append_plain_path().
 */
void state_name(struct text *name, const char *stem, const struct file_roots *roots);

/*
 * Opens the state, makes its directories where they are missing and locks it
 * until state_close(): what is loaded, changed and saved in between is not lost
 * to another run.  So open it late, when all else is known.  `version` is the
 * caller's number of what the data means; older data is loaded too, newer data is
 * left alone.  Program and name are [a-z0-9_-].
 *
 * 0: it can be loaded and saved; else a negative errno, after which
 * state_load() still works where the directory can be read.
 */
int state_open(struct state *state, const char *program, const char *name, unsigned version);

/*
 * For another program's look at a memory: takes no lock, makes no directory, and
 * waits for nobody.  state_load() has what was saved last, and it is no failure
 * that nothing ever was; state_save() does nothing.
 */
int state_open_to_read(struct state *state, const char *program, const char *name, unsigned version);

/*
 * Reads what was saved last into buffer and terminates it.  Returns its bytes;
 * -ENOENT where there is none, which is no failure (state->found tells whether one was
 * saved and has been removed, STATE_LOST); -EBADMSG where
 * what is there is torn or foreign, or more than size - 1 bytes, and state_save() will
 * replace it; -EPROTO where a newer version wrote it; -EPERM where another user could
 * have written it; or another negative errno.
 */
ssize_t state_load(struct state *state, char *buffer, size_t size);

/* What was loaded could not be taken over (`error`, a negative errno): from now on it
 * counts as not read. */
void state_reject(struct state *state, int error);

/* Path of the file, for messages. */
void state_append_path(struct text *text, const struct state *state);

/* Whether something was saved that can no longer be had: STATE_LOST or STATE_DAMAGED. */
bool state_is_lost(const struct state *state);

/* In words for a first line: "the state was removed: /var/lib/…", or "was damaged". */
void state_append_loss(struct text *text, const struct state *state, bool removed);

/*
 * Replaces what is saved, and returns when it is on disk; data that is equal
 * to what was loaded is not written again.  0, or a negative errno: the old
 * data is still there (or the new, if only its directory could not be synced).
 * Where the state was not read this is the failure's errno, and nothing is written.
 */
int state_save(struct state *state, const char *data, size_t length);

/* Gives up the lock; state->failure stays. */
void state_close(struct state *state);

#endif
