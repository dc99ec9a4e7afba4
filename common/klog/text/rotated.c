/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "klog/text/rotated.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "klog/source.h"
#include "klog/text/file_lines.h"

/* A rotation takes milliseconds and is over by the second attempt. */
#define ATTEMPTS_MAX 4

static void close_log_file(struct klog_log_file *file)
{
	if (file->fd >= 0)
		close(file->fd);
	if (file->copy_fd >= 0)
		close(file->copy_fd);
	free(file->name);
}

void klog_rotated_close(struct klog_rotated *rotated)
{
	for (size_t i = 0; i < rotated->count; i++)
		close_log_file(&rotated->files[i]);
	free(rotated->files);
	*rotated = (struct klog_rotated){ 0 };
}

static void enter_stat(struct klog_log_file *file, const struct stat *st)
{
	file->size = st->st_size;
	file->written_usec = clock_timespec_usec(&st->st_mtim);
	file->device = st->st_dev;
	file->inode = st->st_ino;
}

/* Whether it is in journald's own format, which has no lines. */
static bool is_journal(int fd)
{
	static const char signature[8] = { 'L', 'P', 'K', 'S', 'H', 'H', 'R', 'H' };
	char start[sizeof(signature)];

	return pread(fd, start, sizeof(start), 0) == (ssize_t)sizeof(start) &&
	       memcmp(start, signature, sizeof(start)) == 0;
}

/* Opens the file named file->name. An error is stored in file->error. */
static void open_log_file(struct klog_log_file *file)
{
	struct stat st;

	file->fd = file_open_regular(file->name, &st);
	if (file->fd < 0) {
		file->error = file->fd;
		file->fd = -1;
		file->written_usec = KLOG_TIME_UNKNOWN;
		if (stat(file->name, &st) == 0)
			enter_stat(file, &st);
		return;
	}
	enter_stat(file, &st);
	if (is_journal(file->fd))
		file->error = -EMEDIUMTYPE;
	else
		file->error = klog_compression_of(file->fd, &file->compression);
}

/* Adds a file, not opened yet, and allocates its name. 0 or -ENOMEM. */
static int add(struct klog_rotated *rotated, size_t *allocated, const char *directory, const char *name)
{
	size_t size = strlen(directory) + strlen(name) + 1;
	char *path = malloc(size);

	if (path != NULL && rotated->count == *allocated) {
		size_t wanted = *allocated > 0 ? 2 * *allocated : 16;
		struct klog_log_file *files = reallocarray(rotated->files, wanted, sizeof(*files));

		if (files == NULL) {
			free(path);
			return -ENOMEM;
		}
		rotated->files = files;
		*allocated = wanted;
	}
	if (path == NULL)
		return -ENOMEM;
	memcpy(path, directory, strlen(directory));
	memcpy(path + strlen(directory), name, strlen(name) + 1);
	rotated->files[rotated->count++] = (struct klog_log_file){ .name = path, .fd = -1, .copy_fd = -1 };
	return 0;
}

static void fail_list(struct klog_rotated *rotated, int error, const char *directory)
{
	size_t length = strlen(directory);

	length -= length > 1 && directory[length - 1] == '/';
	klog_fail(&rotated->unlisted, error,
		  error == -EACCES ? "let the user list the directory: setfacl -m u:USER:rx DIRECTORY" : "",
		  "%.*s: cannot list rotated logs: %s", length > 0 ? (int)length : 1,
		  length > 0 ? directory : ".", strerror(-error));
}

/* Appends the siblings, not opened yet. A directory that cannot be listed is not an error, as the
 * named file may still be readable. 0 or -ENOMEM. */
static int list_siblings(struct klog_rotated *rotated, size_t *allocated, const char *directory,
			 const char *base)
{
	DIR *stream = opendir(directory[0] != '\0' ? directory : ".");
	struct dirent *entry;
	int r = 0;

	if (stream == NULL) {
		fail_list(rotated, -errno, directory);
		return 0;
	}
	while (r == 0) {
		uint64_t number;
		bool dated;

		errno = 0; /* readdir(3) returns NULL at the end as well */
		entry = readdir(stream);
		if (entry == NULL) {
			if (errno != 0)
				fail_list(rotated, -errno, directory);
			break;
		}
		if (!klog_rotated_match(base, entry->d_name, &number, &dated))
			continue;
		r = add(rotated, allocated, directory, entry->d_name);
		if (r == 0) {
			rotated->files[rotated->count - 1].number = number;
			rotated->files[rotated->count - 1].dated = dated;
		}
	}
	closedir(stream);
	return r;
}

/* Oldest first: dates ascend, counts descend. If there are both, the counted files are assumed to
 * be the newer ones: their names do not show when the configuration was changed. */
static int compare_age(const void *a, const void *b)
{
	const struct klog_log_file *x = a, *y = b;

	if (x->dated != y->dated)
		return x->dated ? -1 : 1;
	if (x->number != y->number)
		return (x->number < y->number) == x->dated ? -1 : 1;
	return strcmp(x->name, y->name); /* kern.log.2 before kern.log.2.gz */
}

static void drop(struct klog_rotated *rotated, size_t index)
{
	close_log_file(&rotated->files[index]);
	rotated->count--;
	memmove(&rotated->files[index], &rotated->files[index + 1],
		(rotated->count - index) * sizeof(rotated->files[0]));
}

static bool same_file(const struct klog_log_file *a, const struct klog_log_file *b)
{
	return a->fd >= 0 && b->fd >= 0 && a->device == b->device && a->inode == b->inode;
}

/* kern.log.2 and kern.log.2.gz: gzip(1) is running, or was interrupted. */
static bool same_age(const struct klog_log_file *a, const struct klog_log_file *b)
{
	return a->dated == b->dated && a->number == b->number;
}

/* Whether it is not a log despite its name: a directory, a dangling link, another special file, a
 * file of procfs or the like, a journal. */
static bool is_no_log(const struct klog_log_file *file)
{
	return file->error == -EISDIR || file->error == -EINVAL || file->error == -ENOENT ||
	       file->error == -EMEDIUMTYPE || file->error == -EXDEV;
}

/* Drops what is not a log and what is there twice; index 0 is the named file. Of two files of the
 * same age, the compressed one is dropped, because it may be incomplete. */
static void drop_doubles(struct klog_rotated *rotated)
{
	for (size_t i = rotated->count; i-- > 1;) {
		if (is_no_log(&rotated->files[i]) ||
		    (i > 1 && same_age(&rotated->files[i], &rotated->files[i - 1])))
			drop(rotated, i);
	}
	for (size_t i = rotated->count; i-- > 1;) {
		for (size_t j = 0; j < i; j++) {
			if (same_file(&rotated->files[i], &rotated->files[j])) {
				drop(rotated, i);
				break;
			}
		}
	}
}

/* Whether the first `size` bytes of two files are the same. */
static bool begins_alike(int fd, int other_fd, off_t size)
{
	char a[4096], b[4096];

	for (off_t at = 0; at < size;) {
		ssize_t length = pread(fd, a, sizeof(a), at);

		if (length <= 0 || pread(other_fd, b, (size_t)length, at) != length ||
		    memcmp(a, b, (size_t)length) != 0)
			return false;
		at += length;
	}
	return true;
}

/*
 * The copytruncate mode of logrotate copies the named file, then truncates it. In between, the
 * named file begins with all of the youngest sibling. All of it is compared, because the first
 * lines of two boots without a clock may be the same. The named file is read; the copy is kept in
 * case the named file is truncated before that.
 */
static void find_copy(struct klog_rotated *rotated)
{
	struct klog_log_file *named = &rotated->files[0];
	struct klog_log_file *youngest = &rotated->files[rotated->count - 1];

	if (rotated->count < 2 || youngest->fd < 0 || youngest->size == 0 || youngest->size > named->size ||
	    youngest->compression != named->compression ||
	    !begins_alike(youngest->fd, named->fd, youngest->size))
		return;
	named->copy_fd = youngest->fd;
	youngest->fd = -1;
	drop(rotated, rotated->count - 1);
}

/* Whether the names still refer to the files that were opened. */
static bool is_settled(const struct klog_rotated *rotated)
{
	struct stat st;

	for (size_t i = 0; i < rotated->count; i++) {
		const struct klog_log_file *file = &rotated->files[i];

		if (file->error == -ENOENT)
			return false;
		if (file->fd >= 0 &&
		    (stat(file->name, &st) < 0 || st.st_dev != file->device || st.st_ino != file->inode))
			return false;
	}
	return true;
}

/* One attempt: opens the named file, at index 0, and its siblings after it, oldest first. 0,
 * -EAGAIN if names changed meanwhile, or a negative errno. */
static int look(struct klog_rotated *rotated, const char *directory, const char *base)
{
	size_t allocated = 0;
	int r = add(rotated, &allocated, directory, base);

	if (r < 0)
		return r;
	open_log_file(&rotated->files[0]);
	if (rotated->files[0].error < 0)
		return rotated->files[0].error;
	r = list_siblings(rotated, &allocated, directory, base);
	if (r < 0)
		return r;
	qsort(rotated->files + 1, rotated->count - 1, sizeof(rotated->files[0]), compare_age);
	if (rotated->count > KLOG_ROTATED_MAX)
		klog_fail(&rotated->unlisted, -EMFILE, "move the oldest ones to another directory",
			  "%s%s: more than %d rotated logs; the oldest are not read", directory, base,
			  KLOG_ROTATED_MAX);
	while (rotated->count > KLOG_ROTATED_MAX)
		drop(rotated, 1);
	for (size_t i = 1; i < rotated->count; i++)
		open_log_file(&rotated->files[i]);
	return is_settled(rotated) ? 0 : -EAGAIN;
}

static int fail_open(struct klog_failure *failure, int error, const char *path)
{
	switch (error) {
	case -EISDIR:
		return klog_fail(failure, error, "specify a log file in it", "%s: is a directory", path);
	case -EINVAL:
		return klog_fail(failure, error,
				 klog_kmsg_is_device(path) ? "use --source=kmsg" : "specify a log file",
				 "%s: not a regular file", path);
	case -EXDEV:
		return klog_fail(failure, -EINVAL, "use --source=kmsg or --source=syslog",
				 "%s: a kernel file, not a log file; reading it could consume records meant "
				 "for another reader",
				 path);
	case -EACCES:
		return klog_fail(failure, error, KLOG_FILE_ACCESS_REMEDY, "%s: %s", path, strerror(-error));
	case -ENODATA:
		return klog_fail(failure, error,
				 "specify the log file that kernel messages are written to, or a journal",
				 "%s: is empty", path);
	case -EMEDIUMTYPE:
		return klog_fail(failure, -EINVAL, "use --source=journal:PATH", "%s: is a journal file",
				 path);
	case -ENOENT:
		return klog_fail(failure, error,
				 "specify the log file that kernel messages are written to, or a journal",
				 "%s: %s", path, strerror(-error));
	default:
		return klog_fail(failure, error, "", "%s: %s", path, strerror(-error));
	}
}

/* A log that never receives a line would never show a kill. */
static bool is_empty(const struct klog_rotated *rotated)
{
	for (size_t i = 0; i < rotated->count; i++) {
		if (rotated->files[i].size > 0)
			return false;
	}
	return true;
}

int klog_rotated_open(struct klog_rotated *ret, const char *path, struct klog_failure *failure)
{
	const char *slash = strrchr(path, '/');
	AUTO_FREE char *directory = slash != NULL ? strndup(path, (size_t)(slash + 1 - path)) : strdup("");
	struct klog_rotated rotated = { 0 };
	int r = -ENOMEM;

	for (int attempt = 0; directory != NULL && attempt < ATTEMPTS_MAX; attempt++) {
		klog_rotated_close(&rotated);
		r = look(&rotated, directory, slash != NULL ? slash + 1 : path);
		/* Between the rename and the creation of the new file, there is none for a
		 * moment. */
		if (r != -EAGAIN && r != -ENOENT)
			break;
	}
	/* If the names keep changing (a rotation every millisecond), the files are open
	 * nevertheless. */
	if (r < 0 && r != -EAGAIN) {
		klog_rotated_close(&rotated);
		return fail_open(failure, r, path);
	}
	if (is_empty(&rotated)) {
		klog_rotated_close(&rotated);
		return fail_open(failure, -ENODATA, path);
	}
	drop_doubles(&rotated);
	find_copy(&rotated);
	struct klog_log_file named = rotated.files[0];
	memmove(rotated.files, rotated.files + 1, (rotated.count - 1) * sizeof(rotated.files[0]));
	rotated.files[rotated.count - 1] = named;
	*ret = rotated;
	return 0;
}

/*
 * A sibling that was last changed before the window may still be relevant if the clock was slow
 * then: a host that was reset may start two days back, and its log may be rotated before the
 * network sets the clock. So the youngest of these files are read as well, up to a total size that
 * a run can bear: plain files are searched at the speed of memory, compressed ones at a tenth of
 * it.
 */
#define BEFORE_WINDOW_PLAIN  ((off_t)256 * 1024 * 1024)
#define BEFORE_WINDOW_PACKED ((off_t)4 * 1024 * 1024)

/* The last line may have been written with a delay, and local time goes back by an hour when summer
 * time ends. */
#define WRITTEN_LATE_USEC INT64_C(3600000000)

static void leave_out(struct klog_rotated *rotated, int64_t from_usec)
{
	off_t plain_left = BEFORE_WINDOW_PLAIN, packed_left = BEFORE_WINDOW_PACKED;

	for (size_t i = rotated->count; i-- > 0;) {
		struct klog_log_file *file = &rotated->files[i];
		off_t *left = file->compression == KLOG_PLAIN ? &plain_left : &packed_left;

		file->left_out = false;
		file->before_window = i + 1 < rotated->count && from_usec != INT64_MIN &&
				      file->written_usec != KLOG_TIME_UNKNOWN &&
				      file->written_usec < from_usec - WRITTEN_LATE_USEC;
		if (!file->before_window)
			continue;
		file->left_out = file->size > *left;
		*left -= file->left_out ? *left : file->size;
	}
}

/* A file whose last change is longer ago is an old one; a clock is not assumed to be so slow. */
#define SLOW_CLOCK_USEC (INT64_C(182) * 24 * 3600 * 1000000)

/* A file is never finished before the files older than it. If its last change says otherwise, the
 * clock was slow then, and the time of the older file is used. */
static void set_references(struct klog_rotated *rotated)
{
	const int64_t now_usec = clock_usec(CLOCK_REALTIME);
	int64_t reference_usec = KLOG_TIME_UNKNOWN;

	for (size_t i = 0; i < rotated->count; i++) {
		struct klog_log_file *file = &rotated->files[i];

		if (file->written_usec > reference_usec)
			reference_usec = file->written_usec;
		file->reference_usec = file->latest_usec = reference_usec;
		if (reference_usec != KLOG_TIME_UNKNOWN && reference_usec < now_usec &&
		    reference_usec >= now_usec - SLOW_CLOCK_USEC)
			file->latest_usec = now_usec;
	}
}

void klog_rotated_choose(struct klog_rotated *rotated, int64_t from_usec)
{
	leave_out(rotated, from_usec);
	set_references(rotated);
}
