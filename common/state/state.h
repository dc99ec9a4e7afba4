/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_STATE_STATE_H
#define OOM_STATE_STATE_H
/*
 * Data that a program keeps between its runs: one small file for each user, program and name, in
 * the directories of monitoring-plugins' lib/utils_base.c (2.3):
 *
 *     $MP_STATE_PATH, else $NAGIOS_PLUGIN_STATE_DIRECTORY, else STATE_DIRECTORY
 *         /EFFECTIVE-UID/PROGRAM/NAME
 *
 * A program that gains privileges when it is executed ignores the environment.
 *
 * A reader gets either the old or the new data, even if the writer is killed or the power fails. No
 * symbolic link is followed below the first directory, and no file is trusted that another user
 * could have written.
 *
 * State is optional: every call is safe after a failure, and the check goes on without it. A failed
 * read is retried once. A state that could not be read is never replaced: state_save() writes only
 * if nothing was saved before (ENOENT), if what was saved could be loaded, or if it was read whole
 * and is damaged. The damaged file is kept beside the new one as NAME.damaged.
 *
 * The first save creates an empty file .NAME.saved. A state file that is missing beside it was
 * removed (with its lock, or by "rm *"); without it nothing was ever saved. Removing the directory
 * resets the state.
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

#define STATE_BYTES_MAX      262144 /* of one state's data */
#define STATE_NAME_MAX       128    /* in bytes, of a program or a name */
#define STATE_LOCK_WAIT_MSEC 1000   /* other runs of the same check hold it for milliseconds */

/* What is known about the state's file. */
enum state_found {
	STATE_NOT_READ, /* not looked for yet, or it could not be read: never replaced */
	STATE_NOTHING,  /* nothing was ever saved: the file or a directory above it is missing */
	STATE_LOST,     /* something was saved, but the file is gone */
	STATE_LOADED,
	STATE_DAMAGED /* read whole, but it does not contain what was saved */
};

/* The first failure, as text. Failures that follow from it are not stored. */
struct state_failure {
	int error;        /* negative errno, 0: nothing went wrong */
	char reason[512]; /* "/var/lib/monitoring-plugins/112: Permission denied" */
	char remedy[512]; /* a command, "install -d -o 112 -m 700 /var/lib/…", or "" */
};

struct state {
	struct state_failure failure;
	enum state_found found;
	unsigned loaded_version; /* of the loaded data: `version` or an older one */

	/* The rest is private to this directory. */
	bool reads_only;
	int directory_fd; /* -1: nothing can be loaded */
	int lock_fd;      /* -1: nothing can be saved */
	bool was_saved;   /* .NAME.saved exists */
	unsigned version; /* of the data */
	uint64_t loaded_checksum;
	size_t loaded_length;
	char name[STATE_NAME_MAX + 1];
	char directory[384]; /* for messages */
};

/*
 * Appends the name of the state for the host behind these roots: the stem for this host's own /,
 * /proc and /sys, and for any other the stem with a hash of the paths, so that the states of two
 * hosts are kept apart. The paths are compared in the form of file_append_plain_path().
 */
void state_name(struct text *name, const char *stem, const struct file_roots *roots);

/*
 * Opens the state, creates missing directories and holds a lock until state_close(), so that no
 * other run can save between load and save. Open it late, when everything else is known. `version`
 * is the caller's version of the data. Older data is loaded too; newer data is left alone. Program
 * and name consist of [a-z0-9_-].
 *
 * Returns 0 if the state can be loaded and saved, else a negative errno. state_load() still works
 * after a failure if the directory can be read.
 */
int state_open(struct state *state, const char *program, const char *name, unsigned version);

/*
 * Opens another program's state for reading: takes no lock, creates no directory and does not wait.
 * state_load() returns what was saved last; it is not a failure if nothing was ever saved.
 * state_save() does nothing.
 */
int state_open_to_read(struct state *state, const char *program, const char *name, unsigned version);

/*
 * Reads what was saved last into buffer and terminates it. Returns its length in bytes, or a
 * negative errno, among them:
 *
 *     -ENOENT   there is no file; not a failure.  state->found is STATE_LOST if one was
 *               saved and has been removed
 *     -EBADMSG  the file is torn or foreign, or has more than size - 1 bytes of data;
 *               state_save() will replace it
 *     -EPROTO   a newer version wrote the file
 *     -EPERM    another user could have written the file
 */
ssize_t state_load(struct state *state, char *buffer, size_t size);

/* The caller cannot use what was loaded (`error`, a negative errno): the state then counts as not
 * read. */
void state_reject(struct state *state, int error);

/* Appends the path of the file, for messages. */
void state_append_path(struct text *text, const struct state *state);

/* Whether saved data was lost: STATE_LOST or STATE_DAMAGED. */
bool state_is_lost(const struct state *state);

/* Appends a clause for the first line of output: "the state was removed: /var/lib/…", or "the state
 * was damaged: …". */
void state_append_loss(struct text *text, const struct state *state, bool removed);

/*
 * Replaces the saved data and returns when it is on disk. Data that equals what was loaded is not
 * written again. Returns 0 or a negative errno: the old data is then still there (or the new data,
 * if only its directory could not be synced). If the state was not read, the errno is that of the
 * read, and nothing is written.
 */
int state_save(struct state *state, const char *data, size_t length);

/* Releases the lock. state->failure stays. */
void state_close(struct state *state);

#endif
