/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Format of the state file: a header line, then the data.
 *
 *     monitoring-plugins-oom 1 VERSION LENGTH CHECKSUM\n
 *
 * 1 is the version of this format, VERSION the program's version of the data, LENGTH the size of
 * the data in bytes, in decimal, and CHECKSUM its 64-bit FNV-1a in hexadecimal. Only the two
 * versions are parsed: the header is valid if it is the line that state_save() would write for the
 * data that follows.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/cursor.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/retry.h"
#include "state/inside.h"

#define DAMAGED    ".damaged"
#define MAGIC      "monitoring-plugins-oom "
#define FORMAT     1
#define HEADER_MAX 128
#define MARK_MAX   (STATE_NAME_MAX + 8)

/* Detects damage by a crash. It is no protection against an attacker, who would have to be this
 * user or root. */
static uint64_t checksum(const char *data, size_t length)
{
	return hash_add(HASH_OF_NOTHING, data, length);
}

static size_t make_header(char header[HEADER_MAX], unsigned version, size_t length, uint64_t sum)
{
	return (size_t)snprintf(header, HEADER_MAX, MAGIC "%d %u %zu %016" PRIx64 "\n", FORMAT, version,
				length, sum);
}

/* The header, possibly written by an older or newer version of this program. */
struct header {
	bool is_ours; /* it starts with MAGIC and the two version numbers */
	unsigned format, version;
	bool is_whole; /* it equals what make_header() writes for the data that follows */
};

/* Parses a number and the blank after it. */
static bool take_number(struct cursor *header, unsigned *ret)
{
	uint64_t number;

	if (!cursor_take_u64(header, UINT_MAX, &number) || !cursor_take_byte(header, ' '))
		return false;
	*ret = (unsigned)number;
	return true;
}

static struct header read_header(const char *header, size_t length, const char *data, size_t data_length)
{
	struct header ret = { 0 };
	char expected[HEADER_MAX];

	struct cursor rest = { header, header + length };

	ret.is_ours = cursor_take(&rest, MAGIC) && take_number(&rest, &ret.format) &&
		      take_number(&rest, &ret.version);
	const size_t expected_length =
		make_header(expected, ret.version, data_length, checksum(data, data_length));
	ret.is_whole = ret.is_ours && length == expected_length && memcmp(header, expected, length) == 0;
	return ret;
}

/* Failures that only the administrator can fix. */
static int fail_unusable(struct state *state, int error, const char *why)
{
	state_fail(state, error, "%s/%s: %s", state->directory, state->name, why);
	state_suggest(state, "mv %s/%s %s/%s.aside", state->directory, state->name, state->directory,
		      state->name);
	return error;
}

static int examine(struct state *state, int fd, struct stat *status)
{
	if (fstat(fd, status) < 0)
		return state_fail_file(state, -errno, state->name);
	if (!S_ISREG(status->st_mode))
		return fail_unusable(state, -EPERM, "not a regular file");
	const char *distrust = state_distrust(status);
	/* This program creates it with mode 0600. */
	if (!distrust && (status->st_mode & S_IWGRP))
		distrust = "writable by its group";
	if (!distrust)
		return 0;
	state_suggest_access(state, state->name, status);
	return fail_unusable(state, -EPERM, distrust);
}

static int fail_open(struct state *state, int error)
{
	struct stat status;

	if (error == -EACCES && fstatat(state->directory_fd, state->name, &status, AT_SYMLINK_NOFOLLOW) == 0)
		state_suggest_access(state, state->name, &status);
	return state_fail_file(state, error, state->name);
}

static int open_file(struct state *state, struct stat *status)
{
	/* O_NONBLOCK: do not block if there is a FIFO of that name. */
	int fd = openat(state->directory_fd, state->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return errno == ENOENT ? -ENOENT : fail_open(state, -errno);
	int r = examine(state, fd, status);
	if (r < 0)
		close(fd);
	return r < 0 ? r : fd;
}

static int fail_damaged(struct state *state, const char *why)
{
	state->found = STATE_DAMAGED;
	return state_fail(state, -EBADMSG, "%s/%s: %s; kept as %s" DAMAGED, state->directory, state->name,
			  why, state->name);
}

/* The part of the file that fits the buffer. */
struct content {
	char header[HEADER_MAX];
	size_t header_length; /* including its newline */
	size_t length;        /* of the data */
	bool fits;
};

/* Reads a file of `bytes` bytes. The file is replaced and never modified, so fewer bytes than that
 * mean a failed read and not damage. Returns 0 or a negative errno. */
static int read_content(struct content *ret, int fd, off_t bytes, char *buffer, size_t size)
{
	const ssize_t got = file_read_fd(fd, ret->header, sizeof(ret->header));

	if (got < 0)
		return (int)got;
	const char *end = memchr(ret->header, '\n', (size_t)got);
	ret->header_length = end ? (size_t)(end - ret->header) + 1 : (size_t)got;
	const ssize_t length =
		lseek(fd, (off_t)ret->header_length, SEEK_SET) < 0 ? -errno : file_read_fd(fd, buffer, size);
	if (length < 0)
		return (int)length;
	ret->length = (size_t)length;
	ret->fits = ret->length < size;
	if (got < bytes && (size_t)got < sizeof(ret->header))
		return -EIO;
	return ret->fits && (off_t)(ret->header_length + ret->length) != bytes ? -EIO : 0;
}

/* Decides whether the content is what was saved. Returns 0 or a negative errno. */
static int judge(struct state *state, const struct content *content, const struct header *header)
{
	/* After a downgrade, keep the newer version's data. */
	if (header->is_ours && (header->format > FORMAT ||
				((header->is_whole || !content->fits) && header->version > state->version)))
		return fail_unusable(state, -EPROTO, "written by a newer version of this program");
	if (!content->fits)
		return fail_damaged(state, "too large for a state of this program");
	if (!header->is_whole)
		return fail_damaged(state, header->is_ours ? "damaged" : "not written by this program");
	return 0;
}

static void name_mark(const struct state *state, char ret[MARK_MAX])
{
	snprintf(ret, MARK_MAX, ".%s.saved", state->name);
}

/* Checks whether .NAME.saved exists. Returns 0 or a negative errno. */
static int look_for_mark(struct state *state)
{
	char mark[MARK_MAX];
	struct stat status;

	name_mark(state, mark);
	state->was_saved = fstatat(state->directory_fd, mark, &status, AT_SYMLINK_NOFOLLOW) == 0;
	return state->was_saved || errno == ENOENT ? 0 : state_fail_file(state, -errno, mark);
}

/* Creates .NAME.saved. Called only after the state has been renamed into place: a run that is
 * killed before that has saved nothing. If it fails, the next run tries again. */
static void set_mark(struct state *state)
{
	char mark[MARK_MAX];

	if (state->was_saved)
		return;
	name_mark(state, mark);
	AUTO_CLOSE int fd =
		openat(state->directory_fd, mark, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	state->was_saved = fd >= 0;
}

static ssize_t load_once(struct state *state, char *buffer, size_t size)
{
	struct content content;
	struct stat status = { 0 };

	/* Look for the mark before the file: a reader without a lock could otherwise find no file,
	 * then the mark of the very first save, and report the state as lost. */
	int r = look_for_mark(state);
	if (r < 0)
		return r;
	AUTO_CLOSE int fd = open_file(state, &status);
	if (fd == -ENOENT)
		state->found = state->was_saved ? STATE_LOST : STATE_NOTHING;
	if (fd < 0)
		return fd;
	r = read_content(&content, fd, status.st_size, buffer, size);
	if (r < 0)
		return state_fail_file(state, r, state->name);
	const struct header header =
		read_header(content.header, content.header_length, buffer, content.length);
	r = judge(state, &content, &header);
	if (r < 0)
		return r;
	buffer[content.length] = '\0';
	state->found = STATE_LOADED;
	state->loaded_version = header.version;
	state->loaded_length = content.length;
	state->loaded_checksum = checksum(buffer, content.length);
	return (ssize_t)content.length;
}

ssize_t state_load(struct state *state, char *buffer, size_t size)
{
	const struct state_failure before = state->failure;
	struct retry retry = RETRY_ONCE;
	ssize_t length;

	if (state->directory_fd < 0)
		return state->failure.error ? state->failure.error : -ENOENT;
	do {
		state->failure = before;
		length = load_once(state, buffer, size);
	} while (state->found == STATE_NOT_READ && retry_again(&retry, length));
	return length;
}

/* Whether RLIMIT_FSIZE allows a file of that size. Beyond it the kernel sends SIGXFSZ. */
static bool limit_allows(size_t bytes)
{
	struct rlimit limit;

	return getrlimit(RLIMIT_FSIZE, &limit) < 0 || limit.rlim_cur == RLIM_INFINITY ||
	       bytes <= limit.rlim_cur;
}

/* Writes the file under its temporary name. On failure the file may be left behind. */
static int write_new(const struct state *state, const char *file, struct iovec parts[2])
{
	if (!limit_allows(parts[0].iov_len + parts[1].iov_len))
		return -EFBIG;
	/* The lock is held, so a file of that name was left behind by a run that was killed. */
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

/* Keeps the damaged file as NAME.damaged; only the newest one is kept. Prefers a hard link, so that
 * a run that is killed here still leaves a file under NAME. Some file systems have no hard links,
 * or do not allow them to every owner; rename the file there. */
static int put_damaged_aside(const struct state *state)
{
	char file[STATE_NAME_MAX + sizeof(DAMAGED)];

	snprintf(file, sizeof(file), "%s" DAMAGED, state->name);
	if (unlinkat(state->directory_fd, file, 0) < 0 && errno != ENOENT)
		return -errno;
	if (linkat(state->directory_fd, state->name, state->directory_fd, file, 0) == 0)
		return 0;
	return renameat(state->directory_fd, state->name, state->directory_fd, file) < 0 ? -errno : 0;
}

int state_save(struct state *state, const char *data, size_t length)
{
	char header[HEADER_MAX], file[STATE_NAME_MAX + 8];
	uint64_t sum = checksum(data, length);

	if (state->lock_fd < 0 || state->found == STATE_NOT_READ)
		return state->failure.error ? state->failure.error : -EBADF;
	if (length > STATE_BYTES_MAX)
		return state_fail(state, -EFBIG, "%s/%s: %zu bytes exceed the maximum size of a state",
				  state->directory, state->name, length);
	/* Usually nothing has changed, and a write waits for the disk twice. */
	if (state->found == STATE_LOADED && state->loaded_version == state->version &&
	    state->loaded_length == length && state->loaded_checksum == sum) {
		set_mark(state);
		return 0;
	}

	struct iovec parts[2] = {
		{ header, make_header(header, state->version, length, sum) },
		{ (char *)data, length },
	};
	snprintf(file, sizeof(file), "%s.new", state->name);
	int r = write_new(state, file, parts);
	if (r == 0 && state->found == STATE_DAMAGED)
		r = put_damaged_aside(state);
	if (r == 0 && renameat(state->directory_fd, file, state->directory_fd, state->name) < 0)
		r = -errno;
	if (r < 0) {
		state_fail_file(state, r, file);
		unlinkat(state->directory_fd, file, 0);
		return r;
	}
	/* EINVAL: the file system cannot sync a directory; there is no alternative. */
	if (fsync(state->directory_fd) < 0 && errno != EINVAL)
		return state_fail_file(state, -errno, state->name);
	set_mark(state);
	state->found = STATE_LOADED;
	state->loaded_version = state->version;
	state->loaded_length = length;
	state->loaded_checksum = sum;
	return 0;
}
