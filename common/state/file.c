/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The memory's file: a line, then the data.
 *
 *     monitoring-plugins-oom 1 VERSION LENGTH CHECKSUM\n
 *
 * 1 is this format, VERSION the program's, LENGTH the data's bytes in decimal
 * and CHECKSUM its FNV-1a of 64 bits in hexadecimal.  The line is never parsed:
 * it must be the one that save would write for the data that follows.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/hash.h"
#include "state/inside.h"

#define MAGIC      "monitoring-plugins-oom "
#define FORMAT     MAGIC "1 %u "
#define HEADER_MAX 128

/* Finds what a crash does to a file, not what an enemy does: he would need to be
 * us or root. */
static uint64_t checksum(const char *data, size_t length)
{
	return hash_add(HASH_OF_NOTHING, data, length);
}

static size_t make_header(char header[HEADER_MAX], unsigned version, size_t length, uint64_t sum)
{
	return (size_t)snprintf(header, HEADER_MAX, FORMAT "%zu %016" PRIx64 "\n", version, length, sum);
}

static const char *what_is_wrong(unsigned version, const char *header, size_t length)
{
	char expected[HEADER_MAX];
	size_t expected_length = (size_t)snprintf(expected, sizeof(expected), FORMAT, version);

	/* A file that ends within the words is torn. */
	if (memcmp(header, MAGIC, length < strlen(MAGIC) ? length : strlen(MAGIC)) != 0)
		return "was not written by this program; it is left out of account";
	if (memcmp(header, expected, length < expected_length ? length : expected_length) != 0)
		return "was written by another version of this program; it is left out of account";
	return "is torn; it is left out of account";
}

static int open_file(struct state *state)
{
	struct stat status;
	/* O_NONBLOCK: a FIFO in its place does not stop the program. */
	int fd = openat(state->directory_fd, state->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT)
		return -ENOENT;
	if (fd < 0)
		return state_fail_file(state, -errno, state->name);
	const char *distrust = fstat(fd, &status) < 0    ? "cannot be examined"
			       : S_ISREG(status.st_mode) ? state_distrust(&status)
							 : "is no regular file";
	if (distrust) {
		close(fd);
		return state_fail(state, -EPERM, "%s/%s: %s", state->directory, state->name, distrust);
	}
	return fd;
}

ssize_t state_load(struct state *state, char *buffer, size_t size)
{
	char header[HEADER_MAX], expected[HEADER_MAX];

	if (state->directory_fd < 0)
		return state->failure.error ? state->failure.error : -ENOENT;
	AUTO_CLOSE int fd = open_file(state);
	if (fd < 0)
		return fd;
	ssize_t got = file_read_fd(fd, header, sizeof(header));
	if (got < 0)
		return state_fail_file(state, (int)got, state->name);
	const char *end = memchr(header, '\n', (size_t)got);
	size_t header_length = end ? (size_t)(end - header) + 1 : (size_t)got;

	ssize_t length =
		lseek(fd, (off_t)header_length, SEEK_SET) < 0 ? -errno : file_read_fd(fd, buffer, size);
	if (length < 0)
		return state_fail_file(state, (int)length, state->name);
	if ((size_t)length >= size)
		return state_fail(state, -EFBIG,
				  "%s/%s: holds more than %zu bytes; it is left out of account",
				  state->directory, state->name, size - 1);

	uint64_t sum = checksum(buffer, (size_t)length);
	size_t expected_length = make_header(expected, state->version, (size_t)length, sum);
	if (!end || header_length != expected_length || memcmp(header, expected, header_length) != 0)
		return state_fail(state, -EBADMSG, "%s/%s: %s", state->directory, state->name,
				  what_is_wrong(state->version, header, header_length));
	buffer[length] = '\0';
	state->loaded = true;
	state->loaded_length = (size_t)length;
	state->loaded_checksum = sum;
	return length;
}

/* Beyond the limit the kernel sends SIGXFSZ, and the check would die of it. */
static bool limit_allows(size_t bytes)
{
	struct rlimit limit;

	return getrlimit(RLIMIT_FSIZE, &limit) < 0 || limit.rlim_cur == RLIM_INFINITY ||
	       bytes <= limit.rlim_cur;
}

/* Writes the file under its temporary name; on failure it may be left there. */
static int write_new(const struct state *state, const char *file, struct iovec parts[2])
{
	if (!limit_allows(parts[0].iov_len + parts[1].iov_len))
		return -EFBIG;
	/* Under the lock, a file of that name is what a killed run has left. */
	if (unlinkat(state->directory_fd, file, 0) < 0 && errno != ENOENT)
		return -errno;
	AUTO_CLOSE int fd =
		openat(state->directory_fd, file, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	int r = file_write_fd(fd, parts, 2);
	if (r < 0)
		return r;
	return fsync(fd) < 0 ? -errno : 0;
}

int state_save(struct state *state, const char *data, size_t length)
{
	char header[HEADER_MAX], file[STATE_NAME_MAX + 8];
	uint64_t sum = checksum(data, length);

	if (state->lock_fd < 0)
		return state->failure.error ? state->failure.error : -EBADF;
	if (length > STATE_BYTES_MAX)
		return state_fail(state, -EFBIG, "%s/%s: %zu bytes are more than a memory may have",
				  state->directory, state->name, length);
	/* Mostly nothing has happened, and a write costs two waits for the disk. */
	if (state->loaded && state->loaded_length == length && state->loaded_checksum == sum)
		return 0;

	struct iovec parts[2] = {
		{ header, make_header(header, state->version, length, sum) },
		{ (char *)data, length },
	};
	snprintf(file, sizeof(file), "%s.new", state->name);
	int r = write_new(state, file, parts);
	if (r == 0 && renameat(state->directory_fd, file, state->directory_fd, state->name) < 0)
		r = -errno;
	if (r < 0) {
		state_fail_file(state, r, file);
		unlinkat(state->directory_fd, file, 0);
		return r;
	}
	/* EINVAL: a file system that cannot; there is nothing better. */
	if (fsync(state->directory_fd) < 0 && errno != EINVAL)
		return state_fail_file(state, -errno, state->name);
	state->loaded = true;
	state->loaded_length = length;
	state->loaded_checksum = sum;
	return 0;
}
