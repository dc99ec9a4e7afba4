/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "klog/journal/journal_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "base/clock.h"
#include "klog/source.h"

#define MACHINE_ID_DIGITS 32

/* Entries can be received late, so files that start after the window can still contain its
 * records. */
#define LATE_MAX_USEC (INT64_C(3600) * 1000000)

#define REMEDY_ACCESS "add the user to group systemd-journal"
#define REMEDY_NONE   "set Storage=persistent in journald.conf, or give its path: --source=journal:PATH"

static void cleanup_dir(DIR **directory)
{
	if (*directory)
		closedir(*directory);
}
#define AUTO_CLOSEDIR __attribute__((cleanup(cleanup_dir)))

static int fail_path(struct klog_failure *failure, int error, const char *path)
{
	return klog_fail(failure, error, error == -EACCES || error == -EPERM ? REMEDY_ACCESS : NULL, "%s: %s",
			 path, strerror(-error));
}

static bool ends_with(const char *string, const char *end)
{
	size_t length = strlen(string), end_length = strlen(end);

	return length >= end_length && strcmp(string + length - end_length, end) == 0;
}

/* Accepts system.journal, system@….journal and system@….journal~ (set aside after a crash), and the
 * other names that systemd-journal-remote uses. Users' journals contain no kernel records. */
static bool is_system_journal(const char *name)
{
	return (ends_with(name, ".journal") || ends_with(name, ".journal~")) &&
	       strncmp(name, "user-", 5) != 0;
}

static bool is_machine_id(const char *name)
{
	return strlen(name) == MACHINE_ID_DIGITS && strspn(name, "0123456789abcdef") == MACHINE_ID_DIGITS;
}

static bool is_known(const struct journal_files *files, const struct stat *status)
{
	for (size_t i = 0; i < files->count; i++)
		if (files->at[i].device == status->st_dev && files->at[i].inode == status->st_ino)
			return true;
	return false;
}

/* Takes ownership of fd on success. */
static int add_file(struct journal_files *files, int fd, const struct stat *status, const char *path)
{
	struct journal_file *file;
	char *copy;

	if (files->count == files->allocated) {
		size_t allocated = files->allocated ? 2 * files->allocated : 16;
		struct journal_file *grown = realloc(files->at, allocated * sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		files->at = grown;
		files->allocated = allocated;
	}
	copy = strdup(path);
	if (!copy)
		return -ENOMEM;
	file = &files->at[files->count++];
	*file = (struct journal_file){
		.fd = fd, .device = status->st_dev, .inode = status->st_ino, .path = copy
	};
	journal_header_read(file, status->st_size, clock_timespec_usec(&status->st_mtim));
	return 0;
}

/* Returns 1 if it took ownership of fd, 0 if the file is already in the list, or a negative
 * errno. */
static int take_file(struct journal_files *files, int fd, const char *path, struct klog_failure *failure)
{
	struct stat status;
	int r;

	if (fstat(fd, &status) < 0)
		return fail_path(failure, -errno, path);
	if (!S_ISREG(status.st_mode))
		return klog_fail(failure, -EINVAL, NULL, "%s: not a regular file or directory", path);
	if (file_is_kernels(fd))
		return klog_fail(failure, -EINVAL, NULL, "%s: a kernel file, not a journal", path);
	if (is_known(files, &status))
		return 0;
	r = add_file(files, fd, &status, path);
	return r < 0 ? fail_path(failure, r, path) : 1;
}

/* Returns 1 if a file was added, 0 if it is already in the list or gone, or a negative errno. */
static int open_file(struct journal_files *files, int directory, const char *name, const char *path,
		     struct klog_failure *failure)
{
	int fd = openat(directory, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	int r;

	if (fd < 0) /* ENOENT: removed or renamed since it was listed */
		return errno == ENOENT ? 0 : fail_path(failure, -errno, path);
	r = take_file(files, fd, path, failure);
	if (r <= 0)
		close(fd);
	return r;
}

/* Returns the number of files added to the list, or a negative errno. */
static int list_once(struct journal_files *files, const char *path, struct klog_failure *failure)
{
	AUTO_CLOSEDIR DIR *directory = opendir(path);
	struct dirent *entry;
	int added = 0;

	if (!directory)
		return fail_path(failure, -errno, path);
	while ((errno = 0, entry = readdir(directory)) != NULL) {
		char full[PATH_MAX];
		int r;

		if (!is_system_journal(entry->d_name))
			continue;
		if (snprintf(full, sizeof(full), "%s/%s", path, entry->d_name) >= (int)sizeof(full))
			return fail_path(failure, -ENAMETOOLONG, path);
		r = open_file(files, dirfd(directory), entry->d_name, full, failure);
		if (r < 0)
			return r;
		added += r;
	}
	return errno != 0 ? fail_path(failure, -errno, path) : added;
}

/*
 * journald may archive a file by renaming it during the listing. system.journal is then the new
 * file, and the old one may have been listed under neither name. So list again until nothing new is
 * found.
 */
static int open_directory(struct journal_files *files, const char *path, struct klog_failure *failure)
{
	int added;

	do {
		added = list_once(files, path, failure);
	} while (added > 0);
	return added;
}

/* Opens the subdirectories of all machines. */
static int open_machines(struct journal_files *files, const char *path, struct klog_failure *failure)
{
	AUTO_CLOSEDIR DIR *directory = opendir(path);
	struct dirent *entry;

	if (!directory)
		return fail_path(failure, -errno, path);
	while ((errno = 0, entry = readdir(directory)) != NULL) {
		char full[PATH_MAX];
		int r;

		if (!is_machine_id(entry->d_name))
			continue;
		if (snprintf(full, sizeof(full), "%s/%s", path, entry->d_name) >= (int)sizeof(full))
			return fail_path(failure, -ENAMETOOLONG, path);
		r = open_directory(files, full, failure);
		if (r < 0)
			return r;
	}
	return errno != 0 ? fail_path(failure, -errno, path) : 0;
}

static int open_path(struct journal_files *files, const char *path, struct klog_failure *failure)
{
	struct stat status;
	int r;

	if (stat(path, &status) < 0)
		return fail_path(failure, -errno, path);
	if (!S_ISDIR(status.st_mode)) {
		r = open_file(files, AT_FDCWD, path, path, failure);
		return r < 0 ? r : 0;
	}
	r = open_directory(files, path, failure);
	if (r < 0)
		return r;
	return open_machines(files, path, failure);
}

/* The id is "" if it is not known, as in a container that has only the logs mounted. */
static void read_machine_id(const struct file_roots *roots, char id[MACHINE_ID_DIGITS + 2])
{
	char path[PATH_MAX];

	if (file_path(roots, "/etc/machine-id", path, sizeof(path)) < 0 ||
	    file_read(path, id, MACHINE_ID_DIGITS + 2) < 0)
		id[0] = '\0';
	id[strcspn(id, "\n")] = '\0';
	if (!is_machine_id(id))
		id[0] = '\0';
}

/* The directories can also contain those of other machines, such as nspawn containers. */
static int open_system(struct journal_files *files, const struct file_roots *roots,
		       struct klog_failure *failure)
{
	static const char *const folders[] = { "/var/log/journal", "/run/log/journal" };
	char id[MACHINE_ID_DIGITS + 2];

	read_machine_id(roots, id);
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		char path[PATH_MAX], full[PATH_MAX];
		int r = file_path(roots, folders[i], path, sizeof(path));

		if (r < 0 || snprintf(full, sizeof(full), "%s/%s", path, id) >= (int)sizeof(full))
			return fail_path(failure, -ENAMETOOLONG, folders[i]);
		r = id[0] ? open_directory(files, full, failure) : open_machines(files, path, failure);
		if (r < 0 && r != -ENOENT)
			return r;
	}
	return 0;
}

int journal_files_open(struct journal_files *files, const char *path, const struct file_roots *roots,
		       struct klog_failure *failure)
{
	int r;

	*files = (struct journal_files){ 0 };
	r = path ? open_path(files, path, failure) : open_system(files, roots, failure);
	if (r == 0 && files->count == 0)
		r = klog_fail(failure, -ENOENT, REMEDY_NONE, "%s: no system journal found",
			      path ? path : "/var/log/journal, /run/log/journal");
	if (r < 0)
		journal_files_close(files);
	return r;
}

void journal_files_close(struct journal_files *files)
{
	for (size_t i = 0; i < files->count; i++) {
		close(files->at[i].fd);
		free(files->at[i].path);
	}
	free(files->at);
	*files = (struct journal_files){ 0 };
}

bool journal_file_overlaps(const struct journal_file *file, const struct klog_window *window)
{
	if ((!file->damage && file->entries == 0) || file->newest_usec < window->from_usec)
		return false;
	return window->to_usec > INT64_MAX - LATE_MAX_USEC ||
	       file->oldest_usec <= window->to_usec + LATE_MAX_USEC;
}

bool journal_files_overlap(const struct journal_files *files, const struct klog_window *window)
{
	for (size_t i = 0; i < files->count; i++) {
		if (journal_file_overlaps(&files->at[i], window))
			return true;
	}
	return false;
}
