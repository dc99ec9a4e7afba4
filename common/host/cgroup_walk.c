/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/number.h"
#include "base/retry.h"
#include "host/cgroup.h"
#include "host/fields.h"

struct walk {
	const char *root;
	host_cgroup_fn fn;
	void *data;
	struct text *error;
	int failure;      /* negative errno of the first cgroup that could not be read */
	struct text path; /* of the visited cgroup, below the root */
	char path_buffer[HOST_CGROUP_PATH_MAX];
	unsigned depth;
};

static bool is_cgroup(const struct dirent *entry)
{
	return entry->d_type == DT_DIR && strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

static void cut_back(struct text *text, size_t length)
{
	text->length = length;
	text->data[length] = '\0';
	text->truncated = false;
}

/* The cgroup was removed meanwhile: its directory is gone, or dead if open (kernfs: ENODEV). */
static bool has_vanished(int error)
{
	return error == -ENOENT || error == -ENODEV;
}

/* The walk continues after a failure, because the caller may need only the rest. */
static void note_failure(struct walk *walk, int error, const char *why)
{
	TEXT_ON_STACK(full, HOST_CGROUP_FILE_MAX);

	if (has_vanished(error) || walk->failure < 0)
		return;
	text_printf(&full, "%s%s", walk->root, walk->path.data);
	walk->failure = host_complain(walk->error, full.data, error, why);
}

static enum host_walk visit_children(struct walk *walk, int directory_fd);

static enum host_walk visit(struct walk *walk, DIR *parent, const char *name)
{
	enum host_walk next = walk->fn(walk->path.data, name, walk->data);

	if (next != HOST_WALK_DESCEND)
		return next;
	int fd = openat(dirfd(parent), name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0)
		return visit_children(walk, fd);
	note_failure(walk, -errno, NULL);
	return HOST_WALK_PASS;
}

/* Takes ownership of the descriptor. */
static enum host_walk visit_children(struct walk *walk, int directory_fd)
{
	DIR *directory = fdopendir(directory_fd);
	const struct dirent *entry = NULL;
	const size_t length = walk->path.length;
	enum host_walk next = HOST_WALK_DESCEND;

	if (!directory) {
		note_failure(walk, -errno, NULL);
		close(directory_fd);
		return HOST_WALK_PASS;
	}
	walk->depth++;
	while (next < HOST_WALK_LEAVE && (errno = 0, entry = readdir(directory)) != NULL) {
		if (!is_cgroup(entry))
			continue;
		if (walk->depth > HOST_WALK_DEPTH) {
			note_failure(walk, -E2BIG, "cgroups are nested too deeply");
			errno = 0;
			break;
		}
		text_printf(&walk->path, "/%s", entry->d_name);
		if (!walk->path.truncated)
			next = visit(walk, directory, entry->d_name);
		cut_back(&walk->path, length);
	}
	if (!entry && errno != 0)
		note_failure(walk, -errno, NULL);
	walk->depth--;
	closedir(directory);
	return next == HOST_WALK_STOP ? next : HOST_WALK_DESCEND;
}

static int open_cgroup(const struct host_cgroups *cgroups, const char *path, struct text *error)
{
	char full[HOST_CGROUP_FILE_MAX];
	const struct file_roots root = { .rootfs = cgroups->memory };
	int r = file_path(&root, strcmp(path, "/") == 0 ? "" : path, full, sizeof(full));

	if (r < 0)
		return host_complain(error, path, r, NULL);
	int fd = open(full, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? host_complain(error, full, -errno, NULL) : fd;
}

int host_cgroup_walk(const struct host_cgroups *cgroups, const char *path, host_cgroup_fn fn, void *data,
		     struct text *error)
{
	struct walk walk = { .root = cgroups->memory, .fn = fn, .data = data, .error = error };
	int fd = open_cgroup(cgroups, path, error);

	if (fd < 0)
		return fd;
	text_init(&walk.path, walk.path_buffer, sizeof(walk.path_buffer));
	text_append(&walk.path, strcmp(path, "/") == 0 ? "" : path);
	visit_children(&walk, fd);
	return walk.failure;
}

struct pids {
	const struct host_cgroups *cgroups;
	pid_t *pids;
	size_t max, count;
	struct text *error;
	int failure; /* negative errno of the first file that could not be read */
};

static int complain_of_many(const struct pids *pids, const char *file)
{
	if (pids->error)
		text_printf(pids->error, "%s: more than %zu processes", file, pids->max);
	return -E2BIG;
}

/* The file is empty if all processes are in the cgroups below, but also if the read ended early. */
static ssize_t read_procs(const char *file, char *buffer, size_t size)
{
	struct retry retry = RETRY_ONCE;
	ssize_t length;

	do {
		length = file_read(file, buffer, size);
	} while (length == 0 && retry_again(&retry, -ENODATA));
	return length;
}

/*
 * cgroup.procs has a pid per line. That of a threaded v2 cgroup ("vcpu0") cannot be read; its
 * processes are listed in the cgroup above it. Neither can its children and, except directly below
 * the root, its siblings have processes (cgroup_is_valid_domain() in kernel/cgroup/cgroup.c), and a VM
 * has one for each vCPU.
 */
static enum host_walk add_pids(const char *path, const char *name, void *data)
{
	struct pids *pids = data;
	char file[HOST_CGROUP_FILE_MAX], buffer[4096];
	const struct file_roots root = { .rootfs = pids->cgroups->memory };
	struct text wanted;

	(void)name;
	text_init(&wanted, file, sizeof(file));
	text_printf(&wanted, "%s%s/cgroup.procs", root.rootfs, strcmp(path, "/") == 0 ? "" : path);
	ssize_t length = wanted.truncated ? -ENAMETOOLONG : read_procs(file, buffer, sizeof(buffer));
	const bool is_cut = length == -EFBIG;
	if (is_cut)
		length = (ssize_t)strlen(buffer);
	if (length < 0 && length != -EOPNOTSUPP && !has_vanished((int)length) && pids->failure == 0)
		pids->failure = host_complain(pids->error, file, (int)length, NULL);
	ssize_t at = 0;
	while (at < length && pids->count < pids->max) {
		uint64_t pid;
		int taken = number_parse_u64(buffer + at, (size_t)(length - at), &pid);

		/* A number without its newline was cut off at the buffer's end. */
		if (taken < 0 || buffer[at + taken] != '\n')
			break;
		pids->pids[pids->count++] = (pid_t)pid;
		at += taken + 1;
	}
	if ((is_cut || (pids->count == pids->max && at < length)) && pids->failure == 0)
		pids->failure = complain_of_many(pids, file);
	if (pids->failure == -E2BIG)
		return HOST_WALK_STOP;
	return length == -EOPNOTSUPP ? HOST_WALK_LEAVE : HOST_WALK_DESCEND;
}

int host_cgroup_pids(const struct host_cgroups *cgroups, const char *path, pid_t *pids, size_t max,
		     size_t *ret_count, struct text *error)
{
	struct pids found = { .cgroups = cgroups, .pids = pids, .max = max, .error = error };
	int r = 0;

	if (add_pids(path, "", &found) == HOST_WALK_DESCEND)
		r = host_cgroup_walk(cgroups, path, add_pids, &found, found.failure < 0 ? NULL : error);
	*ret_count = found.count;
	return found.failure < 0 ? found.failure : r;
}
