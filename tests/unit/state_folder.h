/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_TESTS_STATE_FOLDER_H
#define OOM_TESTS_STATE_FOLDER_H
/* A temporary folder for a test, with the state "kills" of the program "check" in its folder
 * "base". */
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "state/state.h"

static char state_folder[64];

/* Sets a variable to a folder below the test's own; "" sets it empty, NULL unsets it. */
static inline void state_folder_variable(const char *name, const char *below)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", state_folder, below ? below : "");
	assert_int_equal(!below ? unsetenv(name) : setenv(name, below[0] == '\0' ? "" : path, 1), 0);
}

static inline int state_folder_make(void **data)
{
	(void)data;
	snprintf(state_folder, sizeof(state_folder), "/tmp/state_test.XXXXXX");
	if (!mkdtemp(state_folder) || chmod(state_folder, 0755) < 0)
		return -1;
	umask(022);
	state_folder_variable("MP_STATE_PATH", NULL);
	state_folder_variable("NAGIOS_PLUGIN_STATE_DIRECTORY", "base");
	return 0;
}

static inline int state_folder_remove_one(const char *path, const struct stat *status, int type,
					  struct FTW *walk)
{
	(void)status, (void)type, (void)walk;
	return remove(path);
}

static inline int state_folder_remove(void **data)
{
	(void)data;
	return nftw(state_folder, state_folder_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* The path of one of the state's files. */
static inline const char *state_folder_path(const char *file)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/base/%ju/check/%s", state_folder, (uintmax_t)geteuid(), file);
	return path;
}

static inline struct stat state_folder_status(const char *file)
{
	struct stat status;

	assert_int_equal(lstat(state_folder_path(file), &status), 0);
	return status;
}

static inline bool state_folder_has(const char *file)
{
	struct stat status;

	return lstat(state_folder_path(file), &status) == 0;
}

static inline void state_folder_write(const char *file, const char *content, size_t length)
{
	int fd = open(state_folder_path(file), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, content, length), length);
	assert_int_equal(close(fd), 0);
}

static inline size_t state_folder_read(const char *file, char *content, size_t size)
{
	int fd = open(state_folder_path(file), O_RDONLY | O_CLOEXEC);
	ssize_t length = read(fd, content, size);

	assert_true(length >= 0 && (size_t)length < size);
	close(fd);
	return (size_t)length;
}

/* Each call is one run: it loads before it saves, as every program does. */
static inline void state_folder_save(const char *content, size_t length)
{
	static char loaded[STATE_BYTES_MAX + 1];
	struct state state;

	assert_int_equal(state_open(&state, "check", "kills", 1), 0);
	state_load(&state, loaded, sizeof(loaded));
	assert_int_equal(state_save(&state, content, length), 0);
	state_close(&state);
	assert_int_equal(state.failure.error, 0);
}

static inline ssize_t state_folder_load(char *content, size_t size)
{
	struct state state;

	state_open(&state, "check", "kills", 1);
	ssize_t length = state_load(&state, content, size);
	state_close(&state);
	return length;
}

#endif
