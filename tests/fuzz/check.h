/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_FUZZ_CHECK_H
#define OOM_FUZZ_CHECK_H
/* Checks that every output must pass; the fuzzers abort if one fails. Also files in memory for
 * readers that need a path. */
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static inline void fuzz_require(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "fuzz: %s\n", what);
	abort();
}

/* The length of the UTF-8 character at text[0], or 0 if there is none. */
static inline size_t fuzz_utf8_length(const unsigned char *text, size_t length)
{
	static const struct {
		unsigned char mask, bits;
		size_t bytes;
	} kinds[] = { { 0x80, 0x00, 1 }, { 0xE0, 0xC0, 2 }, { 0xF0, 0xE0, 3 }, { 0xF8, 0xF0, 4 } };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if ((text[0] & kinds[i].mask) != kinds[i].bits || kinds[i].bytes > length)
			continue;
		for (size_t n = 1; n < kinds[i].bytes; n++) {
			if ((text[n] & 0xC0) != 0x80)
				return 0;
		}
		return kinds[i].bytes;
	}
	return 0;
}

/* The output must consist of lines of printable UTF-8 with at most one '|', and end with a
 * newline. */
static inline void fuzz_check_output(const char *output, size_t length)
{
	size_t bars = 0;

	fuzz_require(length > 0 && output[length - 1] == '\n', "the output does not end with a newline");
	for (size_t i = 0, bytes; i < length; i += bytes) {
		const unsigned char byte = (unsigned char)output[i];

		bytes = fuzz_utf8_length((const unsigned char *)output + i, length - i);
		fuzz_require(bytes > 0, "the output is not UTF-8");
		fuzz_require(byte >= ' ' || byte == '\n' || byte == '\t',
			     "a control character in the output");
		fuzz_require(byte != 0x7F, "DEL in the output");
		bars += byte == '|';
	}
	fuzz_require(bars <= 1, "more than one '|' in the output");
}

/* Returns /dev/shm/oom-fuzz-PID; creates it once. */
static inline const char *fuzz_folder(void)
{
	static char folder[64];

	if (!folder[0]) {
		snprintf(folder, sizeof(folder), "/dev/shm/oom-fuzz-%d", (int)getpid());
		fuzz_require(mkdir(folder, 0700) == 0, "cannot make a folder in /dev/shm");
	}
	return folder;
}

/* Replaces the content of a file; `path` is below fuzz_folder(). */
static inline void fuzz_write(const char *path, const void *data, size_t size)
{
	const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	fuzz_require(fd >= 0 && write(fd, data, size) == (ssize_t)size, "cannot write in /dev/shm");
	close(fd);
}

#endif
