/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "host/hugetlb.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/number.h"
#include "host/fields.h"
#include "host/hugepages.h"

#define ACCOUNTING "memory_hugetlb_accounting"

/* "DEVICE DIRECTORY TYPE OPTION,... 0 0"; blanks in a name are written as \040. */
static bool is_cgroup2(const char *line, const char **ret_options)
{
	static const char type[] = "cgroup2 ";

	for (int field = 0; field < 2; field++) {
		line = strchr(line, ' ');
		if (!line)
			return false;
		line++;
	}
	*ret_options = line + sizeof(type) - 1;
	return strncmp(line, type, sizeof(type) - 1) == 0;
}

static bool has_option(const char *options, const char *wanted)
{
	const size_t length = strlen(wanted);

	for (;;) {
		const size_t taken = strcspn(options, ", ");

		if (taken == length && strncmp(options, wanted, length) == 0)
			return true;
		if (options[taken] != ',')
			return false;
		options += taken + 1;
	}
}

/*
 * Reads one line at a time, because a host with many containers has megabytes of mounts. cgroup2 is
 * among the first, and its first line is enough. The only lines that do not fit into the buffer
 * have an overlay's list of layers.
 */
static int read_mounts(int fd, bool *ret_accounted)
{
	char buffer[4096], line_buffer[1024];
	struct text line;
	ssize_t length;

	text_init(&line, line_buffer, sizeof(line_buffer));
	while ((length = file_read_fd(fd, buffer, sizeof(buffer))) > 0) {
		const char *at = buffer, *const end = buffer + length, *newline;

		for (; (newline = memchr(at, '\n', (size_t)(end - at))) != NULL; at = newline + 1) {
			const char *options;

			text_append_bytes(&line, at, (size_t)(newline - at));
			if (is_cgroup2(line.data, &options)) {
				*ret_accounted = has_option(options, ACCOUNTING);
				return 0;
			}
			text_init(&line, line_buffer, sizeof(line_buffer));
		}
		text_append_bytes(&line, at, (size_t)(end - at));
	}
	return (int)length;
}

int host_hugetlb_find(struct host_hugetlb *ret, const struct host_cgroups *cgroups,
		      const struct file_roots *roots, struct text *error)
{
	char path[HOST_PATH_MAX];

	*ret = (struct host_hugetlb){ .is_v2 = cgroups->memory_is_v2 };
	if (!cgroups->memory_is_v2) {
		int r = file_sysfs_path(roots, "/fs/cgroup/hugetlb", ret->root, sizeof(ret->root));

		return r < 0 ? host_complain(error, "/fs/cgroup/hugetlb", r, NULL) : 0;
	}
	memcpy(ret->root, cgroups->memory, sizeof(ret->root));
	int r = file_procfs_path(roots, "/mounts", path, sizeof(path));
	if (r < 0)
		return host_complain(error, "/proc/mounts", r, NULL);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? 0 : host_complain(error, path, -errno, NULL);
	r = read_mounts(fd, &ret->is_accounted);
	close(fd);
	return r < 0 ? host_complain(error, path, r, NULL) : 0;
}

/*
 * Matches "hugetlb.16GB.current", with the size as the kernel prints it (mem_fmt(),
 * mm/hugetlb_cgroup.c), but none of the other files: hugetlb.2MB.rsvd.current, .max, .events.
 */
static bool is_usage(const struct host_hugetlb *hugetlb, const struct dirent *entry)
{
	static const char prefix[] = "hugetlb.";
	const char *name = entry->d_name;

	/* A directory is a cgroup, and whoever creates it can choose such a name. */
	if (entry->d_type != DT_REG || strncmp(name, prefix, sizeof(prefix) - 1) != 0)
		return false;
	name += sizeof(prefix) - 1;
	const size_t digits = strspn(name, "0123456789");
	name += digits;
	return digits > 0 && strchr("KMG", *name) &&
	       strcmp(name + 1, hugetlb->is_v2 ? "B.current" : "B.usage_in_bytes") == 0;
}

/* A cgroup that was removed meanwhile uses nothing. */
static int add_usage(uint64_t *sum, const char *folder, const char *name, struct text *error)
{
	char path[HOST_CGROUP_FILE_MAX];
	uint64_t bytes;
	TEXT_ON_STACK(why, 256);
	struct text wanted;

	text_init(&wanted, path, sizeof(path));
	text_printf(&wanted, "%s/%s", folder, name);
	if (wanted.truncated)
		return host_complain(error, folder, -ENAMETOOLONG, NULL);
	int r = host_number_read(path, &bytes, &why);
	if (r == -ENOENT || r == -ENODEV)
		return 0;
	if (r < 0) {
		if (error)
			text_append(error, why.data);
		return r;
	}
	*sum = host_or_zero(*sum) + bytes;
	return 0;
}

static int add_sizes(uint64_t *sum, const struct host_hugetlb *hugetlb, const char *folder, DIR *directory,
		     struct text *error)
{
	const struct dirent *entry;
	size_t sizes = 0;
	int r = 0;

	while (r == 0 && (errno = 0, entry = readdir(directory)) != NULL) {
		if (!is_usage(hugetlb, entry))
			continue;
		if (sizes++ == HOST_HUGEPOOLS_MAX)
			return host_complain(error, folder, -E2BIG, "too many huge page sizes");
		r = add_usage(sum, folder, entry->d_name, error);
	}
	return r == 0 && errno != 0 && errno != ENODEV ? host_complain(error, folder, -errno, NULL) : r;
}

int host_hugetlb_used(uint64_t *ret_bytes, const struct host_hugetlb *hugetlb, const char *path,
		      struct text *error)
{
	char folder[HOST_CGROUP_FILE_MAX];
	const struct file_roots root = { .rootfs = hugetlb->root };
	int r = file_path(&root, strcmp(path, "/") == 0 ? "" : path, folder, sizeof(folder));

	*ret_bytes = HOST_ABSENT;
	if (r < 0)
		return host_complain(error, path, r, NULL);
	DIR *directory = opendir(folder);
	if (!directory)
		return errno == ENOENT || errno == ENODEV ? 0 : host_complain(error, folder, -errno, NULL);
	r = add_sizes(ret_bytes, hugetlb, folder, directory, error);
	closedir(directory);
	if (r < 0)
		*ret_bytes = HOST_ABSENT;
	return r;
}

uint64_t host_hugetlb_inside(const struct host_hugetlb *hugetlb, uint64_t stat_bytes, uint64_t used_bytes)
{
	if (host_known(stat_bytes))
		return stat_bytes;
	return hugetlb->is_accounted ? host_or_zero(used_bytes) : 0;
}
