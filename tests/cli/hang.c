/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * LD_PRELOAD library for tests/cli/answer_first.bats: a disk that hangs. The calls listed in
 * $HANG, separated by commas, never return: "fsync", "renameat", "openat:PATTERN" and
 * "open:PATTERN" for files whose path ends with the pattern, such as "host-????????????????".
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The pattern is not terminated by NUL. */
static int ends_with(const char *string, const char *pattern, size_t length)
{
	char whole[256];

	snprintf(whole, sizeof(whole), "*%.*s", (int)length, pattern);
	return fnmatch(whole, string, 0) == 0;
}

static void hang_if_named(const char *call, const char *path)
{
	const char *word = getenv("HANG");

	while (word && *word) {
		const size_t length = strcspn(word, ","), name = strcspn(word, ":,");

		if (name == strlen(call) && strncmp(word, call, name) == 0 &&
		    (name == length || (path && ends_with(path, word + name + 1, length - name - 1)))) {
			for (;;)
				pause();
		}
		word += length + (word[length] == ',');
	}
}

int fsync(int fd)
{
	int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fsync");

	hang_if_named("fsync", NULL);
	return real(fd);
}

int renameat(int from_fd, const char *from, int to_fd, const char *to)
{
	int (*real)(int, const char *, int, const char *) =
		(int (*)(int, const char *, int, const char *))dlsym(RTLD_NEXT, "renameat");

	hang_if_named("renameat", from);
	return real(from_fd, from, to_fd, to);
}

#define OPEN(function, named)                                                                 \
	int function(int directory_fd, const char *path, int flags, ...)                      \
	{                                                                                     \
		int (*real)(int, const char *, int, mode_t) =                                 \
			(int (*)(int, const char *, int, mode_t))dlsym(RTLD_NEXT, #function); \
		va_list arguments;                                                            \
                                                                                              \
		va_start(arguments, flags);                                                   \
		const mode_t mode = flags & O_CREAT ? va_arg(arguments, mode_t) : 0;          \
		va_end(arguments);                                                            \
		hang_if_named(named, path);                                                   \
		return real(directory_fd, path, flags, mode);                                 \
	}

OPEN(openat, "openat")
OPEN(openat64, "openat")

/* With _FORTIFY_SOURCE a call without a mode becomes this one. */
int __openat_2(int directory_fd, const char *path, int flags);
int __openat_2(int directory_fd, const char *path, int flags)
{
	hang_if_named("openat", path);
	return openat(directory_fd, path, flags);
}

int open(const char *path, int flags, ...)
{
	int (*real)(const char *, int, mode_t) = (int (*)(const char *, int, mode_t))dlsym(RTLD_NEXT, "open");
	va_list arguments;

	va_start(arguments, flags);
	const mode_t mode = flags & O_CREAT ? va_arg(arguments, mode_t) : 0;
	va_end(arguments);
	hang_if_named("open", path);
	return real(path, flags, mode);
}
